package trust

import (
	"context"

	"fedge/conformance"
	"fedge/plan"
)

func kindCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-008",
		Title:       "Direct partner",
		Requirement: "A partner that is configured with its Edge's name speaks for each of its domains by a certificate for that name, without any SRV record.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5922 §7.3"},
		Needs:       with(proves, changes),
		Mutants:     []conformance.Mutant{{Name: "trust.direct-srv", Class: conformance.Status}},
		Run:         direct,
	}, {
		ID:          "TRU-009",
		Title:       "Hosting provider",
		Requirement: "A configured provider's Edge speaks for domains whose SRV record names it, and for no other: 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.3", "RFC 2782"},
		Needs:       with(proves, changes),
		Mutants:     []conformance.Mutant{{Name: "trust.host-any", Class: conformance.Accepted}},
		Run:         provider,
	}}
}

func direct(ctx context.Context, s *conformance.Stand) error {
	host := "edge." + s.Domain()
	one, err := holder(s, s.Domain(), host)
	if err != nil {
		return err
	}
	two := one
	two.Domain = s.Domain()
	liar, err := holder(s, one.Domain, "sip."+one.Domain)
	if err != nil {
		return err
	}
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) {
		for _, domain := range []string{one.Domain, two.Domain} {
			trusting(p, plan.Partner{Domain: domain, Trust: plan.Allowed, Edge: host})
		}
	}})
	if err != nil {
		return err
	}
	for _, as := range []conformance.Identity{one, two} {
		if err := calls(ctx, there, as, 200); err != nil {
			return err
		}
	}
	return calls(ctx, there, liar, 403)
}

func provider(ctx context.Context, s *conformance.Stand) error {
	host := "sipfed." + s.Domain()
	one, err := hosted(s, s.Domain(), host)
	if err != nil {
		return err
	}
	two, err := hosted(s, s.Domain(), host)
	if err != nil {
		return err
	}
	elsewhere, err := partner(s)
	if err != nil {
		return err
	}
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.Providers = []string{host} }})
	if err != nil {
		return err
	}
	for _, as := range []conformance.Identity{one, two} {
		if err := calls(ctx, there, as, 200); err != nil {
			return err
		}
	}
	posing := one
	posing.Domain = elsewhere.Domain
	if err := calls(ctx, there, posing, 403); err != nil {
		return err
	}
	// What the operator has not configured is no provider: its name lies outside
	// the domain that it speaks for.
	unknown, err := hosted(s, s.Domain(), "sipfed."+s.Domain())
	if err != nil {
		return err
	}
	return calls(ctx, there, unknown, 403)
}
