package lync

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"fedge/capture"
	"fedge/media/rtp"
)

// stream is one m-line at work: its sockets, keys and counts.
type stream struct {
	kind     string
	pair     pair
	key      Key
	ssrc     uint32
	clock    uint32
	cname    string
	recorder *capture.Recorder
	hear     func(h *rtp.Header, payload []byte, at time.Time) // each packet, in order of arrival
	feedback func(p rtcp.Packet)                               // each RTCP packet but reports
	extra    func() []rtcp.Packet                              // what goes with every report

	mu         sync.Mutex // guards all below
	secure     secure
	remote     netip.AddrPort
	remoteRTCP netip.AddrPort
	mux        bool
	payload    uint8
	encoding   string
	paused     bool
	started    time.Time
	sent       sent
	got        got
	out        []byte // packet under way
}

// sent counts what we sent.
type sent struct {
	seq       uint16
	timestamp uint32
	packets   int64
	octets    uint32
}

// got is what arrived.
type got struct {
	sources   map[uint32]*rtp.Reception
	from      netip.AddrPort // of the first packet that could be read
	first     time.Time
	last      uint32 // SSRC of the latest packet
	broken    int64  // datagrams that could not be read: wrong key, replay, noise
	strangers int64  // packets from another address than the first
}

// maxSources bounds the SSRCs that statistics are kept of.
const maxSources = 16

// begin takes the terms of the peer's description, first or changed.
func (s *stream) begin(t accepted, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.secure.rekey(t.send, t.receive); err != nil {
		return err
	}
	s.remote, s.remoteRTCP, s.mux = t.RTP, t.RTCP, t.Mux
	s.payload, s.encoding = t.payload, t.encoding
	// Their direction, so the other way round for us.
	s.paused = t.Direction == "inactive" || t.Direction == "sendonly"
	if s.started.IsZero() {
		s.started = now
		s.got.sources = make(map[uint32]*rtp.Reception)
	}
	return nil
}

// read takes datagrams from one socket until it is closed.
func (s *stream) read(conn *net.UDPConn) {
	buf := make([]byte, 2048)
	local := addrPortOf(conn)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return // closed; UDP has no other lasting error
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		at := time.Now()
		s.recorder.Datagram(at, from, local, buf[:n])
		switch rtp.KindOf(buf[:n]) {
		case rtp.RTP:
			s.takeRTP(buf[:n], from, at)
		case rtp.RTCP:
			s.takeRTCP(buf[:n], at)
		}
	}
}

func (s *stream) takeRTP(datagram []byte, from netip.AddrPort, at time.Time) {
	s.mu.Lock()
	var h rtp.Header
	plain, err := s.secure.receive.DecryptRTP(nil, datagram, &h)
	size := 0
	if err == nil {
		size, err = h.Unmarshal(plain)
	}
	if err != nil {
		s.got.broken++
		s.mu.Unlock()
		return
	}
	s.count(&h, from, at)
	hear := s.hear
	s.mu.Unlock()
	if payload := plain[size:]; hear != nil {
		if h.Padding && len(payload) > 0 && int(payload[len(payload)-1]) <= len(payload) {
			payload = payload[:len(payload)-int(payload[len(payload)-1])]
		}
		hear(&h, payload, at)
	}
}

// count keeps the books of one packet.
func (s *stream) count(h *rtp.Header, from netip.AddrPort, at time.Time) {
	if s.got.first.IsZero() {
		s.got.first, s.got.from = at, from
	}
	if from != s.got.from {
		s.got.strangers++
	}
	r := s.got.sources[h.SSRC]
	if r == nil {
		if len(s.got.sources) >= maxSources {
			return
		}
		r = rtp.NewReception(s.clock)
		s.got.sources[h.SSRC] = r
	}
	r.Packet(h.SequenceNumber, h.Timestamp, at)
	s.got.last = h.SSRC
}

// send protects and sends one packet; false while there is nowhere to send to.
func (s *stream) send(payload []byte, timestamp uint32, marker bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secure.send == nil || s.paused || !s.remote.IsValid() {
		return false
	}
	h := rtp.Header{
		Version: 2, Marker: marker, PayloadType: s.payload, SequenceNumber: s.sent.seq, Timestamp: timestamp, SSRC: s.ssrc,
	}
	s.sent.seq++
	s.sent.timestamp = timestamp
	plain, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		return false
	}
	s.out, err = s.secure.send.EncryptRTP(s.out[:0], plain, &h)
	if err != nil {
		return false
	}
	s.sent.packets++
	s.sent.octets += uint32(len(payload))
	s.put(s.pair.rtp, s.out, s.remote)
	return true
}

// put writes a datagram. What the network does not take is lost, like any.
func (s *stream) put(conn *net.UDPConn, b []byte, to netip.AddrPort) {
	s.recorder.Datagram(time.Now(), addrPortOf(conn), to, b)
	conn.WriteToUDPAddrPort(b, to)
}

func addrPortOf(conn *net.UDPConn) netip.AddrPort {
	addr, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := addr.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// format is what we send at the moment.
func (s *stream) format() (payload uint8, encoding string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.payload, s.encoding
}
