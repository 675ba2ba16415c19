package check

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fedge/capture"
	"fedge/certs"
	"fedge/dns"
	"fedge/lync"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// scene is a small world in memory, inside a bubble: nodes that answer from a
// script, a partner to observe as, records, an authority.
type scene struct {
	t       *testing.T
	plan    *plan.Plan
	network *link.Network
	records dns.Records
	root    *certs.Authority
	under   *certs.Authority // the intermediate that issues
	nodes   map[string]*node
	cfg     Config
}

// node is one node's script. Tests change it before the scene plays.
type node struct {
	name, host  string // host is what Contact says
	from        string // the domain in From of its calls
	address     netip.Addr
	certificate tls.Certificate
	own         *tls.Certificate // shown to who asks for the node by its name
	newer       *tls.Certificate // shown with TLS 1.3
	lowest      uint16           // TLS version
	highest     uint16
	asks        tls.ClientAuthType
	suites      []uint16
	lax         bool   // it asks for a certificate, and takes any
	gullible    bool   // it verifies the certificate, and takes any name in From
	sole        uint16 // the suite that it takes, and no other, which crypto/tls has not
	soleVersion uint16
	silent      bool // it speaks TLS and no SIP
	floods      bool // it answers everything with responses to nothing, without end
	babbles     bool // it answers everything with what is no SIP
	rings       bool // it answers everything with 180, again and again
	mute        bool // it takes TCP and says nothing at all
	dead        bool
	dark        bool // its firewall swallows everything
	bare        bool // it calls without a certificate
	status      int  // of its answer to a call
	idle        bool // it describes no media in it
	inner       bool // it leads back by an inner address
}

const (
	partnerEdge    = "sip.contoso.example"
	partnerAddress = "203.0.113.10"
)

// newScene is the deployment of the guide with nothing wrong.
func newScene(t *testing.T) *scene {
	t.Helper()
	root, err := certs.NewAuthority("Public Root", time.Now())
	must(t, err)
	under, err := root.Intermediate("Public CA 1")
	must(t, err)
	s := &scene{t: t, plan: thePlan(), network: link.NewNetwork(), root: root, under: under, nodes: map[string]*node{}}
	shared := s.issue(certs.Request{CommonName: pool, Names: s.plan.Names()})
	s.records = dns.Records{
		Services: map[string][]dns.SRV{
			dns.FederationName(domain):            {{Target: pool, Port: 5061, Priority: 1, Weight: 100, TTL: time.Hour}},
			dns.FederationName("contoso.example"): {{Target: partnerEdge, Port: 5061, Priority: 1, Weight: 100, TTL: time.Hour}},
		},
		Hosts: map[string][]netip.Addr{partnerEdge: {netip.MustParseAddr(partnerAddress)}},
		Fail:  map[string]dns.Kind{},
	}
	for _, n := range s.plan.Nodes {
		s.records.Hosts[n.Name] = []netip.Addr{n.Public}
		status := 403
		if n.Has(plan.Signaling) {
			status = 200
			s.records.Hosts[pool] = append(s.records.Hosts[pool], n.Public)
		}
		s.nodes[n.Name] = &node{
			name: n.Name, host: n.Name, from: domain, address: n.Public, certificate: shared,
			lowest: tls.VersionTLS12, asks: tls.RequestClientCert, status: status,
		}
	}
	at := netip.AddrPortFrom(netip.MustParseAddr(partnerAddress), 5061)
	s.cfg = Config{
		Plan: s.plan, Resolvers: []dns.Resolver{s.records}, Roots: root.Pool(),
		As: lync.Config{
			Domain: "contoso.example", Edge: partnerEdge, Listener: s.network.Listen(at), Resolver: s.records, Roots: root.Pool(),
			Certificate: s.issue(certs.Request{CommonName: partnerEdge, Names: []string{partnerEdge}}),
			Dial:        s.network.From(at.Addr()), Seed: 1,
		},
		Trigger: s.trigger, Dial: s.network.From(at.Addr()),
	}
	return s
}

func (s *scene) issue(r certs.Request) tls.Certificate {
	s.t.Helper()
	c, err := s.under.Issue(r)
	must(s.t, err)
	return c
}

// partner adds one to the plan, and an Edge of its own with a certificate for
// name.
func (s *scene) partner(domain, name string) {
	edge, at := "sip."+domain, netip.MustParseAddr("203.0.113.30")
	s.plan.Partners = append(s.plan.Partners, plan.Partner{Domain: domain, Expect: plan.Reachable, Trust: plan.Discovered})
	s.records.Services[dns.FederationName(domain)] = []dns.SRV{{Target: edge, Port: 5061, TTL: time.Hour}}
	s.records.Hosts[edge] = []netip.Addr{at}
	s.nodes[edge] = &node{
		name: edge, address: at, lowest: tls.VersionTLS12, asks: tls.RequireAnyClientCert,
		certificate: s.issue(certs.Request{CommonName: name, Names: []string{name}}),
	}
}

// each changes all nodes alike.
func (s *scene) each(change func(*node)) {
	for _, n := range s.nodes {
		change(n)
	}
}

// reissue gives all nodes another certificate.
func (s *scene) reissue(change func(*certs.Request)) {
	r := certs.Request{CommonName: pool, Names: s.plan.Names()}
	change(&r)
	c := s.issue(r)
	s.each(func(n *node) { n.certificate = c })
}

