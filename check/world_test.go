package check

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
)

// noon is when the facts of these tests were observed.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	pool = "sip.vc.example.com"
	px01 = "px01.vc.example.com"
	px02 = "px02.vc.example.com"
	px03 = "px03.vc.example.com"
	px04 = "px04.vc.example.com"
	px11 = "px11.meet.example.com" // in the second domain, where there is one
	px12 = "px12.meet.example.com"
)

// thePlan is the deployment of the guide: two nodes that take calls, two for
// media, behind addresses of their own.
func thePlan() *plan.Plan {
	node := func(name string, last int, roles ...plan.Role) plan.Node {
		return plan.Node{
			Name: name, Address: netip.MustParseAddr(fmt.Sprintf("10.0.0.%d", last)),
			Public: netip.MustParseAddr(fmt.Sprintf("198.51.100.%d", last)), Roles: roles, Location: "DMZ", Capacity: 10,
		}
	}
	return &plan.Plan{
		Domains:  []plan.Domain{{Name: "vc.example.com", Pool: pool}},
		Outbound: true, From: plan.FromAlways, Verify: true,
		Locations: []plan.Location{{Name: "DMZ"}},
		Nodes: []plan.Node{
			node(px01, 40, plan.Signaling, plan.Media), node(px02, 41, plan.Signaling, plan.Media),
			node(px03, 42, plan.Media), node(px04, 43, plan.Media),
		},
		Rooms: []plan.Room{{Name: "alice", Aliases: []string{"meet.alice@vc.example.com"}}},
		Partners: []plan.Partner{
			{Domain: "contoso.example", Expect: plan.Reachable, Trust: plan.Discovered},
			{Domain: "fabrikam.example", Expect: plan.Unreachable, Trust: plan.Discovered},
		},
	}
}

// cleanFacts is what that deployment shows when all is right.
func cleanFacts(p *plan.Plan) *Facts {
	f := factsOf(p, "vc.example.com", pool, leaf())
	f.srv("contoso.example", Service{"sip.contoso.example", 5061, 100, 1, 3600})
	f.none(dns.FederationName("fabrikam.example"), "SRV")
	f.a("sip.contoso.example", "203.0.113.10")
	return f
}

// factsOf is what one domain shows when all is right.
func factsOf(p *plan.Plan, domain, pool string, c certs.Facts) *Facts {
	f := &Facts{At: noon, Observer: "contoso.example"}
	f.srv(domain, Service{pool, 5061, 1, 100, 3600})
	f.none(pool, "AAAA")
	f.none(pool, "CNAME")
	var taking []string
	for _, n := range p.Outside() {
		f.a(n.Name, n.PublicAddr().String())
		f.none(n.Name, "AAAA")
		e := Endpoint{
			Address: netip.AddrPortFrom(n.PublicAddr(), 5061), Node: n.Name,
			Handshakes: []Handshake{handshake(pool, offerEdge, c), handshake(n.Name, offerNow, c),
				{ServerName: pool, Offered: offerOld, Failure: "remote error: tls: protocol version not supported"}},
			Options: &Exchange{To: "sip:" + domain, Status: 200, Reason: "OK"},
		}
		if n.Has(plan.Signaling) {
			e.Invite = &Exchange{To: "sip:meet.alice@" + domain, Status: 200, Reason: "OK",
				Contact: fmt.Sprintf("<sip:%s:5061;transport=tls>", n.Name)}
			e.Strangers = []Stranger{{Shown: showNothing, Refused: "remote error: tls: certificate required"}, {Shown: showUnknown, Status: 403}}
			e.Impostor = &Stranger{Shown: "another's name", Status: 403}
			taking = append(taking, n.PublicAddr().String())
		}
		f.Endpoints = append(f.Endpoints, e)
		call := placed(n.Name, domain, c)
		call.Peer = netip.AddrPortFrom(n.PublicAddr(), 33000).String()
		f.Outbound = append(f.Outbound, call)
	}
	f.a(pool, taking...)
	return f
}

