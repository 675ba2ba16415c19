package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

const (
	domain = "vc.example.com"
	former = "old.vc.example.com" // a host that the plan does not have
	all    = px01 + ", " + px02 + ", " + px03 + ", " + px04
)

// faults is what each mistake must be called, and nothing else. The first part
// is what the lab breaks on purpose, as the lab shows it.
var faults = []struct {
	name   string
	change func(*testing.T, *plan.Plan, *Facts)
	want   []string // ID and subject of every finding that fails
}{
	{"clean", func(*testing.T, *plan.Plan, *Facts) {}, nil},

	{"srv-missing", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.none(dns.FederationName(domain), "SRV")
		f.uncalled("1008")
	}, []string{"DNS-01 vc.example.com"}},
	{"srv-wrong-port", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{pool, 5060, 1, 100, 3600})
		f.uncalled("1046")
	}, []string{"DNS-02 vc.example.com"}},
	{"srv-target-other-domain", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"sip.other.example", 5061, 1, 100, 3600})
		f.uncalled("1009")
	}, []string{"DNS-04 vc.example.com"}},
	{"pool-missing-node", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40")
	}, []string{"DNS-07 " + pool}},
	{"cert-missing-node", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Names = without(c.Names, px02) })
	}, []string{"CRT-03 " + all}},
	{"cert-missing-node, on one node", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Names, c.SHA256 = without(c.Names, px02), "2" }, px02)
	}, []string{"CRT-03 " + px02}},
	{"intermediate-not-sent", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(leafOnly)
		f.untrusted("signed by unknown authority")
		f.uncalled("1010")
	}, []string{"CRT-07 " + all}},
	{"intermediate-not-sent, by one node", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(leafOnly, px02)
		f.untrusted("signed by unknown authority", px02)
		f.uncalled("1010", px02)
	}, []string{"CRT-07 " + px02}},
	{"cert-expired", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		expire(f)
		f.untrusted("expired")
		f.uncalled("1010")
	}, []string{"CRT-11 " + all}},
	{"cert-expired, and the node's calls do not get through", func(t *testing.T, p *plan.Plan, f *Facts) {
		expire(f)
		for _, n := range p.Nodes {
			*f.call(t, n.Name) = OutboundCall{Node: n.Name, Trigger: "TLS handshake failed"}
		}
		f.uncalled("1010")
	}, []string{"CRT-11 " + all}},
	{"cert-no-clientauth", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Usages = []string{"serverAuth"} })
		f.untrusted("incompatible key usage")
	}, []string{"CRT-09 " + all}},
	{"cert-no-clientauth, and the node's calls do not get through", func(t *testing.T, p *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Usages = []string{"serverAuth"} })
		for _, n := range p.Nodes {
			*f.call(t, n.Name) = OutboundCall{Node: n.Name, Trigger: "504"}
		}
	}, []string{"CRT-09 " + all}},
	{"from-not-rewritten", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		for i := range f.Outbound {
			f.Outbound[i].From = "<sip:meet.alice@elsewhere.example>;tag=1"
		}
	}, []string{"DOM-02 " + all}},
	{"from-not-rewritten, by one node", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px01).From = "<sip:meet.alice@elsewhere.example>;tag=1"
	}, []string{"DOM-02 " + px01}},
	{"dead-media-node", func(t *testing.T, _ *plan.Plan, f *Facts) { f.dead(t, px03) }, []string{"NET-01 " + px03}},
	{"dead-signaling-node", func(t *testing.T, _ *plan.Plan, f *Facts) { f.dead(t, px02) }, []string{"NET-01 " + px02}},

	// DNS
	{"one resolver does not know the domain", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.Lookups = append(f.Lookups, Lookup{Name: dns.FederationName(domain), Type: "SRV", Resolver: "192.0.2.54:53", Failure: string(dns.NoSuchName)})
	}, []string{"DNS-01 vc.example.com"}},
	{"the domain offers no federation", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{".", 0, 0, 0, 3600})
		f.uncalled("1008")
	}, []string{"DNS-01 vc.example.com"}},
	{"other priority and weight", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{pool, 5061, 10, 10, 3600})
	}, []string{"DNS-03 vc.example.com"}},
	{"a second SRV record", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{pool, 5061, 1, 100, 3600}, Service{px01, 5061, 2, 100, 3600})
	}, []string{"DNS-03 vc.example.com"}},
	{"another host of the domain, as good as the planned one", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"px.vc.example.com", 5061, 1, 100, 3600})
		f.a("px.vc.example.com", "198.51.100.40", "198.51.100.41")
		f.none("px.vc.example.com", "AAAA")
		f.none("px.vc.example.com", "CNAME")
		f.certificates(func(c *certs.Facts) {
			c.CommonName, c.Names = "px.vc.example.com", append(slices.Clone(c.Names), "px.vc.example.com")
		})
		f.handshakes(asked("px.vc.example.com"))
	}, []string{"DNS-03 vc.example.com"}},
	{"another host of the domain that the certificate does not name", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"px.vc.example.com", 5061, 1, 100, 3600})
		f.a("px.vc.example.com", "198.51.100.40", "198.51.100.41")
		f.none("px.vc.example.com", "AAAA")
		f.none("px.vc.example.com", "CNAME")
		f.handshakes(asked("px.vc.example.com"))
		f.uncalled("1010")
	}, []string{"DNS-03 vc.example.com"}},
	{"a better record that leads to nobody", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{former, 5061, 0, 0, 3600}, Service{pool, 5061, 1, 100, 3600})
		f.past(former, "198.51.100.99")
	}, []string{"DNS-03 " + domain}},
	{"a better record that leads to nobody, in another server's view", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.other(Lookup{Name: dns.FederationName(domain), Type: "SRV", Services: []Service{{former, 5061, 1, 100, 60}}})
		f.past(former, "198.51.100.99")
	}, []string{"DNS-03 " + domain}},
	{"a better record whose host has no address", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{former, 5061, 0, 0, 3600}, Service{pool, 5061, 1, 100, 3600})
		f.none(former, "A")
		f.uncalled("1014")
	}, []string{"DNS-05 " + domain}},
	{"an equal record that leads to nobody", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{former, 5061, 1, 900, 3600}, Service{pool, 5061, 1, 100, 3600})
		f.past(former, "198.51.100.99")
	}, []string{"DNS-03 " + domain}},
	{"an equal record with another port", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{pool, 5062, 1, 900, 3600}, Service{pool, 5061, 1, 100, 3600})
		f.uncalled("1046")
	}, []string{"DNS-02 vc.example.com", "DNS-03 vc.example.com"}},
	{"a further record with another port", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{pool, 5061, 1, 100, 3600}, Service{pool, 5062, 10, 100, 3600})
	}, []string{"DNS-03 vc.example.com"}},
	{"a further record to another domain", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{pool, 5061, 1, 100, 3600}, Service{"sip.other.example", 5061, 10, 100, 3600})
	}, []string{"DNS-03 vc.example.com"}},
	{"a further record to an address, to Microsoft, to nothing", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{pool, 5061, 1, 100, 3600}, Service{"198.51.100.40", 5061, 10, 100, 3600},
			Service{"sipfed.online.lync.com", 5061, 10, 100, 3600}, Service{".", 0, 20, 0, 3600})
	}, []string{"DNS-03 vc.example.com"}},
	{"a better record that offers nothing", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{".", 0, 0, 0, 3600}, Service{pool, 5061, 1, 100, 3600})
		f.uncalled("1008")
	}, []string{"DNS-01 vc.example.com"}},
	{"a node as target", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{px01, 5061, 1, 100, 3600})
	}, []string{"DNS-03 vc.example.com"}},
	{"a node as target, and what is wrong with the pool", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{px01, 5061, 10, 10, 3600})
		f.a(pool, "198.51.100.41")
		f.certificates(func(c *certs.Facts) { c.CommonName = px01 })
	}, []string{"DNS-03 vc.example.com", "DNS-07 " + pool, "CRT-01 " + all}},
	{"a target that is misspelt", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"spi.vc.example.com", 5061, 1, 100, 3600})
		f.none("spi.vc.example.com", "A")
		f.uncalled("1014")
	}, []string{"DNS-05 vc.example.com"}},
	{"a target that is misspelt, and a pool without address", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"spi.vc.example.com", 5061, 1, 100, 3600})
		f.none("spi.vc.example.com", "A")
		f.none(pool, "A")
		f.uncalled("1014")
	}, []string{"DNS-05 " + pool, "DNS-05 vc.example.com"}},
	{"an alias as target", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"px.vc.example.com", 5061, 1, 100, 3600})
		f.a("px.vc.example.com", "198.51.100.40", "198.51.100.41")
		f.set(Lookup{Name: "px.vc.example.com", Type: "CNAME", Alias: "lb.example.net"})
		f.certificates(func(c *certs.Facts) { c.Names = append(slices.Clone(c.Names), "px.vc.example.com") })
	}, []string{"DNS-03 vc.example.com"}},
	{"a target in a child zone", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"sip.dmz.vc.example.com", 5061, 1, 100, 3600})
		f.uncalled("1009")
	}, []string{"DNS-04 vc.example.com"}},
	{"a target in the parent domain", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"sip.example.com", 5061, 1, 100, 3600})
		f.uncalled("1009")
	}, []string{"DNS-04 vc.example.com"}},
	{"an address as target", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"198.51.100.40", 5061, 1, 100, 3600})
		f.uncalled("1009")
	}, []string{"DNS-06 vc.example.com"}},
	{"the pool has no address", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.none(pool, "A")
		f.uncalled("1014")
	}, []string{"DNS-05 " + pool}},
	{"the pool is an alias", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.set(Lookup{Name: pool, Type: "CNAME", Alias: "lb.example.net"})
	}, []string{"DNS-06 " + pool}},
	{"a stranger in the pool", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.99")
		f.Endpoints = append(f.Endpoints, Endpoint{Address: netip.MustParseAddrPort("198.51.100.99:5061"), Refused: "timeout"})
	}, []string{"DNS-07 " + pool}},
	{"a media node in the pool that refuses calls", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
		f.endpoint(t, px03).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 403, Reason: "Forbidden"}
	}, []string{"DNS-07 " + pool}},
	{"a media node in the pool, and no calls because of another record", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
		f.srv(domain, Service{"sip.other.example", 5061, 1, 100, 3600})
		f.endpoint(t, px03).Invite = &Exchange{To: "sip:meet.alice@vc.example.com"}
		f.uncalled("1009")
	}, []string{"DNS-04 vc.example.com", "DNS-13 " + pool}},
	{"a media node in the pool that nobody called", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
	}, []string{"DNS-13 " + pool}},
	{"a media node in the pool that does not know the room", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
		f.endpoint(t, px03).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 404, Reason: "Not Found"}
	}, []string{"DNS-13 " + pool}},
	{"a media node in the pool that refuses the caller, as the others do", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
		f.none(dns.FederationName("contoso.example"), "SRV") // so that nobody can prove who calls
		for _, n := range []string{px01, px02, px03} {
			f.endpoint(t, n).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 403, Reason: "Forbidden"}
		}
	}, []string{"DNS-13 " + pool, "DNS-17 contoso.example"}},
	{"a media node in the pool that is down", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
		f.dead(t, px03)
	}, []string{"DNS-13 " + pool, "NET-01 " + px03}},
	{"a media node in the pool that takes calls", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
		f.endpoint(t, px03).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 200, Contact: "<sip:" + px03 + ";transport=tls>"}
	}, []string{"DNS-13 " + pool}},
	{"one signaling node", func(t *testing.T, p *plan.Plan, f *Facts) {
		p.Nodes[1].Roles = []plan.Role{plan.Media}
		f.endpoint(t, px02).Invite = nil
		f.a(pool, "198.51.100.40")
	}, []string{"DNS-08 vc.example.com"}},
	{"four signaling nodes", func(t *testing.T, p *plan.Plan, f *Facts) {
		for i := range p.Nodes {
			p.Nodes[i].Roles = []plan.Role{plan.Signaling, plan.Media}
			e := f.endpoint(t, p.Nodes[i].Name)
			e.Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 200, Contact: "<sip:" + e.Node + ";transport=tls>"}
		}
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42", "198.51.100.43")
	}, []string{"DNS-08 vc.example.com"}},
	{"a node without address record", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.none(px03, "A")
	}, []string{"DNS-09 " + px03}},
	{"a node under another node's address", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a(px02, "198.51.100.40")
	}, []string{"DNS-10 " + px02}},
	{"a node under its inner address", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a(px02, "10.0.0.41")
	}, []string{"DNS-11 " + px02}},
	{"an inner address in the pool", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "10.0.0.41")
	}, []string{"DNS-11 " + pool}},
	{"a carrier's inner address in the pool", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "198.51.100.40", "198.51.100.41", "100.64.1.1")
	}, []string{"DNS-11 " + pool}},
	{"an IPv6 address without IPv6", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a(pool, "2001:db8::1")
	}, []string{"DNS-12 " + pool}},
	{"the domain is Office 365's", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"sipfed.online.lync.com", 5061, 1, 100, 3600})
		f.uncalled("1003")
	}, []string{"DNS-14 vc.example.com"}},
	{"the domain is Office 365's by its aliases alone", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.none(dns.FederationName(domain), "SRV")
		f.set(Lookup{Name: "lyncdiscover." + domain, Type: "CNAME", Alias: "webdir.online.lync.com"})
		f.uncalled("1008")
	}, []string{"DNS-14 vc.example.com"}},
	{"the domain is Office 365's, and so is the pool's name", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.none(dns.FederationName(domain), "SRV")
		f.set(Lookup{Name: pool, Type: "CNAME", Alias: "sipdir.online.lync.com"})
		f.a(pool, "203.0.113.77")
		f.uncalled("1008")
	}, []string{"DNS-14 vc.example.com"}},
	{"the domain is Office 365's, and its pool's name leads nowhere", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.none(dns.FederationName(domain), "SRV")
		f.set(Lookup{Name: pool, Type: "CNAME", Alias: "sipdir.online.lync.com"})
		f.none(pool, "A")
		f.uncalled("1008")
	}, []string{"DNS-14 vc.example.com"}},
	{"the record leads to a name of the domain's that is Office 365's", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.set(Lookup{Name: pool, Type: "CNAME", Alias: "sipdir.online.lync.com"})
		f.a(pool, "203.0.113.77")
		f.uncalled("1010")
	}, []string{"DNS-14 vc.example.com"}},
	{"records that live for a day", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{pool, 5061, 1, 100, 86400})
	}, []string{"DNS-16 vc.example.com"}},
	{"a partner without record", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Partners = append(p.Partners, plan.Partner{Domain: "tailspin.example", Expect: plan.Reachable})
		f.none(dns.FederationName("tailspin.example"), "SRV")
	}, []string{"DNS-17 tailspin.example"}},
	{"a partner at another port", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv("contoso.example", Service{"sip.contoso.example", 443, 1, 1, 3600})
	}, []string{"DNS-17 contoso.example"}},
	{"a partner whose target lies elsewhere", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv("contoso.example", Service{"sip.hosting.example", 5061, 1, 1, 3600})
	}, []string{"DNS-17 contoso.example"}},
	{"a partner at a hosting provider of the plan's", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Providers = []string{"sipfed.hosting.example"}
		f.srv("contoso.example", Service{"sipfed.hosting.example", 5061, 1, 1, 3600})
		f.a("sipfed.hosting.example", "203.0.113.77")
	}, nil},
	{"a partner without address", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.none("sip.contoso.example", "A")
	}, []string{"DNS-17 contoso.example"}},
	{"a partner that should not be there", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv("fabrikam.example", Service{"sip.fabrikam.example", 5061, 1, 1, 3600})
		f.a("sip.fabrikam.example", "203.0.113.20")
	}, []string{"DNS-17 fabrikam.example"}},
	{"a direct partner without address", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Partners[0].Edge = "edge.contoso.example"
		f.none("edge.contoso.example", "A")
	}, []string{"DNS-17 contoso.example"}},
	{"a partner that offers no federation", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv("contoso.example", Service{".", 0, 0, 0, 3600})
	}, []string{"DNS-17 contoso.example"}},
	{"a partner that Microsoft hosts", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv("contoso.example", Service{"sipfed.online.lync.com", 5061, 100, 1, 3600})
	}, []string{"DNS-17 contoso.example"}},
	{"a partner that Microsoft hosts, as planned", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Partners[0].Trust, p.Partners[0].Edge = plan.Allowed, "sipfed.online.lync.com"
		f.a("sipfed.online.lync.com", "203.0.113.77")
	}, nil},
	{"a partner with an inner address", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.a("sip.contoso.example", "10.1.1.1")
	}, []string{"DNS-17 contoso.example"}},
	{"a good partner", func(_ *testing.T, _ *plan.Plan, f *Facts) { f.partner(nil) }, nil},
	{"a partner named by its domain alone (RFC 5922)", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(c *certs.Facts, _ *Trust) { c.Names = []string{"contoso.example"} })
	}, nil},
	{"a partner whose certificate is for another", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(c *certs.Facts, _ *Trust) { c.Names = []string{"sip.fabrikam.example"} })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner with a wildcard", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(c *certs.Facts, _ *Trust) { c.Names = []string{"*.contoso.example"} })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner whose certificate has expired", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(c *certs.Facts, _ *Trust) { c.NotAfter = noon.Add(-time.Hour) })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner without its intermediate", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(c *certs.Facts, u *Trust) { *u = Trust{Steps: 1, Missing: c.Issuer} })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner with a certificate behind its chain that has expired, and that nobody needs", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(_ *certs.Facts, u *Trust) { u.Way = []int{0, 1} })
		old := intermediate()
		old.NotAfter = noon.Add(-time.Hour)
		f.Partners[0].Handshake.Chain = append(f.Partners[0].Handshake.Chain, old)
	}, nil},
	{"a partner whose intermediate is for clients", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(_ *certs.Facts, u *Trust) { u.NoServers = "CN=Public CA 1: extended key usage: clientAuth" })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner with a certificate signed with SHA-1", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(c *certs.Facts, u *Trust) {
			c.SignatureAlgorithm, u.Insecure, u.Error = "SHA1-RSA", true, "insecure algorithm SHA1-RSA"
		})
	}, []string{"DNS-17 contoso.example"}},
	{"a partner whose authority may not name it", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(_ *certs.Facts, u *Trust) { u.Error = "not permitted by any constraint" })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner with a root of its own", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(_ *certs.Facts, u *Trust) { *u = Trust{Steps: 2, Missing: "CN=Own Root"} })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner with a certificate for clients", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(c *certs.Facts, _ *Trust) { c.Usages = []string{"clientAuth"} })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner with a self-signed certificate", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(func(c *certs.Facts, u *Trust) { c.SelfSigned, *u = true, Trust{Steps: 1} })
	}, []string{"DNS-17 contoso.example"}},
	{"a partner that does not let us in", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.partner(nil)
		f.Partners[0].Handshake, f.Partners[0].Refused = nil, "connection refused"
	}, nil},
	{"a partner that is to be unreachable, and is by its certificate", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Partners[0].Expect = plan.Unreachable
		f.partner(func(c *certs.Facts, _ *Trust) { c.Names = nil; c.CommonName = "other.example" })
	}, nil},
	{"an allowed partner, by the name of its Edge", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Partners[0].Trust, p.Partners[0].Edge = plan.Allowed, "edge.hosting.example"
		f.a("edge.hosting.example", "203.0.113.11")
		f.partner(nil)
		f.Partners[0].Host, f.Partners[0].Address = "edge.hosting.example", netip.MustParseAddrPort("203.0.113.11:5061")
	}, []string{"DNS-17 contoso.example"}},
	{"the domain is in a tenant beside", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.set(Lookup{Name: "lyncdiscover." + domain, Type: "CNAME", Alias: "webdir.online.lync.com"})
	}, []string{"DNS-15 vc.example.com"}},
	{"the domain is in no tenant", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.set(Lookup{Name: "lyncdiscover." + domain, Type: "CNAME", Alias: "lync.vc.example.com"})
	}, nil},
	{"another resolver has a node elsewhere", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.other(Lookup{Name: px02, Type: "A", Addresses: []Address{{netip.MustParseAddr("198.51.100.99"), 60}}})
	}, []string{"DNS-10 " + px02}},
	{"another resolver leads to another Edge of the partner", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.other(Lookup{Name: dns.FederationName("contoso.example"), Type: "SRV", Services: []Service{{"sip2.contoso.example", 5061, 100, 1, 60}}})
		f.other(Lookup{Name: "sip2.contoso.example", Type: "A", Addresses: []Address{{netip.MustParseAddr("203.0.113.11"), 60}}})
	}, []string{"DNS-18 contoso.example"}},
	{"another resolver is inside the partner's network", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.other(Lookup{Name: "sip.contoso.example", Type: "A", Addresses: []Address{{netip.MustParseAddr("10.9.9.9"), 60}}})
	}, []string{"DNS-18 contoso.example"}},
	{"another resolver has another address of the partner's, as good", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.other(Lookup{Name: "sip.contoso.example", Type: "A", Addresses: []Address{{netip.MustParseAddr("203.0.113.12"), 60}}})
	}, nil},
	{"another resolver says the same, in another order and with another TTL", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.other(Lookup{Name: pool, Type: "A", Addresses: []Address{{netip.MustParseAddr("198.51.100.41"), 1}, {netip.MustParseAddr("198.51.100.40"), 1}}})
	}, nil},
	{"another resolver is inside the partner's network, and the Edge's certificate is bad", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.other(Lookup{Name: "sip.contoso.example", Type: "A", Addresses: []Address{{netip.MustParseAddr("10.9.9.9"), 60}}})
		f.partner(func(c *certs.Facts, _ *Trust) { c.NotAfter = noon.Add(-time.Hour) })
	}, []string{"DNS-17 contoso.example", "DNS-18 contoso.example"}},
	{"two domains, each with its own", func(_ *testing.T, p *plan.Plan, f *Facts) { f.second(p) }, nil},
	{"a node of another domain in the pool", func(_ *testing.T, p *plan.Plan, f *Facts) {
		f.second(p)
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.51")
	}, []string{"DNS-19 " + pool}},

	// Certificates
	{"another common name", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.CommonName = px01 })
	}, []string{"CRT-01 " + all}},
	{"the pool is not among the names", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Names = without(c.Names, pool) })
		f.uncalled("1010")
	}, []string{"CRT-02 " + all}},
	{"the domain is not among the names", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Names = without(c.Names, domain) })
	}, []string{"CRT-04 " + all}},
	{"two domains, with the certificates that the plan requests", func(_ *testing.T, p *plan.Plan, f *Facts) {
		f.second(p)
		for i := range p.Nodes {
			p.Nodes[i].Certificate = ""
		}
	}, nil},
	{"two domains, and the second's certificate lacks a node", func(_ *testing.T, p *plan.Plan, f *Facts) {
		f.second(p)
		for i := range p.Nodes {
			p.Nodes[i].Certificate = ""
		}
		f.certificates(func(c *certs.Facts) { c.Names = without(c.Names, px12) }, px11, px12)
	}, []string{"CRT-03 " + px11 + ", " + px12}},
	{"one certificate for two domains, with all names", func(_ *testing.T, p *plan.Plan, f *Facts) {
		f.second(p)
		for i := range p.Nodes {
			p.Nodes[i].Certificate = ""
		}
		c := leaf()
		c.Names = append(c.Names, "sip.meet.example.com", "meet.example.com", px11, px12)
		f.certificates(func(shown *certs.Facts) { *shown = c })
	}, []string{"CRT-01 " + px11 + ", " + px12}},
	{"each domain's certificate has the other's common name", func(_ *testing.T, p *plan.Plan, f *Facts) {
		f.second(p)
		f.certificates(func(c *certs.Facts) { c.CommonName = pool }, px11, px12)
		f.certificates(func(c *certs.Facts) { c.CommonName = "sip.meet.example.com" }, px01, px02, px03, px04)
	}, []string{"CRT-01 " + all, "CRT-01 " + px11 + ", " + px12}},
	{"a wildcard", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Names = []string{"*.vc.example.com", "vc.example.com"} })
		f.uncalled("1010")
	}, []string{"CRT-05 " + all}},
	{"an unknown root", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(_ *[]certs.Facts, u *Trust) {
			*u = Trust{Steps: 2, Missing: "CN=Own Root", Error: "signed by unknown authority"}
		})
		f.untrusted("signed by unknown authority")
		f.uncalled("1010")
	}, []string{"CRT-06 " + all}},
	{"an unknown root above the leaf, not sent", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			*chain, *u = (*chain)[:1], Trust{Steps: 1, Way: []int{0}, Missing: "CN=Corp Private Root,O=Corp", Error: "signed by unknown authority"}
		})
		f.untrusted("signed by unknown authority")
		f.uncalled("1010")
	}, []string{"CRT-06 " + all}},
	{"an unknown root, sent", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			own := intermediate()
			own.CommonName, own.Issuer, own.SelfSigned = "Corp CA", "CN=Corp CA", true
			*chain, *u = []certs.Facts{(*chain)[0], own}, Trust{Steps: 2, Way: []int{0, 1}, Error: "signed by unknown authority"}
		})
		f.untrusted("signed by unknown authority")
		f.uncalled("1010")
	}, []string{"CRT-06 " + all}},
	{"a root that one node sends, and others leave out", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Issuer = "CN=Corp CA" })
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			*chain, *u = (*chain)[:1], Trust{Steps: 1, Way: []int{0}, Missing: "CN=Corp CA", Error: "signed by unknown authority"}
		})
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			own := intermediate()
			own.CommonName, own.Issuer, own.SelfSigned = "Corp CA", "CN=Corp CA", true
			*chain, *u = append(*chain, own), Trust{Steps: 2, Way: []int{0, 1}, Error: "signed by unknown authority"}
		}, px01)
		f.untrusted("signed by unknown authority")
		f.uncalled("1010")
	}, []string{"CRT-06 " + px01, "CRT-06 " + px02 + ", " + px03 + ", " + px04}},
	{"two intermediates, the upper one not sent", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(_ *[]certs.Facts, u *Trust) {
			*u = Trust{Steps: 2, Way: []int{0, 1}, Missing: "CN=My Inter 1,O=Corp", Error: "signed by unknown authority"}
		})
		f.untrusted("signed by unknown authority")
		f.uncalled("1010")
	}, []string{"CRT-07 " + all}},
	{"an expired certificate behind the chain, which nobody needs", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			old := intermediate()
			old.CommonName, old.NotAfter, old.SignatureAlgorithm = "Public Root", noon.Add(-time.Hour), "SHA1-RSA"
			*chain, u.Way = append(*chain, old), []int{0, 1}
		})
	}, nil},
	{"an intermediate that has expired", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			(*chain)[1].NotAfter = noon.Add(-time.Hour)
			u.Way, u.Error = []int{0, 1}, "certificate has expired"
		})
		f.untrusted("expired")
		f.uncalled("1010")
	}, []string{"CRT-11 " + all}},
	{"an intermediate for servers only", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(_ *[]certs.Facts, u *Trust) { u.NoClients = "CN=Public CA 1: extended key usage: serverAuth" })
		f.untrusted("incompatible key usage")
	}, []string{"CRT-09 " + all}},
	{"an intermediate for servers only, of a public authority", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Issuer = "CN=R12,O=Let's Encrypt,C=US" })
		f.chains(func(_ *[]certs.Facts, u *Trust) { u.NoClients = "CN=R12: extended key usage: serverAuth" })
		f.untrusted("incompatible key usage")
	}, []string{"CRT-09 " + all, "CRT-18 " + all}},
	{"an intermediate for clients only", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(_ *[]certs.Facts, u *Trust) { u.NoServers = "CN=Public CA 1: extended key usage: clientAuth" })
		f.uncalled("1047")
	}, []string{"CRT-08 " + all}},
	{"an intermediate for clients only, on one node", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			(*chain)[1].SHA256, u.NoServers = "ca2", "CN=Public CA 1: extended key usage: clientAuth"
		}, px02)
	}, []string{"CRT-08 " + px02}},
	{"an intermediate for servers only, on one node that was not called", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			(*chain)[1].SHA256, u.NoClients = "ca2", "CN=Public CA 1: extended key usage: serverAuth"
		}, px02)
		*f.call(t, px02) = OutboundCall{Node: px02, Trigger: "504"}
	}, []string{"CRT-09 " + px02}},
	{"an intermediate of the right name and with another key", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(_ *[]certs.Facts, u *Trust) {
			*u = Trust{Steps: 1, Way: []int{0}, Missing: "CN=Corp Root 2", Wrong: "verification failure", Disordered: true, Error: "signed by unknown authority"}
		})
		f.untrusted("signed by unknown authority")
		f.uncalled("1010")
	}, []string{"CRT-07 " + all}},
	{"a key that may sign certificates alone", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.KeyUsages = []string{"keyCertSign"} })
	}, []string{"CRT-08 " + all, "CRT-09 " + all}},
	{"a key that may decrypt alone: ECDHE wants a signature", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.KeyUsages = []string{"keyEncipherment"} })
	}, []string{"CRT-08 " + all, "CRT-09 " + all}},
	{"a key that may agree alone, as no server does any more", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.KeyUsages = []string{"keyAgreement"} })
	}, []string{"CRT-08 " + all}},
	{"the domain as a URI, as RFC 5922 has it", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Names, c.URIs = without(c.Names, domain), []string{"sip:VC.example.com"} })
	}, nil},
	{"a user of the domain as a URI", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) {
			c.Names, c.URIs = without(c.Names, domain), []string{"sip:meet@vc.example.com", "sips:vc.example.com", "sip:vc.example.com:5061"}
		})
	}, []string{"CRT-04 " + all}},
	{"signed with RSASSA-PSS as TLS has it not", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.SignatureAlgorithm = "RSASSA-PSS" })
		f.chains(func(_ *[]certs.Facts, u *Trust) {
			*u = Trust{Steps: 2, Way: []int{0, 1}, Anchored: true, Insecure: true, Error: "algorithm unimplemented"}
		})
		f.untrusted("algorithm unimplemented")
		f.uncalled("1047")
	}, []string{"CRT-12 " + all}},
	{"a strict Edge does not let a node in, and nothing else says why", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.untrusted("a reason of its own", px02)
	}, []string{"CRT-06 " + px02}},
	{"a chain in disorder", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(_ *[]certs.Facts, u *Trust) { u.Disordered = true })
	}, []string{"CRT-07 " + all}},
	{"for clients only", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Usages = []string{"clientAuth"} })
		f.uncalled("1047")
	}, []string{"CRT-08 " + all}},
	{"for servers only, with a client certificate beside it", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) {
			if len(h.Chain) > 0 {
				h.Chain[0].Usages = []string{"serverAuth"}
			}
		})
		f.clients(func(c *certs.Facts) { c.SHA256, c.Usages = "c1", []string{"clientAuth"} })
	}, nil},
	{"a client certificate that does not name the pool", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.clients(func(c *certs.Facts) { c.SHA256, c.Usages, c.Names = "c1", []string{"clientAuth"}, []string{px02} }, px02)
		f.untrusted("no matching FQDN", px02)
	}, []string{"CRT-02 " + px02}},
	{"an expired client certificate", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.clients(func(c *certs.Facts) { c.SHA256, c.NotAfter = "c1", noon.Add(-time.Hour) }, px02)
		f.untrusted("expired", px02)
	}, []string{"CRT-11 " + px02}},
	{"a node that calls without a certificate", func(t *testing.T, _ *plan.Plan, f *Facts) {
		o := f.call(t, px02)
		o.Chain, o.Trust, o.Distrust, o.Status = nil, nil, "the peer showed no certificate", 504
	}, []string{"CRT-09 " + px02}},
	{"two good certificates", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.SHA256 = "2" }, px02)
	}, []string{"CRT-10 " + all}},
	{"two certificates, both weak", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.KeyType, c.KeyBits = "RSA", 1024 })
		f.certificates(func(c *certs.Facts) { c.SHA256 = "2" }, px02)
	}, []string{"CRT-10 " + all, "CRT-12 " + px01 + ", " + px03 + ", " + px04, "CRT-12 " + px02}},
	{"two good certificates, and one that is another's", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.SHA256 = "2" }, px02)
		f.certificates(func(c *certs.Facts) { c.CommonName, c.Names, c.SHA256 = px03, []string{px03}, "3" }, px03)
	}, []string{"CRT-10 " + all, "CRT-15 " + px03}},
	{"expired on one node", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.NotAfter, c.SHA256 = noon.Add(-time.Hour), "2" }, px02)
		f.untrusted("expired", px02)
		f.uncalled("1010", px02)
	}, []string{"CRT-11 " + px02}},
	{"not valid yet", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.NotBefore = noon.Add(time.Hour) })
		f.uncalled("1010")
	}, []string{"CRT-11 " + all}},
	{"ends within the month", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.NotAfter = noon.AddDate(0, 0, 20) })
	}, []string{"CRT-11 " + all}},
	{"a short key", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.KeyType, c.KeyBits = "RSA", 1024 })
	}, []string{"CRT-12 " + all}},
	{"signed with SHA-1", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.SignatureAlgorithm = "SHA1-RSA" })
	}, []string{"CRT-12 " + all}},
	{"signed with SHA-1, which is not even verified", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.SignatureAlgorithm = "SHA1-RSA" })
		f.chains(func(_ *[]certs.Facts, u *Trust) {
			*u = Trust{Anchored: true, Steps: 2, Way: []int{0, 1}, Insecure: true, Error: "insecure algorithm SHA1-RSA"}
		})
		f.untrusted("insecure algorithm SHA1-RSA")
		f.uncalled("1047")
	}, []string{"CRT-12 " + all}},
	{"an intermediate signed with SHA-1", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			(*chain)[1].SignatureAlgorithm = "SHA1-RSA"
			*u = Trust{Steps: 2, Way: []int{0, 1}, Insecure: true, Missing: "CN=Public Root", Error: "signed by unknown authority"}
		})
		f.untrusted("signed by unknown authority")
		f.uncalled("1047")
	}, []string{"CRT-12 " + all}},
	{"TLS 1.3 alone", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) {
			if h.Offered == offerEdge {
				*h = Handshake{ServerName: pool, Offered: offerEdge, Failure: "protocol version not supported"}
			}
		}, px01)
		f.uncalled("1047", px01)
	}, []string{"CRT-13 " + px01}},
	{"TCP but no TLS", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) {
			*h = Handshake{ServerName: h.ServerName, Offered: h.Offered, Failure: "EOF", NoTLS: true}
		}, px02)
		f.uncalled("1047", px02)
		*f.call(t, px02) = OutboundCall{Node: px02, Trigger: "no answer"}
	}, []string{"CRT-13 " + px02}},
	{"TLS 1.0 too", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) {
			if h.Offered == offerOld {
				h.Failure, h.Version = "", "TLS 1.0"
			}
		}, px02)
	}, []string{"CRT-13 " + px02}},
	{"TLS 1.0 too, and no client certificate wanted: a warning is no reason", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) {
			h.Asked = false
			if h.Offered == offerOld {
				h.Failure, h.Version = "", "TLS 1.0"
			}
		}, px02)
	}, []string{"CRT-13 " + px02, "CRT-14 " + px02}},
	{"a node that refuses our certificate", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) { h.Failure = "remote error: tls: bad certificate" }, px02)
	}, nil},
	{"no client certificate wanted", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) { h.Asked = false }, px01)
	}, []string{"CRT-14 " + px01}},
	{"a client certificate wanted, and any taken", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Strangers = []Stranger{{Shown: showNothing, Refused: "tls: bad certificate"}, {Shown: showUnknown, Status: 200}}
	}, []string{"CRT-14 " + px01}},
	{"strangers get the answer that everybody gets", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Options.Status = 405
		f.endpoint(t, px01).Strangers = []Stranger{{Shown: showNothing, Status: 405}, {Shown: showUnknown, Failure: silence}}
	}, nil},
	{"a certificate verified, and another's name taken", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Impostor.Status = 200
	}, []string{"CRT-14 " + px01}},
	{"TLS 1.2 with no suite of an Edge's", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) { h.Suite = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" }, px01)
		f.endpoint(t, px01).Suites = []Offer{{Offered: offerGCM, Failure: "handshake failure"}, {Offered: offerCBC, Failure: "handshake failure"}}
	}, []string{"CRT-13 " + px01}},
	{"TLS 1.2 without AES-GCM", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Suites = []Offer{{Offered: offerGCM, Failure: "handshake failure"}, {Offered: offerCBC, Agreed: true}}
	}, nil},
	{"a media node with another certificate", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.CommonName, c.Names, c.SHA256 = px03, []string{px03}, "3" }, px03)
	}, []string{"CRT-15 " + px03}},
	{"a factory certificate", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) {
			c.CommonName, c.Names, c.SHA256, c.SelfSigned, c.Usages, c.Issuer = "node", nil, "4", true, nil, "CN=node"
		}, px02)
		f.chains(func(chain *[]certs.Facts, u *Trust) {
			*chain, *u = (*chain)[:1], Trust{Steps: 1, Error: "signed by unknown authority"}
		}, px02)
		f.untrusted("signed by unknown authority", px02)
		f.uncalled("1010", px02)
	}, []string{"CRT-17 " + px02}},
	{"clientAuth from a public authority", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Issuer = "CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1,O=DigiCert Inc,C=US" })
	}, []string{"CRT-18 " + all}},
	{"no clientAuth from a public authority: now, and after the renewal", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Issuer, c.Usages = "CN=R12,O=Let's Encrypt,C=US", []string{"serverAuth"} })
		f.untrusted("incompatible key usage")
	}, []string{"CRT-09 " + all, "CRT-18 " + all}},
	{"a public authority's for servers, with a private client certificate beside it", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.handshakes(func(h *Handshake) {
			if len(h.Chain) > 0 {
				h.Chain[0].Usages, h.Chain[0].Issuer = []string{"serverAuth"}, "CN=R12,O=Let's Encrypt,C=US"
			}
		})
		f.clients(func(c *certs.Facts) { c.SHA256, c.Usages = "c1", []string{"clientAuth"} })
	}, nil},
	{"a public authority's, and no calls out", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Outbound, f.Outbound = false, nil
		f.certificates(func(c *certs.Facts) { c.Issuer, c.Usages = "CN=R12,O=Let's Encrypt,C=US", []string{"serverAuth"} })
	}, nil},

	// Names
	{"an address as Contact", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Contact = "<sip:198.51.100.40:5061;transport=tls>"
	}, []string{"FQD-01 " + px01}},
	{"a bare host as Contact, only outward", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px03).Contact = "<sip:px03;transport=tls>"
	}, []string{"FQD-01 " + px03}},
	{"no Contact in an answer", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Contact = ""
	}, []string{"FQD-01 " + px01}},
	{"no Contact in a call", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px03).Contact = ""
	}, []string{"FQD-01 " + px03}},
	{"a Contact that cannot be read", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Contact = "<sip:"
	}, []string{"FQD-01 " + px01}},
	{"another node's name", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px02).Invite.Contact = "<sip:px01.vc.example.com:5061;transport=tls>"
		f.call(t, px02).Contact = "<sip:px01.vc.example.com:5061;transport=tls>"
	}, []string{"FQD-02 " + px02}},
	{"the pool's name", func(t *testing.T, p *plan.Plan, f *Facts) {
		for _, n := range p.Signaling() {
			f.endpoint(t, n.Name).Invite.Contact = "<sip:sip.vc.example.com:5061;transport=tls>"
		}
	}, []string{"FQD-03 " + px01, "FQD-03 " + px02}},
	{"a certificate of its own without its name", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Nodes[1].Certificate = "px02.pem"
		f.certificates(func(c *certs.Facts) { c.Names, c.SHA256 = []string{pool, domain}, "2" }, px02)
	}, []string{"CRT-10 " + all, "FQD-04 " + px02}},

	// What calls out carry
	{"no domain set", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		for i := range f.Outbound {
			f.Outbound[i].From = "<sip:meet.alice@198.51.100.40>;tag=1"
		}
	}, []string{"DOM-01 " + all}},
	{"no domain set, behind a NAT: From and what says the same are one mistake", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		for i := range f.Outbound {
			inner := fmt.Sprintf("<sip:meet.alice@10.0.0.4%d>", i)
			f.Outbound[i].From = inner + ";tag=1"
			f.Outbound[i].Headers = []string{"From: " + inner + ";tag=1", "P-Asserted-Identity: " + inner, "Call-ID: 1"}
		}
	}, []string{"DOM-01 " + px01, "DOM-01 " + px02, "DOM-01 " + px03, "DOM-01 " + px04}},
	{"no domain set, and Via with the inner address: two mistakes", func(t *testing.T, _ *plan.Plan, f *Facts) {
		o := f.call(t, px02)
		o.From, o.Via = "<sip:meet.alice@10.0.0.41>;tag=1", []string{"SIP/2.0/TLS 10.0.0.41:5061;branch=z9hG4bK1"}
		o.Headers = []string{"From: " + o.From, "Via: " + o.Via[0]}
	}, []string{"DOM-01 " + px02, "DOM-04 " + px02}},
	{"From may show one of our aliases", func(_ *testing.T, p *plan.Plan, _ *Facts) { p.From = plan.FromDefaultOnly }, nil},
	{"a location with a domain of its own", func(t *testing.T, p *plan.Plan, f *Facts) {
		f.second(p)
		p.Locations = append(p.Locations, plan.Location{Name: "other", FromDomain: "meet.example.com"})
		p.Nodes[3].Location = "other"
	}, []string{"DOM-02 " + px04}},
	{"a location with a foreign domain", func(t *testing.T, p *plan.Plan, f *Facts) {
		p.Locations[0].FromDomain = "elsewhere.example"
		for i := range f.Outbound {
			f.Outbound[i].From = "<sip:meet.alice@elsewhere.example>;tag=1"
		}
	}, []string{"DOM-03 location DMZ"}},
	{"Via with the inner address", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Via = []string{"SIP/2.0/TLS 10.0.0.41:5061;branch=z9hG4bK1"}
		f.call(t, px02).Headers = []string{"Via: SIP/2.0/TLS 10.0.0.41:5061;branch=z9hG4bK1"}
	}, []string{"DOM-04 " + px02}},
	{"Via over TCP, at the port of that", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Via = []string{"SIP/2.0/TCP px02.vc.example.com:5060;branch=z9hG4bK1"}
	}, []string{"DOM-04 " + px02}},
	{"Via at another port", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Via = []string{"SIP/2.0/TLS px02.vc.example.com:5071;branch=z9hG4bK1"}
	}, []string{"DOM-04 " + px02}},
	{"Via without a port, in other letters", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Via = []string{"SIP / 2.0 / tls PX02.vc.example.com;branch=z9hG4bK1"}
	}, nil},
	{"an inner IPv6 address in a Record-Route", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Headers = []string{"Record-Route: <sip:[fd00::5]:5061;transport=tls;lr>"}
	}, []string{"DOM-04 " + px02}},
	{"an inner IPv6 address without brackets", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Headers = []string{"Via: SIP/2.0/TLS proxy.example.com:5061;received=FE80::5;branch=z9hG4bK1"}
	}, []string{"DOM-04 " + px01}},
	{"an inner address as IPv6 has it", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Headers = []string{"Record-Route: <sip:[::ffff:a00:29]:5061;transport=tls;lr>"}
	}, []string{"DOM-04 " + px02}},
	{"colons that are no inner address", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Headers = []string{
			"Record-Route: <sip:[2a00:1450:4001::5]:5061;transport=tls;lr>", "Date: Mon, 23 Nov 2026 12:30:00 GMT", "X-Class: Fe80::Proxy :: x", "Subject: fd00:5",
		}
	}, nil},
	{"an inner address in another header", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Headers = []string{"Call-ID: abc@10.0.0.41"}
	}, []string{"DOM-04 " + px02}},
	{"Contact without TLS", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Contact = "<sip:px02.vc.example.com:5060>"
	}, []string{"DOM-04 " + px02}},

	{"Contact at another port", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Contact = "<sip:px02.vc.example.com:5071;transport=tls>"
	}, []string{"DOM-04 " + px02}},
	{"the same, in an answer", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px02).Invite.Contact = "<sip:px02.vc.example.com:5071;transport=tls>"
	}, []string{"DOM-04 " + px02}},
	{"Contact by TCP in an answer", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Contact = "<sip:meet.alice@px01.vc.example.com:5060;transport=tcp>"
	}, []string{"DOM-04 " + px01}},
	{"Contact without transport in an answer", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Contact = "<sip:meet.alice@px01.vc.example.com>"
	}, []string{"DOM-04 " + px01}},
	{"sips needs no transport, and no port", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Contact = "<sips:meet.alice@px01.vc.example.com>"
		f.call(t, px01).Contact = "<sips:meet.alice@px01.vc.example.com>"
	}, nil},
	{"an inner address in a Record-Route of the answer", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Headers = []string{"Record-Route: <sip:10.0.0.5:5061;transport=tls;lr>", "Server: edge/10.0.0.1"}
	}, []string{"DOM-04 " + px01}},
	{"calls are only taken, and the answer says TCP", func(t *testing.T, p *plan.Plan, f *Facts) {
		p.Outbound, f.Outbound = false, nil
		f.endpoint(t, px01).Invite.Contact = "<sip:px01.vc.example.com;transport=tcp>"
	}, []string{"DOM-04 " + px01}},
	{"by TCP in both directions: one finding", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px01).Invite.Contact = "<sip:px01.vc.example.com;transport=tcp>"
		f.call(t, px01).Contact = "<sip:px01.vc.example.com;transport=tcp>"
	}, []string{"DOM-04 " + px01}},
	{"another node's name, by TCP: two mistakes", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px02).Invite.Contact = "<sip:px01.vc.example.com:5060;transport=tcp>"
	}, []string{"FQD-02 " + px02, "DOM-04 " + px02}},

	// Locations and rooms
	{"NAT and no NAT in one location", func(_ *testing.T, p *plan.Plan, _ *Facts) {
		p.Nodes[3].Address = p.Nodes[3].Public
	}, []string{"LOC-04 location DMZ"}},
	{"proxying and transcoding in one location", func(_ *testing.T, p *plan.Plan, _ *Facts) {
		p.Nodes[3].Roles = []plan.Role{plan.Proxying}
	}, []string{"LOC-05 location DMZ"}},
	{"nobody mixes media for a location", func(_ *testing.T, p *plan.Plan, _ *Facts) {
		p.Locations = append(p.Locations, plan.Location{Name: "front"})
		p.Nodes[3].Location, p.Nodes[3].Roles = "front", []plan.Role{plan.Proxying}
	}, []string{"LOC-06 location front"}},
	{"a location that overflows into one with media", func(_ *testing.T, p *plan.Plan, _ *Facts) {
		p.Locations = append(p.Locations, plan.Location{Name: "front", Overflow: []string{"DMZ"}})
		p.Nodes[3].Location, p.Nodes[3].Roles = "front", []plan.Role{plan.Proxying}
	}, nil},
	{"more aliases than a partner that discovered us takes", func(_ *testing.T, p *plan.Plan, _ *Facts) {
		for i := range mostURIs {
			p.Rooms[0].Aliases = append(p.Rooms[0].Aliases, fmt.Sprintf("room%d@%s", i, domain))
		}
	}, []string{"PEER-02 contoso.example"}},
	{"more aliases than that, for a partner that listed us", func(_ *testing.T, p *plan.Plan, _ *Facts) {
		p.Partners[0].Trust = plan.Allowed
		for i := range mostURIs {
			p.Rooms[0].Aliases = append(p.Rooms[0].Aliases, fmt.Sprintf("room%d@%s", i, domain))
		}
	}, nil},
	{"two domains that fit one by one, and not together", func(_ *testing.T, p *plan.Plan, f *Facts) {
		f.second(p)
		for i := range p.Domains {
			p.Domains[i].Expected = plan.Expected{HD: 26, Conferences: 2, Largest: 20}
		}
	}, []string{"CAP-01 all domains"}},
	{"calls from another address", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Peer = "198.51.100.40:40000"
	}, []string{"NET-05 " + px02}},
	{"calls from the inner address, to an observer inside", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.call(t, px02).Peer = "10.0.0.41:40000"
	}, nil},
	{"no room in the domain", func(_ *testing.T, p *plan.Plan, f *Facts) {
		p.Rooms[0].Aliases = []string{"meet.alice@corp.lan"}
		for i := range f.Endpoints {
			f.Endpoints[i].Invite = nil
		}
	}, []string{"LOC-07 vc.example.com"}},
	{"a node that does not know the room", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px02).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 404, Reason: "Not Found"}
	}, []string{"LOC-07 " + px02}},
	{"a node that says yes to everything, and no more", func(t *testing.T, _ *plan.Plan, f *Facts) {
		x := f.endpoint(t, px02).Invite
		x.Contact, x.NoMedia = "", true
	}, []string{"LOC-07 " + px02}},
	{"a node that wants a password", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px02).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 407, Reason: "Proxy Authentication Required"}
	}, []string{"LOC-07 " + px02}},
	{"a node that is not for calls", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px02).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 405, Reason: "Method Not Allowed"}
	}, []string{"LOC-07 " + px02}},
	{"a planned node set up for media alone", func(t *testing.T, _ *plan.Plan, f *Facts) { f.turnedAway(t, 403, px02) }, []string{"LOC-07 " + px02}},
	{"the same, and not in the pool yet", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.turnedAway(t, 403, px02)
		f.a(pool, "198.51.100.40")
	}, []string{"DNS-07 " + pool, "LOC-07 " + px02}},
	{"the same, and a media node in the pool that refuses, too", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.turnedAway(t, 403, px02)
		f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
		f.endpoint(t, px03).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: 403, Reason: "Forbidden"}
	}, []string{"DNS-07 " + pool, "LOC-07 " + px02}},
	{"a planned node in maintenance", func(t *testing.T, _ *plan.Plan, f *Facts) { f.turnedAway(t, 503, px02) }, []string{"LOC-07 " + px02}},
	{"a planned node that declines", func(t *testing.T, _ *plan.Plan, f *Facts) { f.turnedAway(t, 603, px02) }, []string{"LOC-07 " + px02}},
	{"a planned node that ends the link on every call", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.endpoint(t, px02).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Failure: "EOF", Closed: true}
		f.endpoint(t, px02).Impostor = &Stranger{Refused: "EOF"}
	}, []string{"LOC-07 " + px02}},
	{"every node refuses a partner of the plan", func(t *testing.T, _ *plan.Plan, f *Facts) { f.turnedAway(t, 403, px01, px02) }, []string{"LOC-07 " + px01, "LOC-07 " + px02}},
	{"every node refuses the media of a Lync client", func(t *testing.T, _ *plan.Plan, f *Facts) { f.turnedAway(t, 488, px01, px02) }, []string{"LOC-07 " + px01, "LOC-07 " + px02}},
	{"one refuses, of two that cannot prove who calls", func(t *testing.T, _ *plan.Plan, f *Facts) {
		f.none(dns.FederationName("contoso.example"), "SRV")
		f.turnedAway(t, 403, px01, px02)
	}, []string{"DNS-17 contoso.example"}},

	// Two at a time: neither hides the other.
	{"srv-missing and pool-missing-node", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.none(dns.FederationName(domain), "SRV")
		f.a(pool, "198.51.100.40")
		f.uncalled("1008")
	}, []string{"DNS-01 vc.example.com", "DNS-07 " + pool}},
	{"cert-expired and cert-missing-node", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		expire(f)
		f.certificates(func(c *certs.Facts) { c.Names = without(c.Names, px02) })
		f.uncalled("1010")
	}, []string{"CRT-03 " + all, "CRT-11 " + all}},
	{"srv-wrong-port and srv-target-other-domain", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.srv(domain, Service{"sip.other.example", 5060, 1, 100, 3600})
		f.uncalled("1009")
	}, []string{"DNS-02 vc.example.com", "DNS-04 vc.example.com"}},
	{"dead-media-node and from-not-rewritten", func(t *testing.T, _ *plan.Plan, f *Facts) {
		for i := range f.Outbound {
			f.Outbound[i].From = "<sip:meet.alice@elsewhere.example>;tag=1"
		}
		f.dead(t, px03)
	}, []string{"DOM-02 " + strings.Replace(all, px03+", ", "", 1), "NET-01 " + px03}},
	{"cert-no-clientauth and intermediate-not-sent", func(_ *testing.T, _ *plan.Plan, f *Facts) {
		f.certificates(func(c *certs.Facts) { c.Usages = []string{"serverAuth"} })
		f.chains(leafOnly)
		f.uncalled("1010")
	}, []string{"CRT-07 " + all, "CRT-09 " + all}},
}

