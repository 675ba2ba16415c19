package loadtest

import (
	"fmt"
	"time"

	"fedge/result"
)

// Outcomes of a detector, as the JSON has them.
const (
	detectorOK          = "ok"
	detectorInvalid     = "invalid"
	detectorNotMeasured = "not-measured"
)

// Readings is what was seen of the generator, the machine and the target
// while calls were being started. A nil field could not be measured here.
type Readings struct {
	Rate   float64 // planned calls a second
	Pacing Pacing

	GeneratorCPU *float64 // share of the cores it may use, 0..1
	TargetCPU    *float64 // share of the machine's cores, 0..1
	MachineBusy  *float64 // 0..1
	MachineSteal *float64 // 0..1; taken by the hypervisor

	SchedulerP99 *float64 // s; a goroutine that could run, until it ran
	GCShare      *float64 // of the CPU this process used, 0..1
	Hiccup       *float64 // s; the longest that a sleeper overslept
	ClockJump    *float64 // s; wall clock against monotonic clock

	Exhausted  int64    // errors that say this machine ran out of something
	LittlesLaw *float64 // |L - λW| / L
	Limiter    *float64 // what the target's limiters refused
	LimiterWhy string   // why Limiter could not be read
}

// Pacing is how well the plan was kept.
type Pacing struct {
	Planned int64 // starts that came due
	Started int64
	Dropped int64         // no slot, or more than a second behind
	Span    time.Duration // of the plan
	Took    time.Duration // Span, or longer if the last start was late
	LagP99  time.Duration
	LagMax  time.Duration
}

// Limits are where a detector says invalid. Measuring more closely than this
// would need a better generator.
type Limits struct {
	Lag          time.Duration // p99; or a fifth of the mean interval, if that is more
	LagMax       time.Duration
	DroppedRatio float64 // of the planned starts
	Achieved     float64 // achieved ÷ offered, at least
	GeneratorCPU float64
	MachineBusy  float64 // with a target that is not busy itself
	TargetBusy   float64 // from here on the machine may be busy: that is the target's doing
	MachineSteal float64
	SchedulerP99 time.Duration
	GCShare      float64
	Hiccup       time.Duration
	ClockJump    time.Duration
	LittlesLaw   float64
}

// DefaultLimits are for a trial that is to become a figure.
func DefaultLimits() Limits {
	return Limits{
		Lag: 5 * time.Millisecond, LagMax: 250 * time.Millisecond,
		DroppedRatio: 0, Achieved: 0.999,
		GeneratorCPU: 0.70, MachineBusy: 0.95, TargetBusy: 0.70, MachineSteal: 0.02,
		SchedulerP99: 5 * time.Millisecond, GCShare: 0.15,
		Hiccup: 50 * time.Millisecond, ClockJump: 500 * time.Millisecond,
		LittlesLaw: 0.03,
	}
}

// Judge runs every detector over the readings. One that is invalid makes the
// trial invalid; one that could not be measured does not.
func Judge(r Readings, l Limits) []result.Validity {
	lag := l.Lag
	if r.Rate > 0 {
		lag = max(lag, time.Duration(float64(time.Second)/r.Rate/5))
	}
	return advised([]result.Validity{
		atMost("schedule_lag_p99", "s", new(r.Pacing.LagP99.Seconds()), lag.Seconds()),
		atMost("schedule_lag_max", "s", new(r.Pacing.LagMax.Seconds()), l.LagMax.Seconds()),
		dropped(r, l),
		achieved(r, l),
		atMost("generator_cpu", "ratio", r.GeneratorCPU, l.GeneratorCPU),
		busy(r, l),
		atMost("machine_steal", "ratio", r.MachineSteal, l.MachineSteal),
		atMost("go_scheduler_p99", "s", r.SchedulerP99, l.SchedulerP99.Seconds()),
		atMost("go_gc_share", "ratio", r.GCShare, l.GCShare),
		atMost("hiccup_max", "s", r.Hiccup, l.Hiccup.Seconds()),
		atMost("clock_jump", "s", r.ClockJump, l.ClockJump.Seconds()),
		atMost("resource_errors", "errors", new(float64(r.Exhausted)), 0),
		atMost("littles_law", "ratio", r.LittlesLaw, l.LittlesLaw),
		limiter(r),
	})
}

func atMost(name, unit string, value *float64, limit float64) result.Validity {
	v := result.Validity{Detector: name, Limit: limit, Unit: unit, Outcome: detectorNotMeasured}
	if value == nil {
		return v
	}
	v.Value, v.Outcome = *value, detectorOK
	if v.Value > limit {
		v.Outcome = detectorInvalid
	}
	return v
}

func dropped(r Readings, l Limits) result.Validity {
	v := atMost("dropped_starts", "starts", new(float64(r.Pacing.Dropped)), l.DroppedRatio*float64(r.Pacing.Planned))
	if v.Outcome == detectorInvalid {
		v.Detail = fmt.Sprintf("%d of %d planned calls were never made",
			r.Pacing.Dropped, r.Pacing.Planned)
	}
	return v
}

// achieved compares the rate that calls began at with the planned one. That the
// last start was a little late is for the lag's detectors to judge.
func achieved(r Readings, l Limits) result.Validity {
	v := result.Validity{Detector: "achieved_ratio", Limit: l.Achieved, Unit: "ratio", Outcome: detectorNotMeasured}
	took := max(r.Pacing.Span, r.Pacing.Took-l.LagMax)
	if r.Pacing.Planned == 0 || took <= 0 {
		return v
	}
	v.Value = float64(r.Pacing.Started) / float64(r.Pacing.Planned) * r.Pacing.Span.Seconds() / took.Seconds()
	v.Outcome = detectorOK
	if v.Value < l.Achieved {
		v.Outcome = detectorInvalid
	}
	return v
}

// busy is invalid when the machine had nothing left and it was not the target
// that used it up. A target whose CPU was not measured is not excused.
func busy(r Readings, l Limits) result.Validity {
	v := atMost("machine_busy", "ratio", r.MachineBusy, l.MachineBusy)
	if v.Outcome != detectorInvalid || r.TargetCPU == nil {
		return v
	}
	v.Detail = fmt.Sprintf("the target used %.0f %% of the machine", *r.TargetCPU*100)
	if *r.TargetCPU >= l.TargetBusy {
		v.Outcome = detectorOK
	}
	return v
}

func limiter(r Readings) result.Validity {
	v := atMost("target_limiter", "refusals", r.Limiter, 0)
	v.Detail = r.LimiterWhy
	if v.Outcome == detectorInvalid {
		v.Detail = "the target throttled or quarantined us: what was measured is its limit for strangers, not its capacity"
	}
	return v
}
