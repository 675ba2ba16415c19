package identity

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"strings"

	"fedge/conformance"
	"fedge/plan"
	"fedge/sip/raw"
)

// leaking are the cases about names and addresses that stay inside.
func leaking() []conformance.Case {
	return []conformance.Case{{
		ID:          "IDN-007",
		Title:       "Who the call comes from, everywhere",
		Requirement: "No header and no line of the session description of an INVITE names the caller's inner domain; identities beside From are of From's domain.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3325 §9.1", "RFC 3261 §8.1.1.3", "RFC 3323 §5.3"},
		Needs:       outward(),
		Mutants:     conformance.Kills("id.leak-pai", conformance.Content),
		Run:         identities,
	}, {
		ID:          "IDN-014",
		Title:       "Addresses in the session description",
		Requirement: "The description of a node behind a NAT has the node's public address in o= and c=, and nowhere its inner address or a host name of its own.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 4566 §5.2", "RFC 4566 §5.7"},
		Needs:       varied(),
		Mutants:     conformance.Kills("id.sdp-leak", conformance.Content),
		Run:         addresses,
	}}
}

func identities(ctx context.Context, s *conformance.Stand) error {
	in, err := s.CalledAs(ctx, conformance.Place{From: "alice@" + inner})
	if err != nil {
		return conformance.Preamble(err)
	}
	for _, name := range []string{"P-Asserted-Identity", "P-Preferred-Identity", "Referred-By", "Reply-To", "Remote-Party-ID"} {
		for _, value := range in.Invite.List(name) {
			a, err := raw.ParseNameAddr(value)
			if err != nil || a.URI.Scheme != "tel" && !strings.EqualFold(a.URI.Host, s.Target.Domain) {
				return conformance.Holds("domain of "+name, s.Target.Domain, value)
			}
		}
	}
	if at := bytes.Index(in.Invite.Bytes, []byte(inner)); at >= 0 {
		return &conformance.Mismatch{
			Class: conformance.Content, Expected: "no byte of " + inner,
			Actual: fmt.Sprintf("%q at byte %d", lineAt(in.Invite.Bytes, at), at),
		}
	}
	return in.Decline(ctx)
}

// lineAt is the line of a message around a byte.
func lineAt(message []byte, at int) []byte {
	from := bytes.LastIndexByte(message[:at], '\n') + 1
	line, _, _ := bytes.Cut(message[from:], []byte("\r"))
	return line
}

// addresses starts a node whose public address is not the one it listens on.
func addresses(ctx context.Context, s *conformance.Stand) error {
	var inside, public netip.Addr
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) {
		inside = p.Nodes[0].Address
		b := inside.As4()
		b[3] += hidden
		public = netip.AddrFrom4(b)
		p.Nodes[0].Public = public
	}})
	if err != nil {
		return err
	}
	in, err := there.CalledAs(ctx, conformance.Place{})
	if err != nil {
		return conformance.Preamble(err)
	}
	for line := range strings.Lines(string(in.Invite.Body)) {
		fields := strings.Fields(line)
		if len(fields) > 2 && (strings.HasPrefix(line, "o=") || strings.HasPrefix(line, "c=")) {
			if err := conformance.Holds("address of "+line[:2], public.String(), fields[len(fields)-1]); err != nil {
				return err
			}
		}
	}
	for _, secret := range []string{inside.String(), there.Target.Node} {
		if at := bytes.Index(in.Invite.Body, []byte(secret)); at >= 0 {
			return conformance.Holds("session description", "nothing of "+secret, string(lineAt(in.Invite.Body, at)))
		}
	}
	return in.Decline(ctx)
}

// hidden is how far a public address lies above the inner one, in a lab.
const hidden = 100
