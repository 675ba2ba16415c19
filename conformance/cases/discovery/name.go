package discovery

import (
	"context"
	"fmt"
	"strings"

	"fedge/conformance"
)

func nameCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DNS-020",
		Title:       "A dot at the end",
		Requirement: "A domain with a trailing dot is the domain without it, or is refused with 400; it is no other tenant or partner.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 1034 §3.1", "RFC 3261 §25.1"},
		Needs:       conformance.Needs{Media: true, ClientCertificate: true},
		Mutants:     []conformance.Mutant{{Name: "id.trailing-dot", Class: conformance.Status}},
		Run:         trailingDot,
	}, {
		ID:          "DNS-021",
		Title:       "Names are absolute",
		Requirement: "No search suffix is ever appended to a partner's domain, found or not.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 1535 §6", "RFC 3263 §4.1"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.search-suffix", Class: conformance.Content}},
		Run:         absolute,
	}, {
		ID:          "DNS-022",
		Title:       "A port in the URI",
		Requirement: "A port in the URI rules the SRV record out: the call is refused, or goes to an address of the host that is named.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3263 §4.2"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "dns.port-srv", Class: conformance.Accepted}},
		Run:         port,
	}}
}

func trailingDot(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	dotted := s.Target.Partner
	dotted.Domain += "."
	toDot := s.Request("INVITE", s.URI()+".", s.Target.Partner, s.CallID()).Length().Body("application/sdp", s.Offer())
	for _, invite := range [][]byte{s.Invite(dotted, s.Offer()).Bytes(), toDot.Bytes()} {
		answer, err := s.Try(ctx, p, invite)
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 200, 400); err != nil {
			return err
		}
	}
	return nil
}

func absolute(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e, desk, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, to(0, 0, "edge1", e), at("edge1", e)); err != nil {
		return err
	}
	if err := d.reaches(ctx, desk); err != nil {
		return err
	}
	nowhere := site{s, "nowhere." + d.domain}
	if err := nowhere.fails(ctx, promptly); err != nil {
		return err
	}
	for _, q := range s.Asked(".") {
		if strings.Contains(q.Name, d.domain) && !strings.HasSuffix(q.Name, d.domain) {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "absolute names only", Actual: q.Type + " " + q.Name}
		}
	}
	return nil
}

func port(ctx context.Context, s *conformance.Stand) error {
	d := newSite(s)
	e, desk, err := d.desk(ctx, "edge1")
	if err != nil {
		return err
	}
	if err := s.Publish(d.domain, to(0, 0, "edge1", e), at("edge1", e)); err != nil {
		return err
	}
	placed, err := place(ctx, s, fmt.Sprintf("anna@%s:%d", d.domain, 5070))
	if err != nil {
		return err
	}
	if desk.Count() > 0 || placed.Status < 400 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "no call to where the SRV record leads", Actual: placed.Body}
	}
	if d.questions() > 0 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "no question for the SRV record", Actual: "one"}
	}
	return nil
}