// TestRequested: what the plan requests is what the rules want: with it they
// have nothing to say, and each name that a certificate lacks is missed.
func TestRequested(t *testing.T) {
	for name, change := range map[string]func(*plan.Plan){
		"the guide's":                             func(*plan.Plan) {},
		"calls in alone":                          func(p *plan.Plan) { p.Outbound = false },
		"one node with a certificate of its own":  func(p *plan.Plan) { p.Nodes[1].Certificate = "px02.pem" },
		"two nodes with one of their own":         func(p *plan.Plan) { p.Nodes[1].Certificate, p.Nodes[2].Certificate = "b.pem", "b.pem" },
		"each node with a certificate of its own": func(p *plan.Plan) { ownEach(p, px01, px02, px03, px04, px11, px12) },
		"two domains that name one file":          func(p *plan.Plan) { p.Certificates.Certificate = "all.pem" },
	} {
		for _, second := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, two domains: %t", name, second), func(t *testing.T) {
				p := thePlan()
				f := cleanFacts(p)
				if second {
					f.second(p)
					p.Nodes[4].Certificate, p.Nodes[5].Certificate = "", ""
				}
				change(p)
				if !p.Outbound {
					f.Outbound = nil
				}
				for i, r := range p.Requests() {
					f.certificates(func(c *certs.Facts) { c.CommonName, c.Names, c.SHA256 = r.CommonName, r.Names, fmt.Sprint("r", i) }, r.Nodes...)
				}
				certificateRules := func() []string {
					return slices.DeleteFunc(failed(Judge(p, *f)), func(line string) bool {
						return !strings.HasPrefix(line, "CRT-") && !strings.HasPrefix(line, "FQD-") || strings.HasPrefix(line, "CRT-10 ")
					})
				}
				if got := certificateRules(); len(got) > 0 {
					t.Errorf("with the certificates that the plan requests: %q", got)
				}
				for _, r := range p.Requests() {
					for _, needed := range slices.Concat([]string{r.CommonName, r.Domain}, r.Nodes) {
						f.certificates(func(c *certs.Facts) { c.Names = without(r.Names, needed) }, r.Nodes...)
						on := " " + strings.Join(r.Nodes, ", ")
						if got := certificateRules(); len(got) != 1 || !strings.HasSuffix(got[0], on) {
							t.Errorf("without %s: %q; want a finding on%s", needed, got, on)
						}
						f.certificates(func(c *certs.Facts) { c.Names = r.Names }, r.Nodes...)
					}
				}
			})
		}
	}
}

