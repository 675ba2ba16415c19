package rtp

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pion/rtcp"
)

// ErrRTCP says that a datagram is not RTCP at all, or is cut short.
var ErrRTCP = errors.New("rtp: not a valid RTCP packet")

// maxCompound bounds how many packets one datagram may hold.
const maxCompound = 32

// RTCP packet type and formats of feedback (RFC 4585 §6.1).
const (
	typePSFB      = 206
	formatPLI     = 1
	formatAppl    = 15
	rtcpHeader    = 4
	feedbackFixed = 12 // header, sender SSRC, media SSRC
)

// ParseRTCP reads a compound or reduced-size (RFC 5506) RTCP datagram. Lync's
// own messages come as *VideoSourceRequest, *SpeakerHistory and *MSPLI, the
// rest as pion's types, and what nobody knows as *rtcp.RawPacket: pion alone
// takes every application feedback for REMB and refuses the whole datagram.
func ParseRTCP(datagram []byte) ([]rtcp.Packet, error) {
	var packets []rtcp.Packet
	for rest := datagram; len(rest) > 0; {
		if len(rest) < rtcpHeader || rest[0]>>6 != 2 {
			return packets, fmt.Errorf("%w: %d bytes after %d packets", ErrRTCP, len(rest), len(packets))
		}
		size := 4 * (int(binary.BigEndian.Uint16(rest[2:])) + 1)
		if size > len(rest) {
			return packets, fmt.Errorf("%w: a packet of %d bytes in the last %d", ErrRTCP, size, len(rest))
		}
		if len(packets) == maxCompound {
			return packets, fmt.Errorf("%w: more than %d packets", ErrRTCP, maxCompound)
		}
		packets = append(packets, parseOne(rest[:size:size]))
		rest = rest[size:]
	}
	if len(packets) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrRTCP)
	}
	return packets, nil
}

// parseOne reads one packet, already cut out.
func parseOne(b []byte) rtcp.Packet {
	if p := parseLync(b); p != nil {
		return p
	}
	if packets, err := rtcp.Unmarshal(b); err == nil && len(packets) == 1 {
		return packets[0]
	}
	raw := rtcp.RawPacket(b)
	return &raw
}

// parseLync reads the messages that only Lync knows, and returns nil for others.
func parseLync(b []byte) rtcp.Packet {
	if b[1] != typePSFB || len(b) < feedbackFixed+4 {
		return nil
	}
	var p rtcp.Packet
	switch format := b[0] & 31; {
	case format == formatPLI && len(b) == msPLISize:
		p = new(MSPLI)
	case format != formatAppl:
		return nil
	case binary.BigEndian.Uint16(b[feedbackFixed:]) == applVSR:
		p = new(VideoSourceRequest)
	case binary.BigEndian.Uint16(b[feedbackFixed:]) == applDSH:
		p = new(SpeakerHistory)
	default:
		return nil
	}
	if p.Unmarshal(b) != nil {
		return nil
	}
	return p
}

// feedback starts a payload-specific feedback packet of size bytes.
func feedback(size int, format uint8, sender, media uint32) []byte {
	b := make([]byte, size)
	b[0], b[1] = 0x80|format, typePSFB
	binary.BigEndian.PutUint16(b[2:], uint16(size/4-1))
	binary.BigEndian.PutUint32(b[4:], sender)
	binary.BigEndian.PutUint32(b[8:], media)
	return b
}

// feedbackHeader checks the fixed part and returns the two SSRCs.
func feedbackHeader(b []byte, format uint8) (sender, media uint32, err error) {
	if len(b) < feedbackFixed || b[0]&^0x20 != 0x80|format || b[1] != typePSFB {
		return 0, 0, fmt.Errorf("%w: no feedback of format %d", ErrRTCP, format)
	}
	return binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), nil
}