// second adds a SIP domain with two nodes of its own and a certificate for them.
func (f *Facts) second(p *plan.Plan) {
	const domain, pool = "meet.example.com", "sip.meet.example.com"
	p.Domains = append(p.Domains, plan.Domain{Name: domain, Pool: pool})
	p.Rooms[0].Aliases = append(p.Rooms[0].Aliases, "alice@"+domain)
	extra := *p
	extra.Nodes = nil
	c := leaf()
	c.CommonName, c.Names, c.SHA256 = pool, []string{pool, domain}, "2nd"
	for i := range 2 {
		n := p.Nodes[i]
		n.Name, n.Certificate = fmt.Sprintf("px1%d.%s", i+1, domain), "meet.pem"
		n.Address, n.Public = netip.MustParseAddr(fmt.Sprintf("10.0.0.5%d", i+1)), netip.MustParseAddr(fmt.Sprintf("198.51.100.5%d", i+1))
		extra.Nodes = append(extra.Nodes, n)
		c.Names = append(c.Names, n.Name)
	}
	more := factsOf(&extra, domain, pool, c)
	p.Nodes = append(p.Nodes, extra.Nodes...)
	f.Lookups, f.Endpoints, f.Outbound = append(f.Lookups, more.Lookups...), append(f.Endpoints, more.Endpoints...), append(f.Outbound, more.Outbound...)
}

// leaf is the certificate of the guide, good for a year.
func leaf() certs.Facts {
	return certs.Facts{
		CommonName: pool, Names: []string{pool, px01, px02, px03, px04, "vc.example.com"}, Issuer: "CN=Public CA 1",
		NotBefore: noon.AddDate(0, -6, 0), NotAfter: noon.AddDate(0, 6, 0), Usages: []string{"serverAuth", "clientAuth"},
		KeyType: "ECDSA", KeyBits: 256, SignatureAlgorithm: "ECDSA-SHA256", SHA256: "1eaf000000000000001",
	}
}

func intermediate() certs.Facts {
	return certs.Facts{
		CommonName: "Public CA 1", Issuer: "CN=Public Root", Authority: true, Names: []string{},
		NotBefore: noon.AddDate(-3, 0, 0), NotAfter: noon.AddDate(5, 0, 0),
		KeyType: "ECDSA", KeyBits: 384, SignatureAlgorithm: "ECDSA-SHA384", SHA256: "ca00000000000000001",
	}
}

func handshake(name, offer string, c certs.Facts) Handshake {
	version := "TLS 1.2"
	if offer == offerNow {
		version = "TLS 1.3"
	}
	return Handshake{
		ServerName: name, Offered: offer, Version: version, Suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Asked: true,
		Chain: []certs.Facts{c, intermediate()}, Trust: &Trust{Anchored: true, Steps: 2},
	}
}

func placed(node, domain string, c certs.Facts) OutboundCall {
	return OutboundCall{
		Node: node, To: "sip:check@contoso.example", Arrived: true,
		From:    fmt.Sprintf("\"Alice\" <sip:meet.alice@%s>;tag=1", domain),
		Contact: fmt.Sprintf("<sip:meet.alice@%s:5061;transport=tls>", node),
		Via:     []string{fmt.Sprintf("SIP/2.0/TLS %s:5061;branch=z9hG4bK1", node)},
		Headers: []string{"Call-ID: 1", "User-Agent: edge/10.0.0.1"}, Chain: []certs.Facts{c, intermediate()}, Trust: &Trust{Anchored: true, Steps: 2}, Status: 486,
	}
}

func (f *Facts) srv(domain string, records ...Service) {
	f.set(Lookup{Name: dns.FederationName(domain), Type: "SRV", Services: records})
}

func (f *Facts) a(host string, list ...string) {
	l := Lookup{Name: host, Type: "A"}
	for _, text := range list {
		addr := netip.MustParseAddr(text)
		if addr.Is6() {
			l.Type = "AAAA"
		}
		l.Addresses = append(l.Addresses, Address{addr, 3600})
	}
	f.set(l)
}

func (f *Facts) none(name, kind string) {
	f.set(Lookup{Name: name, Type: kind, Failure: string(dns.NoSuchName)})
}

// set puts an answer in the place of the one that was there.
func (f *Facts) set(l Lookup) {
	l.Resolver = "192.0.2.53:53"
	for i := range f.Lookups {
		if f.Lookups[i].Name == l.Name && f.Lookups[i].Type == l.Type {
			f.Lookups[i] = l
			return
		}
	}
	f.Lookups = append(f.Lookups, l)
}

// partner adds the Edge of contoso as it was seen.
func (f *Facts) partner(change func(*certs.Facts, *Trust)) {
	c := leaf()
	c.CommonName, c.Names = "sip.contoso.example", []string{"sip.contoso.example"}
	h := handshake("sip.contoso.example", offerNow, c)
	if change != nil {
		change(&h.Chain[0], h.Trust)
	}
	f.Partners = append(f.Partners, PartnerEdge{
		Domain: "contoso.example", Host: "sip.contoso.example", Address: netip.MustParseAddrPort("203.0.113.10:5061"), Handshake: &h,
	})
}

