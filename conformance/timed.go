package conformance

import (
	"context"
	"errors"
	"time"
)

// timed tells whether a mismatch rests on time: whether the same node would have
// been judged otherwise if our clock had been read, or we had spoken, a little
// sooner or later. That is silence, for what was owed may still have come; what
// was waited for over a Span, such as the end of a connection; and what was marked
// with Timed: what took too long or not long enough, a count within some time. An
// answer, a content or a connection that was closed is what it is, however late we
// were to see it.
func (m *Mismatch) timed() bool { return m.Timed || m.Span > 0 || m.Class == Silence }

// hops is how many wake-ups stand between a request of ours and its answer in our
// hands, each of which may be as late as the worst that we saw.
const hops = 5

// bears is how late we may have been for a mismatch to stand: a request that got
// no answer for two seconds got none, though a timer was 60 ms late meanwhile.
func (m *Mismatch) bears() time.Duration { return max(tooLate, m.Span/hops) }

// ranOut tells whether a case came to its end because its time did: then what it
// waited for might still have come, and what was not to come as well. What the
// node did in time stands.
func (t *trial) ranOut(ctx context.Context, m *Mismatch) bool {
	end, bounded := ctx.Deadline()
	if !bounded || time.Now().Before(end) || m != nil && !m.timed() {
		return false
	}
	t.Note("the case's time, %s, was up before it was through", end.Sub(t.began).Round(time.Second))
	return true
}

// Timed marks a mismatch as one that rests on time.
func Timed(err error) error {
	if m, ok := AsMismatch(err); ok {
		m.Timed = true
	}
	return err
}

// Unavailable says that the node is not there for others. That rests on time if
// it did not come in time, not if it refused.
func Unavailable(expected string, err error) error {
	down := &Mismatch{
		Class: Availability, Expected: expected, Actual: err.Error(),
		Timed: IsTimeout(err) || errors.Is(err, context.DeadlineExceeded),
	}
	if m, ok := AsMismatch(err); ok {
		down.Timed, down.Span = m.timed(), m.Span
	}
	return down
}
