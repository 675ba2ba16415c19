package lync

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fedge/capture"
	"fedge/certs"
	"fedge/dns"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// world is contoso.example and a node of vc.example.com, in memory.
type world struct {
	t       *testing.T
	net     *link.Network
	root    *certs.Authority
	records dns.Records
	node    *node
	config  Config
}

var (
	nodeAddr = netip.MustParseAddrPort("198.51.100.40:5061")
	edgeAddr = netip.MustParseAddrPort("203.0.113.10:5061")
)

const (
	pool     = "sip.vc.example.com"
	nodeName = "px01.vc.example.com"
)

// newWorld makes a world; it must be called inside the bubble, as certificates
// take the time from there.
func newWorld(t *testing.T) *world {
	t.Helper()
	root, err := certs.NewAuthority("test root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, net: link.NewNetwork(), root: root, records: dns.Records{
		Services: map[string][]dns.SRV{
			dns.FederationName("vc.example.com"):  {{Target: pool, Port: 5061, Priority: 1, Weight: 100}},
			dns.FederationName("contoso.example"): {{Target: "sip.contoso.example", Port: 5061}},
		},
		Hosts: map[string][]netip.Addr{pool: {nodeAddr.Addr()}, nodeName: {nodeAddr.Addr()}, "sip.contoso.example": {edgeAddr.Addr()}},
	}}
	w.config = Config{
		Domain: "contoso.example", Edge: "sip.contoso.example", Certificate: w.issue(certs.Request{CommonName: "sip.contoso.example", Names: []string{"sip.contoso.example"}}),
		Roots: root.Pool(), Resolver: w.records, Dial: w.net.From(edgeAddr.Addr()), Run: 9, Recorder: capture.New(1 << 20),
		EdgeGen: "se", // the in-memory test is not about old TLS
	}
	w.node = newNode(t, w, certs.Request{CommonName: pool, Names: []string{pool, nodeName, "vc.example.com"}})
	return w
}

func (w *world) issue(r certs.Request) tls.Certificate {
	w.t.Helper()
	c, err := w.root.Issue(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// start brings contoso up; it is stopped with the test, and then nothing may
// have surprised it unless the test says so.
func (w *world) start() *Org {
	w.t.Helper()
	w.config.Listener = w.net.Listen(edgeAddr)
	o, err := Start(w.t.Context(), w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(o.Stop)
	return o
}

// node is a scripted peer that shares no code with ours but the lexer.
type node struct {
	t      *testing.T
	w      *world
	cert   tls.Certificate
	script func(l *link.Link, m *raw.Message)
	cancel context.CancelFunc
	wait   sync.WaitGroup

	minTLS, maxTLS atomic.Uint32
	silent         atomic.Bool

	mu    sync.Mutex
	heard []*raw.Message
	last  *link.Link
}

func newNode(t *testing.T, w *world, r certs.Request) *node {
	n := &node{t: t, w: w, cert: w.issue(r)}
	n.script = n.answer
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	ln := w.net.Listen(nodeAddr)
	cfg := link.Config{Local: nodeName, TLS: &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return &tls.Config{
				Certificates: []tls.Certificate{n.cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: w.root.Pool(),
				MinVersion: uint16(n.minTLS.Load()), MaxVersion: uint16(n.maxTLS.Load()),
			}, nil
		},
	}}
	n.wait.Go(func() { link.Serve(ctx, ln, cfg, link.Limits{}, n.serve) })
	t.Cleanup(n.stop)
	return n
}

func (n *node) stop() {
	n.cancel()
	n.wait.Wait()
}

func (n *node) serve(_ context.Context, l *link.Link) {
	for r := raw.NewReader(l, raw.Limits{}); ; {
		m, err := r.Next()
		if err != nil {
			return
		}
		n.mu.Lock()
		n.heard, n.last = append(n.heard, m), l
		n.mu.Unlock()
		if !n.silent.Load() {
			n.script(l, m)
		}
	}
}

// link is the one that the latest message came on.
func (n *node) link() *link.Link {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last
}

// received is what the node got, by label.
func (n *node) received() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []string
	for _, m := range n.heard {
		out = append(out, m.Label())
	}
	return strings.Join(out, ", ")
}

func (n *node) message(label string) *raw.Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range n.heard {
		if m.Label() == label {
			return m
		}
	}
	n.t.Fatalf("the node got no %s", label)
	return nil
}

func (n *node) send(l *link.Link, b *raw.Builder) {
	m, err := b.Message()
	if err != nil {
		n.t.Error(err)
		return
	}
	l.Send(m.Bytes, capture.Label{Text: m.Label(), CallID: m.CallID()})
}

