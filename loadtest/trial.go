package loadtest

import (
	"context"
	"errors"
	"time"

	"fedge/result"
)

// establishWithin is the longest that an answer may take from when the call was
// planned; a later one is a failure (RFC 7501 §3.3.2, session establishment
// threshold time).
const establishWithin = 5 * time.Second

// patience is how long a trial waits for what it can do without: the end of
// calls after an interrupt, an answer of the target's metrics.
const patience = 5 * time.Second

// Config of one trial.
type Config struct {
	Plan  Plan
	Slots int // calls in flight at once; a start that finds none is dropped

	// Drain is how long the last call may take to end. Those still there
	// then count as timeouts.
	Drain time.Duration

	Target     Target
	Limits     Limits         // the zero value is DefaultLimits
	Thresholds []Threshold    // besides DefaultThresholds, or in place of one on the same metric
	Progress   func(Progress) // each second, on a goroutine of the trial; nil: nobody looks

	// FakeClock says that the clock is a test's, which the machine's own
	// timers do not follow.
	FakeClock bool
}

// Target is what can be seen of the system under test from outside.
type Target struct {
	PIDs []int // its processes, to read their CPU time; none: not measured

	// Limiters returns how often the target has throttled or quarantined
	// anybody so far; see [Counters]. Nil: not measured.
	Limiters func(context.Context) (float64, error)
}

// Progress is the last second of a running trial. Its percentiles are for
// somebody who watches: they are given however few the calls.
type Progress struct {
	Elapsed  time.Duration
	Offered  float64 // calls that came due in the last second, 1/s
	Achieved float64 // calls that began in it, 1/s
	InFlight int64
	P50, P99 time.Duration // planned start to answer, of this second's answers

	Attempts, Established, Failed, Dropped int64 // since the start of the trial
}

// Trial is one run of a plan. Make the workers' tallies, then Run.
type Trial struct {
	cfg     Config
	flight  *flight
	tallies []*Tally

	// Only the goroutine of run, and of collect while that runs, use these.
	total, second, blank *page
	series               []result.Point
}

// NewTrial prepares a trial; nothing happens before Run.
func NewTrial(cfg Config) (*Trial, error) {
	if err := cfg.Plan.Check(); err != nil {
		return nil, err
	}
	if cfg.Slots <= 0 {
		return nil, errors.New("loadtest: a trial needs at least one slot")
	}
	if cfg.Limits == (Limits{}) {
		cfg.Limits = DefaultLimits()
	}
	cfg.Thresholds = withDefaults(cfg.Thresholds)
	return &Trial{
		cfg: cfg, flight: newFlight(cfg.Slots),
		total: newPage(), second: newPage(), blank: newPage(),
	}, nil
}

// Tally is for one more worker. Not after Run.
func (t *Trial) Tally() *Tally {
	tally := &Tally{flight: t.flight, page: newPage()}
	t.tallies = append(t.tallies, tally)
	return tally
}

// Run hands every planned start to start, which must take it without waiting
// or return false, and waits until the last call has ended. When ctx is done
// it stops starting and drains; what was measured until then is returned, with
// the verdict aborted. Each start taken must come to Ended or Refused.
func (t *Trial) Run(ctx context.Context, start func(Start) bool) result.Load {
	calm := context.WithoutCancel(ctx) // for what is done after an interrupt too
	alarm := newAlarm(t.cfg.FakeClock)
	defer alarm.close()
	defer alarm.heed(ctx)()
	pacer := newPacer(alarm, func(s Start) bool { return t.hand(s, start) })
	limiterBefore := t.limiter(calm)
	meter := watchHiccups(calm)
	before := look(t.cfg.Target.PIDs)
	origin := before.at
	collector := t.startCollecting(calm, origin, pacer)

	pacer.run(ctx, origin, t.cfg.Plan.Starts())
	alarm.sleep(ctx, origin.Add(t.cfg.Plan.Duration))
	offered := look(t.cfg.Target.PIDs) // before draining, which is idle time
	hiccup := meter.stop()
	aborted := ctx.Err() != nil
	left := t.drain(aborted)
	collector.stop()
	after := look(t.cfg.Target.PIDs)
	t.turn(after.at.Sub(origin), pacer.seen())

	readings := Readings{
		Rate:       t.cfg.Plan.Rate,
		Pacing:     pacer.pacing(origin, offered.at, t.cfg.Plan.Duration, aborted),
		Hiccup:     new(hiccup.Seconds()),
		Exhausted:  t.total.exhausted,
		LittlesLaw: t.littlesLaw(after.at),
	}
	offered.since(before, &readings)
	readings.limit(limiterBefore, t.limiter(calm))
	t.total.outcomes[Timeout] += left

	load := t.load(readings, aborted)
	load.Started = origin
	load.TookSeconds = after.at.Sub(origin).Seconds()
	load.CPU.Generator = (after.generator - before.generator).Seconds()
	load.CPU.Target = (after.target - before.target).Seconds()
	return load
}

// hand a start over if there is a slot for it.
func (t *Trial) hand(s Start, start func(Start) bool) bool {
	if !t.flight.take() {
		return false
	}
	if !start(s) {
		t.flight.land()
		return false
	}
	return true
}

// drain waits until the last call has ended, and returns how many did not.
func (t *Trial) drain(aborted bool) int64 {
	wait := t.cfg.Drain
	if aborted {
		wait = min(wait, patience)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for t.flight.now.Load() > 0 {
		select {
		case <-t.flight.landed:
		case <-timer.C:
			return t.flight.now.Load()
		}
	}
	return 0
}

// littlesLaw compares the time integral of the calls in flight with the sum
// of their lives; nil when there were none.
func (t *Trial) littlesLaw(now time.Time) *float64 {
	var area time.Duration
	for _, tally := range t.tallies {
		area += tally.occupied(now)
	}
	if area <= 0 {
		return nil
	}
	return new((area - t.total.resident).Abs().Seconds() / area.Seconds())
}

// refusals is what the target's limiters have refused, or why that is unknown.
type refusals struct {
	count float64
	why   string
}

func (t *Trial) limiter(ctx context.Context) refusals {
	if t.cfg.Target.Limiters == nil {
		return refusals{why: "nobody said how to read the target's limiters"}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	count, err := t.cfg.Target.Limiters(ctx)
	if err != nil {
		return refusals{why: err.Error()}
	}
	return refusals{count: count}
}

// limit fills in what the limiters refused in between.
func (r *Readings) limit(before, after refusals) {
	switch {
	case after.why != "":
		r.LimiterWhy = after.why
	case before.why != "":
		r.LimiterWhy = before.why
	default:
		r.Limiter = new(after.count - before.count)
	}
}