// ownEach gives nodes a certificate each.
func ownEach(p *plan.Plan, nodes ...string) {
	for i, n := range p.Nodes {
		if slices.Contains(nodes, n.Name) {
			p.Nodes[i].Certificate = n.Name + ".pem"
		}
	}
}

// TestJudge holds every rule to this: a mistake is called by its name, its
// consequences are not called at all, and nothing is left that looks as if the
// observation had failed.
func TestJudge(t *testing.T) {
	for _, test := range faults {
		t.Run(test.name, func(t *testing.T) {
			p := thePlan()
			f := cleanFacts(p)
			test.change(t, p, f)
			findings := Judge(p, *f)
			if got := failed(findings); !slices.Equal(got, test.want) {
				t.Errorf("failed:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
			for _, g := range findings {
				wellFormed(t, g)
				roots(t, findings, g)
			}
		})
	}
}

// TestPastThePool: where calls go past the pool, that is required, and the fix is
// the record that leads to the pool, not what would make the other host serve.
func TestPastThePool(t *testing.T) {
	const right = "_sipfederationtls._tcp.vc.example.com SRV 1 100 5061 sip.vc.example.com"
	required := map[string]bool{
		"a better record that leads to nobody": true, "a better record that leads to nobody, in another server's view": true,
		"an equal record that leads to nobody": true, "a node as target": true, "a node as target, and what is wrong with the pool": true,
		"an alias as target": true, "another host of the domain that the certificate does not name": true,
	}
	for _, test := range faults {
		p := thePlan()
		f := cleanFacts(p)
		test.change(t, p, f)
		for _, g := range Judge(p, *f) {
			if g.Outcome != result.RuleFail || g.ID != "DNS-03" && g.ID != "DNS-05" || g.Subject != domain {
				continue
			}
			if want := g.ID == "DNS-05" || required[test.name]; (g.Severity == result.Required) != want || !strings.HasSuffix(g.Fix, right) {
				t.Errorf("%s: %s is %s; fix %s", test.name, g.ID, g.Severity, g.Fix)
			}
			if strings.Contains(g.Symptom, "nothing breaks") == (g.Severity == result.Required) {
				t.Errorf("%s: %s %s says %s", test.name, g.Severity, g.ID, g.Symptom)
			}
		}
	}
}

// failed is what a check says is wrong.
func failed(findings []result.Finding) []string {
	var list []string
	for _, f := range findings {
		if f.Outcome == result.RuleFail {
			list = append(list, f.ID+" "+f.Subject)
		}
	}
	return list
}

// wellFormed: who fails a rule must learn what was seen, what it does and what
// to do about it.
func wellFormed(t *testing.T, f result.Finding) {
	t.Helper()
	if f.Subject == "" || f.Title == "" || f.Severity == "" || f.Direction == "" {
		t.Errorf("%s: incomplete: %+v", f.ID, f)
	}
	if f.Outcome == result.RuleFail && (f.Fix == "" || f.Symptom == "" || len(f.Evidence) == 0) {
		t.Errorf("%s %s fails without evidence, symptom or fix: %+v", f.ID, f.Subject, f)
	}
	if judged := f.Outcome == result.RulePass || f.Outcome == result.RuleFail; judged == (f.Why != "") {
		t.Errorf("%s %s: outcome %s with why %q", f.ID, f.Subject, f.Outcome, f.Why)
	}
}

// roots: what was not checked names a rule that failed, or cannot be seen.
func roots(t *testing.T, findings []result.Finding, f result.Finding) {
	t.Helper()
	id, fell := strings.CutPrefix(f.Why, "precondition ")
	switch {
	case f.Outcome != result.NotChecked || f.Why == result.NotVisible:
	case !fell:
		t.Errorf("%s %s: %s: %q", f.ID, f.Subject, f.Why, f.Evidence)
	case !slices.ContainsFunc(findings, func(g result.Finding) bool { return g.ID == id && g.Outcome == result.RuleFail }):
		t.Errorf("%s %s fell to %s, which did not fail", f.ID, f.Subject, id)
	}
}

// TestSaysWhatItWaitsFor: what was not seen does not pass, also where something
// else was seen to be wrong.
func TestSaysWhatItWaitsFor(t *testing.T) {
	inPool := func(f *Facts) { f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42") }
	answer := func(f *Facts, status int) {
		f.endpoint(t, px03).Invite = &Exchange{To: "sip:meet.alice@vc.example.com", Status: status}
	}
	for _, test := range []struct {
		name          string
		change        func(*Facts)
		rule, subject string
		outcome       result.Outcome
		why           string
	}{
		{"a media node in the pool takes calls", func(f *Facts) { inPool(f); answer(f, 200) }, "DNS-07", pool, result.RulePass, ""},
		{"it answers, and is not asked to", func(f *Facts) { inPool(f); answer(f, 404) }, "DNS-07", pool, result.RulePass, ""},
		{"it is down", func(f *Facts) { inPool(f); f.dead(t, px03) }, "DNS-07", pool, result.NotChecked, "precondition NET-01"},
		{"nobody called it", inPool, "DNS-07", pool, result.NotChecked, result.NotVisible},
		{"no call gets through", func(f *Facts) {
			inPool(f)
			answer(f, 0)
			f.srv(domain, Service{pool, 5062, 1, 100, 3600})
		}, "DNS-07", pool, result.NotChecked, "precondition DNS-02"},
		{"it has another certificate", func(f *Facts) {
			inPool(f)
			answer(f, 0)
			f.certificates(func(c *certs.Facts) { c.CommonName, c.Names, c.SHA256 = px03, []string{px03}, "3" }, px03)
		}, "DNS-07", pool, result.NotChecked, "precondition CRT-15"},
		{"no SRV record, which may lead to an address", func(f *Facts) { f.none(dns.FederationName(domain), "SRV") }, "DNS-06", domain, result.NotChecked, "precondition DNS-01"},
		{"it says nothing, and nothing else is wrong", func(f *Facts) { inPool(f); answer(f, 0) }, "DNS-07", pool, result.NotChecked, result.ObservationFailed},
		{"a node is down that may have another certificate", func(f *Facts) { f.dead(t, px03) }, "CRT-10", all, result.NotChecked, "precondition NET-01"},
		{"a node is down, and others have two certificates", func(f *Facts) {
			f.dead(t, px03)
			f.certificates(func(c *certs.Facts) { c.SHA256 = "2" }, px02)
		}, "CRT-10", all, result.RuleFail, ""},
		{"no SRV record, whose TTL would count", func(f *Facts) { f.none(dns.FederationName(domain), "SRV") }, "DNS-16", domain, result.NotChecked, "precondition DNS-01"},
		{"no addresses, whose TTL would count", func(f *Facts) { f.none(pool, "A") }, "DNS-16", domain, result.NotChecked, "precondition DNS-05"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := thePlan()
			f := cleanFacts(p)
			test.change(f)
			said := Judge(p, *f)
			i := slices.IndexFunc(said, func(g result.Finding) bool { return g.ID == test.rule && g.Subject == test.subject })
			if i < 0 || said[i].Outcome != test.outcome || said[i].Why != test.why {
				t.Errorf("%s on %s: %+v; want %s %s", test.rule, test.subject, said[max(i, 0)], test.outcome, test.why)
			}
		})
	}
}

// TestTurnedAway: what may pass by itself, or be meant so, is not held against
// a deployment; what was seen is said, and what to do.
func TestTurnedAway(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*plan.Plan, *Facts)
		outcome result.Outcome
		says    string
	}{
		{"in maintenance, all", func(_ *plan.Plan, f *Facts) { f.turnedAway(t, 503, px01, px02) }, result.NotChecked, "no node takes the call"},
		{"broken, all", func(_ *plan.Plan, f *Facts) { f.turnedAway(t, 500, px01, px02) }, result.NotChecked, "see their logs"},
		{"busy, one", func(_ *plan.Plan, f *Facts) { f.turnedAway(t, 486, px02) }, result.NotChecked, "check again"},
		{"refused by all, who is no partner of the plan", func(p *plan.Plan, f *Facts) {
			f.turnedAway(t, 403, px01, px02)
			p.Partners = nil
		}, result.NotChecked, "no partner of the plan"},
		{"refused by one, who is no partner of the plan", func(p *plan.Plan, f *Facts) {
			f.turnedAway(t, 403, px02)
			p.Partners = nil
		}, result.RuleFail, px01 + " took the same call: 200"},
		{"in maintenance, one", func(_ *plan.Plan, f *Facts) { f.turnedAway(t, 503, px02) }, result.RuleFail, "remove it from the pool for as long as that lasts: " + pool},
	} {
		p := thePlan()
		f := cleanFacts(p)
		test.change(p, f)
		said := Judge(p, *f)
		i := slices.IndexFunc(said, func(g result.Finding) bool { return g.ID == "LOC-07" && g.Subject == px02 })
		if said[i].Outcome != test.outcome || !strings.Contains(strings.Join(append(said[i].Evidence, said[i].Fix), "\n"), test.says) {
			t.Errorf("%s: %s %q, %q; want %s, %q", test.name, said[i].Outcome, said[i].Evidence, said[i].Fix, test.outcome, test.says)
		}
	}
}

