package edge

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
	"fedge/sip/raw"
	"fedge/sip/stack"
)

func TestTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := target{"a.example", contosoAddr}, target{"a.example", contosoAlso}
		known := newTargets(stack.Timers{})
		want := func(who target, want condition) {
			t.Helper()
			if got := known.condition(who); got != want {
				t.Errorf("%s is %v, want %v", who.addr, got, want)
			}
		}
		want(one, well)
		known.failed(one)
		known.overloaded(two, 10)
		want(one, dead)
		want(two, resting)
		time.Sleep(10 * time.Second)
		want(one, dead)
		want(two, well)
		known.recovered(one)
		want(one, well)
		known.overloaded(one, 10)
		known.recovered(one) // another call had its link already
		want(one, resting)
		time.Sleep(10 * time.Second)
		known.overloaded(one, 0) // a 503 that does not say when
		want(one, well)
		known.overloaded(one, 1<<30)
		time.Sleep(time.Hour)
		want(one, well)
		for n := range 3 * maxTargets {
			known.failed(target{fmt.Sprint(n), contosoAddr})
		}
		if n := len(known.known); n > maxTargets {
			t.Errorf("%d targets are remembered", n)
		}
	})
}

// twoServers publishes two addresses of contoso, the first to be tried first.
func (w *world) twoServers() (first, second <-chan *peer) {
	w.records.Services[dns.FederationName("contoso.example")] = []dns.SRV{
		{Target: "sip.contoso.example", Port: 5061, Priority: 1, TTL: time.Minute},
		{Target: "also.contoso.example", Port: 5061, Priority: 2, TTL: time.Minute},
	}
	w.records.Hosts["also.contoso.example"] = []netip.Addr{contosoAlso.Addr()}
	also := w.ca.issue(w.t, certs.Request{Names: []string{"also.contoso.example"}})
	return w.listen(contosoAddr, w.contoso), w.listen(contosoAlso, also)
}

// refuse answers the next INVITE and takes its ACK.
func (p *peer) refuse(status int, headers ...string) *raw.Message {
	p.t.Helper()
	m := p.wantRequest("INVITE")
	b := raw.Respond(m, status, "No", "t")
	for n := 0; n < len(headers); n += 2 {
		b.Header(headers[n], headers[n+1])
	}
	p.send(b)
	p.wantRequest("ACK")
	return m
}

func (w *world) wantStatus(result <-chan placed, status int) {
	w.t.Helper()
	failure, ok := errors.AsType[*Failure]((<-result).err)
	if !ok || failure.Status != status {
		w.t.Errorf("got %+v, want status %d", failure, status)
	}
}

// A 503 sends the call to the next server as the same request in another
// transaction, and with Retry-After keeps the next ones away for that long.
func TestFailOverOn503(t *testing.T) {
	inWorld(t, func(w *world) {
		first, second := w.twoServers()
		w.serve()
		result := w.place(toAnna)
		p1 := <-first
		m1 := p1.refuse(503, "Retry-After", "10 (soon);duration=60")
		p2 := <-second
		m2 := p2.refuse(486)
		w.wantStatus(result, 486)
		if m1.CallID() != m2.CallID() || m1.Get("From") != m2.Get("From") || m1.Get("CSeq") != m2.Get("CSeq") || string(m1.Body) != string(m2.Body) {
			t.Errorf("another request:\n%s\n%s", m1.Bytes, m2.Bytes)
		}
		if m1.Get("Via") == m2.Get("Via") {
			t.Errorf("the same branch twice: %s", m1.Get("Via"))
		}
		time.Sleep(9 * time.Second)
		result = w.place(toAnna)
		p2.refuse(603)
		w.wantStatus(result, 603)
		time.Sleep(time.Second)
		result = w.place(toAnna)
		p1.refuse(486)
		w.wantStatus(result, 486)
	})
}

// The only server asks for a rest: no call goes there until it is over.
func TestRetryAfterOfTheOnlyServer(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result := w.place(toAnna)
		p := <-edges
		p.refuse(503, "Retry-After", "10")
		w.wantStatus(result, 503)
		w.wantStatus(w.place(toAnna), 503) // by itself: nobody answers
		time.Sleep(10 * time.Second)
		result = w.place(toAnna)
		p.refuse(503)
		w.wantStatus(result, 503)
		result = w.place(toAnna) // that 503 said nothing about later calls
		p.refuse(486)
		w.wantStatus(result, 486)
	})
}

// Another refusal is the callee's word: nobody else is asked.
func TestNoFailOverOnRefusal(t *testing.T) {
	for _, status := range []int{302, 401, 404, 407, 480, 486, 500, 504, 603} {
		inWorld(t, func(w *world) {
			first, second := w.twoServers()
			w.serve()
			result := w.place(toAnna)
			(<-first).refuse(status, "Contact", "<sip:anna@elsewhere.example>", "WWW-Authenticate", `Digest realm="x", nonce="y"`)
			w.wantStatus(result, status)
			w.settle()
			if len(second) != 0 {
				t.Errorf("%d: the next server was asked", status)
			}
		})
	}
}

