package stack

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedge/capture"
	"fedge/certs"
	"fedge/sip/gate"
	"fedge/sip/link"
)

const node = "px01.vc.example.com"

var nodeAddr = netip.MustParseAddrPort("198.51.100.40:5061")

// world is a node's stack and its peers on a network in memory and a fake
// clock. It is a dialect for telling stories: each expectation says why.
type world struct {
	t        testing.TB
	ctx      context.Context
	network  *link.Network
	ca       *certs.Authority
	stack    *Stack
	dialogs  chan *Dialog
	requests chan *ServerTx
	refused  chan *gate.Reject
	ended    chan error // what Serve returned
	redials  []string
	redial   func(ctx context.Context, host string, port int) (*link.Link, error)
	running  sync.WaitGroup
}

// run tells a story in a bubble. At its end everybody hangs up, and nothing may
// be left: no goroutine, no link, no transaction that outlives its timers.
func run(t *testing.T, cfg Config, story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { inWorld(t, cfg, story) })
}

func inWorld(t testing.TB, cfg Config, story func(w *world)) {
	ca, err := certs.NewAuthority("Test root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &world{
		t: t, ctx: ctx, network: link.NewNetwork(), ca: ca,
		dialogs: make(chan *Dialog, 100), requests: make(chan *ServerTx, 100),
		refused: make(chan *gate.Reject, 100), ended: make(chan error, 100),
	}
	cfg.Host = node
	if cfg.Handlers.Invite == nil {
		cfg.Handlers.Invite = func(d *Dialog) { w.dialogs <- d }
	}
	cfg.Handlers.Request = func(tx *ServerTx) { w.requests <- tx }
	cfg.Handlers.Refused = func(_ *link.Link, r *gate.Reject) { w.refused <- r }
	cfg.Redial = func(ctx context.Context, peer link.Identity, host string, port int) (*link.Link, error) {
		w.redials = append(w.redials, fmt.Sprintf("%s %d of %s", host, port, strings.Join(peer.Names(), " ")))
		if w.redial == nil {
			return nil, fmt.Errorf("nobody there")
		}
		return w.redial(ctx, host, port)
	}
	w.stack = New(cfg)
	ln := w.network.Listen(nodeAddr)
	served := make(chan error)
	go func() {
		served <- link.Serve(ctx, ln, link.Config{Local: node, TLS: w.tls(node), Roots: ca.Pool()}, link.Limits{}, func(ctx context.Context, l *link.Link) {
			w.ended <- w.stack.Serve(ctx, l)
		})
	}()
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("link.Serve: %v", err)
		}
		w.running.Wait()
		if _, benchmark := t.(*testing.B); benchmark || t.Failed() {
			return
		}
		w.clean()
	}()
	story(w)
}

// clean says that nothing outlives its links and timers.
func (w *world) clean() {
	time.Sleep(10 * time.Minute)
	if c := w.counts(); c.Links != 0 || c.Transactions != 0 || len(w.stack.timers.queue) != 0 {
		w.t.Errorf("left over: %+v and %d timers", c, len(w.stack.timers.queue))
	}
}

func (w *world) tls(names ...string) *tls.Config {
	w.t.Helper()
	cert, err := w.ca.Issue(certs.Request{CommonName: names[0], Names: names})
	if err != nil {
		w.t.Fatal(err)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{cert}, RootCAs: w.ca.Pool(),
		ClientAuth: tls.RequestClientCert, ClientCAs: w.ca.Pool(),
	}
}

// peer is another server's end of a link, with raw bytes.
type peer struct {
	w    *world
	name string
	link *link.Link
	in   chan string
	over chan struct{}
}

// partner opens a link to the node, with the certificate of that name.
func (w *world) partner(name string) *peer {
	w.t.Helper()
	return w.partnerWith(name, w.tls(name))
}

func (w *world) partnerWith(name string, config *tls.Config) *peer {
	w.t.Helper()
	from := w.network.From(netip.MustParseAddr("203.0.113.10"))
	l, err := link.Dial(w.ctx, link.Config{Local: name, TLS: config}, node, nodeAddr, from)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.attend(name, l)
}

