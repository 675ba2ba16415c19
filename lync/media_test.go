package lync

import (
	"context"
	"math"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"

	"fedge/media/rtp"
)

// peer is a media node small enough to be seen through: it plays a tone, and
// sends back what it hears if told so.
type peer struct {
	t          *testing.T
	conn       *net.UDPConn
	send, recv *srtp.Context
	key        Key
	mki        []byte
	tone       float64
	echo       bool
	drop       int // every n-th packet is lost
	to         netip.AddrPort
	frames     chan []int16 // of the client, to be sent back
	quit       chan struct{}
	gone       chan struct{} // the client said goodbye
	wait       sync.WaitGroup

	mu      sync.Mutex
	control []rtcp.Packet
	heard   int
}

func newPeer(t *testing.T, tone float64) *peer {
	conn, err := listenUDP(netip.MustParseAddr("127.0.0.1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	return &peer{t: t, conn: conn, key: NewKey(), tone: tone, frames: make(chan []int16, 16), quit: make(chan struct{}), gone: make(chan struct{})}
}

// accept is the answer that leads the client here: one port, rtcp-mux.
func (p *peer) accept(m *media, tag int) accepted {
	ours, ok := offeredCrypto(tag, m.audio.key)
	if !ok {
		p.t.Fatal("no such tag")
	}
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), portOf(p.conn))
	theirs := crypto{tag: tag, key: p.key, mki: ours.mki}
	p.mki = ours.mki
	p.to = netip.AddrPortFrom(at.Addr(), portOf(m.audio.pair.rtp))
	var err error
	if p.send, err = newContext(theirs); err != nil {
		p.t.Fatal(err)
	}
	if p.recv, err = newContext(ours); err != nil {
		p.t.Fatal(err)
	}
	return accepted{
		AnswerMedia: AnswerMedia{Kind: "audio", RTP: at, RTCP: at, Mux: true, Direction: "sendrecv"},
		send:        ours, receive: theirs, encoding: "PCMU/8000",
	}
}

func (p *peer) start() {
	p.wait.Go(p.read)
	p.wait.Go(p.play)
}

func (p *peer) stop() {
	close(p.quit)
	p.conn.Close()
	p.wait.Wait()
}

func (p *peer) read() {
	buf := make([]byte, 2048)
	for {
		n, _, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		switch rtp.KindOf(buf[:n]) {
		case rtp.RTP:
			var h rtp.Header
			plain, err := p.recv.DecryptRTP(nil, buf[:n], &h)
			if err != nil {
				p.t.Errorf("the client's RTP: %v", err)
				continue
			}
			p.mu.Lock()
			p.heard++
			p.mu.Unlock()
			if p.echo {
				select {
				case p.frames <- rtp.MuLaw.Decode(nil, plain[12:]):
				case <-p.quit:
				}
			}
		case rtp.RTCP:
			plain, err := p.recv.DecryptRTCP(nil, buf[:n], nil)
			if err != nil {
				p.t.Errorf("the client's RTCP: %v", err)
				continue
			}
			packets, err := rtp.ParseRTCP(plain)
			if err != nil {
				p.t.Errorf("the client's RTCP: %v", err)
			}
			p.mu.Lock()
			p.control = append(p.control, packets...)
			p.mu.Unlock()
			for _, c := range packets {
				if _, ok := c.(*rtcp.Goodbye); ok {
					close(p.gone)
				}
			}
		}
	}
}

// play sends faster than real time, so that tests are short: a receiver goes by
// timestamps.
func (p *peer) play() {
	tone, frame := newOscillator(p.tone), make([]int16, rtp.Frame)
	pace := newPacer(5 * time.Millisecond)
	defer pace.stop()
	for n := 1; ; n++ {
		tone.next(frame)
		if !p.echo && !pace.wait(p.quit) {
			return
		}
		if p.echo { // one packet for each that came, so that the echo is a tone too
			select {
			case back := <-p.frames:
				for i := range frame {
					frame[i] += back[i] / 4
				}
			case <-p.quit:
				return
			}
		}
		h := rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: uint32(n * rtp.Frame), SSRC: 77}
		packet, err := (&rtp.Packet{Header: h, Payload: rtp.MuLaw.Encode(nil, frame)}).Marshal()
		if err != nil {
			p.t.Error(err)
			return
		}
		out, err := p.send.EncryptRTP(nil, packet, &h)
		if err != nil {
			p.t.Error(err)
			return
		}
		if p.drop == 0 || n%p.drop != 0 {
			p.conn.WriteToUDPAddrPort(out, p.to)
		}
		if n == 20 {
			p.sendReport()
		}
	}
}

func (p *peer) sendReport() {
	plain, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 77, NTPTime: rtp.NTP(time.Now())}})
	if err != nil {
		p.t.Error(err)
		return
	}
	if out, err := p.send.EncryptRTCP(nil, plain, nil); err == nil {
		p.conn.WriteToUDPAddrPort(out, p.to)
	}
}

