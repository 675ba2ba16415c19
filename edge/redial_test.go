package edge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fedge/dns"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// victim is an address that drops whatever comes; swallow counts what does.
var victim = netip.MustParseAddr("192.0.9.9")

func (w *world) swallow(dials *atomic.Int64) {
	w.config = func(c *Config) {
		inner := c.Dial
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if netip.MustParseAddrPort(addr).Addr() != victim {
				return inner(ctx, network, addr)
			}
			dials.Add(1)
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
}

// One peer names a thousand ports of somebody else's host as its Contact and goes
// away: the host is dialled at one of them, and our calls out go on.
func TestRouteSetsDialOneHostOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		const calls = 1100
		for n := range w.plan.Nodes {
			w.plan.Nodes[n].Capacity = 2 * calls
		}
		var dials atomic.Int64
		w.swallow(&dials)
		w.records.Hosts["victim.example"] = []netip.Addr{victim}
		w.serve()
		p := w.dial(w.contoso)
		p.drop()
		for n := range calls {
			p.send(raw.NewRequest("INVITE", "sip:quiet@vc.example.com").
				Headerf("Via", "SIP/2.0/TLS 203.0.113.10:49153;branch=z9hG4bKport%d", n).
				Header("Max-Forwards", "67").Header("From", annaFrom).Header("To", "<sip:quiet@vc.example.com>").
				Headerf("Call-ID", "port%d", n).Header("CSeq", "1 INVITE").
				Headerf("Contact", "<sip:x@victim.example:%d>", 1+n).
				Body("application/sdp", []byte(offer)))
		}
		w.settle()
		p.link.Abort()
		time.Sleep(40 * time.Second) // nobody acknowledged: each is ended by BYE
		w.settle()
		if n := dials.Load(); n != 1 {
			t.Errorf("%d connections dialled to a host that the peer named, want 1", n)
		}
		w.wantCalls(0)
	})
}

// Whatever hosts they name, and whatever they call themselves, the peers of one
// owner have a share of the links that route sets bring, and all together leave
// most to calls out.
func TestRedialsAreBounded(t *testing.T) {
	inWorld(t, func(w *world) {
		var dials atomic.Int64
		w.swallow(&dials)
		w.serve()
		flood := func(n int, peer, host string) (busy int64) {
			var refused atomic.Int64
			for n := range n {
				name := fmt.Sprintf(host, n)
				w.records.Hosts[name] = []netip.Addr{victim}
				w.running.Go(func() {
					if _, err := w.edge.redial(w.ctx, proved(fmt.Sprintf(peer, n)), name, 0); errors.Is(err, errTooManyTrunks) {
						refused.Add(1)
					}
				})
				w.settle()
			}
			return refused.Load()
		}
		if refused := flood(100, "h%d.rogue.example", "sip.v%d.example"); refused != 100-maxOwnerRedials || dials.Load() != maxOwnerRedials {
			t.Errorf("one owner: %d dialled, %d refused", dials.Load(), refused)
		}
		flood(400, "sip.r%d.example", "h%d.victim.example")
		if dials.Load() != maxRedials {
			t.Errorf("%d dialled for route sets, want %d", dials.Load(), maxRedials)
		}
		_, err := w.edge.Place(w.ctx, Place{Room: "stand-up", To: "bob@contoso.example"})
		if failure, _ := errors.AsType[*Failure](err); failure == nil || failure.Stage != StageConnect || errors.Is(err, errTooManyTrunks) {
			t.Errorf("a call out: %v, want that nobody listens there", err)
		}
		time.Sleep(connectBudget)
		w.settle()
		if n := flood(1, "h%d.rogue.example", "sip.w%d.example"); n != 0 || dials.Load() != maxRedials+1 {
			t.Error("what has failed still has its place")
		}
		time.Sleep(connectBudget)
	})
}

