package identity

import (
	"context"
	"fmt"

	"fedge/conformance"
	"fedge/sip/raw"
)

// echoing are the cases about the From of those who call.
func echoing() []conformance.Case {
	return []conformance.Case{{
		ID:          "IDN-009",
		Title:       "From of the caller in responses",
		Requirement: "Every response has the request's From: an equal URI and tag. (That a display name and other parameters, which RFC 3261 §20.20 does not compare, are kept is a SHOULD.)",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.2.6.2", "RFC 3261 §20.20"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     conformance.Kills("id.rewrite-resp", conformance.Content),
		Run:         conformance.Connected(echoed),
	}, {
		ID:          "IDN-012",
		Title:       "Anonymous caller",
		Requirement: "A node that authorises From refuses a caller at anonymous.invalid, whom no certificate can prove: 403, or 433.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3323 §4.1", "RFC 5079 §3"},
		Needs:       conformance.Needs{FromAuthorisation: true, ClientCertificate: true, Media: true},
		Mutants:     conformance.Kills("id.anon-ok", conformance.Accepted),
		Run:         conformance.Connected(anonymous),
	}}
}

func echoed(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	from := `"Anna, A. \"x\""  <sip:Anna%2e@` + s.Target.Partner.Domain + `>;Tag=CD9bbb;epid=69EB994c65;x="a;b"`
	invite, err := s.Invite(s.Target.Partner, s.Offer()).Message()
	if err != nil {
		return err
	}
	if invite, err = conformance.With(invite, "From", from); err != nil {
		return err
	}
	options, err := s.Request("OPTIONS", s.NodeURI(), s.Target.Partner, s.CallID()).Message()
	if err != nil {
		return err
	}
	if options, err = conformance.With(options, "From", from); err != nil {
		return err
	}
	answer, err := p.Ask(ctx, options.Bytes)
	if err != nil {
		return err
	}
	if err := keeps(s, options, answer); err != nil {
		return err
	}
	call, err := s.Establish(ctx, p, invite.Bytes)
	if err != nil {
		return err
	}
	if err := keeps(s, invite, call.Answer); err != nil {
		return err
	}
	call.Hangup(ctx)
	return nil
}

// keeps wants one From in a response, equal to the request's.
func keeps(s *conformance.Stand, request, answer *raw.Message) error {
	if got := answer.All("From"); len(got) != 1 {
		return conformance.Fault(conformance.Content, "one From in "+answer.Label(), fmt.Sprintf("%q", got))
	}
	return s.Weighed(conformance.HoldsAddress("From of "+answer.Label(), request.Get("From"), answer.Get("From")))
}

func anonymous(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	invite, err := s.Invite(s.Target.Partner, s.Offer()).Header("Privacy", "id").Message()
	if err != nil {
		return err
	}
	if invite, err = conformance.With(invite, "From", `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=`+s.Tag()); err != nil {
		return err
	}
	answer, err := s.Try(ctx, p, invite.Bytes)
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 403, 433); err != nil {
		return err
	}
	// Nor does a number: it has no domain that anybody could speak for.
	numbered, err := s.Invite(s.Target.Partner, s.Offer()).Message()
	if err != nil {
		return err
	}
	if numbered, err = conformance.With(numbered, "From", "<tel:+15551230001>;tag="+s.Tag()); err != nil {
		return err
	}
	if answer, err = s.Try(ctx, p, numbered.Bytes); err != nil {
		return err
	}
	return conformance.Gets(answer, 403, 433)
}
