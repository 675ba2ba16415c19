package loadtest

import (
	"sync"
	"sync/atomic"
	"time"
)

// Tally keeps what the calls of one worker came to. Each worker has its own,
// so that its lock is never waited for; the run merges them each second.
type Tally struct {
	flight *flight

	mu       sync.Mutex
	page     *page
	inflight int64
	since    time.Time     // when inflight last changed
	area     time.Duration // of inflight over time
}

// page is what happened since it was last turned.
type page struct {
	began       int64
	established int64
	outcomes    [outcomes]int64
	exhausted   int64         // errors that say this machine ran out of something
	resident    time.Duration // sum of the ended calls' lives

	fromDue, fromSent, disconnect *Histogram
}

func newPage() *page {
	return &page{fromDue: NewHistogram(), fromSent: NewHistogram(), disconnect: NewHistogram()}
}

// Began counts a call whose first byte is about to be sent.
func (t *Tally) Began(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moved(at, 1)
	t.page.began++
}

// Established counts a call that was answered with success: due when it was
// planned, sent just before the first write, heard when the first response
// other than 100 had been read whole, at when the 2xx had. The session request
// delay ends with the first of these (RFC 6076 §4.3.1), the establishment with
// the second. It returns what the call comes to if it also ends well: one that
// took longer than the threshold to establish is recorded, but is a [Timeout].
func (t *Tally) Established(due, sent, heard, at time.Time) Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.page.fromDue.Record(heard.Sub(due))
	t.page.fromSent.Record(heard.Sub(sent))
	if at.Sub(due) > establishWithin {
		return Timeout
	}
	t.page.established++
	return OK
}

// Disconnected records how long a hang-up took to be answered.
func (t *Tally) Disconnected(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.page.disconnect.Record(took)
}

// Exhausted counts an error that blames the generator's machine; others are
// ignored. See [OutOfResources].
func (t *Tally) Exhausted(err error) {
	if !OutOfResources(err) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.page.exhausted++
}

// Ended counts the end of a call that began. It gives the slot back.
func (t *Tally) Ended(o Outcome, began, at time.Time) {
	t.mu.Lock()
	t.moved(at, -1)
	t.page.outcomes[o]++
	t.page.resident += at.Sub(began)
	t.mu.Unlock()
	t.flight.land()
}

// Refused counts a start that was accepted but never became a call, because
// there was no link to make it on. It gives the slot back.
func (t *Tally) Refused(o Outcome, at time.Time) {
	t.Began(at)
	t.Ended(o, at, at)
}

// moved integrates the number of calls in flight. The integral is made of
// moments, resident of lives: that the two agree is Little's law, and a call
// that was lost, or ended twice, breaks it.
func (t *Tally) moved(at time.Time, by int64) {
	if t.inflight > 0 {
		t.area += time.Duration(t.inflight) * at.Sub(t.since)
	}
	t.since = at
	t.inflight += by
}

// turn hands out the current page and begins on the blank one.
func (t *Tally) turn(blank *page) *page {
	t.mu.Lock()
	defer t.mu.Unlock()
	full := t.page
	t.page = blank
	return full
}

// occupied is the integral of the calls in flight until now.
func (t *Tally) occupied(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moved(now, 0)
	return t.area
}

// add merges a page and leaves it blank.
func (p *page) add(other *page) {
	p.began += other.began
	p.established += other.established
	for o, n := range other.outcomes {
		p.outcomes[o] += n
	}
	p.exhausted += other.exhausted
	p.resident += other.resident
	p.fromDue.Merge(other.fromDue)
	p.fromSent.Merge(other.fromSent)
	p.disconnect.Merge(other.disconnect)
	other.clear()
}

func (p *page) clear() {
	for _, h := range []*Histogram{p.fromDue, p.fromSent, p.disconnect} {
		if h.Count() > 0 {
			h.Reset()
		}
	}
	*p = page{fromDue: p.fromDue, fromSent: p.fromSent, disconnect: p.disconnect}
}

// completed is how many calls ended as they should, failed how many did not.
func (p *page) completed() int64 { return p.outcomes[OK] }

func (p *page) failed() int64 {
	var n int64
	for o, count := range p.outcomes {
		if Outcome(o) != OK {
			n += count
		}
	}
	return n
}

// flight counts the calls that hold a slot, over all workers.
type flight struct {
	now    atomic.Int64
	slots  int64
	landed chan struct{} // something landed and nothing is left in the air
}

func newFlight(slots int) *flight {
	return &flight{slots: int64(slots), landed: make(chan struct{}, 1)}
}

// take a slot; only the pacer takes, so looking before taking is safe.
func (f *flight) take() bool {
	if f.now.Load() >= f.slots {
		return false
	}
	f.now.Add(1)
	return true
}

func (f *flight) land() {
	if f.now.Add(-1) == 0 {
		select {
		case f.landed <- struct{}{}:
		default:
		}
	}
}
