package routing

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// pooling are the cases about the node as one of many, and the media nodes
// behind it.
func pooling() []conformance.Case {
	others := conformance.Needs{Media: true, Variant: true}
	const product = "a distributed deployment's own rule, no standard's"
	return []conformance.Case{{
		ID:          "RTE-013",
		Title:       "One conference, one media node",
		Requirement: "While a media node has room, all calls to one alias get their media there.",
		Severity:    conformance.Must,
		Refs:        []string{product},
		Needs:       others,
		Mutants:     conformance.Kills("pool.split", conformance.Content),
		Run:         together,
	}, {
		ID:          "RTE-014",
		Title:       "A media node that is gone",
		Requirement: "When a media node dies, the next call is answered at once with the media of another.",
		Severity:    conformance.Must,
		Refs:        []string{product},
		Needs:       others,
		Mutants:     conformance.Kills("pool.dead", conformance.Status),
		Run:         elsewhere,
	}, {
		ID:          "RTE-015",
		Title:       "Media nodes that are full",
		Requirement: "A call for which no media node has room is refused with 503 and Retry-After, or 486; a place is free again after a BYE.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §21.5.4", "RFC 3261 §20.33"},
		Needs:       others,
		Mutants:     conformance.Kills("pool.leak", conformance.Status),
		Run:         full,
	}, {
		ID:          "RTE-016",
		Title:       "A media node dies under a call",
		Requirement: "Within five seconds of its media node's death a call is ended by BYE, or moved by a re-INVITE that offers another address.",
		Severity:    conformance.Should,
		Refs:        []string{product},
		Needs:       others,
		Mutants:     conformance.Kills("pool.orphan", conformance.Silence),
		Run:         orphan,
	}, {
		ID:          "RTE-017",
		Title:       "Names in Via and Contact",
		Requirement: "Via and Contact of a call that the node places bear the port it listens on, and names that the certificate of its connection proves, never addresses, which is a SHOULD (RFC 3261 §18.1.1 recommends names).",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §7.1", "RFC 3261 §18.1.1", "RFC 3261 §8.1.1.8"},
		Needs:       conformance.Needs{Media: true, Called: true},
		Mutants:     conformance.Kills("id.ip-contact", conformance.Content),
		Run:         names,
	}}
}

// names shows also that a node with several ways to be reached names the right
// port (case catalogue §4.3 row 20: sipgo keeps one port a network).
func names(ctx context.Context, s *conformance.Stand) error {
	in, err := s.Called(ctx)
	if err != nil {
		return err
	}
	proved := in.Identity().Names()
	contact, err := raw.ParseNameAddr(in.Invite.Get("Contact"))
	if err != nil {
		return conformance.Holds("Contact", "an address", in.Invite.Get("Contact"))
	}
	via, err := raw.ParseVia(in.Invite.Get("Via"))
	if err != nil {
		return conformance.Holds("Via", "a Via", in.Invite.Get("Via"))
	}
	type place struct {
		host string
		port int
	}
	for what, at := range map[string]place{"Contact": {contact.URI.Host, contact.URI.Port}, "Via": {via.Host, via.Port}} {
		host := strings.ToLower(at.host)
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || !slices.Contains(proved, host) {
			if err := s.Lesser(conformance.Should, conformance.Holds("host of "+what, "one of "+strings.Join(proved, ", "), host)); err != nil {
				return err
			}
		}
		if at.port != 0 && at.port != int(s.Target.Address.Port()) {
			return conformance.Holds("port of "+what, fmt.Sprint(s.Target.Address.Port()), fmt.Sprint(at.port))
		}
	}
	return in.Decline(ctx)
}
