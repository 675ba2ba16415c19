package rtp

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Packetise cuts the NAL units of one access unit into RTP payloads of at most
// size bytes, in packetization mode 1 (RFC 6184 §6.3): parameter sets and SEI
// go together in a STAP-A, slices alone, in fragments (FU-A) when too long.
// The last payload is the one that takes the marker bit.
func Packetise(units [][]byte, size int) [][]byte {
	var payloads [][]byte
	var small [][]byte
	length := 1
	flush := func() {
		switch len(small) {
		case 0:
		case 1:
			payloads = append(payloads, small[0])
		default:
			payloads = append(payloads, aggregate(small))
		}
		small, length = nil, 1
	}
	for _, unit := range units {
		if isSmall(unit) && len(unit)+3 <= size {
			if length+2+len(unit) > size {
				flush()
			}
			small, length = append(small, unit), length+2+len(unit)
			continue
		}
		flush()
		if len(unit) <= size {
			payloads = append(payloads, unit)
			continue
		}
		payloads = append(payloads, fragment(unit, size)...)
	}
	flush()
	return payloads
}

func isSmall(unit []byte) bool {
	switch NALType(unit) {
	case NALSEI, NALSPS, NALPPS, NALAUD:
		return true
	}
	return false
}

// aggregate is a STAP-A (RFC 6184 §5.7.1): the highest NRI of its units.
func aggregate(units [][]byte) []byte {
	payload := []byte{NALSTAPA}
	for _, unit := range units {
		payload[0] = max(payload[0]&0x60, unit[0]&0x60) | NALSTAPA
		payload = binary.BigEndian.AppendUint16(payload, uint16(len(unit)))
		payload = append(payload, unit...)
	}
	return payload
}

// fragment cuts a unit into FU-As (RFC 6184 §5.8).
func fragment(unit []byte, size int) [][]byte {
	indicator, kind := unit[0]&0xE0|NALFUA, unit[0]&31
	var payloads [][]byte
	for rest, first := unit[1:], true; len(rest) > 0; first = false {
		n := min(len(rest), max(size-2, 1))
		header := kind
		if first {
			header |= 0x80
		}
		if n == len(rest) {
			header |= 0x40
		}
		payloads = append(payloads, append([]byte{indicator, header}, rest[:n]...))
		rest = rest[n:]
	}
	return payloads
}

// ErrPayload says that an RTP payload is not H.264 as RFC 6184 packs it.
var ErrPayload = errors.New("rtp: not an H.264 payload")

// maxUnit bounds how large a fragmented NAL unit may grow.
const maxUnit = 1 << 20

// Depacketiser puts NAL units together again. It wants payloads in sequence
// order; after a gap call Lost. The zero value is ready.
type Depacketiser struct {
	fragments []byte // of the unit under way; empty: none
}

// Lost tells of missing packets: the unit under way is dropped.
func (d *Depacketiser) Lost() { d.fragments = d.fragments[:0] }

// Units returns the NAL units that payload completes, none or several. They
// are valid until the next call, and include PACSI (type 30) as it came.
func (d *Depacketiser) Units(payload []byte) ([][]byte, error) {
	switch kind := NALType(payload); {
	case kind == NALFUA:
		return d.fragment(payload)
	case kind == NALSTAPA:
		d.Lost()
		var units [][]byte
		for unit := range aggregated(payload[1:]) {
			units = append(units, unit)
		}
		if len(units) == 0 {
			return nil, fmt.Errorf("%w: a STAP-A without a unit", ErrPayload)
		}
		return units, nil
	case kind > 0 && kind < NALSTAPA || kind == NALPACSI:
		d.Lost()
		return [][]byte{payload}, nil
	default:
		d.Lost()
		return nil, fmt.Errorf("%w: type %d", ErrPayload, kind)
	}
}

func (d *Depacketiser) fragment(payload []byte) ([][]byte, error) {
	if len(payload) < 3 {
		d.Lost()
		return nil, fmt.Errorf("%w: a fragment of %d bytes", ErrPayload, len(payload))
	}
	first, last := payload[1]&0x80 != 0, payload[1]&0x40 != 0
	switch {
	case first:
		d.fragments = append(d.fragments[:0], payload[0]&0xE0|payload[1]&31)
	case len(d.fragments) == 0:
		return nil, nil // its start was lost; nothing to complete
	}
	if len(d.fragments)+len(payload) > maxUnit {
		d.Lost()
		return nil, fmt.Errorf("%w: a unit of more than %d bytes", ErrPayload, maxUnit)
	}
	d.fragments = append(d.fragments, payload[2:]...)
	if !last {
		return nil, nil
	}
	unit := d.fragments
	d.fragments = d.fragments[:0]
	return [][]byte{unit}, nil
}