// TestWayBack: what was seen of one direction says nothing of the other, and a
// mistake in one is said to break that.
func TestWayBack(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Facts)
		want   string // direction and outcome of each finding
	}{
		{"right", func(*Facts) {}, "both pass"},
		{"no trigger", func(f *Facts) { f.Outbound, f.Unplaced = nil, "no trigger" }, "inbound pass, outbound not-checked"},
		{"no answer", func(f *Facts) { f.endpoint(t, px01).Invite = nil; f.Observer = "" }, "inbound not-checked, outbound pass"},
		{"wrong in the answer", func(f *Facts) { f.endpoint(t, px01).Invite.Contact = "<sip:" + px01 + ";transport=tcp>" }, "inbound fail, outbound pass"},
		{"wrong in the call", func(f *Facts) { f.call(t, px01).Contact = "<sip:" + px01 + ":5060;transport=tls>" }, "inbound pass, outbound fail"},
		{"wrong in both", func(f *Facts) {
			f.endpoint(t, px01).Invite.Contact, f.call(t, px01).Contact = "<sip:"+px01+">", "<sip:"+px01+">"
		}, "both fail"},
	} {
		p := thePlan()
		f := cleanFacts(p)
		test.change(f)
		var got []string
		for _, g := range Judge(p, *f) {
			if g.ID == "DOM-04" && g.Subject == px01 {
				got = append(got, g.Direction+" "+string(g.Outcome))
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestDomainSet: where the domain of calls is to be set, in the platform or in its
// override; and who waits for that.
func TestDomainSet(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*plan.Plan, *Facts)
		node   string
		want   string
	}{
		{"the platform's", func(*plan.Plan, *Facts) {}, px02, "set the domain of the platform to vc.example.com"},
		{"a location's override", func(p *plan.Plan, f *Facts) {
			f.second(p)
			p.Locations = append(p.Locations, plan.Location{Name: "eu", FromDomain: "meet.example.com"})
			p.Nodes[4].Location, p.Nodes[5].Location = "eu", "eu"
		}, px11, "set the override of the domain in location eu to meet.example.com"},
		{"no override is planned, and the node is of the second domain", func(p *plan.Plan, f *Facts) { f.second(p) }, px11,
			"set the override of the domain in location DMZ to meet.example.com"},
	} {
		p := thePlan()
		f := cleanFacts(p)
		test.change(p, f)
		o := f.call(t, test.node)
		o.From = "<sip:meet@10.9.9.9>;tag=1"
		o.Headers = append(o.Headers, "From: "+o.From)
		fix, waits := "", ""
		for _, g := range Judge(p, *f) {
			switch {
			case g.ID == "DOM-01" && g.Outcome == result.RuleFail:
				fix += g.Fix
			case g.ID == "DOM-04" && g.Subject == test.node && g.Direction == string(Outbound):
				waits = g.Why
			}
		}
		if fix != test.want || waits != "precondition DOM-01" {
			t.Errorf("%s: %q, want %q; DOM-04: %q", test.name, fix, test.want, waits)
		}
	}
}

// TestRoomInOneDomain: of nodes in whose domain there is no room nobody asked
// anything; what they would have told waits for the room.
func TestRoomInOneDomain(t *testing.T) {
	p := thePlan()
	f := cleanFacts(p)
	f.second(p)
	p.Rooms[0].Aliases = p.Rooms[0].Aliases[:1]
	f.Outbound, f.Unplaced = nil, "no trigger"
	for _, node := range []string{px11, px12} {
		e := f.endpoint(t, node)
		e.Invite, e.Impostor = nil, nil
	}
	findings := Judge(p, *f)
	if got := failed(findings); !slices.Equal(got, []string{"LOC-07 meet.example.com"}) {
		t.Errorf("failed: %q", got)
	}
	waiting := 0
	for _, g := range findings {
		switch {
		case g.Why == result.ObservationFailed:
			t.Errorf("%s on %s could not be observed: %q", g.ID, g.Subject, g.Evidence)
		case g.Why == "precondition LOC-07" && (g.Subject == px11 || g.Subject == px12):
			waiting++
		}
	}
	if _, out, _ := Verdict(findings, false); out != result.Pass || waiting < 10 { // FQD-01 to FQD-03, DOM-04 and CRT-14 of both
		t.Errorf("calls out: %s; %d findings wait for the room", out, waiting)
	}
}

// TestTenantSeen: DNS-15 passes by what was answered, and tells a resolver that
// answered with a failure from one that shows no aliases.
func TestTenantSeen(t *testing.T) {
	const discover = "lyncdiscover." + domain
	for _, test := range []struct {
		name   string
		change func(*Facts)
		want   string
	}{
		{"not asked", func(*Facts) {}, "not-checked not-visible"},
		{"none", func(f *Facts) { f.none(discover, "CNAME") }, "pass "},
		{"SERVFAIL", func(f *Facts) { f.set(Lookup{Name: discover, Type: "CNAME", Failure: string(dns.ServerFailure)}) }, "not-checked observation-failed"},
		{"SERVFAIL, and another resolver answers", func(f *Facts) {
			f.none(discover, "CNAME")
			f.other(Lookup{Name: discover, Type: "CNAME", Failure: string(dns.ServerFailure)})
		}, "pass "},
	} {
		p := thePlan()
		f := cleanFacts(p)
		test.change(f)
		for _, g := range Judge(p, *f) {
			if got := fmt.Sprintf("%s %s", g.Outcome, g.Why); g.ID == "DNS-15" && got != test.want {
				t.Errorf("%s: %s, want %s", test.name, got, test.want)
			}
		}
	}
}

// TestPoolWaits: nobody is told to put a node into the pool that refuses calls.
func TestPoolWaits(t *testing.T) {
	p := thePlan()
	f := cleanFacts(p)
	f.turnedAway(t, 403, px02)
	f.a(pool, "198.51.100.40")
	said := Judge(p, *f)
	i := slices.IndexFunc(said, func(g result.Finding) bool { return g.ID == "DNS-07" })
	if !strings.Contains(said[i].Fix, "once "+px02+" takes calls") {
		t.Errorf("the fix is %q", said[i].Fix)
	}
}

// TestNamesHeld: CRT-14 passes only when each kind of stranger was seen to be
// turned away, and says what it did not see.
func TestNamesHeld(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*Facts, *Endpoint)
		outcome result.Outcome
		why     string
	}{
		{"all turned away", func(*Facts, *Endpoint) {}, result.RulePass, ""},
		{"the impostor's link closed", func(_ *Facts, e *Endpoint) { e.Impostor = &Stranger{Refused: "the link was closed"} }, result.RulePass, ""},
		{"the impostor answered with yes", func(_ *Facts, e *Endpoint) { e.Impostor = &Stranger{Status: 200} }, result.RuleFail, ""},
		{"no answer to the impostor", func(_ *Facts, e *Endpoint) { e.Impostor = &Stranger{Failure: silence} }, result.NotChecked, result.ObservationFailed},
		{"nobody observes", func(f *Facts, e *Endpoint) {
			f.Observer, e.Strangers, e.Impostor, e.Invite = "", nil, nil, nil
		}, result.NotChecked, result.NotVisible},
		{"no answer to those without a certificate", func(_ *Facts, e *Endpoint) {
			e.Strangers = []Stranger{{Failure: silence}, {Failure: silence}}
		}, result.NotChecked, result.ObservationFailed},
		{"no room", func(_ *Facts, e *Endpoint) { e.Invite.Status, e.Impostor.Status = 404, 404 }, result.NotChecked, "precondition LOC-07"},
		{"no room, and the impostor is turned away before that shows", func(_ *Facts, e *Endpoint) { e.Invite.Status = 404 }, result.RulePass, ""},
		{"everybody is forbidden", func(_ *Facts, e *Endpoint) { e.Invite.Status, e.Impostor.Status = 403, 403 }, result.NotChecked, "precondition LOC-07"},
		{"everybody's link is closed", func(_ *Facts, e *Endpoint) {
			e.Invite, e.Impostor = &Exchange{Failure: "closed", Closed: true}, &Stranger{Refused: "closed"}
		}, result.NotChecked, "precondition LOC-07"},
		{"everybody's link is closed, at every node", func(f *Facts, _ *Endpoint) {
			for i := range f.Endpoints {
				f.Endpoints[i].Invite, f.Endpoints[i].Impostor = &Exchange{Failure: "closed", Closed: true}, &Stranger{Refused: "closed"}
			}
		}, result.NotChecked, result.ObservationFailed},
		{"strangers' links are closed, and the partner's is too", func(_ *Facts, e *Endpoint) {
			e.Options = &Exchange{Failure: "closed", Closed: true}
			e.Strangers = []Stranger{{Shown: showNothing, Refused: "closed"}, {Shown: showUnknown, Refused: "closed"}}
		}, result.NotChecked, result.ObservationFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := thePlan()
			f := cleanFacts(p)
			test.change(f, f.endpoint(t, px01))
			for _, got := range Judge(p, *f) {
				if got.ID == "CRT-14" && got.Subject == px01 && (got.Outcome != test.outcome || got.Why != test.why) {
					t.Errorf("%s %s %q, want %s %s", got.Outcome, got.Why, got.Evidence, test.outcome, test.why)
				}
			}
		})
	}
}

