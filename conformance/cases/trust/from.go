package trust

import (
	"context"

	"fedge/conformance"
)

func fromCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-001",
		Title:       "From domain proved by the peer's certificate",
		Requirement: "A partner whose certificate proves one domain is refused with 403 when it speaks for another.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.3", "[MS-SIPRE] 2.2.15"},
		Needs:       proves,
		Mutants:     []conformance.Mutant{{Name: "sec.from-any", Class: conformance.Accepted}},
		Run:         spokenFor,
	}, {
		ID:          "TRU-002",
		Title:       "From is judged request by request",
		Requirement: "A connection on which a call of the partner's own domain is up gains nothing: From is judged with each request.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.3", "RFC 3261 §26.3.2.2"},
		Needs:       proves,
		Mutants:     []conformance.Mutant{{Name: "sec.first-only", Class: conformance.Accepted}},
		Run:         eachRequest,
	}, {
		ID:          "TRU-003",
		Title:       "A subdomain is another domain",
		Requirement: "A partner is refused with 403 when it speaks for a subdomain of its domain that has no record of its own.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.2", "RFC 5922 §7.3"},
		Needs:       proves,
		Mutants:     []conformance.Mutant{{Name: "sec.suffix", Class: conformance.Accepted}},
		Run:         subdomain,
	}}
}

func spokenFor(ctx context.Context, s *conformance.Stand) error {
	p, err := dial(ctx, s, s.Target.Partner)
	if err != nil {
		return err
	}
	// The same connection may speak for its own domain: else 403 says nothing.
	if err := speaks(ctx, s, p, s.Target.Partner, nil, 200); err != nil {
		return conformance.Preamble(err)
	}
	return speaks(ctx, s, p, spoofed(s), nil, 403)
}

func eachRequest(ctx context.Context, s *conformance.Stand) error {
	p, err := dial(ctx, s, s.Target.Partner)
	if err != nil {
		return err
	}
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	defer call.Hangup(ctx)
	if err := speaks(ctx, s, p, spoofed(s), nil, 403); err != nil {
		return err
	}
	// Nor does a lie cost the partner its own domain.
	return speaks(ctx, s, p, s.Target.Partner, nil, 200)
}

func subdomain(ctx context.Context, s *conformance.Stand) error {
	p, err := dial(ctx, s, s.Target.Partner)
	if err != nil {
		return err
	}
	if err := speaks(ctx, s, p, s.Target.Partner, nil, 200); err != nil {
		return conformance.Preamble(err)
	}
	below := s.Target.Partner
	below.Domain = "sales." + below.Domain
	return speaks(ctx, s, p, below, nil, 403)
}