// called gives the node a link that it dialled to that name, and the peer's
// end of it.
func (w *world) called(name string) (*peer, *link.Link) {
	w.t.Helper()
	addr := netip.AddrPortFrom(netip.MustParseAddr("203.0.113.20"), 0)
	ln := w.network.Listen(addr)
	at := netip.MustParseAddrPort(ln.Addr().String())
	accepted := make(chan *link.Link)
	over := make(chan struct{})
	w.running.Go(func() {
		link.Serve(w.ctx, ln, link.Config{Local: name, TLS: w.tls(name)}, link.Limits{}, func(_ context.Context, l *link.Link) {
			accepted <- l
			<-over
		})
	})
	ours, err := link.Dial(w.ctx, link.Config{Local: node, TLS: w.tls(node)}, name, at, w.network.Dial)
	if err != nil {
		w.t.Fatal(err)
	}
	w.running.Go(func() { w.ended <- w.stack.Serve(w.ctx, ours) })
	p := w.attend(name, <-accepted)
	w.running.Go(func() { <-p.over; close(over) })
	return p, ours
}

// attend reads a peer's end. It stops when the link does.
func (w *world) attend(name string, l *link.Link) *peer {
	p := &peer{w: w, name: name, link: l, in: make(chan string, 10_000), over: make(chan struct{})}
	w.running.Go(func() {
		p.read()
		l.Close()
		close(p.over)
	})
	return p
}

var lengthLine = regexp.MustCompile(`(?im)^Content-Length:\s*(\d+)`)

// read frames what comes in a few lines of its own, so that it shares no
// mistake with the gate.
func (p *peer) read() {
	var have []byte
	chunk := make([]byte, 16<<10)
	for {
		for bytes.HasPrefix(have, []byte("\r\n")) {
			p.in <- "pong"
			have = have[2:]
		}
		if end := bytes.Index(have, []byte("\r\n\r\n")); end >= 0 {
			length := 0
			if m := lengthLine.FindSubmatch(have[:end]); m != nil {
				length, _ = strconv.Atoi(string(m[1]))
			}
			if total := end + 4 + length; len(have) >= total {
				p.in <- string(have[:total])
				have = have[total:]
				continue
			}
		}
		n, err := p.link.Read(chunk)
		if have = append(have, chunk[:n]...); err != nil {
			return
		}
	}
}

// send sends bytes in one TLS record.
func (p *peer) send(messages ...string) {
	p.w.t.Helper()
	if err := p.link.Send([]byte(strings.Join(messages, "")), capture.Label{}); err != nil {
		p.w.t.Fatalf("%s cannot send: %v", p.name, err)
	}
}

// want takes the next message, which must be here now and begin so.
func (p *peer) want(why, begin string) string {
	p.w.t.Helper()
	synctest.Wait()
	select {
	case got := <-p.in:
		if !strings.HasPrefix(got, begin) {
			p.w.t.Fatalf("%s\n got %s\nwant %s", why, got, begin)
		}
		return got
	default:
		p.w.t.Fatalf("%s\n got nothing\nwant %s", why, begin)
	}
	return ""
}

// quiet says that nothing has come and nothing comes for a while.
func (p *peer) quiet(why string, during time.Duration) {
	p.w.t.Helper()
	time.Sleep(during)
	synctest.Wait()
	select {
	case got := <-p.in:
		p.w.t.Fatalf("%s\n got %s", why, got)
	default:
	}
}

// dialog takes the dialog that a new INVITE made.
func (w *world) dialog() *Dialog {
	w.t.Helper()
	synctest.Wait()
	select {
	case d := <-w.dialogs:
		return d
	default:
		w.t.Fatal("no INVITE reached the edge")
		return nil
	}
}

// noDialog says that no INVITE reached the edge.
func (w *world) noDialog(why string) {
	w.t.Helper()
	synctest.Wait()
	select {
	case d := <-w.dialogs:
		w.t.Fatalf("%s\n got an INVITE: %s", why, d.Invite().Raw)
	default:
	}
}

// event takes a dialog's next event, which must be here now.
func (w *world) event(d *Dialog, why string, want Kind, method string) Event {
	w.t.Helper()
	synctest.Wait()
	select {
	case e := <-d.Events():
		if e.Kind != want || e.Method != method {
			w.t.Fatalf("%s\n got %v %s\nwant %v %s", why, e.Kind, e.Method, want, method)
		}
		return e
	default:
		w.t.Fatalf("%s\n got nothing\nwant %v %s", why, want, method)
		return Event{}
	}
}

