package edge

import (
	"net/netip"
	"sync"
	"time"

	"fedge/mutant"
	"fedge/sip/stack"
)

// Bounds of what is remembered about addresses that did not serve us.
const (
	maxTargets    = 1024 // addresses; a peer's records name any number
	holdDown      = 30   // seconds that a dead address is tried last
	longestRefuge = 3600 // seconds that a Retry-After may keep us away
)

// target is one address of a host.
type target struct {
	host string
	addr netip.AddrPort
}

// condition is how a target is to be treated.
type condition int

const (
	well    condition = iota
	dead              // it did not answer lately: it is tried after the others
	resting           // it told us when to come back, and is left alone until then
)

// targets remembers which addresses failed, so that one that is dead costs one
// call its time and not every call, and one that is overloaded is not called
// (RFC 3261 §21.5.4).
type targets struct {
	timers stack.Timers

	mu    sync.Mutex
	known map[target]verdict
}

type verdict struct {
	condition condition
	until     time.Time
}

func newTargets(timers stack.Timers) *targets {
	return &targets{timers: timers, known: make(map[target]verdict)}
}

// condition tells how a target is; what has run out is forgotten.
func (t *targets) condition(of target) condition {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.known[of]
	if !ok || mutant.On("ovl.ignore-ra") && v.condition == resting {
		return well
	}
	if !time.Now().Before(v.until) && !mutant.On("dns.poison-failed") {
		delete(t.known, of)
		return well
	}
	return v.condition
}

// failed notes that a target did not answer as who it should be.
func (t *targets) failed(who target) { t.put(who, dead, holdDown) }

// overloaded notes that a target answered 503 and when it may be called again,
// in seconds. Without that, 503 is a refusal of one call like any other.
func (t *targets) overloaded(who target, seconds int) {
	if mutant.On("ovl.always-down") {
		seconds = max(seconds, 60)
	}
	if seconds > 0 {
		t.put(who, resting, min(seconds, longestRefuge))
	}
}

func (t *targets) put(who target, as condition, seconds int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= maxTargets {
		t.evict()
	}
	t.known[who] = verdict{as, time.Now().Add(t.timers.Seconds(seconds))}
}

// evict forgets one that has run out, or else any one.
func (t *targets) evict() {
	now := time.Now()
	evict(t.known, func(v verdict) bool { return !now.Before(v.until) })
}

// evict takes one entry out of a full table: one that is old, if there is any
// among a few, or else any one. It looks at no more, for whoever fills a table
// must not make each entry cost more the fuller it is.
func evict[K comparable, V any](table map[K]V, old func(V) bool) {
	const few = 32
	var victim K
	looked := 0
	for key, value := range table { // in no order that anybody could know
		victim = key
		if looked++; looked == few || old(value) {
			break
		}
	}
	delete(table, victim)
}

// recovered forgets that a target was dead. One that asked for a rest may well
// be there, and gets it.
func (t *targets) recovered(who target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known[who].condition == dead {
		delete(t.known, who)
	}
}
