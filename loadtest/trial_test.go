package loadtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedge/result"
)

// unjudged switches off the detectors that look at the real machine: under a
// fake clock its CPU time says nothing.
func unjudged() Limits {
	l := DefaultLimits()
	l.GeneratorCPU, l.MachineBusy, l.MachineSteal, l.GCShare = 1e9, 1e9, 1e9, 1e9
	l.SchedulerP99, l.ClockJump = time.Hour, time.Hour
	return l
}

// caller is a worker whose calls take a fixed time to answer and to hold.
type caller struct {
	tally        *Tally
	answer, hold time.Duration
	outcome      Outcome
	wg           sync.WaitGroup
}

func (c *caller) start(s Start) bool {
	c.wg.Go(func() {
		began := time.Now()
		c.tally.Began(began)
		time.Sleep(c.answer)
		outcome := c.outcome
		if outcome == OK {
			outcome = c.tally.Established(s.Due, began, time.Now(), time.Now())
		}
		time.Sleep(c.hold)
		c.tally.Ended(outcome, began, time.Now())
	})
	return true
}

func trial(t *testing.T, cfg Config) *Trial {
	t.Helper()
	if cfg.Limits == (Limits{}) {
		cfg.Limits = unjudged()
	}
	cfg.FakeClock = true
	trial, err := NewTrial(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

func TestTrialMeasures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []Progress
		trial := trial(t, Config{
			Plan:  Plan{Rate: 100, Duration: 10 * time.Second, Arrival: Constant},
			Slots: 100, Drain: time.Minute,
			Progress: func(p Progress) { seen = append(seen, p) },
		})
		c := &caller{tally: trial.Tally(), answer: 20 * time.Millisecond, hold: 200 * time.Millisecond}
		load := trial.Run(t.Context(), c.start)
		c.wg.Wait()

		if load.Verdict != result.Pass {
			t.Errorf("verdict %s: %+v %+v", load.Verdict, load.Validity, load.Objectives)
		}
		if load.Attempts != 1_000 || load.OfferedRate != 100 || load.SessionEstablishmentRatio != 1 ||
			load.SessionEstablishmentRate != 100 || len(load.Failures) != 0 {
			t.Errorf("%+v", load)
		}
		p := load.SessionRequestDelaySeconds
		if p.P50 == nil || *p.P50 < 0.0199 || *p.P99 > 0.0201 || p.P999 != nil || p.N != 1_000 {
			t.Errorf("percentiles %+v", p)
		}
		if len(seen) != 10 || seen[4].Offered < 99 || seen[4].Achieved < 99 || seen[4].InFlight < 20 ||
			seen[4].Attempts < 499 || seen[4].P50 < 19*time.Millisecond {
			t.Errorf("progress %+v", seen)
		}
		var started int64
		for _, point := range load.Series {
			started += point.Started
		}
		if started != 1_000 {
			t.Errorf("the series holds %d starts", started)
		}
	})
}

func TestNoSlotIsADroppedStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trial := trial(t, Config{
			Plan:  Plan{Rate: 1, Duration: 4 * time.Second, Arrival: Constant},
			Slots: 2, Drain: time.Minute,
		})
		c := &caller{tally: trial.Tally(), answer: time.Second, hold: 2500 * time.Millisecond}
		load := trial.Run(t.Context(), c.start)
		c.wg.Wait()
		// 0 and 1 take the slots until 3.5 and 4.5; 2 and 3 find none.
		if load.Verdict != result.Invalid || load.Attempts != 2 || load.Failures["dropped_start"] != 2 {
			t.Errorf("%s, %d attempts, %v", load.Verdict, load.Attempts, load.Failures)
		}
	})
}

// TestAStallIsNotCaughtUp: the worker blocks (which it must not) for three
// seconds. What came due meanwhile is counted, not made all at once; a start
// that is a little late is made, and timed from when it was due.
func TestAStallIsNotCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trial := trial(t, Config{
			Plan:  Plan{Rate: 10, Duration: 10 * time.Second, Arrival: Constant},
			Slots: 100, Drain: time.Minute,
		})
		c := &caller{tally: trial.Tally(), answer: time.Millisecond}
		var burst int
		var last time.Time
		load := trial.Run(t.Context(), func(s Start) bool {
			if s.N == 20 {
				time.Sleep(3 * time.Second)
			}
			if now := time.Now(); now.Equal(last) {
				burst++
			} else {
				last = now
			}
			return c.start(s)
		})
		c.wg.Wait()
		// 20 ends at 5.0; 21…49 are late by more or less than a second, and all
		// belong to the stall.
		if got := load.Failures["dropped_start"]; got != 29 || load.Attempts != 71 || load.Verdict != result.Invalid {
			t.Errorf("%d dropped, %d attempts, %s", got, load.Attempts, load.Verdict)
		}
		if burst != 1 { // start 20 itself, and start 50
			t.Errorf("%d starts were made in the same moment", burst)
		}
		if max := load.SessionRequestDelaySeconds.Max; max == nil || *max < 3 {
			t.Errorf("the longest delay is %v, want the stall's 3 s", max)
		}
	})
}

func TestAShortStallIsMadeGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trial := trial(t, Config{
			Plan:  Plan{Rate: 10, Duration: 2 * time.Second, Arrival: Constant},
			Slots: 100, Drain: time.Minute,
		})
		c := &caller{tally: trial.Tally(), answer: time.Millisecond}
		load := trial.Run(t.Context(), func(s Start) bool {
			if s.N == 5 {
				time.Sleep(200 * time.Millisecond)
			}
			return c.start(s)
		})
		c.wg.Wait()
		if load.Attempts != 20 || load.Failures["dropped_start"] != 0 {
			t.Errorf("%d attempts, %v", load.Attempts, load.Failures)
		}
	})
}

func TestInterruptDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trial := trial(t, Config{
			Plan:  Plan{Rate: 10, Duration: time.Hour, Arrival: Constant},
			Slots: 100, Drain: time.Minute,
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3050*time.Millisecond)
		defer cancel()
		c := &caller{tally: trial.Tally(), answer: time.Millisecond, hold: time.Second}
		load := trial.Run(ctx, c.start)
		c.wg.Wait()
		if load.Verdict != result.Aborted || load.Attempts != 31 || load.TookSeconds > 5 {
			t.Errorf("%s, %d attempts, %v s", load.Verdict, load.Attempts, load.TookSeconds)
		}
		if load.OfferedRate < 10 || load.OfferedRate > 10.2 {
			t.Errorf("offered %v/s, want that of the time it ran", load.OfferedRate)
		}
	})
}

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		outcome Outcome
		answer  time.Duration
		limiter func(context.Context) (float64, error)
		want    result.Verdict
		failure string
	}{
		{"answered", OK, time.Millisecond, nil, result.Pass, ""},
		{"refused", Rejected5xx, time.Millisecond, nil, result.Fail, "rejected_5xx"},
		{"answered after the threshold", OK, 6 * time.Second, nil, result.Fail, "timeout"},
		{"never ended", OK, time.Hour, nil, result.Invalid, "timeout"},
		{"throttled", Rejected5xx, time.Millisecond, counting(), result.Invalid, "rejected_5xx"},
		{"limiter unread", OK, time.Millisecond, broken, result.Pass, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				trial := trial(t, Config{
					Plan:  Plan{Rate: 10, Duration: time.Second, Arrival: Constant},
					Slots: 100, Drain: time.Minute, Target: Target{Limiters: tt.limiter},
				})
				c := &caller{tally: trial.Tally(), answer: tt.answer, outcome: tt.outcome}
				load := trial.Run(t.Context(), c.start)
				c.wg.Wait()
				if load.Verdict != tt.want {
					t.Errorf("%s, want %s: %+v", load.Verdict, tt.want, load.Validity)
				}
				for _, o := range load.Objectives {
					if judged := o.Outcome != result.Inconclusive; judged == (tt.want == result.Invalid) {
						t.Errorf("%+v of a run that is %s", o, load.Verdict)
					}
				}
				if tt.failure != "" && load.Failures[tt.failure] != 10 {
					t.Errorf("failures %v, want 10 of %s", load.Failures, tt.failure)
				}
			})
		})
	}
}

func counting() func(context.Context) (float64, error) {
	var n float64
	return func(context.Context) (float64, error) { n++; return n, nil }
}

func broken(context.Context) (float64, error) { return 0, errors.New("no metrics") }

// TestLittlesLawSeesALostCall: one that ended twice, here.
func TestLittlesLawSeesALostCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trial := trial(t, Config{
			Plan:  Plan{Rate: 10, Duration: time.Second, Arrival: Constant},
			Slots: 100, Drain: time.Minute,
		})
		tally := trial.Tally()
		c := &caller{tally: tally, answer: 100 * time.Millisecond}
		load := trial.Run(t.Context(), func(s Start) bool {
			if s.N == 3 {
				began := time.Now()
				tally.Began(began)
				tally.flight.now.Add(1)
				tally.Ended(OK, began.Add(-time.Second), began)
				tally.Ended(OK, began, began)
				return true
			}
			return c.start(s)
		})
		c.wg.Wait()
		if load.Verdict != result.Invalid {
			t.Errorf("%s", load.Verdict)
		}
	})
}

func TestAnswered(t *testing.T) {
	for status, want := range map[int]Outcome{
		200: OK, 202: OK, 302: Rejected3xx, 404: Rejected4xx, 486: Busy, 408: Timeout,
		500: Rejected5xx, 600: Busy, 603: Rejected6xx, 100: Parse, 0: Parse, 700: Parse,
	} {
		if got := Answered(status); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
}

func TestNewTrialRefuses(t *testing.T) {
	for _, cfg := range []Config{
		{Plan: Plan{Rate: 1, Duration: time.Second}},
		{Plan: Plan{Duration: time.Second}, Slots: 1},
	} {
		if _, err := NewTrial(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}

// BenchmarkTally is what one call costs the worker that reports it.
func BenchmarkTally(b *testing.B) {
	trial, err := NewTrial(Config{Plan: Plan{Rate: 1, Duration: time.Second}, Slots: 1})
	if err != nil {
		b.Fatal(err)
	}
	tally := trial.Tally()
	b.ReportAllocs()
	for b.Loop() {
		trial.flight.take()
		began := time.Now()
		tally.Began(began)
		now := time.Now()
		outcome := tally.Established(began, began, now, now)
		tally.Disconnected(now.Sub(began))
		tally.Ended(outcome, began, now)
	}
}
