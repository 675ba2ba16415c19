package scenario

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fedge/capture"
	"fedge/certs"
	"fedge/dns"
	"fedge/loadtest"
	"fedge/lync"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// target is a node that behaves as the test says. It is no edge: a few lines
// that answer, so that what load makes of the answers can be seen.
type target struct {
	network *link.Network
	cfg     link.Config
	at      netip.AddrPort
	answer  func(*peer, *raw.Message) // nil: answers with 200

	mu    sync.Mutex
	ids   map[string]int // INVITEs by Call-ID
	byes  atomic.Int64
	acks  atomic.Int64
	links atomic.Int64
}

// peer is one link as the target sees it.
type peer struct {
	*link.Link
	target *target
}

const sdp = "v=0\r\no=- 0 0 IN IP4 198.51.100.44\r\ns=-\r\nc=IN IP4 198.51.100.44\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 0\r\n"

func (p *peer) send(t *raw.Builder) {
	m, err := t.Message()
	if err != nil {
		panic(err)
	}
	_ = p.Send(m.Bytes, capture.Label{Text: m.StartLine})
}

func (p *peer) ok(m *raw.Message, body string) {
	r := raw.Respond(m, 200, "OK", "target").Header("Contact", "<sip:px01.vc.example.com:5061;transport=tls>")
	p.send(r.Body("application/sdp", []byte(body)))
}

// request sends one of the target's own in the dialog of an INVITE.
func (p *peer) request(invite *raw.Message, method string, cseq int) {
	r := raw.NewRequest(method, "sip:caller@contoso.example")
	r.Header("Via", "SIP/2.0/TLS px01.vc.example.com;branch=z9hG4bKtarget"+method+invite.CallID())
	r.Header("From", invite.Get("To")+";tag=target").Header("To", invite.Get("From"))
	r.Header("Call-ID", invite.CallID()).Headerf("CSeq", "%d %s", cseq, method)
	p.send(r)
}

func (t *target) serve(_ context.Context, l *link.Link) {
	p := &peer{l, t}
	t.links.Add(1)
	reader := raw.NewReader(l, raw.Limits{})
	for {
		m, err := reader.Next()
		if err != nil {
			return
		}
		switch {
		case m.IsRequest() && m.Method() == "INVITE":
			t.mu.Lock()
			t.ids[m.CallID()]++
			t.mu.Unlock()
			if t.answer != nil {
				t.answer(p, m)
			} else {
				p.ok(m, sdp)
			}
		case m.IsRequest() && m.Method() == "ACK":
			t.acks.Add(1)
		case m.IsRequest() && m.Method() == "BYE":
			t.byes.Add(1)
			p.send(raw.Respond(m, 200, "OK", ""))
		case m.IsRequest() && m.Method() == "CANCEL":
			p.send(raw.Respond(m, 200, "OK", ""))
		}
	}
}

// world is a target and an organisation that may call it, in memory.
type world struct {
	t      *testing.T
	target *target
	served <-chan struct{}
	stop   context.CancelFunc
	config Config
}

func newWorld(t *testing.T, answer func(*peer, *raw.Message)) *world {
	t.Helper()
	root, err := certs.NewAuthority("test root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string) tls.Certificate {
		c, err := root.Issue(certs.Request{CommonName: name, Names: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	at := netip.MustParseAddrPort("127.0.0.40:5061")
	w := &world{t: t, target: &target{
		network: link.NewNetwork(), at: at, answer: answer, ids: map[string]int{},
		cfg: link.Config{
			Local: "sip.vc.example.com", Roots: root.Pool(), Queue: 1 << 16, QueueBytes: 1 << 28,
			TLS: &tls.Config{Certificates: []tls.Certificate{issue("sip.vc.example.com")}, ClientAuth: tls.RequireAnyClientCert},
		},
	}}
	records := dns.Records{
		Services: map[string][]dns.SRV{
			dns.FederationName("vc.example.com"): {{Target: "sip.vc.example.com", Port: 5061, Priority: 1, Weight: 100}},
		},
		Hosts: map[string][]netip.Addr{"sip.vc.example.com": {at.Addr()}},
	}
	w.config = Config{
		Scenario:  Scenario{Name: "test", Rate: 50, Duration: 2 * time.Second, Arrival: loadtest.Constant, Trunks: 2, Hold: 500 * time.Millisecond},
		Room:      "standup@vc.example.com",
		Limits:    machineUnseen(),
		FakeClock: true,
		Org: lync.Config{
			Domain: "contoso.example", Edge: "sip.contoso.example", Certificate: issue("sip.contoso.example"),
			Roots: root.Pool(), Resolver: records, Dial: w.target.network.Dial,
			Timers: lync.Timers{T1: 20 * time.Millisecond},
		},
	}
	w.listen()
	t.Cleanup(w.close)
	return w
}

// machineUnseen switches off what looks at the real machine.
func machineUnseen() loadtest.Limits {
	l := loadtest.DefaultLimits()
	l.GeneratorCPU, l.MachineBusy, l.MachineSteal, l.GCShare = 1e9, 1e9, 1e9, 1e9
	l.SchedulerP99, l.ClockJump = time.Hour, time.Hour
	return l
}

func (w *world) listen() { w.serve(w.target.network.Listen(w.target.at)) }

func (w *world) serve(ln net.Listener) {
	var ctx context.Context
	ctx, w.stop = context.WithCancel(context.Background())
	served := make(chan struct{})
	w.served = served
	go func() {
		defer close(served)
		if err := link.Serve(ctx, ln, w.target.cfg, link.Limits{}, w.target.serve); err != nil {
			w.t.Errorf("serving: %v", err)
		}
	}()
}

func (w *world) close() {
	w.stop()
	<-w.served
}

// unique tells whether no two calls had the same Call-ID.
func (t *target) unique() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.ids {
		if n != 1 {
			return false
		}
	}
	return true
}