func testMedia(t *testing.T, tone float64) *media {
	m, err := openMedia(mediaConfig{address: netip.MustParseAddr("127.0.0.1"), tone: tone, ssrc: newSSRC(), callID: "call"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.stop)
	return m
}

func TestAudioBothWays(t *testing.T) {
	t.Parallel()
	for _, tag := range []int{tagPlain, tagMKI} {
		m, p := testMedia(t, 619), newPeer(t, 1009)
		terms := p.accept(m, tag)
		p.start()
		m.start([]accepted{terms})
		h, err := m.listen(t.Context(), 400*time.Millisecond, []float64{1009, 1511})
		if err != nil {
			t.Fatal(err)
		}
		if h.Tones[1009] < 40 || h.Tones[1511] > 10 || h.Own > h.Tones[1009]-40 {
			t.Errorf("tag %d: %+v", tag, h)
		}
		if h.From != terms.RTP || h.Packets < 18 || h.Lost != 0 {
			t.Errorf("tag %d: %+v", tag, h)
		}
		q := m.quality()
		if len(q) != 1 || q[0].Kind != "audio" || q[0].TonesDecibel["1009"] < 40 || q[0].OwnDecibel == nil || *q[0].OwnDecibel > -40 || q[0].From != terms.RTP.String() {
			t.Errorf("tag %d: %+v", tag, q)
		}
		m.stop()
		<-p.gone
		p.stop()
		p.mu.Lock()
		if p.heard < 3 {
			t.Errorf("tag %d: the peer heard %d packets", tag, p.heard)
		}
		var sr, bye, cname bool
		for _, c := range p.control {
			switch c := c.(type) {
			case *rtcp.SenderReport:
				sr = true
			case *rtcp.SourceDescription:
				cname = c.Chunks[0].Items[0].Text == "call"
			case *rtcp.Goodbye:
				bye = true
			}
		}
		p.mu.Unlock()
		if !sr || !bye || !cname {
			t.Errorf("tag %d: SR %v, BYE %v, CNAME %v", tag, sr, bye, cname)
		}
	}
}

func TestEchoIsHeard(t *testing.T) {
	t.Parallel()
	m, p := testMedia(t, 619), newPeer(t, 1009)
	p.echo = true
	terms := p.accept(m, tagPlain)
	p.start()
	defer p.stop()
	m.start([]accepted{terms})
	h, err := m.listen(t.Context(), 400*time.Millisecond, []float64{1009})
	if err != nil {
		t.Fatal(err)
	}
	if h.Own < h.Tones[1009]-40 {
		t.Errorf("a quarter of our own tone came back and was not noticed: %+v", h)
	}
}

func TestLossIsCounted(t *testing.T) {
	t.Parallel()
	m, p := testMedia(t, 0), newPeer(t, 1009)
	p.drop = 10
	terms := p.accept(m, tagPlain)
	p.start()
	defer p.stop()
	m.start([]accepted{terms})
	h, err := m.listen(t.Context(), time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	if h.Lost < 4 || h.Lost > 6 || !math.IsNaN(h.Own) {
		t.Errorf("%+v", h)
	}
}

func TestWrongKeyIsSilence(t *testing.T) {
	t.Parallel()
	m, p := testMedia(t, 0), newPeer(t, 1009)
	terms := p.accept(m, tagPlain)
	terms.receive.key[0] ^= 1
	p.start()
	defer p.stop()
	m.start([]accepted{terms})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if h, err := m.listen(ctx, 100*time.Millisecond, nil); err == nil {
		t.Errorf("%+v", h)
	}
	m.audio.mu.Lock()
	defer m.audio.mu.Unlock()
	if m.audio.got.broken == 0 {
		t.Error("broken packets are not counted")
	}
}

func TestHoldSendsNothing(t *testing.T) {
	t.Parallel()
	m, p := testMedia(t, 619), newPeer(t, 1009)
	terms := p.accept(m, tagPlain)
	m.start([]accepted{terms})
	held := terms
	held.Direction = "inactive"
	m.update([]accepted{held})
	before := m.quality()[0].PacketsSent
	if m.audio.send(make([]byte, 160), 1, false) {
		t.Error("a packet was sent on hold")
	}
	m.update([]accepted{terms})
	if !m.audio.send(make([]byte, 160), 2, false) || m.quality()[0].PacketsSent <= before {
		t.Error("nothing was sent after hold")
	}
	p.conn.Close()
}

func TestMeasure(t *testing.T) {
	mix := func(tones ...float64) []int16 {
		out, frame := make([]int16, 3200), make([]int16, 3200)
		for _, hz := range tones {
			o := newOscillator(hz)
			o.next(frame)
			for i := range out {
				out[i] += frame[i]
			}
		}
		coded := rtp.MuLaw.Encode(nil, out)
		return rtp.MuLaw.Decode(nil, coded)
	}
	for _, c := range []struct {
		name    string
		samples []int16
		heard   []float64
		silent  []float64
	}{
		{"two of three", mix(437, 1009), []float64{437, 1009}, []float64{619}},
		{"one", mix(619), []float64{619}, []float64{437, 1009}},
		{"silence", make([]int16, 3200), nil, []float64{437, 619, 1009}},
		{"nothing", nil, nil, []float64{437}},
	} {
		levels, _ := measure(c.samples, 0, append(c.heard, c.silent...))
		for _, hz := range c.heard {
			if levels[hz] < 30 {
				t.Errorf("%s: %v Hz at %.1f dB", c.name, hz, levels[hz])
			}
		}
		for _, hz := range c.silent {
			if levels[hz] > 10 {
				t.Errorf("%s: %v Hz at %.1f dB", c.name, hz, levels[hz])
			}
		}
	}
}

func TestListenBounds(t *testing.T) {
	m := testMedia(t, 0)
	for _, d := range []time.Duration{0, 10 * time.Millisecond, time.Minute} {
		if _, err := m.listen(t.Context(), d, nil); err == nil {
			t.Errorf("listened for %s", d)
		}
	}
}
