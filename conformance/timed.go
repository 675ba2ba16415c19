package conformance

import (
	"context"
	"errors"
)

// timed tells whether a mismatch rests on time: whether the same node would have
// been judged otherwise if our clock had been read, or we had spoken, a little
// sooner or later. That is silence, for what was owed may still have come; and
// what was marked with Timed: a connection that is still open at a deadline,
// what took too long or not long enough, a count within a span. An answer, a
// content or a connection that was closed is what it is, however late we were to
// see it.
func (m *Mismatch) timed() bool { return m.Timed || m.Class == Silence }

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
	m, ok := AsMismatch(err)
	return &Mismatch{
		Class: Availability, Expected: expected, Actual: err.Error(),
		Timed: ok && m.timed() || IsTimeout(err) || errors.Is(err, context.DeadlineExceeded),
	}
}
