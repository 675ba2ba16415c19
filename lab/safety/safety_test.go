//go:build safety

// Package safety attacks a node under load in every destructive way at once,
// and holds it to what the others must not notice (RFC 5390 asks for no less).
package safety

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"fedge/certs"
	"fedge/conformance"
	"fedge/lab"
	"fedge/loadtest/scenario"
	"fedge/result"
)

var (
	rate   = flag.Float64("rate", 200, "calls a second of the partner that behaves")
	length = flag.Duration("length", 20*time.Second, "of the attack")
)

// The others' 99th percentile of the session request delay may be twice what it
// is without an attack, or this if that is more.
const fairDelay = 50 * time.Millisecond

// TestSafety: no call of another partner's is lost, none waits for long, and
// when the attack is over the node is as it was before, while the attacker
// still holds what it can.
func TestSafety(t *testing.T) {
	for _, complaint := range attacked(t) {
		t.Error(complaint)
	}
}

// TestUnsafe: without the limits the same attack does harm. A test that could
// not see it would prove nothing.
func TestUnsafe(t *testing.T) {
	t.Setenv(unlimited, "1")
	complaints := attacked(t)
	for _, complaint := range complaints {
		t.Log(complaint)
	}
	if len(complaints) == 0 {
		t.Error("nodes without limits came through the same attack: it is too weak to prove anything")
	}
}

// attacked runs the load without and with the attack, and says what the
// attacker could do to others.
func attacked(t *testing.T) (complaints []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w, err := lab.Start(t.Context(), lab.Config{Program: []string{program, "node"}, Output: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	target, err := w.Target(w.Plan.Signaling()[0])
	if err != nil {
		t.Fatal(err)
	}
	a := newAttacker(t, target)
	defer a.release()
	idle := load(t, w, target, *length/2)
	before := figures(t, target)

	ctx, end := context.WithCancel(t.Context())
	for _, one := range attacks() {
		a.crew.Go(func() { a.run(ctx, one) })
	}
	busy := load(t, w, target, *length)
	end()
	after := settled(t, target, before)
	a.release()
	a.crew.Wait()

	complain := func(ok bool, format string, args ...any) {
		if !ok {
			complaints = append(complaints, fmt.Sprintf(format, args...))
		}
	}
	lost := int64(0)
	for _, n := range busy.Failures {
		lost += n
	}
	t.Logf("%d calls, %d lost; 99 of 100 wait at most: idle %s, attacked %s", busy.Attempts, lost, p99(idle), p99(busy))
	complain(lost == 0, "%d calls of another partner's were lost: %v", lost, busy.Failures)
	complain(p99(busy) <= max(2*p99(idle), fairDelay), "others wait for %s (99 of 100), idle %s", p99(busy), p99(idle))
	for _, one := range watched {
		t.Logf("%-34s before %.0f, after %.0f", one.name, before[one.name], after[one.name])
		complain(one.back(before, after), "%s does not come back: %.0f before, %.0f after", one.name, before[one.name], after[one.name])
	}
	return complaints
}

// newAttacker is a partner of its own, as trusted as the one that behaves.
func newAttacker(t *testing.T, target conformance.Target) *attacker {
	t.Helper()
	const domain = "attacker.conform.example"
	host := "sip." + domain
	certificate, err := target.Instruments.Issue(certs.Request{CommonName: host, Names: []string{host}})
	if err != nil {
		t.Fatal(err)
	}
	from := target.Instruments.Addresses[0]
	if err := target.Instruments.Zones.Publish(domain, []string{conformance.SRV(0, 0, 5061, "sip"), conformance.A("sip", from)}); err != nil {
		t.Fatal(err)
	}
	return &attacker{
		target: target, from: net.IP(from.AsSlice()),
		as: conformance.Identity{Domain: domain, Host: host, Certificate: certificate},
	}
}

// load makes the calls of the partner that behaves, to the attacked node alone.
func load(t *testing.T, w *lab.World, target conformance.Target, length time.Duration) result.Load {
	t.Helper()
	c := scenario.Config{
		Scenario: scenario.Scenario{Name: "others", Rate: *rate, Duration: length, Hold: 200 * time.Millisecond, Media: scenario.MediaNone, Trunks: 2},
		Seed:     1,
	}
	if err := w.LoadConfig(&c); err != nil {
		t.Fatal(err)
	}
	c.Nodes = c.Nodes[:1]
	c.Target.Limiters = nil // they are meant to act
	r, err := scenario.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// p99 is how long 99 of 100 callers waited at most, from the planned start.
func p99(r result.Load) time.Duration {
	if d := r.SessionRequestDelaySeconds.P99; d != nil {
		return time.Duration(*d * float64(time.Second))
	}
	return 0
}

// figure is one of the node's own that must come back.
type figure struct {
	name  string
	spare float64 // how much more is nothing
	times float64 // of before; garbage is collected when it is worth it
}

// watched are the figures that an attack must not leave high.
var watched = []figure{
	{"edge_sip_sessions_in_progress", 0, 1},
	{"process_open_fds", 20, 1},
	{"go_goroutines", 40, 1},
	{"process_resident_memory_bytes", 48 << 20, 1.5},
}

func (f figure) back(before, after conformance.Inside) bool {
	return after[f.name] <= before[f.name]*f.times+f.spare
}

// figures reads the node's own.
func figures(t *testing.T, target conformance.Target) conformance.Inside {
	t.Helper()
	now, err := target.Instruments.Inside(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range watched {
		if _, there := now[f.name]; !there {
			t.Fatalf("the node does not export %s", f.name)
		}
	}
	return now
}

// settled waits until the figures are back, or long enough.
func settled(t *testing.T, target conformance.Target, before conformance.Inside) conformance.Inside {
	t.Helper()
	for deadline := time.Now().Add(10 * patience); ; {
		now := figures(t, target)
		back := true
		for _, f := range watched {
			back = back && f.back(before, now)
		}
		if back || time.Now().After(deadline) {
			return now
		}
		select {
		case <-time.After(time.Second):
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}