// answer is the plain script: it takes every call.
func (n *node) answer(l *link.Link, m *raw.Message) {
	switch m.Label() {
	case "INVITE":
		n.send(l, raw.Respond(m, 100, "Trying", ""))
		n.send(l, n.ok(m))
	case "BYE":
		n.send(l, raw.Respond(m, 200, "OK", ""))
	}
}

// ok is a 200 as our kind of node would send it.
func (n *node) ok(m *raw.Message) *raw.Builder {
	b := raw.Respond(m, 200, "OK", "nodetag").Header("Contact", "<sip:meet.alice@"+nodeName+":5061;transport=tls>")
	return b.Body("application/sdp", []byte(nodeSDP(m, "")))
}

// nodeSDP answers an offer: PCMU, tag 3, video refused.
func nodeSDP(m *raw.Message, direction string) string {
	b := "v=0\r\no=- 1 1 IN IP4 198.51.100.42\r\ns=session\r\nc=IN IP4 198.51.100.42\r\nt=0 0\r\n" +
		"m=audio 40000 RTP/SAVP 0\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Repeat("A", 40) + "|2^31\r\na=rtpmap:0 PCMU/8000\r\n"
	if strings.Contains(string(m.Body), "a=rtcp-mux") {
		b += "a=rtcp-mux\r\n"
	}
	if direction != "" {
		b += "a=" + direction + "\r\n"
	}
	if strings.Contains(string(m.Body), "m=video") {
		b += "m=video 0 RTP/SAVP 122\r\n"
	}
	return b
}

// inDialog is a request of the node in the dialog of an INVITE it got.
func (n *node) inDialog(method string, invite *raw.Message, cseq int) *raw.Builder {
	b := raw.NewRequest(method, contactOf(invite)).
		Headerf("Via", "SIP/2.0/TLS %s:5061;branch=z9hG4bKnode%s%d", nodeName, method, cseq).
		Header("Max-Forwards", "70")
	for _, route := range invite.List("Record-Route") {
		b.Header("Route", bracketed(route))
	}
	return b.Header("From", invite.Get("To")+";tag=nodetag").Header("To", invite.Get("From")).
		Header("Call-ID", invite.CallID()).Headerf("CSeq", "%d %s", cseq, method)
}

// invite is a call that the node places to a user of contoso.
func (n *node) invite(from, callID string) *raw.Builder {
	return n.inviteTo("sip:anna@contoso.example", from, callID)
}

func (n *node) inviteTo(uri, from, callID string) *raw.Builder {
	sdp := "v=0\r\no=- 1 1 IN IP4 198.51.100.42\r\ns=-\r\nc=IN IP4 198.51.100.42\r\nt=0 0\r\n" +
		"m=audio 40000 RTP/SAVP 9 0 101\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Repeat("B", 40) + "|2^31\r\n" +
		"a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp-mux\r\n"
	return raw.NewRequest("INVITE", uri).
		Headerf("Via", "SIP/2.0/TLS %s:5061;branch=z9hG4bK%s", nodeName, callID).
		Header("Max-Forwards", "70").Header("From", "<sip:"+from+">;tag=nodetag").Header("To", "<"+uri+">").
		Header("Call-ID", callID).Header("CSeq", "1 INVITE").
		Header("Contact", "<sip:meet.alice@"+nodeName+":5061;transport=tls>").Body("application/sdp", []byte(sdp))
}

// dialEdge opens the node's own link to contoso's Edge, with a certificate.
func (n *node) dialEdge(cert tls.Certificate) (*link.Link, error) {
	cfg := link.Config{Local: nodeName, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: n.w.root.Pool()}}
	l, err := link.Dial(n.t.Context(), cfg, "sip.contoso.example", edgeAddr, n.w.net.From(nodeAddr.Addr()))
	if err == nil {
		n.wait.Go(func() {
			n.serve(context.Background(), l)
			l.Close()
		})
	}
	return l, err
}

func labels(ladder []string) string { return strings.Join(ladder, " ") }

func ladderOf(c *Call) string {
	var out []string
	for _, line := range c.Ladder() {
		side := "<"
		if line.From == "sip.contoso.example" {
			side = ">"
		}
		out = append(out, side+strings.ReplaceAll(line.Label, " ", "_"))
	}
	return labels(out)
}

func mustNotSurprise(t *testing.T, o *Org) {
	t.Helper()
	for _, s := range o.Unexpected() {
		t.Errorf("unexpected: %s from %s: %.80s", s.Reason, s.Peer, s.Message)
	}
}

func violationsOf(c *Call) string {
	var out []string
	for _, v := range c.Violations() {
		out = append(out, v.Rule)
	}
	return fmt.Sprint(out)
}
