package routing

import (
	"context"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// loops are the cases about requests that have come too far.
func loops() []conformance.Case {
	return []conformance.Case{{
		ID:          "RTE-007",
		Title:       "A request that comes back",
		Requirement: "An INVITE with the node's own sent-by among its Vias began at this node, which never forwards: it is refused with 482 (RFC 3261 leaves the check to the node: MAY).",
		Severity:    conformance.May,
		Refs:        []string{"RFC 3261 §16.3", "RFC 5393 §4.2", "RFC 3261 §21.4.20"},
		Needs:       media,
		Mutants:     conformance.Kills("rt.no-loop", conformance.Accepted),
		Run:         conformance.Connected(ownVia),
	}, {
		ID:          "RTE-008",
		Title:       "Max-Forwards",
		Requirement: "Max-Forwards counts those who pass a request on: an INVITE with 0 is answered by the node it is for, or refused with 483, and never let fall; 1, 255 or none make no difference. (The catalogue wants 483 always; RFC 4475 §3.3.11 has an endpoint take the request.)",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §16.3", "RFC 3261 §8.1.1.6", "RFC 4475 §3.3.11"},
		Needs:       media,
		Mutants:     conformance.Kills("rt.mf-wrap", conformance.Silence),
		Run:         conformance.Connected(hops),
	}, {
		ID:          "RTE-009",
		Title:       "Max-Breadth",
		Requirement: "A node that does not fork takes a request whatever its Max-Breadth: 440 is for who would have to fork.",
		Severity:    conformance.May,
		Refs:        []string{"RFC 5393 §5.3"},
		Needs:       media,
		Mutants:     conformance.Kills("rt.breadth", conformance.Status),
		Run:         conformance.Connected(breadth),
	}}
}

func ownVia(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	returned := s.Invite(s.Target.Partner, s.Offer()).
		Header("Via", "SIP/2.0/TLS 10.1.9.43:65529;branch="+s.Branch()).
		Header("Via", "SIP/2.0/TLS "+s.Target.Node+":5061;branch="+s.Branch()).Bytes()
	answer, err := s.Try(ctx, p, returned)
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 482); err != nil {
		return err
	}
	// Somebody else's host of a like name is no loop.
	other := s.Invite(s.Target.Partner, s.Offer()).Header("Via", "SIP/2.0/TLS x"+s.Target.Node+":5061;branch="+s.Branch()).Bytes()
	if answer, err = s.Try(ctx, p, other); err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}

// hops shows also that nothing is subtracted from 0 (case catalogue §4.3 row
// 18: sipgo's ClientRequestDecreaseMaxForward makes 4,294,967,295 of it).
func hops(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	user, _, _ := strings.Cut(s.Target.Alias, "@")
	for _, c := range []struct {
		hops  string
		uri   string
		codes []int
	}{
		{"0", s.URI(), []int{200, 483}},
		{"0", "sip:" + user + "@victim.invalid", []int{483, 403, 404, 200}}, // whom it takes calls for is RTE-003's
		{"1", s.URI(), []int{200}},
		{"255", s.URI(), []int{200}},
		{"", s.URI(), []int{200}},
	} {
		if c.uri != s.URI() && !s.Target.Claims.OwnDomain {
			continue // it takes what it is sent
		}
		invite, err := raw.Parse(calling(s, c.uri))
		if err != nil {
			return err
		}
		if invite, err = conformance.With(invite, "Max-Forwards", c.hops); err != nil {
			return err
		}
		answer, err := s.Try(ctx, p, invite.Bytes)
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, c.codes...); err != nil {
			s.Note("Max-Forwards %q for %s", c.hops, c.uri)
			return err
		}
	}
	return nil
}

func breadth(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, value := range []string{"1", "0", "60"} {
		answer, err := s.Try(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Header("Max-Breadth", value).Bytes())
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 200); err != nil {
			s.Note("Max-Breadth was %s", value)
			return err
		}
	}
	return nil
}
