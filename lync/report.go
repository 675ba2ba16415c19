package lync

import (
	"time"

	"github.com/pion/rtcp"

	"fedge/media/rtp"
	"fedge/result"
)

// reportEvery is how often a client reports. The rules say 5 s; a harness has
// short calls.
const reportEvery = time.Second

// takeRTCP reads a datagram of RTCP, compound or reduced-size.
func (s *stream) takeRTCP(datagram []byte, at time.Time) {
	s.mu.Lock()
	plain, err := s.secure.receive.DecryptRTCP(nil, datagram, nil)
	var packets []rtcp.Packet
	if err == nil {
		packets, err = rtp.ParseRTCP(plain)
	}
	if err != nil {
		s.got.broken++
		s.mu.Unlock()
		return
	}
	for _, p := range packets {
		if sr, ok := p.(*rtcp.SenderReport); ok {
			if r := s.got.sources[sr.SSRC]; r != nil {
				r.SenderReport(sr.NTPTime, at)
			}
		}
	}
	feedback := s.feedback
	s.mu.Unlock()
	for _, p := range packets {
		if feedback != nil {
			feedback(p)
		}
	}
}

// report sends a sender or receiver report and our name, and then what else
// there is to say.
func (s *stream) report(now time.Time, bye bool) {
	var extra []rtcp.Packet
	if s.extra != nil && !bye {
		extra = s.extra()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secure.send == nil || !s.remoteRTCP.IsValid() {
		return
	}
	packets := []rtcp.Packet{s.header(now), &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: s.ssrc, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: s.cname}},
	}}}}
	if bye {
		packets = append(packets, &rtcp.Goodbye{Sources: []uint32{s.ssrc}})
	}
	s.control(packets)
	if len(extra) > 0 { // Lync's own messages go alone (RFC 5506)
		s.control(extra)
	}
}

// control sends RTCP; the caller holds the lock.
func (s *stream) control(packets []rtcp.Packet) {
	plain, err := rtcp.Marshal(packets)
	if err != nil {
		return
	}
	protected, err := s.secure.send.EncryptRTCP(nil, plain, nil)
	if err != nil {
		return
	}
	conn := s.pair.rtcp
	if s.mux {
		conn = s.pair.rtp
	}
	s.put(conn, protected, s.remoteRTCP)
}

// header is an SR when we sent something, else an RR (RFC 3550 §6.4).
func (s *stream) header(now time.Time) rtcp.Packet {
	var blocks []rtcp.ReceptionReport
	for ssrc, r := range s.got.sources {
		if block, ok := r.Report(ssrc, now); ok {
			blocks = append(blocks, block)
		}
	}
	if s.sent.packets == 0 {
		return &rtcp.ReceiverReport{SSRC: s.ssrc, Reports: blocks}
	}
	return &rtcp.SenderReport{
		SSRC: s.ssrc, NTPTime: rtp.NTP(now), RTPTime: s.sent.timestamp,
		PacketCount: uint32(s.sent.packets), OctetCount: s.sent.octets, Reports: blocks,
	}
}

// quality sums up what was sent and received.
func (s *stream) quality(call string) result.Media {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := result.Media{Call: call, Kind: s.kind, PacketsSent: s.sent.packets}
	if s.got.from.IsValid() {
		m.From = s.got.from.String()
	}
	for _, r := range s.got.sources {
		q := r.Quality()
		m.PacketsGot += int64(q.Received)
		m.PacketsLost += int64(q.Lost)
		m.JitterSeconds = max(m.JitterSeconds, q.Jitter.Seconds())
	}
	return m
}
