package edge

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"fedge/mutant"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// Session intervals, in seconds of the protocol.
const (
	shortestSession = 90 // RFC 4028 §4
	usualSession    = 1800
	ampleSession    = 24 * 60 * 60 // of what is wanted we agree to no more; whoever is gone must not hold a place for years
	longestSession  = 1<<31 - 1    // that we can count
)

// sessionTimer keeps a session alive, or ends it when nobody does (RFC 4028).
// Who calls us refreshes unless he wants us to; whom we call decides.
type sessionTimer struct {
	timers   stack.Timers
	timer    *time.Timer
	interval int       // in seconds of the protocol
	least    int       // the largest Min-SE that we were told: it binds what we ask for, never what we are asked
	refresh  bool      // it is on us
	update   bool      // the peer takes UPDATE
	end      time.Time // without refresh the session is over then
}

// expires is what a message says about the session's interval.
type expires struct {
	seconds   int
	refresher string // "uac", "uas" or ""
	there     bool
	bad       bool
}

// sessionExpires reads the header (§4).
func sessionExpires(m *stack.Message) (e expires) {
	if !m.Has("Session-Expires") {
		return e
	}
	value, params, _ := strings.Cut(m.Header("Session-Expires"), ";")
	e.refresher, _ = gate.Params(";" + params).Get("refresher")
	e.refresher = strings.ToLower(e.refresher)
	e.seconds, e.there = interval(value)
	e.bad = !e.there
	return e
}

// interval reads delta-seconds, which may have any number of digits: what is more
// than we can count is as much as we can.
func interval(value string) (seconds int, ok bool) {
	value = strings.TrimSpace(value)
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return longestSession, true
	}
	return int(n), true
}

// errInterval: 422, or 400 for what is no interval.
var errInterval = errors.New("edge: its session interval cannot be served")

// tooShort says what stands against the interval that a request wants (§9); a
// zero Status: nothing.
func tooShort(request *stack.Message) (no stack.Response) {
	e := sessionExpires(request)
	switch {
	case e.bad:
		return stack.Response{Status: 400, Reason: "Bad Session-Expires"}
	case !e.there || e.seconds >= shortestSession || !has(request, "Supported", "timer"):
		return no
	case mutant.On("st.no-422"), mutant.On("st.zero") && e.seconds == 0:
		return no
	}
	return stack.Response{Status: 422, Headers: []stack.Header{{Name: "Min-SE", Value: strconv.Itoa(shortestSession)}}}
}

// agree starts the timer anew if the request wants one, and returns what the
// 2xx must say about it: never more than the request wants (§9). Who does not
// know timers was given one by a proxy on the way; then it is on us, and there
// is none if that would be too short to agree to: a 422 would mean nothing to
// him.
func (s *sessionTimer) agree(request *stack.Message) []stack.Header {
	e := sessionExpires(request)
	s.heard(request)
	if mutant.On("st.force") && !e.there {
		return []stack.Header{{Name: "Require", Value: "timer"}, {Name: "Session-Expires", Value: "1800;refresher=uac"}}
	}
	if !e.there || e.seconds < shortestSession || mutant.On("st.none") {
		s.stop()
		return nil
	}
	knows := has(request, "Supported", "timer")
	s.run(min(e.seconds, max(ampleSession, minimum(request))), !knows || e.refresher == "uas")
	headers := []stack.Header{s.header(s.interval, "uas", "uac")}
	if knows {
		headers = append(headers, stack.Header{Name: "Require", Value: "timer"})
	}
	if mutant.On("st.no-echo") {
		return nil
	}
	return headers
}

// told starts the timer as a 2xx to a request of ours says. One that does not
// name who refreshes leaves it to us.
func (s *sessionTimer) told(response *stack.Message) {
	e := sessionExpires(response)
	s.heard(response)
	if !e.there {
		s.stop()
		return
	}
	s.run(max(e.seconds, shortestSession), e.refresher != "uas")
}

