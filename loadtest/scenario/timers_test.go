package scenario

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestTimersAgainstASort: any sequence of set and remove leaves the heap with
// the calls that are in, and gives them out in order.
func TestTimersAgainstASort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	origin := time.Unix(0, 0)
	for range 200 {
		var heap timers
		calls := make([]*call, 40)
		for i := range calls {
			calls[i] = &call{}
		}
		for range 300 {
			c := calls[random.IntN(len(calls))]
			if random.IntN(3) == 0 {
				heap.remove(c)
			} else {
				heap.set(c, origin.Add(time.Duration(random.IntN(50))))
			}
		}
		var want []time.Time
		for _, c := range calls {
			if c.place != 0 {
				want = append(want, c.wake)
			}
		}
		slices.SortFunc(want, time.Time.Compare)
		var got []time.Time
		for len(heap) > 0 {
			at, _ := heap.next()
			got = append(got, at)
			heap.remove(heap[0])
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for _, c := range calls {
			if c.place != 0 {
				t.Fatal("a call that was removed believes it is in")
			}
		}
	}
	if _, ok := (timers)(nil).next(); ok {
		t.Error("an empty heap has a next")
	}
}
