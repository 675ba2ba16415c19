package discovery

import (
	"context"
	"fmt"

	"fedge/conformance"
	"fedge/dns"
)

func absentCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-011",
		Title:       "The service is not offered",
		Requirement: "A record with the target \".\" means that the domain takes no calls: the call fails at once, and no host of the domain is called instead.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 2782"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.dot-target", Class: conformance.Accepted}},
		Run:         notOffered,
	}, {
		ID:          "DNS-012",
		Title:       "No record",
		Requirement: "A call to a domain without a federation record fails within two seconds.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3263 §4.3"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.nx-hang", Class: conformance.Silence}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			d := newSite(s)
			e, err := d.server(ctx, "sip")
			if err != nil {
				return err
			}
			if err := s.Publish(d.domain, at("sip", e)); err != nil {
				return err
			}
			return d.fails(ctx, promptly, e)
		},
	}, {
		ID:          "DNS-013",
		Title:       "A failure of DNS is no absence",
		Requirement: "A call to a domain whose name server fails (SERVFAIL) fails, and the next one is made once the server answers: the failure is not remembered as absence.",
		Severity:    conformance.May,
		Refs:        []string{"RFC 2308 §7.1", "RFC 3263 §4.3"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.servfail-negcache", Class: conformance.Silence}},
		Run:         failureOfDNS,
	}, {
		ID:          "DNS-015",
		Title:       "An alias that leads nowhere",
		Requirement: "When a record's target is an alias in a circle the call fails in bounded time.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 2782", "RFC 1034 §3.6.2"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.cname-loop", Class: conformance.Silence}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			d := newSite(s)
			if err := s.Publish(d.domain, conformance.SRV(0, 0, 5061, "edge1"), "edge1 IN CNAME edge2", "edge2 IN CNAME edge1"); err != nil {
				return err
			}
			return d.fails(ctx, promptly)
		},
	}}
}

// ours is one of our addresses; cases that need port 5061 have one each, so that
// they do not meet there.
func ours(s *conformance.Stand, n int) (conformance.Listening, error) {
	addresses := s.Target.Instruments.Addresses
	if len(addresses) == 0 {
		return conformance.Listening{}, conformance.ErrNotThere
	}
	return conformance.Listening{Address: addresses[n%len(addresses)], Port: 5061}, nil
}

func notOffered(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	l, err := ours(s, 1)
	if err != nil {
		return err
	}
	e, err := d.listen(ctx, l, d.domain, d.host("sip"))
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, conformance.SRV(0, 0, 0, "."), at("@", e), at("sip", e)); err != nil {
		return err
	}
	return d.fails(ctx, promptly, e)
}

func failureOfDNS(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e, desk, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, to(0, 0, "edge1", e), at("edge1", e)); err != nil {
		return err
	}
	if err := s.Misbehave(d.domain, dns.Behaviour{Code: "SERVFAIL"}); err != nil {
		return err
	}
	placed, err := d.call(ctx)
	if err != nil {
		return err
	}
	if err := unconnected(placed, e); err != nil {
		return err
	}
	if err := s.Misbehave(d.domain, dns.Behaviour{}); err != nil {
		return err
	}
	return d.reaches(ctx, desk)
}

func describe(n int) string { return fmt.Sprintf("%d", n) }
