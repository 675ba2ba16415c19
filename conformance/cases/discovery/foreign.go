package discovery

import (
	"context"

	"fedge/conformance"
	"fedge/plan"
)

func foreignCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-024",
		Title:       "A record that leads to another domain",
		Requirement: "A server outside the domain that is called gets no call by a certificate for its own name alone, unless it is configured as a hosting provider's.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.1", "RFC 3263 §8"},
		Needs:       conformance.Needs{Trigger: true, DNS: true, Authority: true, Variant: true},
		Mutants:     []conformance.Mutant{{Name: "trust.srv-any-target", Class: conformance.Accepted}},
		Run:         elsewhere,
	}}
}

func elsewhere(ctx context.Context, s *conformance.Stand) error {
	d, other := newSite(s), newSite(s)
	e, desk, err := other.desk(ctx, "edge")
	if err != nil {
		return err
	}
	if err := s.Publish(other.domain, at("edge", e)); err != nil {
		return err
	}
	if err := s.Publish(d.domain, to(0, 0, other.host("edge")+".", e)); err != nil {
		return err
	}
	placed, err := d.call(ctx)
	if err != nil {
		return err
	}
	if desk.Count() > 0 || placed.Status < 400 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "no call to " + other.host("edge"), Actual: placed.Body}
	}
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.Providers = []string{other.host("edge")} }})
	if err != nil {
		return err
	}
	return site{there, d.domain}.reaches(ctx, desk)
}

// selfCases keep the ID of what is no matter of calls.
func selfCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-027",
		Title:       "The deployment's own records",
		Requirement: "A node reports what is missing from its own zone and certificate.",
		Severity:    conformance.May,
		Refs:        []string{"RFC 2782", "RFC 5922 §7.1"},
		Withdrawn:   "what a deployment publishes is judged from outside by simulator check (DNS-01 to DNS-17, CRT-01 to CRT-17), with a fault for each rule; no partner sees whether a node says so as well",
	}}
}
