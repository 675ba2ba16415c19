package rtp

import "math/bits"

// Law is one of the two compressions of G.711: 8 bits a sample at 8 kHz.
type Law uint8

// The laws, by what RTP calls them.
const (
	MuLaw Law = iota // PCMU
	ALaw             // PCMA
)

// PayloadType is the law's static RTP payload type (RFC 3551 §6).
func (l Law) PayloadType() uint8 {
	if l == ALaw {
		return 8
	}
	return 0
}

func (l Law) String() string {
	if l == ALaw {
		return "PCMA"
	}
	return "PCMU"
}

// Silence is the code of the sample nearest to zero.
func (l Law) Silence() byte {
	if l == ALaw {
		return 0xD5
	}
	return 0xFF
}

// Decode appends the 16-bit samples of coded to dst.
func (l Law) Decode(dst []int16, coded []byte) []int16 {
	table := &decoding[l&1]
	for _, b := range coded {
		dst = append(dst, table[b])
	}
	return dst
}

// Encode appends the codes of samples to dst.
func (l Law) Encode(dst []byte, samples []int16) []byte {
	table := &encoding[l&1]
	for _, s := range samples {
		// 14 significant bits are all that either law can see.
		dst = append(dst, table[uint16(s)>>2])
	}
	return dst
}

// The tables follow from the definition; filling them takes microseconds and
// makes a sample one look-up. They are never written again.
var (
	decoding = [2][256]int16{decodingTable(expandMu), decodingTable(expandA)}
	encoding = [2][1 << 14]byte{encodingTable(compressMu), encodingTable(compressA)}
)

func decodingTable(expand func(byte) int16) (t [256]int16) {
	for i := range t {
		t[i] = expand(byte(i))
	}
	return t
}

func encodingTable(compress func(int) byte) (t [1 << 14]byte) {
	for i := range t {
		t[i] = compress(int(int16(uint16(i) << 2)))
	}
	return t
}

// expandMu is ITU-T G.711 table 2, inverted bits, in units of 16 bits.
func expandMu(code byte) int16 {
	code = ^code
	segment, step := code>>4&7, int(code&15)
	magnitude := (step<<3+0x84)<<segment - 0x84
	if code&0x80 != 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

// compressMu takes a 16-bit sample; 0x84 is the bias that makes segments
// powers of two.
func compressMu(sample int) byte {
	sign := byte(0)
	if sample < 0 {
		sign, sample = 0x80, -sample
	}
	sample = min(sample, 32635) + 0x84
	segment := bits.Len(uint(sample)) - 8
	return ^(sign | byte(segment)<<4 | byte(sample>>(segment+3))&15)
}

// expandA is ITU-T G.711 table 1, even bits inverted, in units of 16 bits.
func expandA(code byte) int16 {
	code ^= 0x55
	segment, magnitude := code>>4&7, int(code&15)<<4+8
	if segment > 0 {
		magnitude = (magnitude + 0x100) << (segment - 1)
	}
	if code&0x80 == 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

func compressA(sample int) byte {
	sign := byte(0x80)
	if sample < 0 {
		sign, sample = 0, -sample-1
	}
	sample = min(sample, 32767)
	if sample < 256 {
		return (sign | byte(sample>>4)) ^ 0x55
	}
	segment := bits.Len(uint(sample)) - 8
	return (sign | byte(segment)<<4 | byte(sample>>(segment+3))&15) ^ 0x55
}
