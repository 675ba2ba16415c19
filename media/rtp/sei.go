package rtp

import "bytes"

// seiUnregistered is the SEI payload type of user data with a UUID (H.264 D.1).
const seiUnregistered = 5

// UserData makes an SEI NAL unit of unregistered user data: id tells whose
// data it is (H.264 D.2.6).
func UserData(id [16]byte, data []byte) []byte {
	unit := []byte{NALSEI, seiUnregistered}
	for size := 16 + len(data); ; size -= 255 {
		if size < 255 {
			unit = append(unit, byte(size))
			break
		}
		unit = append(unit, 255)
	}
	unit = append(unit, id[:]...)
	unit = append(unit, data...)
	return escape(append(unit, 0x80)) // rbsp_trailing_bits
}

// ReadUserData finds the user data with that id in an SEI NAL unit.
func ReadUserData(unit []byte, id [16]byte) ([]byte, bool) {
	if NALType(unit) != NALSEI {
		return nil, false
	}
	for b := unescape(unit[1:]); len(b) > 2; {
		kind, rest, ok := seiNumber(b)
		if !ok {
			return nil, false
		}
		size, rest, ok := seiNumber(rest)
		if !ok || size > len(rest) {
			return nil, false
		}
		if kind == seiUnregistered && size >= len(id) && bytes.Equal(rest[:len(id)], id[:]) {
			return rest[len(id):size], true
		}
		b = rest[size:]
	}
	return nil, false
}

// seiNumber reads a payload type or size: any number of 255s and a rest.
func seiNumber(b []byte) (n int, rest []byte, ok bool) {
	for i, c := range b {
		n += int(c)
		if c < 255 {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}

// escape puts an emulation prevention byte into every 00 00 0x (H.264 7.4.1).
func escape(unit []byte) []byte {
	out := make([]byte, 0, len(unit)+len(unit)/64+1)
	zeros := 0
	for _, b := range unit {
		if zeros >= 2 && b <= 3 {
			out, zeros = append(out, 3), 0
		}
		if out = append(out, b); b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}

func unescape(unit []byte) []byte {
	out := make([]byte, 0, len(unit))
	zeros := 0
	for _, b := range unit {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if out = append(out, b); b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}
