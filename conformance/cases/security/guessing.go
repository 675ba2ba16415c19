package security

import (
	"context"
	"fmt"
	"math"

	"fedge/conformance"
	"fedge/sip/raw"
)

// guessing is the case about what a stranger could guess.
func guessing() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-009",
		Title:       "Names that nobody guesses",
		Requirement: "The tags, branches and Call-IDs of a node are all different and random, with 32 bits and more: neither a counter nor a clock.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §19.3", "RFC 3261 §8.1.1.7", "RFC 3261 §8.1.1.4"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     conformance.Kills("sec.weak-rand", conformance.Content),
		Run:         random,
	}}
}

// How many names are looked at. A call takes longer than OPTIONS.
const (
	manyTags  = 500
	manyCalls = 12
	bits      = 32 // RFC 3261 §19.3
)

func random(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	seen := map[string][]string{}
	const batch = 50 // at once
	for range manyTags / batch {
		for range batch {
			if err := p.Send(s.Options(s.Target.Partner), "OPTIONS"); err != nil {
				return err
			}
		}
		for range batch {
			answer, err := p.Await(ctx, "an answer to OPTIONS", raw.Final())
			if err != nil {
				return err
			}
			seen["tags of OPTIONS"] = append(seen["tags of OPTIONS"], answer.Tag("To"))
		}
	}
	for range manyCalls {
		call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
		if err != nil {
			return conformance.Preamble(err)
		}
		seen["tags of calls"] = append(seen["tags of calls"], call.Answer.Tag("To"))
		call.Hangup(ctx)
	}
	if i := s.Target.Instruments; i.Place != nil && i.Zones.Publish != nil && i.Issue != nil {
		if err := outgoing(ctx, s, seen); err != nil {
			return err
		}
	}
	for what, names := range seen {
		n := entropy(names)
		s.Note("%d %s: at least %.0f bits vary", len(names), what, n)
		if n < bits {
			return content(fmt.Sprintf("%d different %s, of which %d bits vary", len(names), what, bits), fmt.Sprintf("%.0f bits: %q", n, names[:3]))
		}
	}
	return nil
}

// outgoing collects the names of calls that the node makes.
func outgoing(ctx context.Context, s *conformance.Stand, seen map[string][]string) error {
	for range manyCalls {
		in, err := s.Called(ctx)
		if err != nil {
			return err
		}
		branch, _ := in.Invite.Param("Via", "branch")
		for what, name := range map[string]string{"branches": branch, "From tags": in.Invite.Tag("From"), "Call-IDs": in.Invite.CallID()} {
			seen[what] = append(seen[what], name)
		}
		if err := in.Decline(ctx); err != nil {
			return err
		}
	}
	return nil
}

// entropy is how many bits can be seen to vary in names: by the characters that
// were found at each of their places. It is 0 when one of them came twice.
func entropy(names []string) (bits float64) {
	places, all := map[int]map[byte]bool{}, map[string]bool{}
	for _, name := range names {
		if all[name] || name == "" {
			return 0
		}
		all[name] = true
		for i := range len(name) {
			if places[i] == nil {
				places[i] = map[byte]bool{}
			}
			places[i][name[i]] = true
		}
	}
	for _, found := range places {
		bits += math.Log2(float64(len(found)))
	}
	return bits
}
