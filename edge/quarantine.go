package edge

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"fedge/sip/link"
	"fedge/sip/stack"
)

// The guard against scanners, as Conferencing Nodes have it: so many wrong
// aliases within ten minutes, and nothing new is taken from an address for as
// long.
const (
	quarantineTime = 600  // seconds
	maxSuspects    = 4096 // addresses remembered
)

// quarantine counts wrong aliases by address. Beware: all users of a partner
// come from the one address of its Edge, so that a few who mistype, or a test,
// lock out a company. Whom the operator has listed is therefore never counted.
type quarantine struct {
	most   int // wrong aliases; 0: any number
	timers stack.Timers

	mu       sync.Mutex
	suspects map[netip.Addr]*suspect
}

type suspect struct {
	since time.Time // of the first of the wrong ones; once it is locked out: of the last
	wrong int
}

func newQuarantine(most int, timers stack.Timers) *quarantine {
	return &quarantine{most: most, timers: timers, suspects: make(map[netip.Addr]*suspect)}
}

// holds tells whether nothing new is taken from an address.
func (q *quarantine) holds(from netip.Addr, now time.Time) bool {
	if q.most == 0 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.suspects[from]
	if s != nil && now.Sub(s.since) >= q.timers.Seconds(quarantineTime) {
		delete(q.suspects, from)
		return false
	}
	return s != nil && s.wrong >= q.most
}

// wrong notes a call to an alias that is not there, and tells whether the
// address is in quarantine from now on.
func (q *quarantine) wrong(from netip.Addr, now time.Time) (begins bool) {
	if q.most == 0 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.suspects[from]
	if s == nil || now.Sub(s.since) >= q.timers.Seconds(quarantineTime) {
		if s == nil && len(q.suspects) >= maxSuspects {
			evict(q.suspects, func(s *suspect) bool { return now.Sub(s.since) >= q.timers.Seconds(quarantineTime) })
		}
		s = &suspect{since: now}
		q.suspects[from] = s
	}
	if s.wrong++; s.wrong == q.most {
		s.since = now
		return true
	}
	return false
}

// Suspect is an address in quarantine, as Admin shows it.
type Suspect struct {
	Address netip.Addr `json:"address"`
	Until   time.Time  `json:"until"`
}

// list tells which addresses nothing new is taken from, in their order.
func (q *quarantine) list(now time.Time) []Suspect {
	q.mu.Lock()
	defer q.mu.Unlock()
	held := []Suspect{}
	for from, s := range q.suspects {
		if until := s.since.Add(q.timers.Seconds(quarantineTime)); q.most > 0 && s.wrong >= q.most && now.Before(until) {
			held = append(held, Suspect{from, until})
		}
	}
	slices.SortFunc(held, func(a, b Suspect) int { return a.Address.Compare(b.Address) })
	return held
}

// release forgets what is held against an address, and tells whether there was
// anything.
func (q *quarantine) release(from netip.Addr) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, known := q.suspects[from]
	delete(q.suspects, from)
	return known
}

var errQuarantine = errors.New("edge: too many wrong aliases came from this address")

// barred tells whether a call comes from an address in quarantine.
func (e *Edge) barred(l *link.Link) bool {
	if !e.prison.holds(l.RemoteAddr().Addr(), time.Now()) || e.trust.listed(l.Peer()) {
		return false
	}
	e.config.Metrics.TurnedAway("quarantine")
	return true
}

// misdialled counts a call to nowhere against the address that it came from.
func (e *Edge) misdialled(l *link.Link, why error) {
	from := l.RemoteAddr().Addr()
	if !errors.Is(why, errUnknownRoom) || e.trust.listed(l.Peer()) || !e.prison.wrong(from, time.Now()) {
		return
	}
	e.log.Warn("quarantine: too many wrong aliases; new calls from this address are refused for ten minutes",
		"address", from.String(), "peer", l.Remote(), "wrong", e.config.Plan.Limits.WrongAliases)
}

// deleteQuarantine lets an address call again: a partner that was locked out by
// a few who mistyped cannot wait for ten minutes.
func (e *Edge) deleteQuarantine(w http.ResponseWriter, r *http.Request) {
	from, err := netip.ParseAddr(r.PathValue("address"))
	if err != nil || !e.prison.release(from) {
		reply(w, http.StatusNotFound, problem{Error: "nothing is held against this address"})
		return
	}
	e.log.Info("quarantine lifted", "address", from.String())
	reply(w, http.StatusOK, map[string]string{"released": from.String()})
}
