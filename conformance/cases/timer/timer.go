// Package timer holds the cases about session timers (RFC 4028).
package timer

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// Cases of the area.
func Cases() []conformance.Case {
	return slices.Concat(agreementCases(), keepingCases())
}

// on runs a case on one connection of the partner's.
func on(run func(context.Context, *conformance.Stand, *conformance.Peer) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return conformance.Preamble(err)
		}
		return run(ctx, s, p)
	}
}

// invite is an INVITE that knows session timers if supported says so, takes
// these methods, and has these lines more.
func invite(s *conformance.Stand, supported bool, allow string, lines ...string) []byte {
	b := s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID())
	if supported {
		b.Header("Supported", "timer")
	}
	b.Header("Allow", allow)
	for _, line := range lines {
		b.Line(line)
	}
	// On hold: some of these calls last, and nobody hears anything from us.
	return b.Length().Body("application/sdp", append(s.Offer(), "a=inactive\r\n"...)).Bytes()
}

// What our user agents take.
const (
	methods  = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE"
	noUpdate = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO"
)

// session is what a message says about the session's interval.
type session struct {
	seconds   int
	refresher string
	there     bool
}

// interval reads Session-Expires (RFC 4028 §4).
func interval(m *raw.Message) (session, error) {
	value := m.Get("Session-Expires")
	if value == "" {
		value = m.Get("x")
	}
	if value == "" {
		return session{}, nil
	}
	number, _, _ := strings.Cut(value, ";")
	seconds, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil {
		return session{}, conformance.Fault(conformance.Content, "a number of seconds in Session-Expires", value)
	}
	refresher, _ := m.Param("Session-Expires", "refresher")
	return session{seconds, strings.ToLower(refresher), true}, nil
}

// requires tells whether a message requires an option.
func requires(m *raw.Message, tag string) bool {
	return slices.ContainsFunc(m.List("Require"), func(s string) bool { return strings.EqualFold(s, tag) })
}

// knows tells whether a message says that its sender knows an option.
func knows(m *raw.Message, tag string) bool {
	return slices.ContainsFunc(m.List("Supported"), func(s string) bool { return strings.EqualFold(s, tag) })
}

// agreed checks what a 2xx says about an interval that was asked for.
func agreed(answer *raw.Message, asked int, refresher string) (session, error) {
	got, err := interval(answer)
	switch {
	case err != nil:
		return got, err
	case !got.there:
		return got, conformance.Fault(conformance.Content, "Session-Expires in the 200 of a node that claims session timers", "none")
	case got.seconds > asked || got.seconds < 90:
		return got, conformance.Fault(conformance.Content, fmt.Sprintf("an interval of 90 to %d s in the 200", asked), answer.Get("Session-Expires"))
	case refresher != "" && got.refresher != refresher, got.refresher != "uac" && got.refresher != "uas":
		return got, conformance.Fault(conformance.Content, "refresher="+refresher+" in the 200", answer.Get("Session-Expires"))
	case got.refresher == "uac" && !requires(answer, "timer"):
		return got, conformance.Fault(conformance.Content, "Require: timer in a 200 that makes the caller refresh", answer.Get("Require"))
	}
	return got, nil
}
