package loadtest

import (
	"context"
	"testing"
	"time"
)

// TestAlarm is about the machine's own clock, so it really waits: 20 ms.
func TestAlarm(t *testing.T) {
	for _, fake := range []bool{false, true} {
		a := newAlarm(fake)
		defer a.close()
		ctx, cancel := context.WithCancel(t.Context())
		defer a.heed(ctx)()
		for _, wait := range []time.Duration{-time.Second, 0, time.Microsecond, 20 * time.Millisecond} {
			due := time.Now().Add(wait)
			now, ok := a.sleep(ctx, due)
			if !ok || now.Before(due) {
				t.Errorf("fake %t: woke %v too early, %t", fake, due.Sub(now), ok)
			}
		}
		awake := make(chan bool)
		go func() {
			_, ok := a.sleep(ctx, time.Now().Add(time.Hour))
			awake <- ok
		}()
		cancel()
		if <-awake {
			t.Errorf("fake %t: an hour has passed already", fake)
		}
		if _, ok := a.sleep(ctx, time.Now().Add(time.Hour)); ok {
			t.Errorf("fake %t: it sleeps though the context is done", fake)
		}
	}
}
