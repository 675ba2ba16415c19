package identity

import (
	"context"
	"strings"

	"fedge/conformance"
	"fedge/plan"
	"fedge/sip/raw"
)

// naming are the cases about the domain that the node's calls come from.
func naming() []conformance.Case {
	return []conformance.Case{{
		ID:          "IDN-001",
		Title:       "From is the deployment's domain",
		Requirement: "A call placed by an alias of another domain comes from the deployment's domain, with the alias's user.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.1.1.3", "[MS-SIPRE] 2.2.15"},
		Needs:       outward(),
		Mutants:     conformance.Kills("id.no-rewrite", conformance.Content),
		Run:         fromDomain,
	}, {
		ID:          "IDN-002",
		Title:       "Domain of a location",
		Requirement: "A node in a location with a domain of its own places calls from that domain.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.1.1.3"},
		Needs:       varied(),
		Mutants:     conformance.Kills("id.global-only", conformance.Content),
		Run:         fromLocation,
	}, {
		ID:          "IDN-006",
		Title:       "From stays the same",
		Requirement: "ACK and BYE of a call that the node placed have the INVITE's From, tag and all.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.1.2", "RFC 3261 §12.2.1.1"},
		Needs:       outward(),
		Mutants:     conformance.Kills("id.bye-orig", conformance.Content),
		Run:         fromStays,
	}, {
		ID:          "IDN-008",
		Title:       "To is who was dialled",
		Requirement: "To and Request-URI of the INVITE are the URI that was dialled, which is a SHOULD; it lacks nothing that every request has.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.1.1.1", "RFC 3261 §8.1.1.2", "RFC 3261 §8.1.1.6"},
		Needs:       outward(),
		Mutants:     append(conformance.Kills("id.rewrite-to", conformance.Content), conformance.Kills("syn.no-hops", conformance.Content)...),
		Run:         toStays,
	}, {
		ID:          "IDN-010",
		Title:       "The scheme stays",
		Requirement: "A sip: URI that is dialled is called as sip:, over TLS or not; a sips: URI as sips:, with a sips: Contact.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5630 §3.1.2", "RFC 3261 §8.1.1.8"},
		Needs:       outward(),
		Mutants:     conformance.Kills("sips.upgrade", conformance.Content),
		Run:         schemeStays,
	}, {
		ID:          "IDN-011",
		Title:       "From of a caller at an address",
		Requirement: "A caller whose host is an address comes from the deployment's domain, also where callers with a domain of their own keep it.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.1.1.3", "RFC 5922 §7.1"},
		Needs:       varied(),
		Mutants:     conformance.Kills("id.ip-from", conformance.Content),
		Run:         fromAddress,
	}, {
		ID:          "IDN-013",
		Title:       "From of requests other than INVITE",
		Requirement: "The node's UPDATE in a call that it placed, which refreshes the session, has the INVITE's From.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.1.1", "RFC 4028 §7.1"},
		Needs:       outward(),
		Mutants:     conformance.Kills("id.invite-only", conformance.Content),
		Lasts:       90,
		Run:         fromRefresh,
	}}
}

// from takes the From of a request apart.
func from(m *raw.Message) (raw.NameAddr, error) {
	a, err := raw.ParseNameAddr(m.Get("From"))
	if err != nil {
		return a, conformance.Holds("From", "an address", m.Get("From"))
	}
	return a, nil
}

// comesFrom tells whether a call's INVITE has this From, and ends the call.
func comesFrom(ctx context.Context, in *conformance.Incoming, user, host string) error {
	a, err := from(in.Invite)
	if err != nil {
		return err
	}
	if err := conformance.Holds("host of From", host, strings.ToLower(a.URI.Host)); err != nil {
		return err
	}
	if err := conformance.Holds("user of From", user, a.URI.User); err != nil {
		return err
	}
	return in.Decline(ctx)
}

func fromDomain(ctx context.Context, s *conformance.Stand) error {
	in, err := s.CalledAs(ctx, conformance.Place{From: "alice@" + inner})
	if err != nil {
		return conformance.Preamble(err)
	}
	return comesFrom(ctx, in, "alice", s.Target.Domain)
}

func fromLocation(ctx context.Context, s *conformance.Stand) error {
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.Locations[0].FromDomain = "branch." + s.Target.Domain }})
	if err != nil {
		return err
	}
	in, err := there.CalledAs(ctx, conformance.Place{From: "alice@" + inner})
	if err != nil {
		return conformance.Preamble(err)
	}
	return comesFrom(ctx, in, "alice", "branch."+s.Target.Domain)
}

