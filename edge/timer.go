package edge

import (
	"strconv"
	"strings"
	"time"

	"fedge/sip/gate"
	"fedge/sip/stack"
)

// shortestSession is the least session interval (RFC 4028 §4).
const shortestSession = 90 * time.Second

// sessionTimer ends a call whose peer stopped refreshing it (RFC 4028). Who
// calls us is made the refresher; who is called by us may make us refresh.
type sessionTimer struct {
	timer    *time.Timer
	interval time.Duration
	refresh  bool // it is on us
}

// agree starts the timer anew if the request wants one, and returns what the
// 2xx must say about it. One that wants us to refresh, or would not understand
// the answer, gets no timer.
func (s *sessionTimer) agree(request *stack.Message) []stack.Header {
	interval, refresher, ok := sessionExpires(request)
	if !ok || strings.EqualFold(refresher, "uas") || !has(request, "Supported", "timer") {
		s.stop()
		return nil
	}
	s.run(interval, false)
	return []stack.Header{{Name: "Require", Value: "timer"}, s.header()}
}

// told starts the timer as a 2xx to a request of ours says.
func (s *sessionTimer) told(response *stack.Message) {
	interval, refresher, ok := sessionExpires(response)
	if !ok {
		s.stop()
		return
	}
	s.run(interval, strings.EqualFold(refresher, "uac"))
}

func (s *sessionTimer) run(interval time.Duration, refresh bool) {
	s.interval, s.refresh = interval, refresh
	// The side that refreshes does so half-way, the other gives up a little
	// before the end (RFC 4028 §7.2, §10).
	wait := interval / 2
	if !refresh {
		wait = interval - min(32*time.Second, interval/3)
	}
	if s.timer == nil {
		s.timer = time.NewTimer(wait)
	} else {
		s.timer.Reset(wait)
	}
}

// header is the Session-Expires of our answers, and of our refreshes: either
// way the one who asked refreshes.
func (s *sessionTimer) header() stack.Header {
	return stack.Header{Name: "Session-Expires", Value: strconv.Itoa(int(s.interval/time.Second)) + ";refresher=uac"}
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

// sessionExpires reads the header; an interval shorter than allowed is
// stretched.
func sessionExpires(m *stack.Message) (interval time.Duration, refresher string, ok bool) {
	value, params, _ := strings.Cut(m.Header("Session-Expires"), ";")
	seconds, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return 0, "", false
	}
	refresher, _ = gate.Params(";" + params).Get("refresher")
	return max(time.Duration(seconds)*time.Second, shortestSession), refresher, true
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
