package discovery

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"fedge/conformance"
	"fedge/dns"
	"fedge/plan"
)

func addressCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-014",
		Title:       "A server with a dead IPv6 address",
		Requirement: "When a server has an AAAA record that nobody answers at and an A record, the call reaches it over IPv4. (Narrower than the catalogue: that a living IPv6 address is tried at all, and first, is not asked, as a world of tests has none; nor is there a bound but that of a call.)",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 6157 §3.1", "RFC 3263 §4.3"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.v6-only", Class: conformance.Silence}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			d := newSite(s)
			e, desk, err := d.desk(ctx, "edge1")
			if err != nil {
				return err
			}
			gone := netip.MustParseAddr("2001:db8::1") // RFC 3849: nobody's
			if err := s.Publish(d.domain, to(0, 0, "edge1", e), at("edge1", e), conformance.A("edge1", gone)); err != nil {
				return err
			}
			return d.reaches(ctx, desk)
		},
	}, {
		ID:          "DNS-018",
		Title:       "An answer that does not fit into a datagram",
		Requirement: "When the answer is cut short the node asks again over TCP, and calls the best of thirty records.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 7766 §5", "RFC 1035 §4.2.1"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.no-tcp", Class: conformance.Silence}},
		Run:         bigAnswer,
	}, {
		ID:          "DNS-023",
		Title:       "An address in place of a domain",
		Requirement: "An IP address is no federated domain: a call to one is refused without any connection, and one from one gets 403 or 400.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.1"},
		Needs:       conformance.Needs{Trigger: true, Authority: true, FromAuthorisation: true, ClientCertificate: true, Media: true, DNS: true},
		Mutants:     []conformance.Mutant{{Name: "dns.ip-literal", Class: conformance.Accepted}},
		Run:         literal,
	}, {
		ID:          "DNS-025",
		Title:       "Names that lead inside",
		Requirement: "A partner's record cannot make the node connect to an address that is not public.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 6890 §2.2.2"},
		Needs:       conformance.Needs{Trigger: true, DNS: true, Authority: true, Variant: true},
		Mutants:     []conformance.Mutant{{Name: "dns.allow-private", Class: conformance.Accepted}},
		Run:         inside,
	}}
}

func bigAnswer(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e, desk, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	records := []string{at("edge1", e), to(1, 0, "edge1", e)}
	for n := range 29 {
		records = append(records, conformance.SRV(uint16(2+n), 0, nobody, fmt.Sprintf("the-server-with-the-number-%d", n)))
	}
	if err := s.Publish(d.domain, records...); err != nil {
		return err
	}
	if err := d.reaches(ctx, desk); err != nil {
		return err
	}
	if asked := s.Asked(d.domain); !slices.ContainsFunc(asked, func(q dns.Question) bool { return q.TCP && q.Type == "SRV" }) {
		s.Note("the answer went into one datagram: the node offers a larger one (RFC 6891)")
	}
	return nil
}

func literal(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	l, err := ours(s, 2)
	if err != nil {
		return err
	}
	e, err := d.listen(ctx, l, l.Address.String(), d.host("sip"))
	if err != nil {
		return err
	}
	placed, err := place(ctx, s, "anna@"+l.Address.String())
	if err != nil {
		return err
	}
	if err := unconnected(placed, e); err != nil {
		return err
	}
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	from := s.Target.Partner
	from.Domain = l.Address.String()
	answer, err := s.Try(ctx, p, s.Invite(from, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 403, 400)
}

func inside(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e, desk, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, to(0, 0, "edge1", e), at("edge1", e)); err != nil {
		return err
	}
	// The node under test takes our addresses for public ones, or could not be
	// called by us at all. Another does not.
	if err := d.reaches(ctx, desk); err != nil {
		return conformance.Preamble(err)
	}
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.PublicRanges = nil }})
	if err != nil {
		return err
	}
	before := e.Count()
	placed, err := place(ctx, there, "anna@"+d.domain)
	if err != nil {
		return err
	}
	if e.Count() > before || placed.Status < 400 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: fmt.Sprintf("no connection to %s", e.AddrPort()), Actual: placed.Body}
	}
	return nil
}
