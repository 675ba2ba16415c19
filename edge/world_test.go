package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedge/capture"
	"fedge/certs"
	"fedge/dns"
	"fedge/media/pool"
	"fedge/media/session"
	"fedge/metrics"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// The addresses of the test world.
var (
	px01Addr    = netip.MustParseAddrPort("198.51.100.40:5061")
	px03Addr    = netip.MustParseAddrPort("198.51.100.42:5061")
	contosoAddr = netip.MustParseAddrPort("203.0.113.10:5061")
	contosoAlso = netip.MustParseAddrPort("203.0.113.11:5061")
)

// world is a deployment and its partner on a network in memory, under a fake
// clock. Fields may be changed before serve.
type world struct {
	t       *testing.T
	plan    *plan.Plan
	records *dns.Records
	network *link.Network
	ca      authorities
	px01    tls.Certificate // of our nodes
	contoso tls.Certificate // of the partner's Edge
	pool    *pool.Pool
	media   *fakeMedia
	config  func(*Config) // last changes
	edge    *Edge
	peers   []*peer // that dialled the edge

	ctx     context.Context
	stop    context.CancelFunc // begins the drain
	running sync.WaitGroup
	failed  error
}

// inWorld runs a test in a bubble, with a world that is taken down after it.
func inWorld(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthorities(t)
		w := &world{
			t: t, ca: ca, network: link.NewNetwork(),
			px01:    ca.issue(t, certs.Request{CommonName: "sip.vc.example.com", Names: []string{"sip.vc.example.com", "px01.vc.example.com", "px03.vc.example.com", "vc.example.com"}}),
			contoso: ca.issue(t, certs.Request{Names: []string{"sip.contoso.example"}}),
			plan: &plan.Plan{
				Domains: []plan.Domain{{Name: "vc.example.com", Pool: "sip.vc.example.com"}}, Outbound: true, From: plan.FromAlways, Verify: true,
				Locations: []plan.Location{{Name: "DMZ"}},
				Nodes: []plan.Node{
					{Name: "px01.vc.example.com", Address: px01Addr.Addr(), Roles: []plan.Role{plan.Signaling, plan.Media}, Location: "DMZ", Capacity: 10},
					{Name: "px03.vc.example.com", Address: px03Addr.Addr(), Roles: []plan.Role{plan.Media}, Location: "DMZ", Capacity: 10},
				},
				Rooms: []plan.Room{
					{Name: "stand-up", Aliases: []string{"stand-up@vc.example.com", "daily@vc.example.com"}},
					{Name: "small", Aliases: []string{"small@vc.example.com"}, Limit: 1},
					{Name: "quiet", Aliases: []string{"quiet@vc.example.com"}, Media: plan.MediaNone},
				},
				Partners: []plan.Partner{{Domain: "fabrikam.example", Expect: plan.Unreachable, Trust: plan.Discovered}},
			},
			records: &dns.Records{
				Services: map[string][]dns.SRV{
					dns.FederationName("contoso.example"): {{Target: "sip.contoso.example", Port: 5061, TTL: time.Minute}},
				},
				Hosts: map[string][]netip.Addr{
					"sip.contoso.example": {contosoAddr.Addr()},
					"px01.vc.example.com": {px01Addr.Addr()},
				},
				Fail: map[string]dns.Kind{},
			},
		}
		w.pool = pool.New(pool.Config{})
		w.ctx, w.stop = context.WithCancel(t.Context())
		defer w.down()
		test(w)
	})
}

