package stack

import (
	"container/list"
	"sync/atomic"
	"time"

	"fedge/sip/link"
)

// meter counts what goes to one partner, over all of its links, so that what
// can wait does: whoever merely discovered us takes so many messages a second.
// The stack's lock guards it.
type meter struct {
	s       *Stack
	partner string
	most    int           // messages in a span
	span    time.Duration // a second and a tenth: what leaves evenly need not arrive so
	links   int

	sent    []time.Duration // when the latest messages went, no more than most
	asked   []time.Duration // those of them that could have waited
	loose   atomic.Int32    // answers that went without the lock, and are not among sent yet
	ringing int             // INVITEs of ours without final answer: each will have its ACK

	within list.List // of *row: requests of calls that there are, which have precedence
	starts list.List // of *row: calls that have not begun
	rows   map[*Dialog]*row
	timer  timer
}

// longestTurn is how long a call waits to begin, in seconds of the protocol.
const longestTurn = 30

// meterOf finds or makes the meter of a link's partner, with the stack locked;
// nil: it takes any number of messages.
func (s *Stack) meterOf(l *link.Link) *meter {
	if s.cfg.Pace == nil {
		return nil
	}
	partner, most := s.cfg.Pace(l)
	if most <= 0 {
		return nil
	}
	m := s.meters[partner]
	if m == nil {
		second := s.cfg.Timers.Seconds(1)
		m = &meter{s: s, partner: partner, most: most, span: second + second/10, rows: make(map[*Dialog]*row)}
		m.timer.owner = m
		s.meters[partner] = m
	}
	m.links++
	return m
}

// part is for a link that is closed.
func (m *meter) part() {
	if m == nil {
		return
	}
	m.links--
	m.run()
}

// count is told of a message that did not wait.
func (m *meter) count() {
	now := m.s.timers.now()
	m.trim(now)
	m.went(now)
}

// trim forgets what went longer ago than a span.
func (m *meter) trim(now time.Duration) {
	m.sent, m.asked = since(now-m.span, m.sent), since(now-m.span, m.asked)
	for range min(int(m.loose.Swap(0)), m.most) {
		m.went(now)
	}
}

func (m *meter) went(now time.Duration) {
	if len(m.sent) == m.most {
		m.sent = m.sent[1:]
	}
	m.sent = append(m.sent, now)
}

// since drops the times that are not after at.
func since(at time.Duration, times []time.Duration) []time.Duration {
	for len(times) > 0 && times[0] <= at {
		times = times[1:]
	}
	return times
}

// wait says how long the next request has to wait. Places are kept for the ACKs
// of INVITEs that are open, half of all at most. And however much goes that
// cannot wait, a quarter is for what does: who floods us with requests does not
// keep our BYE from himself.
func (m *meter) wait(now time.Duration, start bool) time.Duration {
	if m.s.hurried {
		return 0
	}
	kept := m.kept(m.ringing)
	if start {
		kept = m.kept(m.ringing + 1)
	}
	least := max(1, m.most/4)
	over := len(m.sent) + kept + 1 - m.most
	if over <= 0 || len(m.asked) < least {
		return 0
	}
	return min(m.sent[over-1], m.asked[len(m.asked)-least]) + m.span - now
}

// kept is how many places are for the ACKs of so many INVITEs.
func (m *meter) kept(ringing int) int { return min(ringing, (m.most+1)/2, m.most-1) }

// lasts is how long so many requests within dialogs take, from the first to the
// last.
func (m *meter) lasts(requests int) time.Duration {
	return time.Duration(max(0, requests-1)/(m.most-m.kept(m.ringing))) * m.span
}

// hopeless tells whether a call that began to wait now would wait for too long:
// each that begins takes two places.
func (m *meter) hopeless() bool {
	return m != nil && m.starts.Len()*2 >= m.most*longestTurn
}

// run sends what may be sent, and comes back for the rest.
func (m *meter) run() {
	now := m.s.timers.now()
	m.trim(now)
	for r := m.next(); r != nil; r = m.next() {
		if wait := m.wait(now, r.line == &m.starts); wait > 0 {
			m.s.timers.start(&m.timer, wait)
			return
		}
		u := r.take()
		if u.conn.gone {
			continue
		}
		m.went(now)
		m.asked = append(m.asked, now)
		u.send()
	}
	m.rest(now)
}

// next is whose turn it is; nil: nobody waits.
func (m *meter) next() *row {
	for _, line := range []*list.List{&m.within, &m.starts} {
		if first := line.Front(); first != nil {
			return first.Value.(*row)
		}
	}
	return nil
}

// rest is for when nobody waits. A partner without links is forgotten once its
// second is over.
func (m *meter) rest(now time.Duration) {
	switch {
	case m.links > 0:
		m.s.timers.stop(&m.timer)
	case len(m.sent) > 0:
		m.s.timers.start(&m.timer, m.sent[len(m.sent)-1]+m.span-now)
	default:
		m.s.timers.stop(&m.timer)
		if m.s.meters[m.partner] == m {
			delete(m.s.meters, m.partner)
		}
	}
}

// expire is called when somebody's turn has come.
func (m *meter) expire(time.Duration) { m.run() }

// Farewell is how long it takes to say BYE in every dialog that there is.
func (s *Stack) Farewell() (longest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dialogs := make(map[*meter]int)
	for _, c := range s.conns {
		if c.meter != nil {
			dialogs[c.meter] += len(c.dialogs)
		}
	}
	for m, n := range dialogs {
		longest = max(longest, m.lasts(n))
	}
	return longest
}

// Hurry sends at once whatever waits for its turn, now and from now on: for a
// node that goes away, since a BYE that is never sent would be worse.
func (s *Stack) Hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurried = true
	for _, m := range s.meters {
		m.run()
	}
}
