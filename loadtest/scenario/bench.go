package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"fedge/loadtest"
	"fedge/result"
)

// Bench measures what one call costs: the edge, the simulator that calls it,
// and beside them, in turn, sipp's two ends with the same messages. Figures of
// one run compare; figures of two runs, or of two machines, do not.
type Bench struct {
	// Load says how the simulator reaches the edge: Org, Room, Nodes, Guard.
	// The first of Nodes is called, and the first of Target.PIDs must be its
	// process, which is not this one. The Scenario is the bench's own.
	Load Config

	Rate     float64       // calls a second; 1,000
	Duration time.Duration // of one round; 6 s
	Idle     time.Duration // how long the idle CPU is looked at; 2 s
	Rounds   int           // 5
	MustSIPp bool          // a missing sipp is an error, as in CI

	Progress func(string) // nil: nobody looks
}

// Targets of the bench: what a call may cost the edge.
const (
	edgeMicroseconds = 400
	edgeOverSIPp     = 2
)

// BenchResult is what calls cost.
type BenchResult struct {
	result.Run
	Rate         float64            `json:"rate"`
	RoundSeconds float64            `json:"round_seconds"`
	InviteBytes  int                `json:"invite_bytes"`
	CPU          []Cost             `json:"cpu"`    // per call
	Ratios       []Ratio            `json:"ratios"` // of the same round
	Targets      []BenchTarget      `json:"targets"`
	Invalid      int                `json:"invalid_rounds"` // tried again
	SIPp         string             `json:"sipp"`           // "" or why there is none
	Environment  result.Environment `json:"environment"`
}

// Cost is what a call costs one program, µs of CPU time, its idle time
// subtracted.
type Cost struct {
	Name         string            `json:"name"`
	Microseconds loadtest.Estimate `json:"microseconds"`
	IdlePercent  float64           `json:"idle_percent"` // of a core, without calls
}

// Ratio compares two programs in each round.
type Ratio struct {
	Name  string            `json:"name"`
	Value loadtest.Estimate `json:"value"`
}

// BenchTarget is a promise and whether it is kept.
type BenchTarget struct {
	Name    string         `json:"name"`
	Value   float64        `json:"value"`
	AtMost  float64        `json:"at_most"`
	Outcome result.Verdict `json:"outcome"` // pass, fail, inconclusive: nothing to compare with
}

// Names in a BenchResult.
const (
	nameEdge      = "edge"
	nameSimulator = "simulator"
	nameUAS       = "sipp UAS"
	nameUAC       = "sipp UAC"
)

// tries is how many invalid rounds are tried again, in all.
const tries = 5

// Run measures. It returns an error when the bench could not be done at all;
// calls that fail, or a generator that keeps being unfit, make the verdict.
func (b Bench) Run(ctx context.Context) (BenchResult, error) {
	b.withDefaults()
	started := time.Now()
	out := BenchResult{
		Run:  result.Run{Schema: "fedge.bench/1", Tool: b.Load.Tool, Seed: b.Load.Seed, Started: started, Verdict: result.Pass},
		Rate: b.Rate, RoundSeconds: b.Duration.Seconds(), Environment: loadtest.Here(),
	}
	if len(b.Load.Target.PIDs) == 0 {
		return out, errors.New("scenario: the bench needs the edge's process id: CPU is read by pid")
	}
	peer, done, err := b.peer(&out)
	if err != nil {
		return out, err
	}
	defer done()
	costs := map[string][]cost{}
	for round := range b.Rounds {
		if err := b.round(ctx, round, peer, costs, &out); err != nil {
			return out, err
		}
		if out.Verdict != result.Pass {
			break
		}
	}
	out.conclude(costs)
	out.TookSeconds = time.Since(started).Seconds()
	return out, nil
}

