package loadtest

import (
	"testing"
	"time"

	"fedge/result"
)

// fit is a generator that nothing is wrong with.
func fit() Readings {
	return Readings{
		Rate: 100,
		Pacing: Pacing{
			Planned: 1_000, Started: 1_000, Span: 10 * time.Second, Took: 10 * time.Second,
			LagP99: time.Millisecond, LagMax: 3 * time.Millisecond,
		},
		GeneratorCPU: new(0.2), TargetCPU: new(0.3), MachineBusy: new(0.5), MachineSteal: new(0.001),
		SchedulerP99: new(0.0005), GCShare: new(0.02), Hiccup: new(0.004), ClockJump: new(0.0),
		LittlesLaw: new(0.0), Limiter: new(0.0),
	}
}

func TestDetectors(t *testing.T) {
	for _, tt := range []struct {
		name     string
		edit     func(*Readings)
		detector string
		outcome  string
	}{
		{"late at p99", func(r *Readings) { r.Pacing.LagP99 = 6 * time.Millisecond }, "schedule_lag_p99", "invalid"},
		{"late, at a rate so low that it does not matter", func(r *Readings) { r.Rate, r.Pacing.LagP99 = 1, 150*time.Millisecond }, "schedule_lag_p99", "ok"},
		{"once very late", func(r *Readings) { r.Pacing.LagMax = 251 * time.Millisecond }, "schedule_lag_max", "invalid"},
		{"one start dropped", func(r *Readings) { r.Pacing.Dropped = 1 }, "dropped_starts", "invalid"},
		{"two in a thousand not made", func(r *Readings) { r.Pacing.Started = 998 }, "achieved_ratio", "invalid"},
		{"all made, too slowly", func(r *Readings) { r.Pacing.Took = 10_500 * time.Millisecond }, "achieved_ratio", "invalid"},
		{"the last one late", func(r *Readings) { r.Pacing.Took = 10_200 * time.Millisecond }, "achieved_ratio", "ok"},
		{"nothing planned", func(r *Readings) { r.Pacing = Pacing{} }, "achieved_ratio", "not-measured"},
		{"generator busy", func(r *Readings) { r.GeneratorCPU = new(0.71) }, "generator_cpu", "invalid"},
		{"no /proc", func(r *Readings) { r.GeneratorCPU = nil }, "generator_cpu", "not-measured"},
		{"machine busy, target not", func(r *Readings) { r.MachineBusy = new(0.96) }, "machine_busy", "invalid"},
		{"machine busy with the target", func(r *Readings) { r.MachineBusy, r.TargetCPU = new(0.96), new(0.8) }, "machine_busy", "ok"},
		{"machine busy, target unseen", func(r *Readings) { r.MachineBusy, r.TargetCPU = new(0.96), nil }, "machine_busy", "invalid"},
		{"machine unseen", func(r *Readings) { r.MachineBusy = nil }, "machine_busy", "not-measured"},
		{"stolen", func(r *Readings) { r.MachineSteal = new(0.03) }, "machine_steal", "invalid"},
		{"goroutines waited", func(r *Readings) { r.SchedulerP99 = new(0.006) }, "go_scheduler_p99", "invalid"},
		{"collecting garbage", func(r *Readings) { r.GCShare = new(0.16) }, "go_gc_share", "invalid"},
		{"stood still", func(r *Readings) { r.Hiccup = new(0.051) }, "hiccup_max", "invalid"},
		{"clock set", func(r *Readings) { r.ClockJump = new(0.6) }, "clock_jump", "invalid"},
		{"out of files", func(r *Readings) { r.Exhausted = 1 }, "resource_errors", "invalid"},
		{"a call lost", func(r *Readings) { r.LittlesLaw = new(0.04) }, "littles_law", "invalid"},
		{"throttled", func(r *Readings) { r.Limiter = new(1.0) }, "target_limiter", "invalid"},
		{"limiter unseen", func(r *Readings) { r.Limiter = nil }, "target_limiter", "not-measured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := fit()
			tt.edit(&r)
			judged := Judge(r, DefaultLimits())
			found := false
			for _, v := range judged {
				want := detectorOK
				if v.Detector == tt.detector {
					want, found = tt.outcome, true
				} else if r.Pacing.Planned == 0 && v.Detector == "achieved_ratio" {
					continue
				}
				if v.Outcome != want {
					t.Errorf("%s is %s (%v, limit %v), want %s", v.Detector, v.Outcome, v.Value, v.Limit, want)
				}
			}
			if !found {
				t.Errorf("no detector %s", tt.detector)
			}
			load := result.Load{Validity: judged}
			if load.Invalid() != (tt.outcome == detectorInvalid) {
				t.Errorf("Invalid is %t", load.Invalid())
			}
			for _, v := range judged { // whoever reads that a run was in vain wants to know what to do
				if (v.Fix != "") != (v.Outcome == detectorInvalid) {
					t.Errorf("%s is %s; what to do: %q", v.Detector, v.Outcome, v.Fix)
				}
			}
		})
	}
}