// serve starts the media node and the edge.
func (w *world) serve() {
	w.t.Helper()
	if w.media == nil {
		w.media = newFakeMedia(w, "px03.vc.example.com")
	}
	life, die := context.WithCancel(context.Background())
	var beats sync.WaitGroup
	beats.Go(func() { w.pool.Run(life) })
	beats.Go(func() { w.media.beat(life) })
	config := Config{
		Plan: w.plan, Node: "px01.vc.example.com", Credentials: Credentials{Certificate: w.px01, Roots: w.ca.root.Pool()},
		Resolver: w.records, Pool: w.pool, Metrics: metrics.New(), Dial: w.network.From(px01Addr.Addr()),
		Log: slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if w.config != nil {
		w.config(&config)
	}
	var err error
	if w.edge, err = New(config); err != nil {
		w.t.Fatal(err)
	}
	listener := w.network.Listen(px01Addr)
	w.running.Go(func() {
		w.failed = w.edge.Serve(w.ctx, listener)
		die()
		beats.Wait()
	})
	synctest.Wait()
}

// asking has what the edge asks DNS counted, once it serves.
func (w *world) asking() *asked {
	records := new(asked)
	w.config = func(c *Config) {
		records.Resolver = c.Resolver
		c.Resolver = records
	}
	return records
}

// counts checks the value of one series.
func (w *world) counts(series string, want int) {
	w.t.Helper()
	page := httptest.NewRecorder()
	w.edge.config.Metrics.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	if line := fmt.Sprintf("\n%s %d\n", series, want); !strings.Contains(page.Body.String(), line) {
		w.t.Errorf("no line %q", line)
	}
}

// down drains the edge and checks that it leaves nothing behind.
func (w *world) down() {
	w.t.Helper()
	w.stop()
	for _, p := range w.peers {
		p.close()
	}
	w.running.Wait()
	if w.failed != nil {
		w.t.Errorf("Serve: %v", w.failed)
	}
	if w.media != nil {
		if n := w.media.sessions(); n != 0 {
			w.t.Errorf("%d media sessions are left", n)
		}
	}
}

// fakeMedia is a media node that remembers what it was asked.
type fakeMedia struct {
	name string
	pool *pool.Pool

	mu      sync.Mutex
	open    map[string]session.Open
	opens   []session.Open
	updates []session.Update
	accepts []session.Accept
	refuse  *session.Error // what the next requests are refused with
	slow    time.Duration  // how long Open takes
	silent  bool

	capacity int
}

func newFakeMedia(w *world, name string) *fakeMedia {
	m := &fakeMedia{name: name, pool: w.pool, open: make(map[string]session.Open), capacity: 10}
	w.pool.Join(name, "DMZ", m.capacity, m)
	return m
}

// sdp is a description as far as signaling is concerned: bytes.
func (m *fakeMedia) sdp(what string) []byte {
	return []byte("v=0\r\no=- 1 1 IN IP4 198.51.100.42\r\ns=" + what + "\r\nc=IN IP4 198.51.100.42\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 0\r\n")
}

func (m *fakeMedia) Open(ctx context.Context, o session.Open) (session.Answer, error) {
	select {
	case <-time.After(m.slow):
	case <-ctx.Done():
		return session.Answer{}, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opens = append(m.opens, o)
	if m.refuse != nil {
		return session.Answer{}, m.refuse
	}
	m.open[o.ID] = o
	what := "answer"
	if o.Offer == nil {
		what = "offer"
	}
	return session.Answer{ID: o.ID, Node: m.name, SDP: m.sdp(what)}, nil
}

func (m *fakeMedia) Update(_ context.Context, u session.Update) (session.Answer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.updates = append(m.updates, u)
	if m.refuse != nil {
		return session.Answer{}, m.refuse
	}
	return session.Answer{ID: u.ID, Node: m.name, SDP: m.sdp("updated")}, nil
}

func (m *fakeMedia) Accept(_ context.Context, a session.Accept) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.accepts = append(m.accepts, a)
	if m.refuse != nil {
		return m.refuse
	}
	return nil
}

func (m *fakeMedia) Close(_ context.Context, c session.Close) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.open, c.ID)
	return nil
}

func (m *fakeMedia) sessions() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.open)
}