// TestJudgeTakesAnyOrder asks each rule first, so that no verdict depends on
// which rule was asked before.
func TestJudgeTakesAnyOrder(t *testing.T) {
	for _, test := range faults {
		p := thePlan()
		f := cleanFacts(p)
		test.change(t, p, f)
		want := newWorld(p, *f)
		for _, r := range Rules() {
			want.verdicts(r.ID)
		}
		for _, r := range Rules() {
			first := newWorld(p, *f)
			if got := first.verdicts(r.ID); fmt.Sprint(got) != fmt.Sprint(want.verdicts(r.ID)) {
				t.Errorf("%s: %s asked first says\n%v\nasked in turn\n%v", test.name, r.ID, got, want.verdicts(r.ID))
			}
		}
	}
}

// TestJudgeNothing: with no facts at all, nothing passes that needs any, and
// nothing fails.
func TestJudgeNothing(t *testing.T) {
	for _, f := range Judge(thePlan(), Facts{At: noon}) {
		rule, _ := Find(f.ID)
		switch {
		case f.Outcome == result.RuleFail, f.Outcome == result.RulePass && !rule.PlanOnly && f.ID != "LOC-07":
			t.Errorf("%s %s: %s without any fact", f.ID, f.Subject, f.Outcome)
		}
	}
}

