//go:build soak

// Package soak is the long form of two cases of the conformance suite: a node
// that is called, and sent made-up messages, for as long as wanted.
package soak

import (
	"context"
	"flag"
	"testing"
	"time"

	"fedge/conformance"
	"fedge/conformance/cases/robustness"
	"fedge/lab"
	"fedge/result"
)

var (
	length = flag.Duration("length", 10*time.Minute, "of all of it")
	seed   = flag.Uint64("seed", 1, "of the first round of made-up messages; each has its own")
)

// watched are the figures that must not grow, and what they may by chance.
var watched = map[string]float64{"go_goroutines": 40, "process_open_fds": 20, "process_resident_memory_bytes": 64 << 20}

// TestSoak: whatever came and went, the node is as it was after the first round.
func TestSoak(t *testing.T) {
	w, err := lab.Start(t.Context(), lab.Config{Short: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	target, err := w.Target(w.Plan.Signaling()[0])
	if err != nil {
		t.Fatal(err)
	}
	var first conformance.Inside
	for deadline, n := time.Now().Add(*length), *seed; time.Now().Before(deadline) && !t.Failed(); n++ {
		round(t, target, n)
		now := settled(t, target)
		if first == nil {
			first = now
		}
		for name, spare := range watched {
			if now[name] > first[name]+spare {
				t.Errorf("seed %d: %s has grown from %.0f to %.0f", n, name, first[name], now[name])
			}
		}
		if n%100 == *seed%100 {
			t.Logf("seed %d: %.0f goroutines, %.0f descriptors, %.0f MB", n, now["go_goroutines"], now["process_open_fds"], now["process_resident_memory_bytes"]/(1<<20))
		}
	}
}

// settled reads the node's figures once it holds nothing for anybody any more:
// calls whose connection a spoilt message ended last until their timers ran out.
func settled(t *testing.T, target conformance.Target) conformance.Inside {
	t.Helper()
	for range 100 {
		now, err := target.Instruments.Inside(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if now["edge_sip_dialogs"] == 0 && now["edge_sip_transactions"] == 0 {
			return now
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("ten seconds after the last call dialogs or transactions are left")
	return nil
}

// round is one of calls and one of made-up messages, after each other.
func round(t *testing.T, target conformance.Target, seed uint64) {
	t.Helper()
	got := conformance.Run(t.Context(), conformance.Config{Target: target, Seed: int64(seed), Cases: []conformance.Case{{
		ID: "ROB-017", Severity: conformance.Must, Alone: true,
		Run: func(ctx context.Context, s *conformance.Stand) error { return robustness.Fuzz(ctx, s, seed, 150) },
	}, {
		ID: "ROB-018", Severity: conformance.Must, Alone: true,
		Run: func(ctx context.Context, s *conformance.Stand) error { return robustness.Soak(ctx, s, 400) },
	}}})
	for _, c := range got.Cases {
		if c.Outcome != result.CasePass {
			t.Errorf("seed %d: %s: %s (%s): expected %s, got %s", seed, c.ID, c.Outcome, c.Class, c.Expected, c.Actual)
		}
	}
}
