package check

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// TestPartnerSeen: DNS-17 judges every best record of a partner and every
// address that those lead to as our own are judged, passes nothing that was not
// seen, and accuses nobody of it.
func TestPartnerSeen(t *testing.T) {
	const contoso, edge = "contoso.example", "sip.contoso.example"
	other := func(e *PartnerEdge) { e.Handshake.Chain[0].Names = []string{"sip.woodgrove.example"} }
	refused := func(e *PartnerEdge) { e.Handshake, e.Refused = nil, "connection refused" }
	best := func(host string) Service { return Service{host, 5061, 0, 0, 3600} }
	tests := []struct {
		name   string
		change func(*plan.Plan, *Facts)
		want   string // outcome and why
		says   string // in the evidence
	}{
		{"one that is as it should be", func(_ *plan.Plan, f *Facts) { f.partner(nil) }, "pass ", "203.0.113.10:5061: certificate "},
		{"whom we observe as", func(_ *plan.Plan, f *Facts) { f.Observer = contoso }, "pass ", "observes as"},
		{"nobody looked", func(*plan.Plan, *Facts) {}, "not-checked not-visible", "was not looked at"},
		{"two addresses, both right", func(_ *plan.Plan, f *Facts) {
			f.a(edge, "203.0.113.10", "203.0.113.11")
			f.partner(nil)
			f.partnerAt(edge, "203.0.113.11", nil)
		}, "pass ", "203.0.113.11:5061: certificate "},
		{"two addresses, another's certificate at the second", func(_ *plan.Plan, f *Facts) {
			f.a(edge, "203.0.113.10", "203.0.113.11")
			f.partner(nil)
			f.partnerAt(edge, "203.0.113.11", other)
		}, "fail ", "sip.contoso.example at 203.0.113.11:5061: its certificate does not name sip.contoso.example (CRT-02)"},
		{"two addresses, the second not looked at", func(_ *plan.Plan, f *Facts) {
			f.a(edge, "203.0.113.10", "203.0.113.11")
			f.partner(nil)
		}, "not-checked not-visible", "203.0.113.11:5061 was not looked at"},
		{"whom we observe as has a second address, of another", func(_ *plan.Plan, f *Facts) {
			f.Observer = contoso
			f.a(edge, "203.0.113.10", "203.0.113.11")
			f.partnerAt(edge, "203.0.113.11", other)
		}, "fail ", "203.0.113.11"},
		{"one address is an inner one", func(_ *plan.Plan, f *Facts) {
			f.a(edge, "203.0.113.10", "10.1.1.1")
			f.partner(nil)
		}, "fail ", "has the inner address 10.1.1.1 (DNS-11)"},
		{"a direct partner's address is an inner one", func(p *plan.Plan, f *Facts) {
			p.Partners[0].Trust, p.Partners[0].Edge = plan.Allowed, edge
			f.a(edge, "10.1.1.1")
		}, "fail ", "has the inner address 10.1.1.1"},
		{"two equal records, one to a host without address", func(_ *plan.Plan, f *Facts) {
			f.srv(contoso, best(edge), best("sip2.contoso.example"))
			f.none("sip2.contoso.example", "A")
			f.partner(nil)
		}, "fail ", "its Edge sip2.contoso.example has no address (DNS-05)"},
		{"two equal records, one to another port", func(_ *plan.Plan, f *Facts) {
			f.srv(contoso, best(edge), Service{edge, 443, 0, 0, 3600})
			f.partner(nil)
		}, "fail ", "its SRV port is 443, not 5061 (DNS-02)"},
		{"two equal records, one to another domain", func(_ *plan.Plan, f *Facts) {
			f.srv(contoso, best(edge), best("sip.hosting.example"))
			f.partner(nil)
		}, "fail ", "sip.hosting.example is not a host directly in the domain (DNS-04)"},
		{"a record to an address", func(_ *plan.Plan, f *Facts) {
			f.srv(contoso, best("203.0.113.10"))
		}, "fail ", "is an address, not a host (DNS-06)"},
		{"a worse record leads nowhere, and nobody follows it", func(_ *plan.Plan, f *Facts) {
			f.srv(contoso, best(edge), Service{"old.contoso.example", 443, 10, 0, 3600})
			f.partner(nil)
		}, "pass ", ""},
		{"a host that nobody answers for", func(_ *plan.Plan, f *Facts) {
			f.srv(contoso, best(edge), best("sip2.contoso.example"))
			f.set(Lookup{Name: "sip2.contoso.example", Type: "A", Failure: string(dns.ServerFailure)})
			f.partner(nil)
		}, "not-checked observation-failed", "SERVFAIL"},
		{"an alias", func(_ *plan.Plan, f *Facts) {
			f.set(Lookup{Name: edge, Type: "CNAME", Alias: "lb.contoso.example"})
			f.partner(nil)
		}, "fail ", "its Edge sip.contoso.example is an alias of lb.contoso.example (DNS-06)"},
		{"whether it is an alias nobody answers", func(_ *plan.Plan, f *Facts) {
			f.set(Lookup{Name: edge, Type: "CNAME", Failure: string(dns.ServerFailure)})
			f.partner(nil)
		}, "not-checked observation-failed", "SERVFAIL"},
		{"an Edge of the plan's that is an alias: no record names it", func(p *plan.Plan, f *Facts) {
			p.Partners[0].Trust, p.Partners[0].Edge = plan.Allowed, edge
			f.set(Lookup{Name: edge, Type: "CNAME", Alias: "lb.contoso.example"})
			f.partner(nil)
		}, "pass ", ""},
		{"a provider's host that is an alias: it serves all its customers", func(p *plan.Plan, f *Facts) {
			p.Providers = []string{"sipfed.hosting.example"}
			f.srv(contoso, best("sipfed.hosting.example"))
			f.a("sipfed.hosting.example", "203.0.113.77")
			f.set(Lookup{Name: "sipfed.hosting.example", Type: "CNAME", Alias: "lb.hosting.example"})
			f.partnerAt("sipfed.hosting.example", "203.0.113.77", nil)
		}, "pass ", ""},
		{"connection refused", func(_ *plan.Plan, f *Facts) { f.partnerAt(edge, "203.0.113.10", refused) }, "not-checked not-visible", "it may let in the nodes alone"},
		{"one address refuses, the other has another's certificate", func(_ *plan.Plan, f *Facts) {
			f.a(edge, "203.0.113.10", "203.0.113.11")
			f.partnerAt(edge, "203.0.113.10", refused)
			f.partnerAt(edge, "203.0.113.11", other)
		}, "fail ", "203.0.113.11"},
		{"it could not be tried from here", func(_ *plan.Plan, f *Facts) {
			f.partnerAt(edge, "203.0.113.10", func(e *PartnerEdge) { refused(e); e.Ours = true })
		}, "not-checked observation-failed", "could not be tried from here"},
		{"TLS 1.0 alone", func(_ *plan.Plan, f *Facts) {
			f.partnerAt(edge, "203.0.113.10", func(e *PartnerEdge) {
				e.Old = &Handshake{Offered: offerOld, Version: "TLS 1.0", Chain: e.Handshake.Chain, Trust: e.Handshake.Trust}
				e.Handshake = &Handshake{Offered: offerNow, Failure: "remote error: tls: protocol version not supported"}
			})
		}, "fail ", "it takes no TLS 1.2, and older versions alone (CRT-13)"},
		{"TLS 1.2 with what nodes may not have", func(_ *plan.Plan, f *Facts) {
			f.partnerAt(edge, "203.0.113.10", func(e *PartnerEdge) {
				e.Old = &Handshake{Offered: offerEdge, Version: "TLS 1.2", Suite: "TLS_RSA_WITH_AES_128_CBC_SHA", Chain: e.Handshake.Chain, Trust: e.Handshake.Trust}
				e.Handshake = &Handshake{Offered: offerNow, Failure: "remote error: tls: handshake failure"}
			})
		}, "not-checked not-visible", "it takes TLS 1.2 with TLS_RSA_WITH_AES_128_CBC_SHA, which nodes may not have"},
		{"named by a URI alone (RFC 5922)", func(_ *plan.Plan, f *Facts) {
			f.partnerAt(edge, "203.0.113.10", func(e *PartnerEdge) {
				e.Handshake.Chain[0].Names, e.Handshake.Chain[0].URIs = nil, []string{"sip:" + contoso}
			})
		}, "pass ", ""},
		{"a common name beside another's URI", func(_ *plan.Plan, f *Facts) {
			f.partnerAt(edge, "203.0.113.10", func(e *PartnerEdge) {
				e.Handshake.Chain[0].Names, e.Handshake.Chain[0].URIs, e.Handshake.Chain[0].CommonName = nil, []string{"sip:woodgrove.example"}, edge
			})
		}, "fail ", "does not name sip.contoso.example (CRT-02)"},
		{"TLS refused before anything was shown", func(_ *plan.Plan, f *Facts) {
			f.partnerAt(edge, "203.0.113.10", func(e *PartnerEdge) {
				e.Handshake = &Handshake{Offered: offerNow, Failure: "remote error: tls: access denied"}
			})
		}, "not-checked not-visible", "access denied"},
		{"the Edge of the plan, by the domain alone", func(p *plan.Plan, f *Facts) {
			p.Partners[0].Trust, p.Partners[0].Edge = plan.Allowed, "edge.hosting.example"
			f.a("edge.hosting.example", "203.0.113.11")
			f.partnerAt("edge.hosting.example", "203.0.113.11", func(e *PartnerEdge) { e.Handshake.Chain[0].Names = []string{contoso} })
		}, "fail ", "its certificate does not name edge.hosting.example (CRT-02)"},
		{"the Edge of the plan, by its name", func(p *plan.Plan, f *Facts) {
			p.Partners[0].Trust, p.Partners[0].Edge = plan.Allowed, "edge.hosting.example"
			f.a("edge.hosting.example", "203.0.113.11")
			f.partnerAt("edge.hosting.example", "203.0.113.11", nil)
		}, "pass ", ""},
		{"unreachable as planned at one address, and not at the other", func(p *plan.Plan, f *Facts) {
			p.Partners[0].Expect = plan.Unreachable
			f.a(edge, "203.0.113.10", "203.0.113.11")
			f.partner(nil)
			f.partnerAt(edge, "203.0.113.11", other)
		}, "fail ", "203.0.113.11"},
		{"an alias leads there all the same", func(p *plan.Plan, f *Facts) {
			p.Partners[0].Expect = plan.Unreachable
			f.set(Lookup{Name: edge, Type: "CNAME", Alias: "lb.contoso.example"})
			f.partner(nil)
		}, "fail ", "alias"},
		{"unreachable as planned, by every record", func(p *plan.Plan, f *Facts) {
			p.Partners[0].Expect = plan.Unreachable
			f.srv(contoso, Service{edge, 443, 0, 0, 3600}, best("sip.hosting.example"))
		}, "pass ", "as planned: its SRV port is 443, not 5061 (DNS-02); its SRV target"},
		{"more hosts than are looked up", func(_ *plan.Plan, f *Facts) {
			var records []Service
			for i := range maxTargets + 1 {
				host := fmt.Sprintf("sip%d.contoso.example", i)
				records = append(records, best(host))
				if i < maxTargets {
					at := fmt.Sprintf("203.0.113.%d", 100+i)
					f.a(host, at)
					f.partnerAt(host, at, nil)
				}
			}
			f.srv(contoso, records...)
		}, "not-checked not-visible", "sip4.contoso.example was not looked up"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := thePlan()
			f := cleanFacts(p)
			f.Observer = "tailspin.example"
			test.change(p, f)
			found := Judge(p, *f)
			i := slices.IndexFunc(found, func(g result.Finding) bool { return g.ID == "DNS-17" && g.Subject == contoso })
			if i < 0 {
				t.Fatal("no finding")
			}
			g := found[i]
			wellFormed(t, g)
			if got := fmt.Sprintf("%s %s", g.Outcome, g.Why); got != test.want || !strings.Contains(strings.Join(g.Evidence, "\n"), test.says) {
				t.Errorf("%s: %q; want %s with %q", got, g.Evidence, test.want, test.says)
			}
		})
	}
}