// A server that says nothing to an INVITE is passed over, and tried last for a
// while.
func TestSilentServer(t *testing.T) {
	inWorld(t, func(w *world) {
		first, second := w.twoServers()
		w.serve()
		began := time.Now()
		result := w.place(toAnna)
		p1 := <-first
		p1.wantRequest("INVITE")
		p2 := <-second
		p2.refuse(486)
		w.wantStatus(result, 486)
		if took := time.Since(began); took != 32*time.Second {
			t.Errorf("took %s, want Timer B", took)
		}
		began = time.Now()
		result = w.place(toAnna)
		p2.refuse(486)
		w.wantStatus(result, 486)
		if took := time.Since(began); took > time.Second {
			t.Errorf("the next call took %s", took)
		}
	})
}

// A dead address costs one call its time; when nobody else is left it is tried
// all the same.
func TestDeadAddressComesLast(t *testing.T) {
	inWorld(t, func(w *world) {
		w.records.Hosts["sip.contoso.example"] = []netip.Addr{netip.MustParseAddr("203.0.113.99"), contosoAddr.Addr()} // nobody is at the first
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result := w.place(toAnna)
		p := <-edges
		p.refuse(486)
		w.wantStatus(result, 486)
		dead := target{"sip.contoso.example", netip.MustParseAddrPort("203.0.113.99:5061")}
		if got := w.edge.targets.condition(dead); got != 1 {
			t.Errorf("the dead address is %v", got)
		}
		w.records.Hosts["sip.contoso.example"] = w.records.Hosts["sip.contoso.example"][:1]
		failure, ok := errors.AsType[*Failure]((<-w.place(toAnna)).err)
		if !ok || failure.Stage != StageConnect {
			t.Errorf("got %v, want an attempt at the dead address", failure)
		}
	})
}

// Whoever writes a zone cannot make us call into our own network.
func TestPrivateAddresses(t *testing.T) {
	for _, address := range []string{"10.0.0.5", "127.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fd00::1"} {
		inWorld(t, func(w *world) {
			w.records.Hosts["sip.contoso.example"] = []netip.Addr{netip.MustParseAddr(address)}
			edges := w.listen(netip.AddrPortFrom(netip.MustParseAddr(address), 5061), w.contoso)
			w.serve()
			failure, ok := errors.AsType[*Failure]((<-w.place(toAnna)).err)
			if !ok || failure.Stage != StageDNS || len(edges) != 0 {
				t.Errorf("%s: %v, %d links", address, failure, len(edges))
			}
		})
	}
	inWorld(t, func(w *world) { // whom the operator names may be anywhere
		inside := netip.MustParseAddrPort("10.0.0.5:5061")
		w.plan.Partners = append(w.plan.Partners, plan.Partner{Domain: "direct.example", Trust: plan.Allowed, Edge: "sip.contoso.example"})
		w.records.Hosts["sip.contoso.example"] = []netip.Addr{inside.Addr()}
		edges := w.listen(inside, w.contoso)
		w.serve()
		result := w.place(Place{Room: "stand-up", To: "anna@direct.example"})
		(<-edges).refuse(486)
		w.wantStatus(result, 486)
	})
}

// A host outside the domain proves nothing about it by its own name.
func TestForeignTarget(t *testing.T) {
	for _, c := range []struct {
		name     string
		names    []string
		provider bool
		want     bool
	}{
		{"its own name", []string{"edge.other.example"}, false, false},
		{"the domain", []string{"edge.other.example", "contoso.example"}, false, true},
		{"a provider's own name", []string{"edge.other.example"}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				if c.provider {
					w.plan.Providers = []string{"edge.other.example"}
				}
				w.records.Services[dns.FederationName("contoso.example")] = []dns.SRV{{Target: "edge.other.example", Port: 5061, TTL: time.Minute}}
				w.records.Hosts["edge.other.example"] = []netip.Addr{contosoAddr.Addr()}
				edges := w.listen(contosoAddr, w.ca.issue(t, certs.Request{Names: c.names}))
				w.serve()
				result := w.place(toAnna)
				if c.want {
					(<-edges).refuse(486)
					w.wantStatus(result, 486)
					return
				}
				failure, ok := errors.AsType[*Failure]((<-result).err)
				if !ok || failure.Stage != StageTLS {
					t.Errorf("got %v", failure)
				}
			})
		})
	}
}

// Whom we do not federate with is not called either.
func TestNoCallsToStrangers(t *testing.T) {
	for name, change := range map[string]func(*plan.Plan){
		"blocked": func(p *plan.Plan) { p.Blocked = []string{"contoso.example"} },
		"closed":  func(p *plan.Plan) { p.Closed = true },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				change(w.plan)
				w.serve()
				failure, ok := errors.AsType[*Failure]((<-w.place(toAnna)).err)
				if !ok || failure.httpStatus() != 403 {
					t.Errorf("got %v", failure)
				}
			})
		})
	}
}

func TestSeconds(t *testing.T) {
	for value, want := range map[string]int{"10": 10, "120 (lunch)": 120, "3600;duration=60": 3600, "": 0, "soon": 0, "-1": 0, "99999999999999": 0} {
		if got := seconds(value); got != want {
			t.Errorf("%q: %d, want %d", value, got, want)
		}
	}
}
