package loadtest

import (
	"context"
	"time"

	"fedge/result"
)

// collector turns the tallies' pages each second.
type collector struct {
	cancel context.CancelFunc
	gone   chan struct{}
}

func (t *Trial) startCollecting(ctx context.Context, origin time.Time, p *pacer) *collector {
	ctx, cancel := context.WithCancel(ctx)
	c := &collector{cancel: cancel, gone: make(chan struct{})}
	go func() {
		defer close(c.gone)
		t.collect(ctx, origin, p)
	}()
	return c
}

// stop returns when the collector has gone.
func (c *collector) stop() {
	c.cancel()
	<-c.gone
}

func (t *Trial) collect(ctx context.Context, origin time.Time, p *pacer) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var before position
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			pos := p.seen()
			seconds := now.Sub(origin)
			progress := t.turn(seconds, pos)
			progress.Offered = float64(pos.due() - before.due())
			progress.Achieved = float64(pos.started - before.started)
			before = pos
			if t.cfg.Progress != nil {
				t.cfg.Progress(progress)
			}
		}
	}
}

// turn every tally's page, add what they say to the total and to the series,
// and tell how far the trial is.
func (t *Trial) turn(elapsed time.Duration, pos position) Progress {
	for _, tally := range t.tallies {
		full := tally.turn(t.blank)
		t.second.add(full)
		t.blank = full
	}
	s := t.second
	progress := Progress{
		Elapsed: elapsed, InFlight: t.flight.now.Load(),
		P50: s.fromDue.Quantile(0.5), P99: s.fromDue.Quantile(0.99),
	}
	t.series = append(t.series, result.Point{
		AtSeconds: elapsed.Seconds(),
		Started:   s.began, Completed: s.completed(), Failed: s.failed(),
		P50: s.fromDue.Percentile(0.5), P99: s.fromDue.Percentile(0.99),
		Max: s.fromDue.Percentiles().Max,
	})
	t.total.add(s)
	progress.Attempts, progress.Established = t.total.began, t.total.established
	progress.Failed, progress.Dropped = t.total.failed(), pos.missed()
	return progress
}
