package trust

import (
	"context"

	"fedge/conformance"
	"fedge/dns"
	"fedge/plan"
)

func federationCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-005",
		Title:       "Closed federation",
		Requirement: "A node that is told to federate with listed domains only refuses every other with 403, though it proves itself.",
		Severity:    conformance.Must,
		Refs:        []string{"[MS-SIPRE] 2.2.15", "RFC 3261 §21.4.4"},
		Needs:       with(proves, changes),
		Mutants:     []conformance.Mutant{{Name: "trust.no-list", Class: conformance.Accepted}},
		Run:         closed,
	}, {
		ID:          "TRU-006",
		Title:       "Blocked outweighs allowed",
		Requirement: "A domain that is both allowed and blocked is refused with 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §21.4.4"},
		Needs:       with(proves, changes),
		Mutants:     []conformance.Mutant{{Name: "trust.block-last", Class: conformance.Accepted}},
		Run:         blocked,
	}, {
		ID:          "TRU-007",
		Title:       "A discovered partner is who its record names",
		Requirement: "A partner that is not listed is refused with 403 when its certificate lacks the SRV target of its From domain, or when that target does not lie directly under the domain, and is not let in while DNS does not say.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.3", "RFC 3263 §4.2"},
		Needs:       with(proves, makes),
		Mutants:     []conformance.Mutant{{Name: "trust.dns-open", Class: conformance.Accepted}},
		Run:         discovered,
	}}
}

func closed(ctx context.Context, s *conformance.Stand) error {
	listed, err := partner(s)
	if err != nil {
		return err
	}
	stranger, err := partner(s)
	if err != nil {
		return err
	}
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) {
		p.Closed = true
		trusting(p, plan.Partner{Domain: listed.Domain, Expect: plan.Reachable, Trust: plan.Allowed})
	}})
	if err != nil {
		return err
	}
	if err := calls(ctx, there, listed, 200); err != nil {
		return conformance.Preamble(err)
	}
	return calls(ctx, there, stranger, 403)
}

func blocked(ctx context.Context, s *conformance.Stand) error {
	good, err := partner(s)
	if err != nil {
		return err
	}
	bad, err := partner(s)
	if err != nil {
		return err
	}
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) {
		trusting(p, plan.Partner{Domain: good.Domain, Trust: plan.Allowed})
		trusting(p, plan.Partner{Domain: bad.Domain, Trust: plan.Allowed})
		p.Blocked = []string{bad.Domain}
	}})
	if err != nil {
		return err
	}
	if err := calls(ctx, there, good, 200); err != nil {
		return conformance.Preamble(err)
	}
	return calls(ctx, there, bad, 403)
}

func discovered(ctx context.Context, s *conformance.Stand) error {
	honest, err := partner(s)
	if err != nil {
		return err
	}
	if err := calls(ctx, s, honest, 200); err != nil {
		return conformance.Preamble(err)
	}
	other, err := holder(s, honest.Domain, "other."+honest.Domain)
	if err != nil {
		return err
	}
	if err := calls(ctx, s, other, 403); err != nil {
		return err
	}
	domain := s.Domain()
	deep, err := hosted(s, domain, "sip.edge."+domain) // it may be another's child zone
	if err != nil {
		return err
	}
	if err := calls(ctx, s, deep, 403); err != nil {
		return err
	}
	unknown, err := partner(s)
	if err != nil {
		return err
	}
	if err := s.Misbehave(unknown.Domain, dns.Behaviour{Code: "SERVFAIL"}); err != nil {
		return err
	}
	if err := calls(ctx, s, unknown, 504, 503, 500, 480); err != nil {
		return err
	}
	if err := s.Misbehave(unknown.Domain, dns.Behaviour{}); err != nil {
		return err
	}
	return calls(ctx, s, unknown, 200) // an outage says nothing about the partner
}