// heard learns from a message of the peer's what it takes.
func (s *sessionTimer) heard(m *stack.Message) {
	if m.Has("Allow") {
		s.update = has(m, "Allow", "UPDATE")
	}
	s.atLeast(minimum(m))
}

// minimum is the Min-SE of a message, 0 without one. One beyond the interval
// beside it contradicts that (§7.1) and counts for no more than it.
func minimum(m *stack.Message) int {
	value, _, _ := strings.Cut(m.Header("Min-SE"), ";")
	least, _ := interval(value)
	if e := sessionExpires(m); e.there {
		least = min(least, e.seconds)
	}
	return least
}

// atLeast keeps to a Min-SE.
func (s *sessionTimer) atLeast(seconds int) { s.least = max(s.least, min(seconds, longestSession)) }

// run begins an interval. The side that refreshes does so half-way; without
// refresh both give up a little before the end (§7.2, §10).
func (s *sessionTimer) run(interval int, refresh bool) {
	s.interval, s.refresh = interval, refresh
	left := s.timers.Seconds(s.interval - min(32, s.interval/3))
	s.end = time.Now().Add(left)
	if refresh && !mutant.On("st.no-refresh") {
		left = s.timers.Seconds(s.interval) / 2
	}
	s.wake(left)
}

// wake lets the timer come due after a while.
func (s *sessionTimer) wake(after time.Duration) {
	if s.timer == nil {
		s.timer = time.NewTimer(after)
	} else {
		s.timer.Reset(after)
	}
}

// over tells whether the session has run out.
func (s *sessionTimer) over() bool {
	return !s.refresh || !time.Now().Before(s.end) || mutant.On("st.no-refresh")
}

// later tries a refresh that was refused for the moment again: after that many
// seconds, or half-way to the end.
func (s *sessionTimer) later(seconds int) {
	left := time.Until(s.end)
	wait := s.timers.Seconds(seconds)
	if seconds == 0 {
		wait = left / 2
	}
	// Some spread, so that both ends do not meet again (RFC 3261 §14.1).
	s.wake(min(wait+rand.N(s.timers.Seconds(1)), left))
}

// header is a Session-Expires of ours that names as refresher ours, or theirs.
func (s *sessionTimer) header(interval int, ours, theirs string) stack.Header {
	who := theirs
	if s.refresh {
		who = ours
	}
	return stack.Header{Name: "Session-Expires", Value: strconv.Itoa(interval) + ";refresher=" + who}
}

// refreshing are the headers of a refresh of ours (§7.4), which asks for what
// there is, or for the least that will do.
func (s *sessionTimer) refreshing() []stack.Header {
	return append(s.minimal(), s.header(max(s.interval, s.least), "uac", "uas"))
}

// wants puts into the headers of our INVITE what we want, in place of what we
// wanted before: the callee says who refreshes (§7.1).
func (s *sessionTimer) wants(headers []stack.Header) []stack.Header {
	headers = slices.DeleteFunc(slices.Clone(headers), func(h stack.Header) bool {
		return h.Name == "Session-Expires" || h.Name == "Min-SE"
	})
	value := strconv.Itoa(max(usualSession, s.least))
	return append(append(headers, s.minimal()...), stack.Header{Name: "Session-Expires", Value: value})
}

func (s *sessionTimer) minimal() []stack.Header {
	if s.least == 0 {
		return nil
	}
	return []stack.Header{{Name: "Min-SE", Value: strconv.Itoa(s.least)}}
}

// due is when the session must be refreshed, or has expired; never while no
// timer runs.
func (s *sessionTimer) due() <-chan time.Time {
	if s.timer == nil {
		return nil
	}
	return s.timer.C
}

func (s *sessionTimer) stop() {
	if s.timer != nil {
		s.timer.Stop()
	}
}

// has tells whether a list header holds an option tag.
func has(m *stack.Message, name, tag string) bool {
	for member := range m.List(name) {
		if strings.EqualFold(member, tag) {
			return true
		}
	}
	return false
}
