// Package trust holds the cases about trust: who may speak for which domain.
package trust

import (
	"context"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-001",
		Title:       "From domain proved by the peer's certificate",
		Requirement: "A partner whose certificate proves one domain is refused with 403 when it speaks for another.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.3", "[MS-SIPRE] 2.2.15"},
		Needs:       conformance.Needs{FromAuthorisation: true, ClientCertificate: true, Media: true},
		Mutants:     []conformance.Mutant{{Name: "sec.from-any", Class: conformance.Accepted}},
		Run:         spokenFor,
	}}
}

func spokenFor(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	// The same connection may speak for its own domain: else 403 says nothing.
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	call.Hangup(ctx)
	spoofed := s.Target.Partner
	spoofed.Domain = "spoofed." + s.Target.Partner.Domain
	answer, err := p.Ask(ctx, s.Invite(spoofed, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	switch {
	case answer.Status() < 300:
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "403", Actual: answer.StartLine + " for From domain " + spoofed.Domain}
	case answer.Status() != 403:
		return &conformance.Mismatch{Class: conformance.Status, Expected: "403", Actual: answer.StartLine}
	}
	return nil
}