// Links that redials opened count until they end; those that ask at once share one.
func TestRedialsShare(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		links := make(chan *link.Link, 20)
		for range 20 {
			w.running.Go(func() {
				l, err := w.edge.redial(w.ctx, link.Identity{}, "SIP.contoso.example", 0)
				if err != nil {
					t.Error(err)
				}
				links <- l
			})
		}
		w.settle()
		first := <-links
		for range 19 {
			if l := <-links; l != first {
				t.Error("a link of its own for the same host")
			}
		}
		redialled := func() int {
			w.edge.trunks.mu.Lock()
			defer w.edge.trunks.mu.Unlock()
			return len(w.edge.trunks.redialled)
		}
		if n := redialled(); n != 1 || len(edges) != 1 {
			t.Errorf("%d links came of redials, %d were taken", n, len(edges))
		}
		(<-edges).close()
		w.settle()
		if n := redialled(); n != 0 {
			t.Errorf("%d links are counted after their end", n)
		}
	})
}

// Who gave up says nothing about the host to the others; nor does one port wait
// for another.
func TestRedialIsLeft(t *testing.T) {
	inWorld(t, func(w *world) {
		var dials atomic.Int64
		w.swallow(&dials)
		w.records.Hosts["victim.example"] = []netip.Addr{victim}
		w.serve()
		impatient, giveUp := context.WithCancel(w.ctx)
		w.running.Go(func() { _, _ = w.edge.redial(impatient, link.Identity{}, "victim.example", 0) })
		w.settle()
		w.running.Go(func() { _, _ = w.edge.redial(w.ctx, link.Identity{}, "victim.example", 0) })
		w.settle()
		if _, err := w.edge.redial(w.ctx, link.Identity{}, "victim.example", 5062); !errors.Is(err, errHostBusy) || dials.Load() != 1 {
			t.Errorf("another port: %v, %d dials", err, dials.Load())
		}
		giveUp()
		w.settle()
		if dials.Load() != 2 {
			t.Errorf("%d dials, want 2: the one who stayed dials", dials.Load())
		}
		time.Sleep(connectBudget)
	})
}

// Whom the plan rules out is not dialled because somebody's route set says so.
func TestNextHopsFederate(t *testing.T) {
	open := plan.Plan{
		Blocked: []string{"evil.example", "both.example", "bad.contoso.example"}, Providers: []string{"sipfed.host.example"},
		Partners: []plan.Partner{
			{Domain: "contoso.example", Trust: plan.Allowed},
			{Domain: "direct.example", Trust: plan.Allowed, Edge: "edge.provider.example"},
			{Domain: "both.example", Trust: plan.Allowed, Edge: "edge.both.test"},
			{Domain: "sub.evil.example", Trust: plan.Allowed},
		},
	}
	closed := open
	closed.Closed = true
	for _, c := range []struct {
		host         string
		open, closed bool
	}{
		{"sip.contoso.example", true, true},
		{"fe01.eu.contoso.example", true, true},
		{"sip.bad.contoso.example", false, false},
		{"edge.provider.example", true, true},
		{"other.provider.example", true, false},
		{"sipfed.host.example", true, true},
		{"edge.both.test", false, false},
		{"evil.example", false, false},
		{"sip.evil.example", false, false},
		{"a.b.evil.example", false, false},
		{"sip.sub.evil.example", true, true},
		{"victim.example", true, false},
		{"localhost", true, false},
	} {
		for name, judge := range map[string]struct {
			plan *plan.Plan
			want bool
		}{"open": {&open, c.open}, "closed": {&closed, c.closed}} {
			err := (&trust{plan: judge.plan}).livesAt(c.host)
			if (err == nil) != judge.want {
				t.Errorf("%s, %s: %v", c.host, name, err)
			}
		}
	}
	inWorld(t, func(w *world) {
		var dials atomic.Int64
		w.swallow(&dials)
		w.plan.Blocked = []string{"evil.example"}
		w.records.Hosts["sip.evil.example"] = []netip.Addr{victim}
		w.records.Fail["sip.evil.example"] = dns.ServerFailure // it is not even asked for
		w.serve()
		_, err := w.edge.redial(w.ctx, link.Identity{}, "SIP.evil.example.", 0)
		if err == nil || !strings.Contains(err.Error(), "the plan blocks it") || dials.Load() != 0 {
			t.Errorf("%v, %d dials", err, dials.Load())
		}
	})
}
