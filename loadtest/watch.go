package loadtest

import (
	"context"
	"runtime"
	"time"
)

// nap is how long the hiccup meter sleeps at a time. It looks for stalls ten
// times as long; to sleep less would cost CPU that is then measured.
const nap = 5 * time.Millisecond

// machineState is one look at the machine and this process.
type machineState struct {
	at        time.Time
	generator time.Duration
	target    time.Duration
	machine   machine
	runtime   goRuntime

	noGenerator, noTarget, noMachine bool // could not be read
}

// look at the machine, at this process and at the target's processes.
func look(pids []int) machineState {
	s := machineState{at: time.Now(), runtime: readRuntime()}
	var err error
	s.generator, err = ProcessCPU(0)
	s.noGenerator = err != nil
	s.machine, err = readMachine()
	s.noMachine = err != nil
	s.noTarget = len(pids) == 0
	for _, pid := range pids {
		used, err := ProcessCPU(pid)
		s.noTarget = s.noTarget || err != nil
		s.target += used
	}
	return s
}

// since fills the readings in with what happened between two looks.
func (s machineState) since(before machineState, r *Readings) {
	took := s.at.Sub(before.at).Seconds()
	if took <= 0 {
		return
	}
	if !s.noGenerator && !before.noGenerator {
		r.GeneratorCPU = new((s.generator - before.generator).Seconds() / took / float64(runtime.GOMAXPROCS(0)))
	}
	if !s.noTarget && !before.noTarget {
		r.TargetCPU = new((s.target - before.target).Seconds() / took / float64(runtime.NumCPU()))
	}
	if total := float64(s.machine.total - before.machine.total); !s.noMachine && !before.noMachine && total > 0 {
		r.MachineBusy = new(float64(s.machine.busy-before.machine.busy) / total)
		r.MachineSteal = new(float64(s.machine.steal-before.machine.steal) / total)
	}
	r.SchedulerP99 = s.runtime.waitP99(before.runtime)
	r.GCShare = s.runtime.gcShare(before.runtime)
	wall := s.at.Round(0).Sub(before.at.Round(0)) // Round strips the monotonic clock
	r.ClockJump = new((wall - s.at.Sub(before.at)).Abs().Seconds())
}

// hiccupMeter looks for moments when the machine or the runtime stood still.
type hiccupMeter struct {
	cancel context.CancelFunc
	worst  chan time.Duration
}

// watchHiccups sleeps over and over until it is stopped.
func watchHiccups(ctx context.Context) *hiccupMeter {
	ctx, cancel := context.WithCancel(ctx)
	m := &hiccupMeter{cancel: cancel, worst: make(chan time.Duration, 1)}
	go func() { m.worst <- overslept(ctx) }()
	return m
}

// stop returns the longest that the meter overslept.
func (m *hiccupMeter) stop() time.Duration {
	m.cancel()
	return <-m.worst
}

func overslept(ctx context.Context) time.Duration {
	timer := time.NewTimer(nap)
	defer timer.Stop()
	var worst time.Duration
	for before := time.Now(); ; before = time.Now() {
		select {
		case <-ctx.Done():
			return worst
		case <-timer.C:
			worst = max(worst, time.Since(before)-nap)
			timer.Reset(nap)
		}
	}
}
