package discovery

import (
	"context"
	"fmt"

	"fedge/conformance"
	"fedge/dns"
)

func recordCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-001",
		Title:       "The federation record is asked for first",
		Requirement: "A call to a domain begins with a question for its _sipfederationtls._tcp SRV record, and none for an address of the domain itself.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 2782", "RFC 3263 §4.2", "[MS-SIPRE] 1.3"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.skip-srv", Class: conformance.Content}},
		Run:         recordFirst,
	}, {
		ID:          "DNS-002",
		Title:       "Target and port of the record",
		Requirement: "The node calls the target that the SRV record names, at the port that it names.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 2782", "RFC 3263 §4.2"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.fixed-port", Class: conformance.Silence}},
		Run:         targetAndPort,
	}}
}

func recordFirst(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e, desk, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, to(0, 0, "edge1", e), at("edge1", e)); err != nil {
		return err
	}
	reached := d.reaches(ctx, desk)
	asked := s.Asked(d.domain)
	if len(asked) == 0 {
		return &conformance.Mismatch{Class: conformance.Silence, Expected: "a question about " + d.domain, Actual: "none"}
	}
	first := asked[0].Type + " " + asked[0].Name
	if err := conformance.Holds("the first question", "SRV "+dns.FederationName(d.domain), first); err != nil {
		return err
	}
	for _, q := range asked {
		if q.Name == d.domain && q.Type != "SRV" {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "no question for an address of the domain", Actual: q.Type + " " + q.Name}
		}
	}
	return reached
}

func targetAndPort(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e, desk, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	if e.AddrPort().Port() == 5061 {
		return conformance.Preamble(fmt.Errorf("our port is %d of all", 5061))
	}
	if err := s.Publish(d.domain, to(0, 0, "edge1", e), at("edge1", e)); err != nil {
		return err
	}
	return d.reaches(ctx, desk)
}
