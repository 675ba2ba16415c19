package routing

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"fedge/conformance"
	"fedge/plan"
	"fedge/sip/raw"
)

// relaying are the cases about requests for this node and for others.
func relaying() []conformance.Case {
	return []conformance.Case{{
		ID:          "RTE-001",
		Title:       "Own Route",
		Requirement: "An INVITE whose only Route is the node itself has arrived: it is answered here.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §16.4", "RFC 3261 §8.2.2"},
		Needs:       media,
		Mutants:     conformance.Kills("rt.no-pop", conformance.Status),
		Run:         conformance.Connected(ownRoute),
	}, {
		ID:          "RTE-002",
		Title:       "Foreign Route",
		Requirement: "A request with a Route to somebody else goes nowhere: a conferencing node relays for nobody. It is refused with 403 or 404, which is no more than a MAY: a user agent may ignore the Route (RFC 3261 §8.2), but an edge that others trust must not seem to obey.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §16.4", "RFC 3261 §16.6", "RFC 3261 §26.1"},
		Needs:       conformance.Needs{Media: true, OwnDomain: true},
		Mutants:     conformance.Kills("sec.open-relay", conformance.Accepted),
		Run:         conformance.Connected(foreignRoute),
	}, {
		ID:          "RTE-003",
		Title:       "Request-URI of a foreign domain",
		Requirement: "An INVITE for a user of another domain, be it of a room's name, goes nowhere, and is refused with 403 or 404, which is a SHOULD; so are OPTIONS for that domain.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.2.2.1", "RFC 3261 §16.5"},
		Needs:       conformance.Needs{Media: true, OwnDomain: true},
		Mutants:     conformance.Kills("sec.relay-ruri", conformance.Accepted),
		Run:         conformance.Connected(foreignURI),
	}, {
		ID:          "RTE-004",
		Title:       "Request-URI that leads elsewhere",
		Requirement: "An INVITE whose URI has the room's host but leads to another address, by maddr or by a port that is nobody's here, goes nowhere, and is refused with 403 or 404, which is a SHOULD; so are OPTIONS.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §16.4", "RFC 3261 §19.1.1", "RFC 3261 §8.2.2.1"},
		Needs:       conformance.Needs{Media: true, OwnDomain: true},
		Mutants:     conformance.Kills("sec.maddr", conformance.Accepted),
		Run:         conformance.Connected(tricks),
	}, {
		ID:          "RTE-005",
		Title:       "Own domain in other spellings",
		Requirement: "A room is reached whatever the case of scheme and host, with an escape that need not be, and with a parameter that nobody knows. (Ports, transport and user make another URI by RFC 3261 §19.1.4: what they lead to is the node's to decide.)",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §19.1.4", "RFC 3261 §19.1.1"},
		Needs:       media,
		Mutants:     conformance.Kills("rt.exact-host", conformance.Status),
		Run:         conformance.Connected(spellings),
	}, {
		ID:          "RTE-006",
		Title:       "Unknown alias, and OPTIONS as an INVITE",
		Requirement: "OPTIONS get the status that an INVITE would get: for a user of the node's domain that is no room, for the room from who accepts nothing that it has, and, where there can be another node, of one that is full. The INVITE for no room is refused with 404, which is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §21.4.5", "RFC 3261 §8.2.2.1", "RFC 3261 §11.2"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "rt.404-480", Class: conformance.Status}, {Name: "opt.blind", Class: conformance.Accepted}},
		Run:         conformance.Connected(nobody),
	}}
}

func ownRoute(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, host := range []string{s.Target.Node, s.Target.Pool} {
		answer, err := s.Try(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Header("Route", "<sip:"+host+":5061;transport=tls;lr>").Bytes())
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 200); err != nil {
			return err
		}
	}
	return nil
}

// victim is somebody else: where the suite has a world of its own, one that
// would notice being called. Spared tells whether it was left in peace.
func victim(ctx context.Context, s *conformance.Stand) (domain string, spared func() error, err error) {
	if s.Target.Instruments.Suffix == "" {
		return "victim.invalid", func() error { return nil }, nil
	}
	other, err := s.Partner(ctx)
	if err != nil {
		return "", nil, err
	}
	return other.Domain, func() error {
		if asked, called := s.Asked(other.Domain), other.Edge.Count(); len(asked) > 0 || called > 0 {
			return &conformance.Mismatch{
				Class: conformance.Accepted, Expected: "that nobody looks for " + other.Domain,
				Actual: fmt.Sprintf("%d questions about it and %d connections to it", len(asked), called),
			}
		}
		return nil
	}, nil
}

func foreignRoute(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	domain, spared, err := victim(ctx, s)
	if err != nil {
		return err
	}
	own, other := "<sip:"+s.Target.Node+":5061;transport=tls;lr>", "<sip:sip."+domain+":5061;transport=tls;lr>"
	for _, route := range []string{other, own + ", " + other} {
		answer, err := s.Try(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Header("Route", route).Bytes())
		if err != nil {
			return err
		}
		if err := s.Lesser(conformance.May, conformance.Gets(answer, 403, 404)); err != nil {
			return err
		}
	}
	answer, err := p.Ask(ctx, s.Request("OPTIONS", s.NodeURI(), s.Target.Partner, s.CallID()).Header("Route", other).Bytes())
	if err != nil {
		return err
	}
	if err := s.Lesser(conformance.May, conformance.Gets(answer, 403, 404)); err != nil {
		return err
	}
	return spared()
}

