package rtp

import (
	"encoding/binary"
	"fmt"
)

// msPLISize is a PLI whose FCI holds 12 bytes instead of none.
const msPLISize = feedbackFixed + 12

// MSPLI is Lync's picture loss indication: RFC 4585's format with a request id
// and the layers that a key frame is wanted of ([MS-RTP] 2.2.12).
type MSPLI struct {
	SenderSSRC, MediaSSRC uint32

	RequestID uint16
	Layers    [8]byte // bit n of byte m: PRID 8m+n; {1} asks for the base layer
}

// Marshal writes the packet.
func (p *MSPLI) Marshal() ([]byte, error) {
	b := feedback(msPLISize, formatPLI, p.SenderSSRC, p.MediaSSRC)
	binary.BigEndian.PutUint16(b[feedbackFixed:], p.RequestID)
	copy(b[feedbackFixed+4:], p.Layers[:])
	return b, nil
}

// Unmarshal reads a PLI of 24 bytes.
func (p *MSPLI) Unmarshal(b []byte) error {
	sender, media, err := feedbackHeader(b, formatPLI)
	if err != nil {
		return err
	}
	if len(b) != msPLISize {
		return fmt.Errorf("%w: a Lync PLI has %d bytes, not %d", ErrRTCP, msPLISize, len(b))
	}
	*p = MSPLI{SenderSSRC: sender, MediaSSRC: media, RequestID: binary.BigEndian.Uint16(b[feedbackFixed:])}
	copy(p.Layers[:], b[feedbackFixed+4:])
	return nil
}

// DestinationSSRC is the media source that lost a picture.
func (p *MSPLI) DestinationSSRC() []uint32 { return []uint32{p.MediaSSRC} }

// MarshalSize is the size in bytes.
func (p *MSPLI) MarshalSize() int { return msPLISize }

// SpeakerHistory is Lync's DSH: who spoke last, newest first ([MS-RTP] 2.2.12).
type SpeakerHistory struct {
	SenderSSRC, MediaSSRC uint32

	Sources []uint32 // media source ids, at most 64
}

const maxSources = 64

// Marshal writes the packet; it fails with more than 64 sources.
func (h *SpeakerHistory) Marshal() ([]byte, error) {
	if len(h.Sources) > maxSources {
		return nil, fmt.Errorf("rtp: a speaker history holds at most %d sources, not %d", maxSources, len(h.Sources))
	}
	b := feedback(h.MarshalSize(), formatAppl, h.SenderSSRC, h.MediaSSRC)
	fci := b[feedbackFixed:]
	binary.BigEndian.PutUint16(fci[0:], applDSH)
	binary.BigEndian.PutUint16(fci[2:], uint16(len(fci)))
	for i, source := range h.Sources {
		binary.BigEndian.PutUint32(fci[4+4*i:], source)
	}
	return b, nil
}

// Unmarshal reads a speaker history.
func (h *SpeakerHistory) Unmarshal(b []byte) error {
	sender, media, err := feedbackHeader(b, formatAppl)
	if err != nil {
		return err
	}
	fci := b[feedbackFixed:]
	if len(fci) < 4 || binary.BigEndian.Uint16(fci) != applDSH {
		return fmt.Errorf("%w: no speaker history", ErrRTCP)
	}
	length := int(binary.BigEndian.Uint16(fci[2:]))
	if length < 4 || length%4 != 0 || length > len(fci) || length > 4+4*maxSources {
		return fmt.Errorf("%w: a speaker history of %d bytes", ErrRTCP, length)
	}
	*h = SpeakerHistory{SenderSSRC: sender, MediaSSRC: media, Sources: make([]uint32, 0, length/4-1)}
	for at := 4; at < length; at += 4 {
		h.Sources = append(h.Sources, binary.BigEndian.Uint32(fci[at:]))
	}
	return nil
}

// DestinationSSRC is empty in effect: the history is about the conference.
func (h *SpeakerHistory) DestinationSSRC() []uint32 { return []uint32{h.MediaSSRC} }

// MarshalSize is the size in bytes.
func (h *SpeakerHistory) MarshalSize() int { return feedbackFixed + 4 + 4*len(h.Sources) }
