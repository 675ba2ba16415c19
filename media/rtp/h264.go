package rtp

import (
	"bytes"
	"iter"
)

// NAL unit types that we care about (H.264 table 7-1; RFC 6184 §5.2 and
// RFC 6190 §4 for those above 23).
const (
	NALSlice   = 1
	NALIDR     = 5
	NALSEI     = 6
	NALSPS     = 7
	NALPPS     = 8
	NALAUD     = 9
	NALPrefix  = 14
	NALSubSPS  = 15
	NALSliceEx = 20
	NALSTAPA   = 24
	NALFUA     = 28
	NALPACSI   = 30
)

// NALType is the type of a NAL unit or of an RTP payload; 0 when empty.
func NALType(unit []byte) uint8 {
	if len(unit) == 0 {
		return 0
	}
	return unit[0] & 31
}

// Units cuts an Annex B byte stream (H.264 annex B, start codes of three or
// four bytes) into NAL units. They share memory with stream.
func Units(stream []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := nextStart(stream, 0)
		for start < len(stream) {
			end := nextStart(stream, start)
			unit := stream[start:end]
			if end < len(stream) {
				unit = unit[:len(unit)-3] // the next start code
			}
			unit = bytes.TrimRight(unit, "\x00") // trailing zeros and the fourth byte
			if len(unit) > 0 && !yield(unit[:len(unit):len(unit)]) {
				return
			}
			start = end
		}
	}
}

// nextStart finds where the unit after the next start code begins.
func nextStart(stream []byte, from int) int {
	if i := bytes.Index(stream[from:], []byte{0, 0, 1}); i >= 0 {
		return from + i + 3
	}
	return len(stream)
}

// AppendUnit appends a start code and the unit: the reverse of Units.
func AppendUnit(stream, unit []byte) []byte {
	stream = append(stream, 0, 0, 0, 1)
	return append(stream, unit...)
}

// StartsKeyFrame tells whether an RTP payload opens a picture that needs none
// before it: it holds an SPS or an IDR slice, or the first fragment of one.
func StartsKeyFrame(payload []byte) bool {
	switch NALType(payload) {
	case NALSPS, NALIDR:
		return true
	case NALFUA:
		return len(payload) > 1 && payload[1]&0x80 != 0 && payload[1]&31 == NALIDR
	case NALSTAPA:
		for unit := range aggregated(payload[1:]) {
			if t := NALType(unit); t == NALSPS || t == NALIDR {
				return true
			}
		}
	}
	return false
}

// aggregated iterates over the units inside a STAP-A, without its header;
// it stops at a length that does not fit.
func aggregated(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(b) > 2 {
			size := int(b[0])<<8 | int(b[1])
			if size == 0 || size > len(b)-2 || !yield(b[2:2+size]) {
				return
			}
			b = b[2+size:]
		}
	}
}