func fromStays(ctx context.Context, s *conformance.Stand) error {
	in, err := s.CalledAs(ctx, conformance.Place{From: "alice@" + inner, Name: "Alice"})
	if err != nil {
		return conformance.Preamble(err)
	}
	ack, bye, err := in.Disappoint(ctx, "")
	if err != nil {
		return err
	}
	for _, m := range []*raw.Message{ack, bye} {
		if err := sameFrom(in.Invite, m); err != nil {
			return err
		}
	}
	return nil
}

// sameFrom wants the local URI and tag of the dialog (RFC 3261 §12.2.1.1).
func sameFrom(invite, m *raw.Message) error {
	if want, got := invite.Get("From"), m.Get("From"); !conformance.EqualAddress(want, got) {
		return conformance.Holds("From of "+m.Method(), want, got)
	}
	return nil
}

func toStays(ctx context.Context, s *conformance.Stand) error {
	in, err := s.CalledAs(ctx, conformance.Place{To: "sip:Anna%2eB%20x"})
	if err != nil {
		return conformance.Preamble(err)
	}
	want := "sip:Anna%2eB%20x@" + in.Partner.Domain
	if err := s.Lesser(conformance.Should, conformance.HoldsURI("Request-URI", want, in.Invite.RequestURI())); err != nil {
		return err
	}
	if to := in.Invite.Get("To"); !conformance.EqualAddress("<"+want+">", to) {
		if err := s.Lesser(conformance.Should, conformance.Holds("To", "<"+want+">", to)); err != nil {
			return err
		}
	}
	return in.Decline(ctx)
}

func schemeStays(ctx context.Context, s *conformance.Stand) error {
	for _, scheme := range []string{"sip", "sips"} {
		in, err := s.CalledAs(ctx, conformance.Place{To: scheme + ":anna"})
		if err != nil {
			return conformance.Preamble(err)
		}
		contact, err := raw.ParseNameAddr(in.Invite.Get("Contact"))
		if err != nil {
			return conformance.Holds("Contact", "an address", in.Invite.Get("Contact"))
		}
		to, err := raw.ParseNameAddr(in.Invite.Get("To"))
		if err != nil {
			return conformance.Holds("To", "an address", in.Invite.Get("To"))
		}
		uri, _, _ := strings.Cut(in.Invite.RequestURI(), ":")
		for what, got := range map[string]string{"Request-URI": uri, "To": to.URI.Scheme, "Contact": contact.URI.Scheme} {
			if err := conformance.Holds("scheme of "+what, scheme, strings.ToLower(got)); err != nil {
				return err
			}
		}
		if err := in.Decline(ctx); err != nil {
			return err
		}
	}
	return nil
}

func fromAddress(ctx context.Context, s *conformance.Stand) error {
	keeps, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.From = plan.FromDefaultOnly }})
	if err != nil {
		return err
	}
	for _, c := range []struct {
		stand        *conformance.Stand
		caller, want string
	}{
		{s, "alice@10.0.0.5", s.Target.Domain},
		{keeps, "alice@10.0.0.5", s.Target.Domain},
		{keeps, "alice@[2001:db8::5]", s.Target.Domain},
		{keeps, "alice@own.example", "own.example"},
	} {
		in, err := c.stand.CalledAs(ctx, conformance.Place{From: c.caller})
		if err != nil {
			return conformance.Preamble(err)
		}
		if err := comesFrom(ctx, in, "alice", c.want); err != nil {
			return err
		}
	}
	return nil
}

// fromRefresh has the node refresh a session of 90 s, the shortest there is, at
// half time.
func fromRefresh(ctx context.Context, s *conformance.Stand) error {
	in, err := s.CalledAs(ctx, conformance.Place{From: "alice@" + inner})
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := in.Take(ctx, "Session-Expires: 90;refresher=uac", "Require: timer", "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, OPTIONS"); err != nil {
		return conformance.Preamble(err)
	}
	update, err := in.Within(75*s.Second()).Await(ctx, "UPDATE that refreshes the session", raw.Or(in.Mine("UPDATE"), in.Mine("INVITE")))
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := in.Respond(update, 200, "OK", nil); err != nil {
		return err
	}
	if err := sameFrom(in.Invite, update); err != nil {
		return err
	}
	in.Hangup(ctx)
	return nil
}
