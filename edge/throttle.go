package edge

import (
	"errors"
	"sync"
	"time"

	"fedge/mutant"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// maxThrottled bounds the peers that are counted.
const maxThrottled = 4096

// throttle counts the requests of partners that nobody has listed, second by
// second, each peer by itself.
type throttle struct {
	most   int // a second; 0: any number
	timers stack.Timers

	mu    sync.Mutex
	peers map[string]*tally
}

// tally is one peer's second.
type tally struct {
	second time.Time
	count  int
}

func newThrottle(most int, timers stack.Timers) *throttle {
	return &throttle{most: most, timers: timers, peers: make(map[string]*tally)}
}

// passes tells whether one more request of the peer may be served now. It does
// not block.
func (t *throttle) passes(peer string, now time.Time) bool {
	if t.most == 0 || mutant.On("trust.no-rate") {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	second := t.timers.Seconds(1)
	p := t.peers[peer]
	if p == nil {
		if len(t.peers) >= maxThrottled {
			evict(t.peers, func(p *tally) bool { return now.Sub(p.second) >= second }) // its second begins anew
		}
		p = &tally{second: now}
		t.peers[peer] = p
	}
	if now.Sub(p.second) >= second {
		p.second, p.count = now, 0
	}
	p.count++
	return p.count <= t.most
}

// errThrottled: a partner that nobody has listed sends too much.
var errThrottled = errors.New("edge: a partner that was only discovered sends more requests a second than it may")

// busy tells whether a peer has to wait with a request that begins something
// new. Requests of calls that are up are always served.
func (e *Edge) busy(l *link.Link, peer link.Identity) error {
	if e.throttle.most > 0 && !e.trust.listed(peer) && !e.throttle.passes(l.Remote(), time.Now()) {
		e.config.Metrics.TurnedAway("throttle")
		return errThrottled
	}
	return nil
}
