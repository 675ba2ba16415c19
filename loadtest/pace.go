package loadtest

import (
	"context"
	"iter"
	"sync"
	"time"
)

// Start is one planned call, now due.
type Start struct {
	N   int64     // its place in the plan, from 0
	Due time.Time // when the plan wanted it: latency counts from here
}

// tooLate is how far behind plan a call may still begin. After a longer stall
// the starts that were missed are counted and left out: to make them all at
// once would measure the burst, which nobody planned.
const tooLate = time.Second

// pacer hands out starts at their planned times. One goroutine runs it; the
// lock is for those who look at its counts.
type pacer struct {
	start func(Start) bool // must not block; false: there is no slot
	alarm *alarm

	mu  sync.Mutex
	pos position
	lag *Histogram
}

// position is how far the plan has got.
type position struct {
	started int64
	dropped int64     // due, but no slot was free
	skipped int64     // more than tooLate behind
	last    time.Time // when the last start was made or missed
}

// due is how many starts have come due.
func (p position) due() int64 { return p.started + p.missed() }

// missed is how many of them were not made.
func (p position) missed() int64 { return p.dropped + p.skipped }

func newPacer(alarm *alarm, start func(Start) bool) *pacer {
	return &pacer{start: start, alarm: alarm, lag: NewHistogram()}
}

// run follows the plan from origin until it is done or the context is.
func (p *pacer) run(ctx context.Context, origin time.Time, starts iter.Seq[time.Duration]) {
	var n int64
	var resume time.Time // starts due before it were missed in a stall
	for after := range starts {
		due := origin.Add(after)
		now, ok := p.alarm.sleep(ctx, due)
		if !ok {
			return
		}
		lag := now.Sub(due)
		if lag > tooLate && !due.Before(resume) {
			resume = now
		}
		missed := due.Before(resume)
		began := !missed && p.start(Start{N: n, Due: due})
		n++

		p.mu.Lock()
		p.lag.Record(lag)
		p.pos.last = now
		switch {
		case missed:
			p.pos.skipped++
		case began:
			p.pos.started++
		default:
			p.pos.dropped++
		}
		p.mu.Unlock()
	}
}

// seen is what has been done so far.
func (p *pacer) seen() position {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pos
}

// pacing is how well the plan of the given length was kept, until at.
func (p *pacer) pacing(origin, at time.Time, length time.Duration, aborted bool) Pacing {
	p.mu.Lock()
	defer p.mu.Unlock()
	span := length
	if aborted {
		span = at.Sub(origin)
	}
	return Pacing{
		Planned: p.pos.due(),
		Started: p.pos.started,
		Dropped: p.pos.missed(),
		Span:    span,
		Took:    max(span, p.pos.last.Sub(origin)),
		LagP99:  p.lag.Quantile(0.99),
		LagMax:  p.lag.Max(),
	}
}