// FuzzJudge: what a peer writes into its messages and its certificate is
// judged, never believed and never fatal.
func FuzzJudge(f *testing.F) {
	f.Add("<sip:meet.alice@vc.example.com>;tag=1", "<sip:px01.vc.example.com;transport=tls>", "SIP/2.0/TLS px01.vc.example.com:5061", "px01.vc.example.com", "sip.vc.example.com")
	f.Add("sip:a@10.0.0.1", "<sip:[2001:db8::1]:5061>", "SIP / 2.0 / TLS 10.0.0.1", "*.vc.example.com", ".")
	f.Add("\"", "<", ";", "*", "")
	f.Add("tel:+1", "*", ", ,", "..", "sip.vc.example.com.")
	f.Fuzz(func(t *testing.T, from, contact, via, name, target string) {
		p := thePlan()
		facts := cleanFacts(p)
		facts.srv(domain, Service{Target: target, Port: 5061})
		facts.srv("contoso.example", Service{Target: target})
		facts.call(t, px01).From, facts.call(t, px01).Contact, facts.call(t, px01).Via = from, contact, []string{via}
		facts.call(t, px02).Via, facts.call(t, px02).Headers = nil, []string{from, contact, via}
		facts.endpoint(t, px01).Invite.Contact = contact
		facts.certificates(func(c *certs.Facts) { c.Names, c.CommonName, c.Issuer = []string{name}, target, from }, px01)
		facts.partner(func(c *certs.Facts, u *Trust) { c.Names, u.Missing = []string{name}, from })
		facts.other(Lookup{Name: "lyncdiscover." + domain, Type: "CNAME", Alias: target})
		facts.other(Lookup{Name: dns.FederationName(domain), Type: "SRV", Services: []Service{{Target: name}}})
		facts.call(t, px02).Peer = via
		for _, g := range Judge(p, *facts) {
			wellFormed(t, g)
		}
	})
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}