// noEvent says that the edge has nothing to hear.
func (w *world) noEvent(d *Dialog, why string) {
	w.t.Helper()
	synctest.Wait()
	select {
	case e := <-d.Events():
		w.t.Fatalf("%s\n got %v %s", why, e.Kind, e.Method)
	default:
	}
}

// must says that a call of ours works.
func (w *world) must(why string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", why, err)
	}
}

// fields returns the values of all header lines of that name.
func fields(message, name string) []string {
	head, _, _ := strings.Cut(message, "\r\n\r\n")
	var values []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			values = append(values, strings.TrimSpace(v))
		}
	}
	return values
}

func header(message, name string) string { return strings.Join(fields(message, name), " | ") }

var tagParam = regexp.MustCompile(`;tag=([^;]+)`)

func tagOf(value string) string {
	if m := tagParam.FindStringSubmatch(value); m != nil {
		return m[1]
	}
	return ""
}

// same says that two texts are equal.
func (w *world) same(why, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s\n got %q\nwant %q", why, got, want)
	}
}

const contact = "<sip:standup@px01.vc.example.com:5061;transport=tls>"

// answer is the 200 that an edge gives to an INVITE.
func answer() Response {
	return Response{Status: 200, Contact: contact, ContentType: "application/sdp", Body: []byte("v=0\r\n")}
}

// caller is a client behind a peer, calling the node.
type caller struct {
	p       *peer
	callID  string
	tag     string
	toTag   string
	cseq    int
	invite  int // the CSeq of the last INVITE
	branch  int
	to      string
	contact string
	lines   []string // Record-Routes and the like of each request
}

func (p *peer) caller() *caller {
	return &caller{
		p: p, callID: fmt.Sprintf("%032x", len(p.name)) + p.name, tag: "cd9bbbf50f",
		to: "<sip:standup@vc.example.com>", contact: "<sip:anna@contoso.example;opaque=user:epid:yrmRjH;gruu>",
	}
}

// request is a request of the caller's; each has a new branch and, but for ACK
// and CANCEL, a new CSeq.
func (c *caller) request(method string, lines ...string) string {
	c.cseq++
	c.branch++
	if method == "INVITE" {
		c.invite = c.cseq
	}
	return c.render(method, c.cseq, c.branch, lines)
}

// ack is the ACK for a 2xx; the one for a refusal is again("ACK").
func (c *caller) ack() string {
	c.branch++
	return c.render("ACK", c.invite, c.branch, nil)
}

// again is a message with the branch of the last one: a copy, an ACK for a
// refusal, or a CANCEL.
func (c *caller) again(method string) string { return c.render(method, c.cseq, c.branch, nil) }

func (c *caller) render(method string, cseq, branch int, lines []string) string {
	to := c.to
	if c.toTag != "" && method != "CANCEL" {
		to += ";tag=" + c.toTag
	}
	l := []string{method + " sip:standup@vc.example.com SIP/2.0"}
	l = append(l, c.lines...)
	l = append(l,
		fmt.Sprintf("Via: SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK%s.%d", c.callID[20:], branch),
		"Max-Forwards: 68",
		`From: "Anna"<sip:anna@contoso.example>;tag=`+c.tag+";epid=69eb994c65",
		"To: "+to, "Call-ID: "+c.callID, fmt.Sprintf("CSeq: %d %s", cseq, method))
	if method == "INVITE" || method == "UPDATE" {
		l = append(l, "Contact: "+c.contact)
	}
	return strings.Join(append(append(l, lines...), "Content-Length: 0"), "\r\n") + "\r\n\r\n"
}

// talking brings a call up: INVITE, 200, ACK.
func (c *caller) talking() *Dialog {
	w := c.p.w
	w.t.Helper()
	c.p.send(c.request("INVITE"))
	d := w.dialog()
	w.must("the edge answers", d.Respond(answer()))
	c.toTag = tagOf(header(c.p.want("the call is answered", "SIP/2.0 200 OK"), "To"))
	c.p.send(c.ack())
	w.event(d, "the ACK reaches the call", Confirmed, "INVITE")
	return d
}

// request takes a request outside dialogs that has reached the edge.
func (w *world) request() *ServerTx {
	w.t.Helper()
	synctest.Wait()
	select {
	case tx := <-w.requests:
		return tx
	default:
		w.t.Fatal("no request reached the edge")
		return nil
	}
}

// counts is what the stack holds once everything due has happened.
func (w *world) counts() Counts {
	synctest.Wait()
	return w.stack.Counts()
}
