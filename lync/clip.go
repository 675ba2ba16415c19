package lync

import (
	_ "embed"
	"encoding/binary"
	"errors"

	"fedge/media/rtp"
)

//go:generate go run clip/generate.go clip/clip.h264

// clipBytes is the film; clip/generate.go says what is in it.
//
//go:embed clip/clip.h264
var clipBytes []byte

// The film that clients send.
const (
	ClipWidth  = 176
	ClipHeight = 144
	ClipRate   = 15 // frames a second
	ClipFrames = 75
)

// clipID marks user data as a frame counter of ours.
var clipID = [16]byte{0x66, 0x65, 0x64, 0x67, 0x65, 0x2d, 0x66, 0x72, 0x61, 0x6d, 0x65, 0x2d, 0x63, 0x6f, 0x75, 0x6e}

// clip is the film cut into frames.
type clip struct{ frames []clipFrame }

// clipFrame is one access unit, without the counter.
type clipFrame struct {
	units [][]byte
	key   bool
}

// loadClip cuts the film: a frame ends with its one slice.
func loadClip() (clip, error) {
	var c clip
	var f clipFrame
	for unit := range rtp.Units(clipBytes) {
		switch rtp.NALType(unit) {
		case rtp.NALSEI:
			continue
		case rtp.NALIDR:
			f.key = true
			fallthrough
		case rtp.NALSlice:
			f.units = append(f.units, unit)
			c.frames = append(c.frames, f)
			f = clipFrame{}
			continue
		}
		f.units = append(f.units, unit)
	}
	if len(c.frames) != ClipFrames || !c.frames[0].key {
		return c, errors.New("lync: the film that was built in is not the one it should be")
	}
	return c, nil
}

// nextKey is the first key frame from n on.
func (c clip) nextKey(n int) int {
	for i := range c.frames {
		if at := (n + i) % len(c.frames); c.frames[at].key {
			return at
		}
	}
	return 0
}

// access is a frame ready to be sent: its counter goes before the slice.
func (f clipFrame) access(counter uint32) [][]byte {
	units := make([][]byte, 0, len(f.units)+1)
	last := len(f.units) - 1
	units = append(units, f.units[:last]...)
	units = append(units, rtp.UserData(clipID, binary.BigEndian.AppendUint32(nil, counter)))
	return append(units, f.units[last])
}

// frameCounter reads the counter from an SEI unit.
func frameCounter(unit []byte) (uint32, bool) {
	data, ok := rtp.ReadUserData(unit, clipID)
	if !ok || len(data) < 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(data), true
}

// ReadBlocks reads the number in a decoded frame of the film, given as gray
// pixels of ClipWidth × ClipHeight: what the frame's counter is modulo
// ClipFrames. It is false when a block is neither black nor white.
func ReadBlocks(gray []byte) (int, bool) {
	if len(gray) != ClipWidth*ClipHeight {
		return 0, false
	}
	number := 0
	for bit := range 8 {
		// The middle of each block: four in a row, two rows.
		x, y := ClipWidth/8+bit%4*ClipWidth/4, ClipHeight/4+bit/4*ClipHeight/2
		switch v := gray[y*ClipWidth+x]; {
		case v > 176:
			number |= 1 << bit
		case v > 80:
			return 0, false
		}
	}
	return number, true
}