func leafOnly(chain *[]certs.Facts, u *Trust) {
	*chain = (*chain)[:1]
	*u = Trust{Steps: 1, Missing: (*chain)[0].Issuer, Error: "certificate signed by unknown authority"}
}

func expire(f *Facts) {
	f.certificates(func(c *certs.Facts) { c.NotAfter = noon.Add(-time.Hour) })
	f.chains(func(_ *[]certs.Facts, u *Trust) { u.Error = "certificate has expired" })
}

// asked changes the pool's name that was connected to.
func asked(name string) func(*Handshake) {
	return func(h *Handshake) {
		if h.ServerName == pool {
			h.ServerName = name
		}
	}
}

// TestNoTLS: who says nothing in TLS is told where to look, not which versions
// to enable; who answers one handshake with TLS 1.2 and not another is not judged.
func TestNoTLS(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Handshake)
		want   result.Outcome
		says   string
	}{
		"silence": {func(h *Handshake) {
			*h = Handshake{ServerName: h.ServerName, Offered: h.Offered, Failure: silence, NoTLS: true}
		}, result.RuleFail, "look what holds"},
		"an alert": {func(h *Handshake) {
			*h = Handshake{ServerName: h.ServerName, Offered: h.Offered, Failure: "remote error: tls: handshake failure"}
		}, result.RuleFail, "enable TLS 1.2"},
		"TLS 1.3 alone": {func(h *Handshake) { refuse(h, offerEdge); h.Version = "TLS 1.3" }, result.RuleFail, "enable TLS 1.2"},
		"TLS 1.0 alone": {func(h *Handshake) { refuse(h, offerEdge, offerNow); old(h) }, result.RuleFail, "enable TLS 1.2"},
		"now and then": {func(h *Handshake) {
			refuse(h, offerEdge)
			if h.Offered == offerNow {
				h.Version = "TLS 1.2"
			}
		}, result.NotChecked, "one was answered and one was not"},
	} {
		t.Run(name, func(t *testing.T) {
			f := cleanFacts(thePlan())
			f.handshakes(test.change, px02)
			for _, v := range newWorld(thePlan(), *f).verdicts("CRT-13") {
				if v.subject != px02 {
					continue
				}
				fix := v.fix
				if fix == "" {
					r, _ := Find("CRT-13")
					fix = r.Fix
				}
				if said := strings.Join(append(v.evidence, fix), "\n"); v.outcome != test.want || !strings.Contains(said, test.says) {
					t.Errorf("%s: %s\nwant %s, with %q", v.outcome, said, test.want, test.says)
				}
			}
		})
	}
}

