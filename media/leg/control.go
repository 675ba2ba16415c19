package leg

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"fedge/media/rtp"
)

// control takes an RTCP datagram, compound or reduced (RFC 5506).
func (s *Stream) control(now time.Time, datagram []byte, src netip.AddrPort) Arrived {
	d := &s.rtcp
	if s.agreed.Mux {
		d = &s.rtp
	}
	if len(datagram) < 8 || !s.room(binary.BigEndian.Uint32(datagram[4:])) || !s.known(d, src) {
		s.counts.Refused++
		return Arrived{}
	}
	if !s.agreed.Plain {
		if s.in == nil {
			s.counts.Refused++
			return Arrived{}
		}
		var err error
		if datagram, err = s.in.DecryptRTCP(datagram[:0], datagram, nil); err != nil {
			s.distrust(err)
			return Arrived{}
		}
	}
	s.reception(binary.BigEndian.Uint32(datagram[4:])) // holds a place, as in the SRTP context
	packets, err := rtp.ParseRTCP(datagram)
	if err != nil {
		s.counts.Refused++
	}
	s.believe(now, d, src)
	a := Arrived{What: Control}
	for _, p := range packets {
		s.read(now, p, &a)
	}
	return a
}

// read takes one packet of a compound.
func (s *Stream) read(now time.Time, p rtcp.Packet, a *Arrived) {
	switch p := p.(type) {
	case *rtcp.SenderReport:
		if r := s.sources[p.SSRC]; r != nil {
			r.SenderReport(p.NTPTime, now)
		}
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest, *rtp.MSPLI:
		a.KeyFrame = true
	case *rtp.VideoSourceRequest:
		s.muted = p.Source == rtp.SourceNone
		// A repetition has the id of the first and wants nothing new.
		a.KeyFrame = a.KeyFrame || !s.muted && (p.KeyFrame || p.RequestID != s.request)
		s.request = p.RequestID
	case *rtcp.Goodbye:
		a.Bye = true
	}
}

// base is how far apart reports are on average; half to one and a half of it
// at random (RFC 3550 §6.2), so at most 3.75 s.
const base = 2500 * time.Millisecond

func (s *Stream) interval() time.Duration {
	return base/2 + time.Duration(s.random.Int64N(int64(base)))
}

// Report makes the compound RTCP report when it is due, into dst's memory.
// An empty packet means not now.
func (s *Stream) Report(dst []byte, now time.Time) ([]byte, netip.AddrPort) {
	if now.Before(s.report) {
		return nil, netip.AddrPort{}
	}
	s.report = now.Add(s.interval())
	return s.seal(dst, s.compound(now)...)
}

// Bye makes the last RTCP packet of a stream (RFC 3550 §6.6).
func (s *Stream) Bye(dst []byte, now time.Time) ([]byte, netip.AddrPort) {
	return s.seal(dst, append(s.compound(now), &rtcp.Goodbye{Sources: []uint32{s.agreed.SSRC}})...)
}

// compound is SR or RR, and SDES with our CNAME (RFC 3550 §6.1).
func (s *Stream) compound(now time.Time) []rtcp.Packet {
	var blocks []rtcp.ReceptionReport
	for ssrc, r := range s.sources {
		if block, ok := r.Report(ssrc, now); ok && len(blocks) < 31 {
			blocks = append(blocks, block)
		}
	}
	var first rtcp.Packet = &rtcp.ReceiverReport{SSRC: s.agreed.SSRC, Reports: blocks}
	if s.sent > 0 {
		since := now.Sub(s.sentAt).Seconds() * float64(s.clock())
		first = &rtcp.SenderReport{
			SSRC: s.agreed.SSRC, NTPTime: rtp.NTP(now), RTPTime: s.timestamp + uint32(int64(since)),
			PacketCount: s.sent, OctetCount: s.octets, Reports: blocks,
		}
	}
	return []rtcp.Packet{first, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: s.agreed.SSRC, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: s.cname}},
	}}}}
}

// seal writes and protects one RTCP datagram. It returns nothing when there is
// nowhere to send it, or no key.
func (s *Stream) seal(dst []byte, packets ...rtcp.Packet) ([]byte, netip.AddrPort) {
	to := s.rtcp.to
	if s.agreed.Mux {
		to = s.rtp.to
	}
	if !to.IsValid() || !s.agreed.Plain && (s.out == nil || s.in == nil) {
		return nil, netip.AddrPort{}
	}
	plain := dst[:0]
	for _, p := range packets {
		b, err := p.Marshal()
		if err != nil {
			return nil, netip.AddrPort{} // only a longer list than a packet holds
		}
		plain = append(plain, b...)
	}
	if s.agreed.Plain {
		return plain, to
	}
	sealed, err := s.out.EncryptRTCP(plain[:0], plain, nil)
	if err != nil {
		return nil, netip.AddrPort{}
	}
	return sealed, to
}
