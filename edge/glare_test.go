package edge

import (
	"testing"
	"testing/synctest"
	"time"

	"fedge/sip/stack"
)

// After 491 who made up the Call-ID waits longer than the other, so that one of
// them is first (RFC 3261 §14.1).
func TestCrossed(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			for _, c := range []struct {
				owner       bool
				least, most time.Duration
			}{
				{true, 2100 * time.Millisecond, 4 * time.Second},
				{false, 0, 2 * time.Second},
			} {
				s := sessionTimer{timers: stack.Timers{}, end: time.Now().Add(time.Minute)}
				began := time.Now()
				s.crossed(c.owner)
				<-s.due()
				if took := time.Since(began); took < c.least || took > c.most || took%(10*time.Millisecond) != 0 {
					t.Errorf("owner %v: again after %v", c.owner, took)
				}
			}
			s := sessionTimer{end: time.Now().Add(time.Second)}
			began := time.Now()
			s.crossed(true)
			<-s.due()
			if took := time.Since(began); took != time.Second {
				t.Errorf("the session's end comes first, not after %v", took)
			}
		})
	}
}