// calling is an INVITE for any URI.
func calling(s *conformance.Stand, uri string) []byte {
	return s.Request("INVITE", uri, s.Target.Partner, s.CallID()).Body("application/sdp", s.Offer()).Bytes()
}

func foreignURI(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	domain, spared, err := victim(ctx, s)
	if err != nil {
		return err
	}
	user, _, _ := strings.Cut(s.Target.Alias, "@")
	if err := refused(ctx, s, p, "sip:"+user+"@"+domain, "sip:"+user+"@sip."+domain, "sip:"+user+"@192.0.2.66"); err != nil {
		return err
	}
	if err := unknown(ctx, s, p, "sip:"+domain, "sip:"+user+"@"+domain); err != nil {
		return err
	}
	return spared()
}

func tricks(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	domain, spared, err := victim(ctx, s)
	if err != nil {
		return err
	}
	user, host, _ := strings.Cut(s.Target.Alias, "@")
	room := "sip:" + user + "@" + host
	if err := refused(ctx, s, p,
		room+";maddr=192.0.2.66", room+";transport=tls;maddr=sip."+domain, room+":5071", "sip:"+user+"@"+s.Target.Node+":5071",
	); err != nil {
		return err
	}
	if err := unknown(ctx, s, p, "sip:"+s.Target.Node+";maddr=192.0.2.66", "sip:"+s.Target.Node+":5071"); err != nil {
		return err
	}
	return spared()
}

// refused calls each of the URIs in vain.
func refused(ctx context.Context, s *conformance.Stand, p *conformance.Peer, uris ...string) error {
	for _, uri := range uris {
		answer, err := s.Try(ctx, p, calling(s, uri))
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 403, 404); err != nil {
			s.Note("the Request-URI was %s", uri)
			if err := s.Lesser(conformance.Should, err); err != nil { // RFC 3261 §8.2.2.1
				return err
			}
		}
	}
	return nil
}

func spellings(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	user, host, _ := strings.Cut(s.Target.Alias, "@")
	loud := strings.ToUpper(host)
	if net.ParseIP(host) != nil {
		loud = host
	}
	for _, uri := range []string{
		"sip:" + user + "@" + loud,
		"SIP:" + user + "@" + host,
		"SIP:" + user + "@" + loud + ";unknown=1",
		"sip:" + fmt.Sprintf("%%%02x", user[0]) + user[1:] + "@" + host,
		"sip:" + fmt.Sprintf("%%%02X", user[0]) + user[1:] + "@" + loud + ";x;y=%7e",
	} {
		answer, err := s.Try(ctx, p, calling(s, uri))
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 200); err != nil {
			s.Note("the Request-URI was %s", uri)
			return err
		}
	}
	return nil
}

func nobody(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	_, host, _ := strings.Cut(s.Target.Alias, "@")
	uri := "sip:nobody-" + s.Tag() + "@" + host
	answer, err := s.Try(ctx, p, calling(s, uri))
	if err != nil {
		return err
	}
	if err := s.Lesser(conformance.Should, conformance.Gets(answer, 404)); err != nil { // RFC 3261 §8.2.2.1
		return err
	}
	if err := alike(ctx, s, p, answer, uri); err != nil {
		return err
	}
	if answer, err = s.Try(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Header("Accept", "text/x-unheard-of").Bytes()); err != nil {
		return err
	}
	if err := alike(ctx, s, p, answer, s.URI(), "Accept: text/x-unheard-of"); err != nil {
		return err
	}
	return whenFull(ctx, s)
}

// alike wants OPTIONS to get the status that the INVITE got (RFC 3261 §11.2: MUST
// be the same).
func alike(ctx context.Context, s *conformance.Stand, p *conformance.Peer, answer *raw.Message, uri string, lines ...string) error {
	b := s.Request("OPTIONS", uri, s.Target.Partner, s.CallID())
	for _, line := range lines {
		b.Line(line)
	}
	asked, err := p.Ask(ctx, b.Bytes())
	if err != nil {
		return err
	}
	return conformance.Gets(asked, answer.Status())
}

// whenFull asks a node that carries as many calls as it may, if there can be one.
func whenFull(ctx context.Context, s *conformance.Stand) error {
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.Limits.Calls = 1 }})
	if errors.Is(err, conformance.ErrNotThere) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := there.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	call, err := there.Establish(ctx, p, there.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	defer call.Hangup(ctx)
	answer, err := there.Try(ctx, p, there.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	return alike(ctx, there, p, answer, there.URI())
}

// unknown wants OPTIONS for somebody who is not there to be answered as an
// INVITE would be (RFC 3261 §11.2).
func unknown(ctx context.Context, s *conformance.Stand, p *conformance.Peer, uris ...string) error {
	for _, uri := range uris {
		answer, err := p.Ask(ctx, s.Request("OPTIONS", uri, s.Target.Partner, s.CallID()).Bytes())
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 403, 404); err != nil {
			s.Note("the Request-URI of OPTIONS was %s", uri)
			if err := s.Lesser(conformance.Should, err); err != nil {
				return err
			}
		}
	}
	return nil
}
