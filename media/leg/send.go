package leg

import (
	"net/netip"
	"time"

	"fedge/media/rtp"
	"fedge/media/sdp"
)

// overhead is what a packet has beyond its payload: header and SRTP's tag.
const overhead = 12 + 10

// Audio makes the packet for the next 20 ms of coded audio, into dst's memory.
// It is to be called once a tick even while nothing may be sent (then the
// packet is empty): the timestamp counts on through a hold.
func (s *Stream) Audio(dst, coded []byte, now time.Time) ([]byte, netip.AddrPort) {
	s.timestamp += rtp.Frame
	s.sentAt = now
	if !s.may() {
		return nil, netip.AddrPort{}
	}
	s.sequence++
	h := rtp.Header{SequenceNumber: s.sequence, Timestamp: s.timestamp, Marker: s.sent == 0}
	return s.protect(dst, &h, coded)
}

// Skip tells that n ticks were missed, so that the timestamp stays true.
func (s *Stream) Skip(n int) { s.timestamp += uint32(n) * rtp.Frame }

// Video makes a packet of video, into dst's memory; sequence number, timestamp
// and marker are those of h.
func (s *Stream) Video(dst []byte, h *rtp.Header, payload []byte, now time.Time) ([]byte, netip.AddrPort) {
	s.timestamp, s.sentAt = h.Timestamp, now
	if !s.may() || s.muted {
		return nil, netip.AddrPort{}
	}
	return s.protect(dst, h, payload)
}

// may tells whether anything may be sent at all.
func (s *Stream) may() bool {
	return s.agreed.Direction&sdp.Send != 0 && s.rtp.to.IsValid() && (s.agreed.Plain || s.out != nil && s.in != nil)
}

// protect writes a packet with our SSRC and the agreed number, and seals it.
func (s *Stream) protect(dst []byte, h *rtp.Header, payload []byte) ([]byte, netip.AddrPort) {
	s.leaving = rtp.Header{
		Version: 2, Marker: h.Marker, PayloadType: s.agreed.Codecs[0].Send,
		SequenceNumber: h.SequenceNumber, Timestamp: h.Timestamp, SSRC: s.agreed.SSRC,
	}
	size := overhead + len(payload)
	if cap(dst) < size {
		dst = make([]byte, size)
	}
	plain := dst[:size-10]
	n, err := s.leaving.MarshalTo(plain)
	if err != nil {
		return nil, netip.AddrPort{} // a bare header always fits
	}
	copy(plain[n:], payload)
	s.sent++
	s.octets += uint32(len(payload))
	if s.agreed.Plain {
		return plain, s.rtp.to
	}
	sealed, err := s.out.EncryptRTP(plain[:0], plain, &s.leaving)
	if err != nil {
		return nil, netip.AddrPort{} // the key is used up (2^48 packets)
	}
	return sealed, s.rtp.to
}