// quiet stops the beats, as a dead node's do.
func (m *fakeMedia) quiet() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.silent = true
}

func (m *fakeMedia) beat(ctx context.Context) {
	tick := time.NewTicker(session.Beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m.mu.Lock()
		load := session.Load{Node: m.name, Capacity: m.capacity, Sessions: len(m.open), Conferences: map[string]int{}}
		for _, o := range m.open {
			load.Conferences[o.Conference]++
		}
		silent := m.silent
		m.mu.Unlock()
		if !silent {
			m.pool.Heard(load)
		}
	}
}

// patience is longer than any timer of a test that waits for a message.
const patience = 2 * time.Minute

// peer is one link as the partner sees it: bytes out, messages in.
type peer struct {
	t      *testing.T
	link   *link.Link
	reader *raw.Reader
}

// dial opens a link to the edge with a certificate; none if it is empty.
func (w *world) dial(certificate tls.Certificate) *peer {
	w.t.Helper()
	p, err := w.tryDial(certificate)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) tryDial(certificate tls.Certificate) (*peer, error) {
	settings := &tls.Config{RootCAs: w.ca.root.Pool()}
	if certificate.Certificate != nil {
		settings.Certificates = []tls.Certificate{certificate}
	}
	return w.dialWith(settings)
}

func (w *world) dialWith(settings *tls.Config) (*peer, error) {
	l, err := link.Dial(w.ctx, link.Config{Local: "sip.contoso.example", TLS: settings}, "px01.vc.example.com", px01Addr, w.network.From(contosoAddr.Addr()))
	if err != nil {
		return nil, err
	}
	p := newPeer(w.t, l)
	w.peers = append(w.peers, p)
	return p, nil
}

func newPeer(t *testing.T, l *link.Link) *peer {
	return &peer{t: t, link: l, reader: raw.NewReader(l, raw.Limits{})}
}

// listen takes links that the edge opens to a partner's address.
func (w *world) listen(addr netip.AddrPort, certificate tls.Certificate) <-chan *peer {
	return w.listenUntil(w.ctx, addr, certificate)
}

func (w *world) listenUntil(ctx context.Context, addr netip.AddrPort, certificate tls.Certificate) <-chan *peer {
	peers := make(chan *peer, 4)
	listener := w.network.Listen(addr)
	config := link.Config{
		Local: "sip.contoso.example", Roots: w.ca.root.Pool(),
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAnyClientCert},
	}
	w.running.Go(func() {
		err := link.Serve(ctx, listener, config, link.Limits{}, func(ctx context.Context, l *link.Link) {
			peers <- newPeer(w.t, l)
			select {
			case <-ctx.Done():
			case <-l.Done():
			}
		})
		if err != nil {
			w.t.Error(err)
		}
	})
	return peers
}

func (p *peer) send(message *raw.Builder) {
	p.t.Helper()
	if err := p.link.Send(message.Bytes(), label); err != nil {
		p.t.Fatal(err)
	}
}

// next reads the next message; 100 is passed over.
func (p *peer) next() *raw.Message {
	p.t.Helper()
	_ = p.link.SetReadDeadline(time.Now().Add(patience))
	for {
		m, err := p.reader.Next()
		if err != nil {
			p.t.Fatalf("reading: %v", err)
		}
		if m.Status() != 100 {
			return m
		}
	}
}

// want reads the next message, which must be a response with this status and,
// if method is set, to this method.
func (p *peer) want(status int, method string) *raw.Message {
	p.t.Helper()
	m := p.next()
	if m.Status() != status || m.Method() != method {
		p.t.Fatalf("got %q, want %d to %s", m.Label(), status, method)
	}
	return m
}

// wantRequest reads the next message, which must be this request.
func (p *peer) wantRequest(method string) *raw.Message {
	p.t.Helper()
	m := p.next()
	if !m.IsRequest() || m.Method() != method {
		p.t.Fatalf("got %q, want %s", m.Label(), method)
	}
	return m
}

