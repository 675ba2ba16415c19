package edge

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
)

// A dialog whose link is gone is gone on with at an address of its next hop's
// name: the first that answers (RFC 3263 §4.3), and never inside our network,
// whatever the peer's zone says by then (DNS rebinding).
func TestRedial(t *testing.T) {
	private, nobody := netip.MustParseAddrPort("10.0.0.5:5061"), netip.MustParseAddrPort("203.0.113.99:5061")
	for _, test := range []struct {
		name string
		zone []netip.AddrPort
		want netip.AddrPort // none: the call is over
	}{
		{"where it was", []netip.AddrPort{contosoAddr}, contosoAddr},
		{"elsewhere", []netip.AddrPort{contosoAlso}, contosoAlso},
		{"the first is dead", []netip.AddrPort{nobody, contosoAlso}, contosoAlso},
		{"inside", []netip.AddrPort{private}, netip.AddrPort{}},
		{"inside first", []netip.AddrPort{private, contosoAlso}, contosoAlso},
		{"nowhere", []netip.AddrPort{nobody}, netip.AddrPort{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				edges := make(map[netip.AddrPort]<-chan *peer)
				for _, at := range []netip.AddrPort{contosoAddr, contosoAlso, private} {
					edges[at] = w.listen(at, w.contoso)
				}
				w.serve()
				d := w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
				w.settle()
				w.records.Hosts["sip.contoso.example"] = nil
				for _, at := range test.zone {
					w.records.Hosts["sip.contoso.example"] = append(w.records.Hosts["sip.contoso.example"], at.Addr())
				}
				d.link.Abort()
				time.Sleep((absence + 1) * time.Second)
				w.settle()
				for at, taken := range edges {
					if got := len(taken); (at == test.want) != (got == 1) || got > 1 {
						t.Errorf("%d links to %s", got, at)
					}
				}
				if len(edges[test.want]) == 0 {
					w.wantCalls(0)
					return
				}
				p := <-edges[test.want]
				p.ok(p.wantRequest("OPTIONS"))
				w.wantCalls(1)
				d.peer = p
				d.hangUp()
			})
		})
	}
}

// A link serves whom its certificate has proved, and nobody else who lives at
// the same host: neither by a record that names another's host, nor because
// the host's provider proved one of its domains there (RFC 5922 §7.1).
func TestLinksAreForTheProved(t *testing.T) {
	for _, test := range []struct {
		name     string
		host     string   // both domains' records name it
		names    []string // in its certificate
		provider bool     // the plan lets it serve any domain
		shared   bool     // the second call goes over the first one's link
	}{
		{"another partner's host", "sip.contoso.example", []string{"sip.contoso.example"}, false, false},
		{"another partner's host, which proves the domain too", "sip.contoso.example", []string{"sip.contoso.example", "contoso.example"}, false, false},
		{"a provider that proved one domain", "sipfed.host.example", []string{"contoso.example"}, true, false},
		{"a provider that proved its host", "sipfed.host.example", []string{"sipfed.host.example"}, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				if test.provider {
					w.plan.Providers = []string{test.host}
				}
				for _, domain := range []string{"contoso.example", "evil.example"} {
					w.records.Services[dns.FederationName(domain)] = []dns.SRV{{Target: test.host, Port: plan.Port, TTL: time.Minute}}
				}
				w.records.Hosts[test.host] = []netip.Addr{contosoAddr.Addr()}
				edges := w.listen(contosoAddr, w.ca.issue(t, certs.Request{Names: test.names}))
				w.serve()
				result := w.place(toAnna)
				p := <-edges
				p.refuse(486)
				w.wantStatus(result, 486)

				result = w.place(Place{Room: "stand-up", To: "eve@evil.example"})
				if test.shared {
					p.refuse(480)
					w.wantStatus(result, 480)
					return
				}
				got := <-result
				if failure, ok := errors.AsType[*Failure](got.err); !ok || failure.Stage != StageTLS {
					t.Errorf("got %v, want a handshake that fails: nobody has proved evil.example", got.err)
				}
			})
		})
	}
}
