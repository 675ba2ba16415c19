package scenario

import "time"

// timers holds calls by when they want to be looked at again: a binary heap in
// which a call knows its place, so that it can be moved without a search.
type timers []*call

// next is when the first call wants to be looked at; false when none does.
func (t timers) next() (time.Time, bool) {
	if len(t) == 0 {
		return time.Time{}, false
	}
	return t[0].wake, true
}

// set moves the call to a new time, or puts it in.
func (t *timers) set(c *call, wake time.Time) {
	if c.place == 0 {
		c.wake = wake
		*t = append(*t, c)
		c.place = len(*t)
		t.up(c.place - 1)
		return
	}
	before := c.wake
	c.wake = wake
	if wake.Before(before) {
		t.up(c.place - 1)
	} else {
		t.down(c.place - 1)
	}
}

// remove takes the call out, if it is in.
func (t *timers) remove(c *call) {
	if c.place == 0 {
		return
	}
	h := *t
	i, last := c.place-1, len(h)-1
	c.place = 0
	moved := h[last]
	h[last] = nil
	*t = h[:last]
	if i == last {
		return
	}
	t.put(i, moved)
	t.up(i)
	t.down(moved.place - 1)
}

// put a call where another one was. Places count from 1, so that the zero
// value of a call is one that is not in.
func (t timers) put(i int, c *call) {
	t[i] = c
	c.place = i + 1
}

func (t timers) up(i int) {
	for c := t[i]; i > 0; {
		parent := (i - 1) / 2
		if !c.wake.Before(t[parent].wake) {
			return
		}
		t.put(i, t[parent])
		t.put(parent, c)
		i = parent
	}
}

func (t timers) down(i int) {
	for c := t[i]; ; {
		child := 2*i + 1
		if child >= len(t) {
			return
		}
		if right := child + 1; right < len(t) && t[right].wake.Before(t[child].wake) {
			child = right
		}
		if !t[child].wake.Before(c.wake) {
			return
		}
		t.put(i, t[child])
		t.put(child, c)
		i = child
	}
}