// wantEnd reads until the link is over.
func (p *peer) wantEnd() {
	p.t.Helper()
	_ = p.link.SetReadDeadline(time.Now().Add(patience))
	for {
		if _, err := p.reader.Next(); err != nil {
			if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
				p.t.Fatal("the link is still open")
			}
			return
		}
	}
}

func (p *peer) close() { p.link.Close() }

const (
	recordRoute = "<sip:sip.contoso.example:5061;transport=tls;ms-fe=fe01.contoso.example;lr;opaque=state:T>;tag=ABE3"
	offer       = "v=0\r\no=- 0 0 IN IP4 203.0.113.10\r\ns=session\r\nc=IN IP4 203.0.113.10\r\nt=0 0\r\nm=audio 50000 RTP/SAVP 0\r\n"
)

// label is for transcripts, which nobody here reads.
var label = capture.Label{}

var branches int // only for readable branches; tests of this package do not run in parallel

// request writes a request of a contoso user.
func request(method, uri, callID string, cseq int, from, to string) *raw.Builder {
	branches++
	return raw.NewRequest(method, uri).
		Header("Record-Route", recordRoute).
		Headerf("Via", "SIP/2.0/TLS 203.0.113.10:49153;branch=z9hG4bK%d;ms-internal-info=\"x\"", branches).
		Header("Max-Forwards", "67").
		Header("Via", "SIP/2.0/TLS 10.1.9.43:65529;ms-received-port=65529;ms-received-cid=19F21100").
		Header("From", from).
		Header("To", to).
		Header("Call-ID", callID).
		Headerf("CSeq", "%d %s", cseq, method).
		Header("Contact", "<sip:anna@contoso.example;opaque=user:epid:abc;gruu>")
}

const annaFrom = `"Anna"<sip:anna@contoso.example>;tag=cd9bbbf50f;epid=69eb994c65`

// invite is a contoso user's INVITE into a room.
func invite(room, callID string) *raw.Builder {
	return request("INVITE", "sip:"+room, callID, 1, annaFrom, "<sip:"+room+">").
		Header("User-Agent", "UCCAPI/16.0.4591.1000 OC/16.0.4600.1000 (Skype for Business)").
		Header("Supported", "timer").
		Body("application/sdp", []byte(offer))
}

// dialogue is a call as the partner holds it.
type dialogue struct {
	*peer
	callID, room string
	answer       *raw.Message // the 200
	cseq         int
}

// call sends an INVITE and wants it answered and up.
func (p *peer) call(room, callID string) *dialogue {
	p.t.Helper()
	p.send(invite(room, callID))
	d := &dialogue{peer: p, callID: callID, room: room, answer: p.want(200, "INVITE"), cseq: 1}
	d.ack()
	return d
}

// within writes a request inside the dialog.
func (d *dialogue) within(method string) *raw.Builder {
	if method != "ACK" {
		d.cseq++
	}
	contact, err := raw.ParseNameAddr(d.answer.Get("Contact"))
	if err != nil {
		d.t.Fatal(err)
	}
	return request(method, contact.URI.Original, d.callID, d.cseq, annaFrom, d.answer.Get("To"))
}

func (d *dialogue) ack() { d.send(d.within("ACK")) }

// hangUp says BYE and wants it answered.
func (d *dialogue) hangUp() {
	d.t.Helper()
	d.send(d.within("BYE"))
	d.want(200, "BYE")
}

// settle waits until everything has happened that will without the clock.
func (w *world) settle() { synctest.Wait() }

func (w *world) wantCalls(n int) {
	w.t.Helper()
	w.settle()
	if got := w.edge.calls.list(); len(got) != n {
		w.t.Errorf("%d calls, want %d: %+v", len(got), n, got)
	}
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

func callID(n int) string { return fmt.Sprintf("d980b0b933c9477ab6668c90f90ff%03d", n) }
