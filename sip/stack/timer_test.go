package stack

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// ticked is an owner that writes down when it expires.
type ticked struct {
	timer timer
	due   time.Duration
	at    []time.Duration
}

func (o *ticked) expire(now time.Duration) { o.at = append(o.at, now) }

// TestTimers starts, moves and stops a thousand timers at random.
func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Host: node})
		random := rand.New(rand.NewPCG(1, 2))
		owners := make([]*ticked, 1000)
		for i := range owners {
			owners[i] = new(ticked)
			owners[i].timer.owner = owners[i]
		}
		s.mu.Lock()
		for range 5000 {
			o := owners[random.IntN(len(owners))]
			if random.IntN(4) == 0 {
				s.timers.stop(&o.timer)
				o.due = 0
				continue
			}
			o.due = time.Duration(1+random.IntN(100_000)) * time.Millisecond
			s.timers.start(&o.timer, o.due)
		}
		running := len(s.timers.queue)
		s.mu.Unlock()
		if want := len(slices.DeleteFunc(slices.Clone(owners), func(o *ticked) bool { return o.due == 0 })); running != want {
			t.Errorf("%d timers run, want %d", running, want)
		}
		time.Sleep(101 * time.Second)
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, o := range owners {
			if want := []time.Duration{o.due}; o.due == 0 && o.at != nil || o.due != 0 && !slices.Equal(o.at, want) {
				t.Fatalf("timer %d expired at %v, want %v", i, o.at, o.due)
			}
		}
	})
}