// TestWordsOnChains: what is told to do mends what is wrong, with that certificate.
func TestWordsOnChains(t *testing.T) {
	for name, test := range map[string]struct {
		change          func(*[]certs.Facts, *Trust)
		rule, says, not string
	}{
		"an intermediate that ends soon": {func(chain *[]certs.Facts, _ *Trust) { (*chain)[1].NotAfter = noon.AddDate(0, 0, 10) }, "CRT-11",
			"get the present certificate of the authority CN=Public CA 1", "renew the certificate"},
		"an intermediate that has ended": {func(chain *[]certs.Facts, u *Trust) {
			(*chain)[1].NotAfter, u.Error = noon.AddDate(0, 0, -10), "expired"
		}, "CRT-11", "get the present certificate of the authority CN=Public CA 1", "renew the certificate"},
		"a leaf that ends soon": {func(chain *[]certs.Facts, _ *Trust) { (*chain)[0].NotAfter = noon.AddDate(0, 0, 10) }, "CRT-11",
			"renew the certificate", "get the present"},
		"both end soon, the intermediate first": {func(chain *[]certs.Facts, _ *Trust) {
			(*chain)[0].NotAfter, (*chain)[1].NotAfter = noon.AddDate(0, 0, 10), noon.AddDate(0, 0, 5)
		}, "CRT-11", "get the present", "renew the certificate"},
		"names that the authority may not issue for": {func(_ *[]certs.Facts, u *Trust) { u.Flaw, u.Error = FlawNames, "x509: not authorized" }, "CRT-06",
			"an authority that may issue for its names: CN=Public CA 1", "public authority"},
		"a critical extension": {func(chain *[]certs.Facts, u *Trust) {
			(*chain)[0].Critical, u.Flaw, u.Error = []string{"1.2.3.4.5"}, FlawExtension, "x509: unhandled critical extension"
		}, "CRT-06", "without the extension 1.2.3.4.5", "public authority"},
		"too many authorities": {func(_ *[]certs.Facts, u *Trust) { u.Flaw, u.Error = FlawLength, "x509: too many intermediates" }, "CRT-06", "higher up than CN=Public CA 1", "public authority"},
		"whatever else":        {func(_ *[]certs.Facts, u *Trust) { u.Error = "x509: something" }, "CRT-06", "issued again", "public authority"},
	} {
		t.Run(name, func(t *testing.T) {
			f := cleanFacts(thePlan())
			f.chains(test.change)
			for _, g := range Judge(thePlan(), *f) {
				if g.ID != test.rule {
					continue
				}
				if g.Outcome != result.RuleFail || !strings.Contains(g.Fix, test.says) || strings.Contains(g.Fix, test.not) {
					t.Errorf("%s: %s, fix %q; want %q", g.ID, g.Outcome, g.Fix, test.says)
				}
				if g.Severity == result.Warning && !strings.HasPrefix(g.Symptom, "nothing today; after 20") {
					t.Errorf("%s warns of %q", g.ID, g.Symptom)
				}
			}
		})
	}
}

// TestShownByName: a certificate is said to be seen by whom it was shown to.
func TestShownByName(t *testing.T) {
	f := cleanFacts(thePlan())
	f.handshakes(func(h *Handshake) {
		if h.ServerName == px02 {
			h.Chain[0].CommonName, h.Chain[0].Names, h.Chain[0].SHA256 = "localhost", []string{"localhost"}, "fac70"
		}
	}, px02)
	apart := 0
	for _, g := range Judge(thePlan(), *f) {
		if g.Outcome == result.NotApplicable && g.Subject == px02 && strings.Contains(g.Why, "who asks for "+px02) {
			apart++
		}
		if g.Outcome == result.RuleFail && (g.ID != "FQD-04" || !strings.Contains(strings.Join(g.Evidence, "\n"), "shown to who asks for "+px02+" (SNI)")) {
			t.Errorf("%s on %s: %q", g.ID, g.Subject, g.Evidence)
		}
	}
	if apart != 4 {
		t.Errorf("%d rules on the pool's certificate leave it aside, want CRT-01 to CRT-04", apart)
	}
}

// TestVersionsSeen: what was not heard is neither refused nor taken, and what was
// refused to one name is not refused to all.
func TestVersionsSeen(t *testing.T) {
	const chacha = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
	for name, test := range map[string]struct {
		change func(*Endpoint, *Handshake)
		want   result.Outcome
		says   string
	}{
		"who asks for the pool is refused": {func(_ *Endpoint, h *Handshake) {
			if h.Offered == offerEdge {
				*h = Handshake{ServerName: pool, Offered: offerEdge, Failure: "remote error: tls: unrecognized name"}
			}
			if h.Offered == offerNow {
				h.Version = "TLS 1.2"
			}
		}, result.RuleFail, "answer who asks for " + pool + " (SNI)"},
		"suites were not answered": {func(e *Endpoint, h *Handshake) {
			h.Suite = chacha
			e.Suites = []Offer{{Offered: offerGCM, Failure: "EOF", NoTLS: true}, {Offered: offerCBC, Failure: "handshake failure"}}
		}, result.NotChecked, "not answered (EOF)"},
		"a suite that no Edge has": {func(e *Endpoint, h *Handshake) {
			h.Suite, h.Failure = chacha, "remote error: tls: bad certificate"
			e.Suites = []Offer{{Offered: offerGCM, Failure: "handshake failure"}, {Offered: offerCBC, Failure: "handshake failure"}}
		}, result.RuleFail, "TLS 1.2: " + chacha},
		"our certificate refused, and nothing known of the suite": {func(e *Endpoint, h *Handshake) {
			h.Version, h.Suite, h.Failure = "", "", "remote error: tls: bad certificate"
			e.Suites = []Offer{{Offered: offerGCM, Failure: "handshake failure"}, {Offered: offerCBC, Failure: "handshake failure"}}
		}, result.RuleFail, "TLS 1.2: agreed"},
		"no connection for old versions": {func(_ *Endpoint, h *Handshake) {
			if h.Offered == offerOld {
				h.Failure, h.NoTLS, h.Untried = "connection refused", true, true
			}
		}, result.NotChecked, "could not be tried"},
		"nothing said to old versions": {func(_ *Endpoint, h *Handshake) {
			if h.Offered == offerOld {
				h.Failure, h.NoTLS = "EOF", true
			}
		}, result.RulePass, "not taken (EOF)"},
	} {
		t.Run(name, func(t *testing.T) {
			f := cleanFacts(thePlan())
			f.handshakes(func(h *Handshake) { test.change(f.endpoint(t, px02), h) }, px02)
			for _, v := range newWorld(thePlan(), *f).verdicts("CRT-13") {
				if said := strings.Join(append(v.evidence, v.fix), "\n"); v.subject == px02 && (v.outcome != test.want || !strings.Contains(said, test.says)) {
					t.Errorf("%s: %s\nwant %s, with %q", v.outcome, said, test.want, test.says)
				}
			}
		})
	}
}

// refuse lets handshakes with these offers end without a word.
func refuse(h *Handshake, offers ...string) {
	if slices.Contains(offers, h.Offered) {
		*h = Handshake{ServerName: h.ServerName, Offered: h.Offered, Failure: silence, NoTLS: true}
	}
}

// old lets a handshake with TLS 1.0 succeed.
func old(h *Handshake) {
	if h.Offered == offerOld {
		h.Failure, h.Version = "", "TLS 1.0"
	}
}

// TestOwnZoneSettled: where servers disagree on the deployment's own records,
// the plan says who is wrong: the rule on that record fails, and DNS-18 waits
// for it.
func TestOwnZoneSettled(t *testing.T) {
	federation := dns.FederationName(domain)
	for name, view := range map[string]Lookup{
		"no SRV record":            {Name: federation, Type: "SRV", Failure: string(dns.NoSuchName)},
		"another port":             {Name: federation, Type: "SRV", Services: []Service{{pool, 5062, 1, 100, 3600}}},
		"another weight":           {Name: federation, Type: "SRV", Services: []Service{{pool, 5061, 1, 10, 3600}}},
		"another target":           {Name: federation, Type: "SRV", Services: []Service{{px01, 5061, 1, 100, 3600}}},
		"a pool without addresses": {Name: pool, Type: "A", Failure: string(dns.NoSuchName)},
		"a pool of one":            {Name: pool, Type: "A", Addresses: []Address{{netip.MustParseAddr("198.51.100.40"), 60}}},
		"a node elsewhere":         {Name: px03, Type: "A", Addresses: []Address{{netip.MustParseAddr("198.51.100.99"), 60}}},
		"a node nowhere":           {Name: px03, Type: "A", Failure: string(dns.NoSuchName)},
		"a node inside":            {Name: px03, Type: "A", Addresses: []Address{{netip.MustParseAddr("10.0.0.9"), 60}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := cleanFacts(thePlan())
			f.other(view)
			waits := false
			for _, g := range Judge(thePlan(), *f) {
				if g.ID == "DNS-18" && g.Outcome == result.RuleFail {
					t.Errorf("DNS-18 fails on %s, beside %q", g.Subject, failed(Judge(thePlan(), *f)))
				}
				waits = waits || g.ID == "DNS-18" && strings.HasPrefix(g.Why, "precondition DNS-")
			}
			if !waits {
				t.Error("DNS-18 waits for no rule")
			}
		})
	}
	if text, _ := Explain("DNS-18"); !strings.Contains(text, "beside ") {
		t.Errorf("it is not explained:\n%s", text)
	}
}

// turnedAway is what nodes say that take nobody's calls.
func (f *Facts) turnedAway(t *testing.T, status int, nodes ...string) {
	t.Helper()
	for _, n := range nodes {
		e := f.endpoint(t, n)
		e.Invite, e.Impostor = &Exchange{To: "sip:meet.alice@vc.example.com", Status: status, Reason: "Turned Away"}, &Stranger{Status: status}
	}
}
