package conformance

import (
	"context"
	"fmt"
	"time"

	"fedge/result"
)

const (
	nap     = 5 * time.Millisecond  // between two looks at the clock
	tooLate = 50 * time.Millisecond // what a sleeper may oversleep, as load's detector has it
)

// lateness sleeps over and over until the context ends, and then says how much
// it overslept at worst: so late may all have been that this process timed.
func lateness(ctx context.Context) <-chan time.Duration {
	out := make(chan time.Duration, 1)
	go func() {
		var worst time.Duration
		timer := time.NewTimer(nap)
		defer timer.Stop()
		for before := time.Now(); ; before = time.Now() {
			select {
			case <-ctx.Done():
				out <- max(worst, time.Since(before)-nap)
				return
			case <-timer.C:
				worst = max(worst, time.Since(before)-nap)
				timer.Reset(nap)
			}
		}
	}()
	return out
}

// excuse takes back a verdict that rests on time when we were late ourselves:
// then what the node did in time may have come late to us, and the other way
// round. Whatever else it did is judged all the same.
func excuse(outcome result.CaseOutcome, m *Mismatch, late time.Duration) (result.CaseOutcome, string) {
	if m == nil || !m.timed() || late <= m.bears() {
		return outcome, ""
	}
	return result.CaseInconclusive, fmt.Sprintf("our own timers were %s late meanwhile: this machine was too busy to judge what rests on time", late.Round(time.Millisecond))
}