func (b *Bench) withDefaults() {
	if b.Rate == 0 {
		b.Rate = 1000
	}
	if b.Duration == 0 {
		b.Duration = 6 * time.Second
	}
	if b.Idle == 0 {
		b.Idle = 2 * time.Second
	}
	if b.Rounds == 0 {
		b.Rounds = 5
	}
	if b.Progress == nil {
		b.Progress = func(string) {}
	}
	b.Load.Scenario = Scenario{
		Name: "bench", Rate: b.Rate, Duration: b.Duration, Arrival: loadtest.Constant, Trunks: 1, Media: MediaNone,
	}
	b.Load.Progress = nil
	b.Load.Target.PIDs = b.Load.Target.PIDs[:min(1, len(b.Load.Target.PIDs))]
	b.Load.Nodes = b.Load.Nodes[:min(1, len(b.Load.Nodes))]
}

// peer prepares sipp; nil when there is none and that is all right.
func (b *Bench) peer(out *BenchResult) (*sipp, func(), error) {
	load := b.Load
	if err := load.prepare(); err != nil {
		return nil, nil, err
	}
	crew, err := load.crew()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, nil, fmt.Errorf("scenario: a directory for sipp's scripts: %w", err)
	}
	remove := func() { _ = os.RemoveAll(dir) } // what is left is a few kB in TMPDIR
	peer, size, err := findSIPp(dir, crew)
	out.InviteBytes = size
	switch {
	case err == nil:
		return peer, remove, nil
	case errors.Is(err, ErrNoSIPp) && !b.MustSIPp:
		out.SIPp = err.Error()
		b.Progress(out.SIPp + ": measuring without it")
		return nil, remove, nil
	}
	remove()
	return nil, nil, err
}

// round measures everybody once; who comes first alternates, so that a machine
// which gets slower does not favour one side.
func (b *Bench) round(ctx context.Context, n int, peer *sipp, costs map[string][]cost, out *BenchResult) error {
	ours := func() error { return b.ours(ctx, n, costs, out) }
	theirs := func() error {
		if peer == nil || out.Verdict != result.Pass {
			return nil
		}
		b.Progress(fmt.Sprintf("round %d of %d: sipp calls sipp", n+1, b.Rounds))
		c, err := peer.round(ctx, b.Rate, b.Duration, b.Idle)
		if err == nil {
			costs["sipp"] = append(costs["sipp"], c)
		}
		return err
	}
	if n%2 == 1 {
		ours, theirs = theirs, ours
	}
	if err := ours(); err != nil {
		return err
	}
	return theirs()
}

// ours measures edge and simulator, as often as it takes for one valid trial.
func (b *Bench) ours(ctx context.Context, n int, costs map[string][]cost, out *BenchResult) error {
	pid := b.Load.Target.PIDs[0]
	for {
		b.Progress(fmt.Sprintf("round %d of %d: the simulator calls the edge", n+1, b.Rounds))
		restingEdge, err := spent(ctx, pid, b.Idle)
		if err != nil {
			return err
		}
		restingUs, err := spent(ctx, 0, b.Idle)
		if err != nil {
			return err
		}
		load, err := Run(ctx, b.Load)
		if err != nil {
			return err
		}
		switch load.Verdict {
		case result.Pass:
			share := load.TookSeconds / b.Idle.Seconds()
			costs["ours"] = append(costs["ours"], cost{
				answerer: seconds(load.CPU.Target), idle: time.Duration(float64(restingEdge) * share),
				caller: seconds(load.CPU.Generator) - time.Duration(float64(restingUs)*share), calls: load.Attempts,
			})
			return nil
		case result.Invalid:
			out.Invalid++
			b.Progress("invalid: " + unfit(load.Validity))
			if out.Invalid <= tries {
				continue
			}
			out.Error = "the generator was not fit to measure: " + unfit(load.Validity)
		default:
			out.Error = fmt.Sprintf("calls failed: %v", load.Failures)
		}
		out.Verdict = load.Verdict
		return nil
	}
}

// unfit names the detectors that made a trial invalid.
func unfit(vs []result.Validity) string {
	var text strings.Builder
	for _, v := range vs {
		if v.Outcome == "invalid" {
			text.WriteString(fmt.Sprintf("%s %.4g (limit %.4g %s) ", v.Detector, v.Value, v.Limit, v.Unit))
		}
	}
	return text.String()
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
