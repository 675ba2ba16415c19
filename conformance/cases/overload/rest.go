package overload

import (
	"context"
	"fmt"
	"sync/atomic"

	"fedge/conformance"
	"fedge/sip/raw"
)

func restCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "OVL-002",
		Title:       "Retry-After is obeyed",
		Requirement: "A server that answers 503 with Retry-After gets no new call before that time, ten seconds here, is over, and gets them again then.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §21.5.4", "RFC 3261 §20.33"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "ovl.ignore-ra", Class: conformance.Accepted}},
		Run:         leftAlone,
	}, {
		ID:          "OVL-003",
		Title:       "503 without Retry-After is the end of one call",
		Requirement: "A server that answers 503 without Retry-After is treated as if it had answered 500: the next call goes to it.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §21.5.4"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "ovl.always-down", Class: conformance.Content}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			to, desk, err := busyPartner(ctx, s, nil)
			if err != nil {
				return err
			}
			for n := range 2 {
				placed, err := place(ctx, s, to.Domain)
				if err != nil {
					return err
				}
				if desk.Count() != n+1 {
					return &conformance.Mismatch{Class: conformance.Content, Expected: "a call to the server that answered 503", Actual: placed.Body}
				}
				if err := told(placed, 503); err != nil {
					return err
				}
			}
			return nil
		},
	}}
}

// busyPartner answers every call with 503; say adds to the first answer.
func busyPartner(ctx context.Context, s *conformance.Stand, say func(*raw.Builder)) (*conformance.Partner, *conformance.Desk, error) {
	to, err := s.Partner(ctx)
	if err != nil {
		return nil, nil, err
	}
	var count atomic.Int64
	return to, s.Desk(ctx, to.Edge, func(p *conformance.Peer, invite *raw.Message) error {
		if count.Add(1) > 1 {
			return p.Respond(invite, 503, "Service Unavailable", nil)
		}
		return p.Respond(invite, 503, "Service Unavailable", say)
	}), nil
}

func leftAlone(ctx context.Context, s *conformance.Stand) error {
	to, desk, err := busyPartner(ctx, s, func(b *raw.Builder) { b.Header("Retry-After", "10 (overloaded)") })
	if err != nil {
		return err
	}
	for range 3 {
		placed, err := place(ctx, s, to.Domain)
		if err != nil {
			return err
		}
		if placed.Status < 400 {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "the call to fail", Actual: placed.Body}
		}
	}
	came := desk.Times()
	switch {
	case len(came) == 0:
		return conformance.Preamble(fmt.Errorf("no call came to %s", to.Domain))
	case len(came) > 1 && came[1].Sub(came[0]) < 10*s.Second(): // else we were slow
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: fmt.Sprintf("no call within %s of the 503", 10*s.Second()), Actual: fmt.Sprintf("one after %s", came[1].Sub(came[0])), Timed: true}
	}
	if err := s.Wait(ctx, 11*s.Second()); err != nil {
		return err
	}
	placed, err := place(ctx, s, to.Domain)
	if err != nil {
		return err
	}
	if desk.Count() == len(came) {
		return &conformance.Mismatch{Class: conformance.Silence, Expected: "a call after the ten seconds", Actual: placed.Body}
	}
	return nil
}
