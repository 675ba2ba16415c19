package node

import (
	"context"
	"math"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"fedge/media/leg"
	"fedge/media/rtp"
	"fedge/media/sdp"
	"fedge/media/session"
)

// here is a loopback address that only this package's tests use.
var here = netip.MustParseAddr("127.9.71.1")

// boot starts a node for a test.
func boot(t *testing.T, cfg Config) *Node {
	t.Helper()
	if cfg.Name == "" {
		cfg.Name = "px03.vc.example.com"
	}
	if !cfg.Bind.IsValid() {
		cfg.Bind = here
	}
	if cfg.Ports == (Ports{}) {
		cfg.Ports = Ports{21000, 29999}
	}
	n, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	return n
}

// phone is a far end with sockets, a tone and an ear. Its protection is the
// leg's; ffmpeg, which shares no code with us, is asked in the interop test.
type phone struct {
	t     *testing.T
	node  *Node
	id    string
	kinds []sdp.Kind

	offered  []sdp.Stream
	agreed   []sdp.Stream
	conns    []*net.UDPConn // RTP by m-line
	controls []*net.UDPConn // RTCP by m-line
	streams  []*leg.Stream

	hertz float64
	phase int
	heard []int16
}

func newPhone(t *testing.T, n *Node, id string, hertz float64, lync bool, kinds ...sdp.Kind) *phone {
	t.Helper()
	p := &phone{t: t, node: n, id: id, kinds: kinds, hertz: hertz, offered: sdp.Offered(lync, kinds...)}
	for i := range p.offered {
		s := &p.offered[i]
		s.Port, s.SSRC, s.Key = p.sockets(), uint32(1000*(i+1)), sdp.NewKey()
	}
	return p
}

// sockets opens the pair of an m-line, wherever two ports in a row are free.
func (p *phone) sockets() uint16 {
	p.t.Helper()
	for range 100 {
		first, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(here, 0)))
		if err != nil {
			p.t.Fatal(err)
		}
		port := first.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		second, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(here, port+1)))
		if err != nil {
			first.Close()
			continue
		}
		p.t.Cleanup(func() { first.Close(); second.Close() })
		p.conns, p.controls = append(p.conns, first), append(p.controls, second)
		return port
	}
	p.t.Fatal("no two free ports in a row")
	return 0
}

func (p *phone) offer(version uint64) []byte {
	return sdp.Offer(nil, p.offered, sdp.Local{Address: here, Session: 5, Version: version}).Bytes()
}

// call opens the session and takes the answer.
func (p *phone) call(conference string) session.Answer {
	p.t.Helper()
	answer, err := p.node.Open(p.t.Context(), session.Open{ID: p.id, Conference: conference, Offer: p.offer(1)})
	if err != nil {
		p.t.Fatal(err)
	}
	p.take(answer.SDP)
	return answer
}

// take reads the node's answer.
func (p *phone) take(body []byte) {
	p.t.Helper()
	d, err := sdp.Parse(body)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.agreed, err = sdp.ReadAnswer(p.offered, d); err != nil {
		p.t.Fatalf("%v in\n%s", err, body)
	}
	p.follow()
}

// follow makes or changes the streams as agreed.
func (p *phone) follow() {
	p.t.Helper()
	for i, s := range p.agreed {
		if i < len(p.streams) {
			if err := p.streams[i].Agree(s, time.Now()); err != nil {
				p.t.Fatal(err)
			}
			continue
		}
		stream, err := leg.New(s, p.id, time.Now())
		if err != nil {
			p.t.Fatal(err)
		}
		p.streams = append(p.streams, stream)
	}
}

// talk sends the tone and listens, for n packets of what comes back. The
// node's own clock paces it: each packet heard lets the next one go.
func (p *phone) talk(n int) {
	p.t.Helper()
	p.say()
	for range n {
		if a, ok := p.read(p.conns[0], 0, 5*time.Second); ok {
			p.heard = a.Law.Decode(p.heard, a.Payload)
			p.say()
		}
	}
}

func (p *phone) say() {
	samples := make([]int16, rtp.Frame)
	for i := range samples {
		samples[i] = int16(8000 * math.Sin(2*math.Pi*p.hertz*float64(p.phase)/rtp.AudioClock))
		p.phase++
	}
	law := rtp.MuLaw
	if p.agreed[0].Codecs[0].Name == sdp.PCMA {
		law = rtp.ALaw
	}
	packet, to := p.streams[0].Audio(make([]byte, 0, 2048), law.Encode(nil, samples), time.Now())
	p.send(p.conns[0], packet, to)
}

func (p *phone) send(conn *net.UDPConn, packet []byte, to netip.AddrPort) {
	p.t.Helper()
	if len(packet) == 0 {
		return
	}
	if _, err := conn.WriteToUDPAddrPort(packet, to); err != nil {
		p.t.Error(err)
	}
}

// read takes the next media packet, past RTCP.
func (p *phone) read(conn *net.UDPConn, line int, patience time.Duration) (leg.Arrived, bool) {
	p.t.Helper()
	buffer := make([]byte, 2048)
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	for {
		n, src, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			p.t.Errorf("%s heard nothing: %v", p.id, err)
			return leg.Arrived{}, false
		}
		if a := p.streams[line].Handle(time.Now(), buffer[:n], src); a.What == leg.Media {
			return a, true
		}
	}
}

// power is how strong a frequency is in what was heard, in dB over full scale:
// the median over the last twenty tenths of a second, because on a busy machine
// a stall of the whole test cuts a tone here and there. Frequencies are
// multiples of 10 Hz, and so do not spill into each other.
func (p *phone) power(hertz float64) float64 {
	const window = rtp.AudioClock / 10
	var levels []float64
	for at := len(p.heard) - window; at >= 0 && len(levels) < 20; at -= window {
		levels = append(levels, level(p.heard[at:at+window], hertz))
	}
	if len(levels) == 0 {
		p.t.Fatalf("%s heard %d samples", p.id, len(p.heard))
	}
	slices.Sort(levels)
	return levels[len(levels)/2]
}

// level is Goertzel's algorithm.
func level(samples []int16, hertz float64) float64 {
	w := 2 * math.Pi * hertz / rtp.AudioClock
	var s1, s2 float64
	for _, s := range samples {
		s1, s2 = float64(s)+2*math.Cos(w)*s1-s2, s1
	}
	size := float64(len(samples))
	return 10 * math.Log10(4*(s1*s1+s2*s2-2*math.Cos(w)*s1*s2)/(size*size)/(32768*32768)+1e-12)
}

// together lets all phones talk at once.
func together(n int, phones ...*phone) {
	var all sync.WaitGroup
	for _, p := range phones {
		all.Go(func() { p.talk(n) })
	}
	all.Wait()
}

func (p *phone) hangUp() {
	p.t.Helper()
	if err := p.node.Close(context.Background(), session.Close{ID: p.id}); err != nil {
		p.t.Error(err)
	}
}
