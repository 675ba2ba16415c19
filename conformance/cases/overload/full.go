package overload

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"fedge/conformance"
)

func fullCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "OVL-001",
		Title:       "A full node says when to come back",
		Requirement: "A node that carries as many calls as it may refuses the next with 503 and Retry-After.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §21.5.4", "RFC 3261 §20.33"},
		Needs:       fullNode,
		Mutants:     []conformance.Mutant{{Name: "ovl.no-ra", Class: conformance.Content}},
		Run: whenFull(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer, call *conformance.Call) error {
			return refused(ctx, s, p)
		}),
	}, {
		ID:          "OVL-004",
		Title:       "A full node serves the calls that it has",
		Requirement: "While new calls are refused for lack of room, requests within calls are served, and BYE above all.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5390 §5", "RFC 7339 §5.10.1"},
		Needs:       fullNode,
		Mutants:     []conformance.Mutant{{Name: "ovl.drop-bye", Class: conformance.Status}},
		Run: whenFull(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer, call *conformance.Call) error {
			for _, method := range []string{"OPTIONS", "BYE"} {
				answer, err := call.Request(ctx, method)
				if err != nil {
					return err
				}
				if err := conformance.Gets(answer, 200); err != nil {
					return err
				}
			}
			return nil
		}),
	}, {
		ID:          "OVL-005",
		Title:       "A node that was full takes calls again",
		Requirement: "When a call of a full node has ended the next one is answered.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5390 §5"},
		Needs:       fullNode,
		Mutants:     []conformance.Mutant{{Name: "ovl.sticky", Class: conformance.Status}},
		Run: whenFull(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer, call *conformance.Call) error {
			if err := refused(ctx, s, p); err != nil {
				return conformance.Preamble(err)
			}
			call.Hangup(ctx)
			answer, err := s.Try(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
			if err != nil {
				return err
			}
			return conformance.Gets(answer, 200)
		}),
	}, {
		ID:          "OVL-009",
		Title:       "One partner's flood leaves room for another",
		Requirement: "A partner that fills a node with calls does not fill it: another partner's call is answered.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5390 §5", "RFC 7339 §5.10.2"},
		Needs:       conformance.Needs{Media: true, ClientCertificate: true, Variant: true, Authority: true, DNS: true},
		Mutants:     []conformance.Mutant{{Name: "ovl.no-fair", Class: conformance.Status}},
		Run:         flooded,
	}}
}

// whenFull puts a node to the test that carries one call, and does.
func whenFull(then func(context.Context, *conformance.Stand, *conformance.Peer, *conformance.Call) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		there, err := holding(ctx, s, 1)
		if err != nil {
			return err
		}
		p, err := dial(ctx, there, s.Target.Partner)
		if err != nil {
			return err
		}
		call, err := there.Establish(ctx, p, there.Invite(s.Target.Partner, s.Offer()).Bytes())
		if err != nil {
			return conformance.Preamble(err)
		}
		return then(ctx, there, p, call)
	}
}

// delay is a Retry-After's number of seconds.
var delay = regexp.MustCompile(`^[0-9]{1,9}(\s*[(;].*)?$`)

// refused wants a call turned away for lack of room, and told for how long.
func refused(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	answer, err := s.Try(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 503); err != nil {
		return err
	}
	if after := answer.Get("Retry-After"); !delay.MatchString(after) {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "Retry-After in a 503", Actual: fmt.Sprintf("%q", after)}
	}
	return nil
}

func flooded(ctx context.Context, s *conformance.Stand) error {
	const room = 10
	there, err := holding(ctx, s, room)
	if err != nil {
		return err
	}
	other, err := another(s)
	if err != nil {
		return err
	}
	p, err := dial(ctx, there, s.Target.Partner)
	if err != nil {
		return err
	}
	up := 0
	for range 2 * room {
		if _, err := there.Establish(ctx, p, there.Invite(s.Target.Partner, s.Offer()).Bytes()); err == nil {
			up++
		}
	}
	s.Note("of %d calls of one partner %d are up", 2*room, up)
	if up < room/2 {
		return conformance.Preamble(fmt.Errorf("a node for %d calls takes %d of one partner", room, up))
	}
	q, err := dial(ctx, there, other)
	if err != nil {
		return err
	}
	began := time.Now()
	answer, err := there.Try(ctx, q, there.Invite(other, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	s.Note("the other's call took %s", time.Since(began))
	return conformance.Gets(answer, 200)
}