// play runs the nodes while f runs.
func (s *scene) play(f func(ctx context.Context)) {
	ctx, stop := context.WithCancel(s.t.Context())
	var running sync.WaitGroup
	for _, n := range s.nodes {
		at := netip.AddrPortFrom(n.address, 5061)
		switch {
		case n.dark:
			s.network.Darken(at)
		case n.mute:
			ln := s.network.Listen(at)
			running.Go(func() { n.hold(ctx, ln) })
		case n.sole != 0:
			ln := s.network.Listen(at)
			running.Go(func() { n.open(ctx, ln) })
		case !n.dead:
			ln := s.network.Listen(at)
			running.Go(func() {
				if err := link.Serve(ctx, ln, link.Config{Local: n.name, TLS: n.tls(), Roots: s.root.Pool()}, link.Limits{}, n.serve); err != nil {
					s.t.Error(err)
				}
			})
		}
	}
	f(ctx)
	stop()
	running.Wait()
}

func (n *node) tls() *tls.Config {
	choose := func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if n.own != nil && hello.ServerName == n.name {
			return n.own, nil
		}
		if n.newer != nil && slices.Contains(hello.SupportedVersions, tls.VersionTLS13) {
			return n.newer, nil
		}
		return &n.certificate, nil
	}
	return &tls.Config{GetCertificate: choose, MinVersion: n.lowest, MaxVersion: n.highest, ClientAuth: n.asks, CipherSuites: n.suites}
}

// hold takes connections and says nothing.
func (n *node) hold(ctx context.Context, ln net.Listener) {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
	}
}

// serve answers one link from the script.
func (n *node) serve(_ context.Context, l *link.Link) {
	reader := raw.NewReader(l, raw.Limits{})
	for {
		m, err := reader.Next()
		if err != nil {
			return
		}
		if n.silent || !m.IsRequest() || m.Method() == "ACK" {
			continue
		}
		for n.floods && l.Send([]byte("SIP/2.0 200 OK\r\nVia: x\r\nContent-Length: 0\r\n\r\n"), capture.Label{}) == nil {
			l.Pace()
		}
		for n.rings && l.Send(raw.Respond(m, 180, "Ringing", "node").Bytes(), capture.Label{}) == nil {
			time.Sleep(400 * time.Millisecond)
		}
		if n.babbles {
			l.Send([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: -1\r\n\r\n"), capture.Label{})
			continue
		}
		status := 200
		switch {
		case n.asks != tls.NoClientCert && !n.lax && l.Peer().Err != nil:
			status = 403
		case m.Method() == "SUBSCRIBE":
			status = 489
		case m.Method() == "INVITE" && !n.gullible && !strings.Contains(m.Get("From"), "@contoso.example"):
			status = 403
		case m.Method() == "INVITE":
			status = n.status
		}
		b := raw.Respond(m, status, "Said By Script", "node").Headerf("Contact", "<sip:%s:5061;transport=tls>", n.host)
		if n.inner {
			b.Header("Record-Route", "<sip:10.0.0.5:5061;transport=tls;lr>")
		}
		if m.Method() == "INVITE" && status == 200 && !n.idle {
			b.Body("application/sdp", []byte(answer))
		}
		if l.Send(b.Bytes(), capture.Label{Text: fmt.Sprintf("%d %s", status, m.Method())}) != nil {
			return
		}
	}
}

// answer takes the audio of a Lync offer and leaves the rest.
var answer = strings.ReplaceAll(`v=0
o=- 1 1 IN IP4 198.51.100.42
s=-
c=IN IP4 198.51.100.42
t=0 0
m=audio 40000 RTP/SAVP 0
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^31
a=rtpmap:0 PCMU/8000
`, "\n", "\r\n")

// trigger makes a node call, as its administrator would.
func (s *scene) trigger(ctx context.Context, p plan.Node, to string) error {
	n := s.nodes[p.Name]
	if n.dead || n.dark || n.mute {
		return fmt.Errorf("%s does not answer", n.name)
	}
	_, user, _ := strings.Cut(to, ":")
	_, host, _ := strings.Cut(user, "@")
	services, err := s.records.SRV(ctx, dns.FederationName(host))
	if err != nil {
		return err
	}
	settings := &tls.Config{RootCAs: s.root.Pool()}
	if !n.bare {
		settings.Certificates = []tls.Certificate{n.certificate}
	}
	at := netip.AddrPortFrom(s.records.Hosts[services[0].Target][0], services[0].Port)
	l, err := link.Dial(ctx, link.Config{Local: n.name, TLS: settings}, services[0].Target, at, s.network.From(n.address))
	if err != nil {
		return err
	}
	defer l.Close()
	invite := raw.NewRequest("INVITE", to).
		Headerf("Via", "SIP/2.0/TLS %s:5061;branch=z9hG4bK%s", n.name, n.name).
		Headerf("From", "<sip:meet.alice@%s>;tag=1", n.from).Headerf("To", "<%s>", to).
		Header("Call-ID", n.name).Header("CSeq", "1 INVITE").
		Headerf("Contact", "<sip:meet.alice@%s:5061;transport=tls>", n.host)
	if err := l.Send(invite.Bytes(), capture.Label{Text: "INVITE"}); err != nil {
		return err
	}
	m, err := raw.NewReader(l, raw.Limits{}).Next()
	if err != nil {
		return err
	}
	return fmt.Errorf("the partner answered %d %s", m.Status(), m.Reason())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
