package loadtest

import (
	"context"
	"time"
)

// coarse sleeps on one of Go's timers.
type coarse struct{ timer *time.Timer }

func newCoarse() coarse { return coarse{time.NewTimer(0)} }

func (c coarse) close() { c.timer.Stop() }

// sleep until the given time; it returns the time it then is, and false when
// the context was done first.
func (c coarse) sleep(ctx context.Context, until time.Time) (time.Time, bool) {
	now := time.Now()
	if wait := until.Sub(now); wait > 0 {
		c.timer.Reset(wait)
		select {
		case <-c.timer.C:
			now = time.Now()
		case <-ctx.Done():
			return now, false
		}
	}
	return now, ctx.Err() == nil
}
