package discovery

import (
	"context"
	"fmt"
	"strings"

	"fedge/conformance"
	"fedge/dns"
)

func cacheCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-016",
		Title:       "A record is believed for its TTL",
		Requirement: "When the record of a domain changes the node calls the new server at the latest when the old record's TTL, 5 s here, is over.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 1035 §3.2.1", "RFC 2181 §8"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.cache-forever", Class: conformance.Silence}},
		Run:         timeToLive,
	}, {
		ID:          "DNS-017",
		Title:       "No more questions than needed",
		Requirement: "Twenty calls within a record's TTL cost two questions for it at most.",
		Severity:    conformance.May,
		Refs:        []string{"RFC 1034 §5.3.1"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.no-cache", Class: conformance.Content}},
		Run:         fewQuestions,
	}, {
		ID:          "DNS-019",
		Title:       "Capitals, and names in Punycode",
		Requirement: "The case of a domain's letters makes no difference, neither for where it is called nor for what is remembered of it, and an A-label is a label like any other.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4343 §3", "RFC 5890 §2.3.1"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.case-key", Class: conformance.Content}},
		Run:         capitals,
	}}
}

// lasting is the federation record with a TTL of its own, in seconds.
func lasting(ttl int, label string, e *conformance.Edge) string {
	return strings.Replace(to(0, 0, label, e), " IN ", fmt.Sprintf(" %d IN ", ttl), 1)
}

func timeToLive(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e1, old, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	e2, fresh, err := d.desk(ctx, "edge2")
	if err != nil {
		return err
	}
	addresses := []string{at("edge1", e1), at("edge2", e2)}
	if err := s.Publish(d.domain, append(addresses, lasting(5, "edge1", e1))...); err != nil {
		return err
	}
	if err := d.reaches(ctx, old); err != nil {
		return conformance.Preamble(err)
	}
	if err := s.Publish(d.domain, append(addresses, lasting(5, "edge2", e2))...); err != nil {
		return err
	}
	if err := s.Wait(ctx, 6*s.Second()); err != nil {
		return err
	}
	return d.reaches(ctx, fresh)
}

// questions counts how often the federation record was asked for.
func (d site) questions() (n int) {
	for _, q := range d.Asked(d.domain) {
		if q.Type == "SRV" && q.Name == dns.FederationName(d.domain) {
			n++
		}
	}
	return n
}

func fewQuestions(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e, _, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, at("edge1", e), lasting(300, "edge1", e)); err != nil {
		return err
	}
	if err := d.many(ctx, 20); err != nil {
		return err
	}
	if n := d.questions(); n > 2 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "two questions at most", Actual: describe(n)}
	}
	return nil
}

func capitals(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	d.domain = "xn--bcher-kva." + d.domain // bücher
	e, desk, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, at("edge1", e), lasting(300, "edge1", e)); err != nil {
		return err
	}
	if err := d.reaches(ctx, desk); err != nil {
		return err
	}
	placed, err := place(ctx, s, "anna@"+strings.ToUpper(d.domain))
	if err != nil {
		return err
	}
	if n := d.questions(); n > 1 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "one question for both spellings", Actual: describe(n)}
	}
	if err := told(placed, 486); err != nil {
		return err
	}
	if desk.Count() != 2 {
		return &conformance.Mismatch{Class: conformance.Silence, Expected: "a call to the domain in capitals", Actual: placed.Body}
	}
	return nil
}