// partnerAt adds another address of that Edge, or of another host of contoso's.
func (f *Facts) partnerAt(host, at string, change func(*PartnerEdge)) {
	f.partner(nil)
	e := &f.Partners[len(f.Partners)-1]
	e.Host, e.Address = host, netip.MustParseAddrPort(at+":5061")
	e.Handshake.ServerName, e.Handshake.Chain[0].Names = host, []string{host}
	if change != nil {
		change(e)
	}
}

// other adds what a second resolver says.
func (f *Facts) other(l Lookup) {
	l.Resolver = "192.0.2.54:53"
	f.Lookups = append(f.Lookups, l)
}

// certificates changes the leaf that some nodes show, in both directions; no
// nodes means all.
func (f *Facts) certificates(change func(*certs.Facts), nodes ...string) {
	f.handshakes(func(h *Handshake) {
		if len(h.Chain) > 0 {
			change(&h.Chain[0])
		}
	}, nodes...)
	f.clients(change, nodes...)
}

// clients changes only what nodes show when they call.
func (f *Facts) clients(change func(*certs.Facts), nodes ...string) {
	for i := range f.Outbound {
		if o := &f.Outbound[i]; len(o.Chain) > 0 && among(o.Node, nodes) {
			change(&o.Chain[0])
		}
	}
}

// chains changes the chains that nodes send, in both directions.
func (f *Facts) chains(change func(*[]certs.Facts, *Trust), nodes ...string) {
	f.handshakes(func(h *Handshake) {
		if h.Trust != nil {
			change(&h.Chain, h.Trust)
		}
	}, nodes...)
	for i := range f.Outbound {
		if o := &f.Outbound[i]; o.Trust != nil && among(o.Node, nodes) {
			change(&o.Chain, o.Trust)
		}
	}
}

func (f *Facts) handshakes(change func(*Handshake), nodes ...string) {
	for i := range f.Endpoints {
		if !among(f.Endpoints[i].Node, nodes) {
			continue
		}
		for j := range f.Endpoints[i].Handshakes {
			change(&f.Endpoints[i].Handshakes[j])
		}
	}
}

func (f *Facts) endpoint(t *testing.T, node string) *Endpoint {
	t.Helper()
	for i := range f.Endpoints {
		if f.Endpoints[i].Node == node {
			return &f.Endpoints[i]
		}
	}
	t.Fatalf("no endpoint of %s", node)
	return nil
}

func (f *Facts) call(t *testing.T, node string) *OutboundCall {
	t.Helper()
	for i := range f.Outbound {
		if f.Outbound[i].Node == node {
			return &f.Outbound[i]
		}
	}
	t.Fatalf("no call of %s", node)
	return nil
}

// dead takes a node out of the world: it accepts nothing and calls nobody.
func (f *Facts) dead(t *testing.T, node string) {
	t.Helper()
	*f.endpoint(t, node) = Endpoint{Address: f.endpoint(t, node).Address, Node: node, Refused: "connection refused"}
	*f.call(t, node) = OutboundCall{Node: node, To: "sip:check@contoso.example", Trigger: "POST /v1/calls: connection refused"}
}

// unplaced is what is seen of calls that the partner does not let in.
func (f *Facts) untrusted(why string, nodes ...string) {
	for i := range f.Outbound {
		if among(f.Outbound[i].Node, nodes) {
			f.Outbound[i].Distrust, f.Outbound[i].Status = why, 504
		}
	}
}

// uncalled is what is seen when the partner's Edge does not get to call nodes.
func (f *Facts) uncalled(why string, nodes ...string) {
	for i := range f.Endpoints {
		if e := &f.Endpoints[i]; e.Invite != nil && among(e.Node, nodes) {
			e.Invite, e.Impostor = &Exchange{To: e.Invite.To, Failure: why}, &Stranger{Failure: why}
		}
	}
}

// past is what is seen when calls go to a host where nobody is.
func (f *Facts) past(host, at string) {
	f.a(host, at)
	f.Endpoints = append(f.Endpoints, Endpoint{Address: netip.AddrPortFrom(netip.MustParseAddr(at), 5061), Refused: "timeout"})
	f.uncalled("1010")
}

func among(node string, nodes []string) bool {
	if slices.Contains(nodes, node) {
		return true
	}
	return len(nodes) == 0
}
