package stack

import "time"

// timer is one deadline of a transaction. It runs in the stack's queue, so that
// a hundred thousand of them cost one runtime timer and no goroutine.
type timer struct {
	at    time.Duration // on the stack's clock
	place int           // in the queue, from 1; 0: it does not run
	owner expirer
}

// expirer is what a timer belongs to. expire is called with the stack locked.
type expirer interface{ expire(now time.Duration) }

// timers is a heap, the earliest first.
type timers struct {
	epoch time.Time
	queue []*timer
	alarm *time.Timer
	armed time.Duration // when alarm rings; 0: it does not
}

// now is the stack's clock: monotonic, so that no jump of the wall clock can
// end a call.
func (q *timers) now() time.Duration { return time.Since(q.epoch) }

// start lets t expire after a while; if it runs, anew.
func (q *timers) start(t *timer, after time.Duration) {
	t.at = q.now() + max(after, 0)
	if t.place == 0 {
		q.queue = append(q.queue, t)
		t.place = len(q.queue)
	}
	q.up(t.place)
	q.down(t.place)
	q.arm()
}

// stop ends t before its time. Stopping one that does not run is no mistake.
func (q *timers) stop(t *timer) {
	if t.place == 0 {
		return
	}
	hole, last := t.place, len(q.queue)
	q.swap(hole, last)
	q.queue[last-1] = nil
	q.queue = q.queue[:last-1]
	t.place = 0
	if hole < last {
		q.up(hole)
		q.down(hole)
	}
}

// run expires what is due.
func (q *timers) run() {
	q.armed = 0
	for now := q.now(); len(q.queue) > 0 && q.queue[0].at <= now; {
		t := q.queue[0]
		q.stop(t)
		t.owner.expire(now)
	}
	q.arm()
}

// arm sets the alarm for the earliest timer, unless it rings by then anyway.
func (q *timers) arm() {
	if len(q.queue) == 0 || q.armed != 0 && q.armed <= q.queue[0].at {
		return
	}
	q.armed = q.queue[0].at
	q.alarm.Reset(q.armed - q.now())
}

func (q *timers) up(i int) {
	for i > 1 && q.queue[i-1].at < q.queue[i/2-1].at {
		q.swap(i, i/2)
		i /= 2
	}
}

func (q *timers) down(i int) {
	for {
		least := i
		for child := 2 * i; child <= 2*i+1 && child <= len(q.queue); child++ {
			if q.queue[child-1].at < q.queue[least-1].at {
				least = child
			}
		}
		if least == i {
			return
		}
		q.swap(i, least)
		i = least
	}
}

func (q *timers) swap(i, j int) {
	q.queue[i-1], q.queue[j-1] = q.queue[j-1], q.queue[i-1]
	q.queue[i-1].place, q.queue[j-1].place = i, j
}
