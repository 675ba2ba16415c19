package rtp

import (
	"encoding/binary"
	"fmt"
)

// Types of application feedback inside PSFB format 15 ([MS-RTP] 2.2.12).
const (
	applVSR = 1
	applDSH = 3
)

// Media source ids with a meaning of their own ([MS-RTP] 2.2.12).
const (
	SourceNone uint32 = 0xFFFFFFFF
	SourceAny  uint32 = 0xFFFFFFFE
)

// Frame rates of a VSR entry, as bits of its mask.
const (
	FPS7  uint32 = 1 << iota // 7.5
	FPS12                    // 12.5
	FPS15
	FPS25
	FPS30
	FPS50
	FPS60
)

// Aspect ratios of a VSR entry, as bits of its mask.
const (
	Aspect4x3   uint8 = 1
	Aspect16x9  uint8 = 2
	Aspect1x1   uint8 = 4
	Aspect3x4   uint8 = 8
	Aspect9x16  uint8 = 16
	Aspect20x3  uint8 = 32
	entrySize         = 0x44
	requestSize       = 20
	maxEntries        = 20
)

// VideoSourceRequest is Lync's VSR: a receiver tells a sender which video it
// wants. Without one a Lync client sends no X-H264UC ([MS-RTP] 2.2.12).
type VideoSourceRequest struct {
	SenderSSRC, MediaSSRC uint32

	Source    uint32 // SourceAny, SourceNone, or a media source id
	RequestID uint16 // the same on a repetition, new on a new request
	KeyFrame  bool
	Entries   []VideoEntry // at most 20
}

// VideoEntry is one acceptable form of video in a VSR.
type VideoEntry struct {
	PayloadType     uint8
	Mode            uint8 // UCConfig mode, 0 or 1
	Flags           uint8 // 2 = constrained baseline only
	Aspects         uint8 // mask of Aspect…
	Width, Height   uint16
	MinBitRate      uint32 // bit/s
	BitRatePerLevel uint32 // bit/s
	BitRates        [10]uint16
	FrameRates      uint32 // mask of FPS…
	Must, May       uint16 // instances
	Qualities       [8]uint16
	MaxPixels       uint32 // a frame
}

// Marshal writes the packet; it fails with more than 20 entries.
func (v *VideoSourceRequest) Marshal() ([]byte, error) {
	if len(v.Entries) > maxEntries {
		return nil, fmt.Errorf("rtp: a VSR holds at most %d entries, not %d", maxEntries, len(v.Entries))
	}
	b := feedback(v.MarshalSize(), formatAppl, v.SenderSSRC, v.MediaSSRC)
	fci := b[feedbackFixed:]
	be := binary.BigEndian
	be.PutUint16(fci[0:], applVSR)
	be.PutUint16(fci[2:], uint16(len(fci)))
	be.PutUint32(fci[4:], v.Source)
	be.PutUint16(fci[8:], v.RequestID)
	if v.KeyFrame {
		// The specification's figure has the flag in the most significant bit,
		// as clients in the field set it; tshark reads the least significant.
		fci[13] = 0x80
	}
	fci[14], fci[15] = uint8(len(v.Entries)), entrySize
	for i := range v.Entries {
		v.Entries[i].put(fci[requestSize+i*entrySize:])
	}
	return b, nil
}

func (e *VideoEntry) put(b []byte) {
	be := binary.BigEndian
	b[0], b[1], b[2], b[3] = e.PayloadType, e.Mode, e.Flags, e.Aspects
	be.PutUint16(b[4:], e.Width)
	be.PutUint16(b[6:], e.Height)
	be.PutUint32(b[8:], e.MinBitRate)
	be.PutUint32(b[16:], e.BitRatePerLevel)
	for i, n := range e.BitRates {
		be.PutUint16(b[20+2*i:], n)
	}
	be.PutUint32(b[40:], e.FrameRates)
	be.PutUint16(b[44:], e.Must)
	be.PutUint16(b[46:], e.May)
	for i, n := range e.Qualities {
		be.PutUint16(b[48+2*i:], n)
	}
	be.PutUint32(b[64:], e.MaxPixels)
}

// Unmarshal reads a packet that Marshal, or a Lync client, wrote.
func (v *VideoSourceRequest) Unmarshal(b []byte) error {
	sender, media, err := feedbackHeader(b, formatAppl)
	if err != nil {
		return err
	}
	fci := b[feedbackFixed:]
	be := binary.BigEndian
	if len(fci) < requestSize || be.Uint16(fci) != applVSR {
		return fmt.Errorf("%w: no VSR", ErrRTCP)
	}
	count := int(fci[14])
	length := int(be.Uint16(fci[2:]))
	if count > maxEntries || count > 0 && fci[15] != entrySize ||
		length != requestSize+count*entrySize || length > len(fci) {
		return fmt.Errorf("%w: a VSR of %d bytes with %d entries of %d", ErrRTCP, length, count, fci[15])
	}
	*v = VideoSourceRequest{
		SenderSSRC: sender, MediaSSRC: media,
		Source:    be.Uint32(fci[4:]),
		RequestID: be.Uint16(fci[8:]),
		KeyFrame:  fci[13]&0x81 != 0, // either reading of the flag
		Entries:   make([]VideoEntry, count),
	}
	for i := range v.Entries {
		v.Entries[i].get(fci[requestSize+i*entrySize:])
	}
	return nil
}

func (e *VideoEntry) get(b []byte) {
	be := binary.BigEndian
	e.PayloadType, e.Mode, e.Flags, e.Aspects = b[0], b[1], b[2], b[3]
	e.Width, e.Height = be.Uint16(b[4:]), be.Uint16(b[6:])
	e.MinBitRate, e.BitRatePerLevel = be.Uint32(b[8:]), be.Uint32(b[16:])
	for i := range e.BitRates {
		e.BitRates[i] = be.Uint16(b[20+2*i:])
	}
	e.FrameRates = be.Uint32(b[40:])
	e.Must, e.May = be.Uint16(b[44:]), be.Uint16(b[46:])
	for i := range e.Qualities {
		e.Qualities[i] = be.Uint16(b[48+2*i:])
	}
	e.MaxPixels = be.Uint32(b[64:])
}

// DestinationSSRC is the media source the request is about.
func (v *VideoSourceRequest) DestinationSSRC() []uint32 { return []uint32{v.MediaSSRC} }

// MarshalSize is the size in bytes.
func (v *VideoSourceRequest) MarshalSize() int {
	return feedbackFixed + requestSize + len(v.Entries)*entrySize
}
