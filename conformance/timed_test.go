package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"fedge/sip/link"
)

// TestTimed says what rests on time: silence, what is marked, and a node that is
// not there for others because it does not answer in time.
func TestTimed(t *testing.T) {
	dial := func(err error) error { return &link.DialError{Stage: link.Connect, Err: err} }
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"silence", Fault(Silence, "200", "nothing"), true},
		{"an answer to what is to be refused", Fault(Accepted, "403", "200"), false},
		{"a connection that was closed", Fault(Closed, "200", "the end"), false},
		{"another status", Fault(Status, "200", "500"), false},
		{"open for a span", &Mismatch{Class: Accepted, Span: time.Second}, true},
		{"down: open for a span", Unavailable("a node that lives", &Mismatch{Class: Accepted, Span: time.Second}), true},
		{"marked", Timed(Fault(Accepted, "the end", "open after 2 s")), true},
		{"marked, wrapped", Timed(fmt.Errorf("case: %w", Fault(Accepted, "the end", "open after 2 s"))), true},
		{"down: silent", Unavailable("a node that lives", fmt.Errorf("a call: %w", Fault(Silence, "200", "nothing"))), true},
		{"down: the connection takes too long", Unavailable("a node that lives", dial(os.ErrDeadlineExceeded)), true},
		{"down: the connection takes longer than the case", Unavailable("a node that lives", dial(context.DeadlineExceeded)), true},
		{"down: refused", Unavailable("a node that lives", dial(syscall.ECONNREFUSED)), false},
		{"down: another status", Unavailable("a node that lives", Fault(Status, "200", "500")), false},
	} {
		if m, ok := AsMismatch(test.err); !ok || m.timed() != test.want {
			t.Errorf("%s: rests on time: %t, want %t", test.name, !test.want, test.want)
		}
	}
	if ours := errors.New("out of memory"); Timed(ours) != ours || Timed(nil) != nil {
		t.Error("what is no mismatch does not come back as it was")
	}
}

// TestRanOut: what a case came to because its own time was up holds nothing
// against the node and nothing for it; what the node did in time stands.
func TestRanOut(t *testing.T) {
	silence, refusal := &Mismatch{Class: Silence, Span: 75 * time.Second}, &Mismatch{Class: Status}
	for _, test := range []struct {
		name     string
		took     time.Duration
		mismatch *Mismatch
		want     bool
	}{
		{"silence in time", 14 * time.Second, silence, false},
		{"silence cut short", 15 * time.Second, silence, true},
		{"a pass in time", 14 * time.Second, nil, false},
		{"a pass, or trouble of ours, when the time was up", 15 * time.Second, nil, true},
		{"another status, and then the time was up", 16 * time.Second, refusal, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			one := &trial{began: time.Now()}
			time.Sleep(test.took)
			if got := one.ranOut(ctx, test.mismatch); got != test.want || len(one.notes) > 0 != test.want {
				t.Errorf("%s: %t (%q), want %t", test.name, got, one.notes, test.want)
			}
		})
	}
}