// TestPartnerLookedAt: what is judged there is what is looked at.
func TestPartnerLookedAt(t *testing.T) {
	const tailspin, edge = "tailspin.example", "sip.tailspin.example"
	second := func(s *scene, at string, names ...string) *node {
		n := *s.nodes[edge]
		n.address = netip.MustParseAddr(at)
		n.certificate = s.issue(certs.Request{CommonName: names[0], Names: names})
		s.nodes[edge+" at "+at] = &n
		return &n
	}
	tests := []struct {
		name   string
		change func(*scene)
		want   string
	}{
		{"as it should be", func(*scene) {}, "pass "},
		{"another's certificate at a second address", func(s *scene) {
			s.records.Hosts[edge] = append(s.records.Hosts[edge], netip.MustParseAddr("203.0.113.31"))
			second(s, "203.0.113.31", "sip.woodgrove.example")
		}, "fail "},
		{"a second record to a host without address", func(s *scene) {
			owner := dns.FederationName(tailspin)
			s.records.Services[owner] = append(s.records.Services[owner], dns.SRV{Target: "sip2." + tailspin, Port: 5061, TTL: time.Hour})
		}, "fail "},
		{"a second record to a host with another's certificate", func(s *scene) {
			owner := dns.FederationName(tailspin)
			s.records.Services[owner] = append(s.records.Services[owner], dns.SRV{Target: "sip2." + tailspin, Port: 5061, TTL: time.Hour})
			s.records.Hosts["sip2."+tailspin] = []netip.Addr{netip.MustParseAddr("203.0.113.31")}
			second(s, "203.0.113.31", edge)
		}, "fail "},
		{"down", func(s *scene) { s.nodes[edge].dead = true }, "not-checked not-visible"},
		{"silent", func(s *scene) { s.nodes[edge].dark = true }, "not-checked not-visible"},
		{"TCP without TLS", func(s *scene) { s.nodes[edge].mute = true }, "not-checked not-visible"},
		{"TLS 1.0 alone", func(s *scene) { s.nodes[edge].lowest, s.nodes[edge].highest = tls.VersionTLS10, tls.VersionTLS10 }, "fail "},
		{"more addresses than are looked at", func(s *scene) {
			for i := range maxEdges {
				at := fmt.Sprintf("203.0.113.%d", 100+i)
				s.records.Hosts[edge] = append(s.records.Hosts[edge], netip.MustParseAddr(at))
				second(s, at, edge)
			}
		}, "not-checked not-visible"},
		{"as many as are, of silent partners", func(s *scene) {
			for p := range 40 {
				domain := fmt.Sprintf("silent%d.example", p)
				host := "sip." + domain
				s.plan.Partners = append(s.plan.Partners, plan.Partner{Domain: domain, Expect: plan.Reachable, Trust: plan.Discovered})
				s.records.Services[dns.FederationName(domain)] = []dns.SRV{{Target: host, Port: 5061, TTL: time.Hour}}
				for i := range maxEdges {
					at := netip.AddrFrom4([4]byte{203, 0, 114, byte(p*maxEdges + i)})
					s.records.Hosts[host] = append(s.records.Hosts[host], at)
					s.nodes[fmt.Sprintf("%s %d", host, i)] = &node{name: host, address: at, dark: true}
				}
			}
		}, "pass "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.partner(tailspin, edge)
				test.change(s)
				var c result.Check
				s.play(func(ctx context.Context) { c = Run(ctx, s.cfg) })
				i := slices.IndexFunc(c.Findings, func(g result.Finding) bool { return g.ID == "DNS-17" && g.Subject == tailspin })
				if i < 0 {
					t.Fatal("no finding")
				}
				if got := fmt.Sprintf("%s %s", c.Findings[i].Outcome, c.Findings[i].Why); got != test.want {
					t.Errorf("%s, want %s: %q", got, test.want, c.Findings[i].Evidence)
				}
				if told := strings.Contains(c.OutboundHint, "calls to "+tailspin); told != (c.Findings[i].Why == result.NotVisible) {
					t.Errorf("the hint is %q", c.OutboundHint)
				}
				if looked := c.Facts.(Facts).Partners; len(looked) > 2*atOnce+maxEdges {
					t.Errorf("%d addresses were looked at", len(looked))
				}
				if c.TookSeconds > 15 {
					t.Errorf("it took %.1f s", c.TookSeconds)
				}
				for _, g := range c.Findings {
					if g.ID == "DNS-17" && strings.HasPrefix(g.Subject, "silent") && g.Why != result.NotVisible {
						t.Errorf("%s: %s %s %q", g.Subject, g.Outcome, g.Why, g.Evidence)
					}
				}
			})
		})
	}
}
