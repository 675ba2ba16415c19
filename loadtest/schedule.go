package loadtest

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// Arrival is the process by which calls arrive.
type Arrival string

const (
	Poisson  Arrival = "poisson"  // independent callers: the default
	Constant Arrival = "constant" // a grid: less variance, for regressions
)

// fastest is the highest rate that a plan may ask for, calls a second: past
// it one goroutine could not hand the starts over.
const fastest = 100_000

// Plan says when calls start. The same plan is the same start times.
type Plan struct {
	Rate     float64       // calls a second
	Duration time.Duration // of starting; calls last longer
	Arrival  Arrival       // "" is Poisson
	Seed     int64         // of the Poisson process
}

// Check tells what is wrong with the plan, in the words of a scenario file.
func (p Plan) Check() error {
	switch {
	case !(p.Rate > 0) || p.Rate > fastest:
		return fmt.Errorf("loadtest: rate %v: want calls a second, more than 0 and at most %d", p.Rate, fastest)
	case p.Duration <= 0:
		return fmt.Errorf("loadtest: duration %v: want more than 0, such as 30s", p.Duration)
	case p.Arrival != "" && p.Arrival != Poisson && p.Arrival != Constant:
		return fmt.Errorf("loadtest: arrival %q: want %s or %s", p.Arrival, Poisson, Constant)
	}
	return nil
}

// Starts yields the planned starts, in order, from the start of the run. Each
// is computed from the beginning, not from when the one before it happened.
func (p Plan) Starts() iter.Seq[time.Duration] {
	if p.Arrival == Constant {
		return p.constant
	}
	return p.poisson
}

// Count is how many starts the plan holds.
func (p Plan) Count() int64 {
	var n int64
	for range p.Starts() {
		n++
	}
	return n
}

func (p Plan) constant(yield func(time.Duration) bool) {
	for n := 0; ; n++ {
		due := time.Duration(float64(n) / p.Rate * float64(time.Second))
		if due >= p.Duration || !yield(due) {
			return
		}
	}
}

func (p Plan) poisson(yield func(time.Duration) bool) {
	random := rand.New(rand.NewPCG(uint64(p.Seed), 0x66656467652d6c64)) //nolint:gosec // a plan is to be repeated
	var at float64                                                      // seconds
	for {
		at += random.ExpFloat64() / p.Rate
		due := time.Duration(at * float64(time.Second))
		if due >= p.Duration || !yield(due) {
			return
		}
	}
}
