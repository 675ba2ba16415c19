//go:build bench

// Package bench measures what calls cost, with the edge as its users run it: a
// process of its own, driven over TLS.
package bench

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"fedge/lab"
	"fedge/loadtest/scenario"
	"fedge/result"
)

var (
	rounds = flag.Int("rounds", 5, "rounds of edge and sipp, in turn")
	rate   = flag.Float64("rate", 1000, "calls a second")
	length = flag.Duration("length", 6*time.Second, "of a round")
	save   = flag.String("save", "", "write the figures to this file, as JSON")
)

// BenchmarkCall prints CPU-µs a call. In CI sipp must be there; elsewhere the
// bench says that it is missing and measures the rest.
func BenchmarkCall(b *testing.B) {
	world, err := lab.Start(b.Context(), lab.Config{Program: []string{build(b), "run"}})
	if err != nil {
		b.Fatal(err)
	}
	defer world.Close()
	c := scenario.Config{Scenario: scenario.Scenario{Media: scenario.MediaNone}}
	if err := world.LoadConfig(&c); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := scenario.Bench{
			Load: c, Rate: *rate, Duration: *length, Rounds: *rounds, MustSIPp: os.Getenv("CI") != "",
			Progress: func(what string) { b.Log(what) },
		}.Run(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.WriteTo(os.Stdout); err != nil {
			b.Error(err)
		}
		for _, cost := range r.CPU {
			b.ReportMetric(cost.Microseconds.Median, cost.Unit())
		}
		keep(b, r)
		if r.Verdict != result.Pass {
			b.Errorf("the bench says %s", r.Verdict)
		}
	}
}

// build the edge as `make build` does.
func build(b *testing.B) string {
	b.Helper()
	edge := filepath.Join(b.TempDir(), "edge")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", edge, "fedge/cmd/edge").CombinedOutput(); err != nil {
		b.Fatalf("building the edge: %v\n%s", err, out)
	}
	return edge
}

func keep(b *testing.B, r scenario.BenchResult) {
	b.Helper()
	if *save == "" {
		return
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(*save, append(text, '\n'), 0o644)
	}
	if err != nil {
		b.Errorf("keeping the figures: %v", err)
	}
}
