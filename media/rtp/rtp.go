// Package rtp holds what both the media node and the simulated organisation
// need to know about packets on the wire, and no policy: G.711, sequence
// numbers, reception statistics, RTCP with the messages that Lync adds, and
// H.264 as RTP payload.
//
// Headers and ordinary RTCP come from pion; the aliases here keep callers from
// needing two packages called rtp.
package rtp

import pion "github.com/pion/rtp"

// Header is an RTP fixed header with its extensions (RFC 3550 §5.1).
type Header = pion.Header

// Packet is a header and its payload.
type Packet = pion.Packet

// Kind is what a datagram on a media port holds.
type Kind uint8

// The kinds that share a media port (RFC 7983 §7, RFC 5761 §4).
const (
	Unknown Kind = iota
	STUN
	DTLS
	RTP
	RTCP
)

// KindOf tells a datagram's kind by its first two bytes. SRTP and SRTCP count
// as RTP and RTCP: their headers are in clear.
func KindOf(datagram []byte) Kind {
	if len(datagram) < 2 {
		return Unknown
	}
	switch first := datagram[0]; {
	case first <= 3:
		return STUN
	case first >= 20 && first <= 63:
		return DTLS
	case first < 128 || first > 191:
		return Unknown
	}
	// RFC 5761 §4: payload types 64-95 with the marker bit are RTCP's 192-223.
	if second := datagram[1]; second >= 192 && second <= 223 {
		return RTCP
	}
	return RTP
}

// Clock rates of what we carry, in timestamp units a second.
const (
	AudioClock = 8000  // G.711; G.722 says 8000 too (RFC 3551 §4.5.2)
	VideoClock = 90000 // RFC 3551 §5
)

// Frame is how many samples 20 ms of narrow-band audio are.
const Frame = 160
