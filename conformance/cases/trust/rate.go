package trust

import (
	"context"
	"fmt"
	"time"

	"fedge/conformance"
	"fedge/plan"
	"fedge/sip/raw"
)

func rateCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-010",
		Title:       "Throttle of discovered partners",
		Requirement: "A partner that was merely discovered gets 503 for requests beyond the limit that is set for such, 20 a second here, and a listed one does not.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §21.5.4", "RFC 7339"},
		Needs:       with(proves, changes),
		Mutants:     []conformance.Mutant{{Name: "trust.no-rate", Class: conformance.Accepted}},
		Run:         throttled,
	}, {
		ID:          "TRU-011",
		Title:       "Below a partner's limit outward",
		Requirement: "To one partner that may count us goes no more than the limit for it lets, 4 messages a second here: of calls that begin together, of PRACKs when all callees ring at once, and of BYEs when all are hung up. ACKs do not wait.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 7339"},
		Needs:       conformance.Needs{Trigger: true, DNS: true, Authority: true, Variant: true},
		Lasts:       45,
		Mutants:     []conformance.Mutant{{Name: "trust.burst", Class: conformance.Content}, {Name: "trust.pace-starts", Class: conformance.Content}},
		Run:         paced,
	}}
}

// flood is how many requests come at once: at 20 a second a node would have to
// take ten seconds over them to need no limit.
const flood = 200

func throttled(ctx context.Context, s *conformance.Stand) error {
	stranger, err := partner(s)
	if err != nil {
		return err
	}
	listed, err := partner(s)
	if err != nil {
		return err
	}
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) {
		p.Limits.Discovered = 20
		trusting(p, plan.Partner{Domain: listed.Domain, Trust: plan.Allowed})
	}})
	if err != nil {
		return err
	}
	if _, refused, err := burst(ctx, there, listed); err != nil || refused > 0 {
		return orMismatch(err, conformance.Status, "200 to all of a listed partner", fmt.Sprintf("%d of %d refused", refused, flood))
	}
	p, refused, err := burst(ctx, there, stranger)
	if err != nil || refused == 0 {
		return conformance.Timed(orMismatch(err, conformance.Accepted, "503 for some of a stranger's", fmt.Sprintf("%d requests at once are answered", flood)))
	}
	// What is refused for a second is not refused for ever.
	select {
	case <-time.After(2 * s.Second()):
	case <-ctx.Done():
		return ctx.Err()
	}
	answer, err := p.Ask(ctx, there.Options(stranger))
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}

// orMismatch prefers an error that is there already.
func orMismatch(err error, class conformance.Class, expected, actual string) error {
	if err != nil {
		return err
	}
	return &conformance.Mismatch{Class: class, Expected: expected, Actual: actual}
}

// burst asks for OPTIONS many times at once and counts the answers 503, each of
// which has to say when to come again.
func burst(ctx context.Context, s *conformance.Stand, as conformance.Identity) (p *conformance.Peer, refused int, err error) {
	if p, err = dial(ctx, s, as); err != nil {
		return nil, 0, err
	}
	var all []byte
	for range flood {
		all = append(all, s.Options(as)...)
	}
	if err := p.Send(all, fmt.Sprintf("OPTIONS, %d times", flood)); err != nil {
		return nil, 0, err
	}
	for range flood {
		answer, err := p.Await(ctx, "an answer to each OPTIONS", raw.Final())
		if err != nil {
			return nil, 0, err
		}
		if err := conformance.Gets(answer, 200, 503); err != nil {
			return nil, 0, err
		}
		if answer.Status() == 200 {
			continue
		}
		if refused++; answer.Get("Retry-After") == "" {
			return nil, 0, &conformance.Mismatch{Class: conformance.Content, Expected: "Retry-After in a 503", Actual: "none"}
		}
	}
	return p, refused, nil
}
