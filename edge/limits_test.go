package edge

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/plan"
	"fedge/sip/raw"
	"fedge/sip/stack"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(20, stack.Timers{})
		passed := func(peer string, tries int) (n int) {
			for range tries {
				if th.passes(peer, time.Now()) {
					n++
				}
			}
			return n
		}
		if got := passed("a", 50); got != 20 {
			t.Errorf("%d of 50 passed", got)
		}
		if got := passed("b", 20); got != 20 {
			t.Errorf("another peer: %d of 20 passed", got)
		}
		time.Sleep(time.Second)
		if got := passed("a", 50); got != 20 {
			t.Errorf("the next second: %d of 50 passed", got)
		}
		for n := range 3 * maxThrottled {
			th.passes(fmt.Sprint(n), time.Now())
		}
		if n := len(th.peers); n > maxThrottled {
			t.Errorf("%d peers are remembered", n)
		}
		th = newThrottle(0, stack.Timers{})
		if got := passed("a", 1000); got != 1000 {
			t.Errorf("without limit: %d of 1000 passed", got)
		}
	})
}

// options is a request outside any call.
func (p *peer) options(n int) {
	p.send(request("OPTIONS", "sip:px01.vc.example.com", callID(n), 1, annaFrom, "<sip:px01.vc.example.com>"))
}

// A partner that was only discovered is slowed down, outside its calls; one
// that is listed is not.
func TestThrottledPartner(t *testing.T) {
	for _, listed := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.plan.Limits.Discovered = 3
			if listed {
				w.plan.Partners = append(w.plan.Partners, plan.Partner{Domain: "contoso.example", Trust: plan.Allowed})
			}
			w.serve()
			p := w.dial(w.contoso)
			call := p.call("stand-up@vc.example.com", callID(1))
			p.options(2)
			p.want(200, "OPTIONS")
			p.options(3)
			p.want(200, "OPTIONS")
			if listed {
				p.options(4)
				p.want(200, "OPTIONS")
			} else {
				p.options(4)
				if m := p.want(503, "OPTIONS"); m.Get("Retry-After") != "1" {
					t.Errorf("Retry-After %q", m.Get("Retry-After"))
				}
				p.send(invite("stand-up@vc.example.com", callID(5)))
				p.want(503, "INVITE")
				w.counts(`edge_requests_turned_away_total{reason="throttle"}`, 2)
			}
			call.hangUp() // what has begun is not throttled
			time.Sleep(time.Second)
			p.options(6)
			p.want(200, "OPTIONS")
		})
	}
}

func TestQuarantine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuarantine(3, stack.Timers{})
		here, there := contosoAddr.Addr(), contosoAlso.Addr()
		held := func(who netip.Addr, want bool) {
			t.Helper()
			if got := q.holds(who, time.Now()); got != want {
				t.Errorf("%s is held: %v", who, got)
			}
		}
		for n, want := range []bool{false, false, true, false} {
			if got := q.wrong(here, time.Now()); got != want {
				t.Errorf("wrong alias %d begins the quarantine: %v", n, got)
			}
			time.Sleep(time.Minute)
		}
		held(here, true)
		held(there, false)
		time.Sleep(8*time.Minute - time.Nanosecond)
		held(here, true)
		time.Sleep(time.Nanosecond)
		held(here, false)
		q.wrong(there, time.Now())
		q.wrong(there, time.Now())
		time.Sleep(10 * time.Minute) // those were long ago
		if q.wrong(there, time.Now()) {
			t.Error("wrong aliases of the last ten minutes count, not older ones")
		}
		for n := range uint32(3 * maxSuspects) {
			q.wrong(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), time.Now())
		}
		if n := len(q.suspects); n > maxSuspects {
			t.Errorf("%d addresses are remembered", n)
		}
	})
}

// The trap: one address is a whole company. Whom the operator has listed is
// never locked out.
func TestWrongAliases(t *testing.T) {
	for _, listed := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.plan.Limits.WrongAliases = 2
			if listed {
				w.plan.Partners = append(w.plan.Partners, plan.Partner{Domain: "contoso.example", Trust: plan.Allowed})
			}
			w.serve()
			p := w.dial(w.contoso)
			call := p.call("stand-up@vc.example.com", callID(1))
			for n := range 2 {
				p.send(invite("nobody@vc.example.com", callID(2+n)))
				p.want(404, "INVITE")
			}
			if listed {
				p.call("stand-up@vc.example.com", callID(5)).hangUp()
			} else {
				p.send(invite("stand-up@vc.example.com", callID(5)))
				p.want(403, "INVITE")
				w.counts(`edge_requests_turned_away_total{reason="quarantine"}`, 1)
			}
			if held := w.edge.prison.list(time.Now()); (len(held) == 0) != listed {
				t.Errorf("listed: %v, held: %+v", listed, held)
			}
			call.hangUp() // a call that is up does not notice
			time.Sleep(10 * time.Minute)
			p.call("stand-up@vc.example.com", callID(6)).hangUp()
		})
	}
}

