package leg

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"github.com/pion/srtp/v3"

	"fedge/media/rtp"
	"fedge/media/sdp"
)

// What says what a datagram turned out to be.
type What uint8

// The outcomes of Handle.
const (
	Nothing What = iota // not for the conference: dropped, or an event, or while on hold
	Media               // audio or video in an agreed codec
	Control             // RTCP
)

// Arrived is one datagram, understood. Header and Payload are valid until the
// next call of Handle, and share the datagram's memory.
type Arrived struct {
	What     What
	Header   *rtp.Header
	Payload  []byte
	Law      rtp.Law // of audio
	KeyFrame bool    // RTCP: the far end cannot decode what it sees
	Bye      bool    // RTCP: it leaves
}

// Handle takes a datagram from the network. It decrypts in place. What fails
// authentication is counted and changes nothing.
func (s *Stream) Handle(now time.Time, datagram []byte, src netip.AddrPort) Arrived {
	switch rtp.KindOf(datagram) {
	case rtp.RTP:
		return s.media(now, datagram, src)
	case rtp.RTCP:
		return s.control(now, datagram, src)
	}
	// STUN will be ICE's.
	s.counts.Refused++
	return Arrived{}
}

func (s *Stream) media(now time.Time, datagram []byte, src netip.AddrPort) Arrived {
	if len(datagram) < 12 || !s.room(binary.BigEndian.Uint32(datagram[8:])) || !s.known(&s.rtp, src) {
		s.counts.Refused++
		return Arrived{}
	}
	plain, ok := s.open(datagram)
	if !ok {
		return Arrived{}
	}
	h := &s.header
	n, err := h.Unmarshal(plain)
	if err != nil {
		s.counts.Refused++
		return Arrived{}
	}
	payload := plain[n:]
	if h.Padding && len(payload) > 0 { // RFC 3550 §5.1
		payload = payload[:max(len(payload)-int(payload[len(payload)-1]), 0)]
	}
	s.believe(now, &s.rtp, src)
	s.counts.Packets++
	s.source = h.SSRC
	s.reception(h.SSRC).Packet(h.SequenceNumber, h.Timestamp, now)
	if !s.Expects() || len(payload) == 0 {
		return Arrived{}
	}
	for _, c := range s.agreed.Codecs {
		if c.Receive == h.PayloadType {
			if s.agreed.Kind == sdp.Video {
				s.video = now
			}
			return Arrived{What: Media, Header: h, Payload: payload, Law: law(c.Name)}
		}
	}
	if s.agreed.Event.Name == "" || h.PayloadType != s.agreed.Event.Receive {
		s.counts.Refused++
	}
	return Arrived{}
}

func law(codec string) rtp.Law {
	if codec == sdp.PCMA {
		return rtp.ALaw
	}
	return rtp.MuLaw
}

// open removes the protection of an RTP packet, in place.
func (s *Stream) open(datagram []byte) (plain []byte, ok bool) {
	if s.agreed.Plain {
		return datagram, true
	}
	if s.in == nil {
		s.counts.Refused++ // early media before the answer with its key
		return nil, false
	}
	plain, err := s.in.DecryptRTP(datagram[:0], datagram, &s.header)
	if err == nil {
		s.previous = nil
		return plain, true
	}
	if s.previous != nil { // still under way when the key changed
		if plain, again := s.previous.DecryptRTP(datagram[:0], datagram, &s.header); again == nil {
			return plain, true
		}
	}
	s.distrust(err)
	return nil, false
}

func (s *Stream) distrust(err error) {
	if errors.Is(err, srtp.ErrFailedToVerifyAuthTag) {
		s.counts.Forged++
		return
	}
	s.counts.Refused++
}

// room keeps the number of sources, and so the state they make us hold, bounded.
func (s *Stream) room(ssrc uint32) bool {
	return len(s.sources) < maxSources || s.sources[ssrc] != nil
}

func (s *Stream) reception(ssrc uint32) *rtp.Reception {
	r := s.sources[ssrc]
	if r == nil {
		r = rtp.NewReception(s.clock())
		s.sources[ssrc] = r
	}
	return r
}

// known tells whether a packet from src may be looked at. Protection decides
// that better than an address can; without it, the first source stays.
func (s *Stream) known(d *destination, src netip.AddrPort) bool {
	return !s.agreed.Plain || !d.latched || d.to == src
}

// believe notes an authentic packet: the far end is there, and it is reached
// where it sends from (RFC 7362 §4: a NAT may stand between its description
// and us).
func (s *Stream) believe(now time.Time, d *destination, src netip.AddrPort) {
	s.heard = now
	d.to, d.latched = src, true
}