// An administrator sees who is locked out, and may let them in again.
func TestQuarantineIsLifted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.plan.Limits.WrongAliases = 1
		w.serve()
		p := w.dial(w.contoso)
		p.send(invite("nobody@vc.example.com", callID(1)))
		p.want(404, "INVITE")
		ask := func(method, path string) (int, string) {
			answer := httptest.NewRecorder()
			w.edge.Admin().ServeHTTP(answer, httptest.NewRequest(method, path, nil))
			if h := answer.Header(); h.Get("Content-Type") != "application/json" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: a browser may take for a page what peers said: %v", path, h)
			}
			return answer.Code, answer.Body.String()
		}
		if code, body := ask("GET", "/v1/quarantine"); code != 200 || !strings.Contains(body, `"address":"203.0.113.10"`) {
			t.Errorf("%d %s", code, body)
		}
		for _, try := range []struct {
			address string
			want    int
		}{{"203.0.113.11", 404}, {"nonsense", 404}, {"203.0.113.10", 200}, {"203.0.113.10", 404}} {
			if code, body := ask("DELETE", "/v1/quarantine/"+try.address); code != try.want {
				t.Errorf("%s: %d %s", try.address, code, body)
			}
		}
		if _, body := ask("GET", "/v1/quarantine"); strings.TrimSpace(body) != "[]" {
			t.Errorf("left: %s", body)
		}
		p.call("stand-up@vc.example.com", callID(2)).hangUp()
	})
}

// The last tenth of the places is not for who has most of them already.
func TestGreed(t *testing.T) {
	c := newCalls(20)
	admit := func(peer string, n int) (admitted []*entry) {
		for i := range n {
			if e, err := c.admit(CallInfo{ID: fmt.Sprint(peer, i), Peer: peer}); err == nil {
				admitted = append(admitted, e)
			}
		}
		return admitted
	}
	flood := admit("a", 30)
	if len(flood) != 18 {
		t.Errorf("one partner has %d of 20 calls", len(flood))
	}
	others := append(admit("b", 1), admit("", 1)...)
	if len(others) != 2 {
		t.Errorf("%d of the others got a place", len(others))
	}
	if more := append(admit("c", 1), admit("", 1)...); len(more) != 0 {
		t.Errorf("%d calls more than there may be", len(more))
	}
	for _, e := range append(flood, others...) {
		c.leave(e)
	}
	if len(c.held) != 0 || len(c.live) != 0 {
		t.Errorf("left behind: %v, %v", c.held, c.live)
	}
}

// What is refused for lack of places says when to come back, and calls that
// are up go on; when one has ended there is a place again.
func TestFullNode(t *testing.T) {
	inWorld(t, func(w *world) {
		w.plan.Limits.Calls = 1
		w.serve()
		p := w.dial(w.contoso)
		call := p.call("stand-up@vc.example.com", callID(1))
		p.send(invite("stand-up@vc.example.com", callID(2)))
		if m := p.want(503, "INVITE"); m.Get("Retry-After") == "" {
			t.Errorf("no Retry-After\n%s", m.Bytes)
		}
		call.send(call.within("OPTIONS"))
		call.want(200, "OPTIONS")
		call.hangUp()
		p.call("stand-up@vc.example.com", callID(3)).hangUp()
	})
}

// A refusal says nothing about the inside.
func TestRefusalsDoNotLeak(t *testing.T) {
	inWorld(t, func(w *world) {
		w.plan.Blocked = []string{"adatum.example"}
		w.serve()
		p := w.dial(w.contoso)
		for n, m := range []*raw.Builder{
			invite("nobody@vc.example.com", callID(1)),
			request("INVITE", "sip:stand-up@vc.example.com", callID(2), 1, "<sip:eve@adatum.example>;tag=1", "<sip:stand-up@vc.example.com>").Body("application/sdp", []byte(offer)),
			request("INVITE", "sip:stand-up@vc.example.com", callID(3), 1, "<sip:eve@fabrikam.example>;tag=1", "<sip:stand-up@vc.example.com>").Body("application/sdp", []byte(offer)),
		} {
			p.send(m)
			answer := p.next()
			for _, secret := range []string{"edge:", "px0", "plan", "block", "DNS", "certificate"} {
				if text := string(answer.Bytes); answer.Status() < 400 || strings.Contains(text, secret) {
					t.Errorf("%d: %q in\n%s", n, secret, text)
				}
			}
		}
	})
}

// What one call cannot take is refused by itself: everybody else at the
// partner's Edge has his calls on the same link.
func TestMoreThanACallCanTake(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		other := p.call("stand-up@vc.example.com", callID(1))
		d := p.call("stand-up@vc.example.com", callID(2))
		const many = 400
		var flood []byte
		for range many {
			flood = append(flood, d.within("INFO").Bytes()...)
		}
		if err := p.link.Send(flood, label); err != nil {
			t.Fatal(err)
		}
		for range many {
			switch m := p.next(); {
			case m.Method() != "INFO" || m.CallID() != callID(2):
				t.Fatalf("got %q", m.Label())
			case m.Status() == 500 && m.Get("Retry-After") != "": // not now
			case m.Status() != 200:
				t.Errorf("got %q", m.Label())
			}
		}
		d.hangUp()
		other.hangUp()
	})
}
