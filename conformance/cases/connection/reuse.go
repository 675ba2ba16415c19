package connection

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

func reuse() []conformance.Case {
	outward := conformance.Needs{Trigger: true, DNS: true, Authority: true}
	unproved := []string{"RFC 5923 §5", "RFC 5923 §8.2", "RFC 5922 §7"}
	return []conformance.Case{{
		ID:          "CON-027",
		Title:       "Outbound connections are reused",
		Requirement: "Two calls to the same domain go by one connection.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §18.1.1", "RFC 5923 §5"},
		Needs:       conformance.Needs{Called: true},
		Mutants:     conformance.Kills("con.no-reuse", conformance.Silence),
		Run:         secondCall,
	}, {
		ID:          "CON-028",
		Title:       "Not reused for another name at the same address",
		Requirement: "Two domains whose hosts share an address and a port get a connection each, each with its own SNI and its own proof.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5923 §5", "RFC 5922 §7.3", "RFC 6066 §3"},
		Needs:       outward,
		Mutants:     conformance.Kills("con.reuse-ip", conformance.Silence),
		// sipgo, case catalogue §4.3 row 2: its pool is keyed by address and port.
		Run: sharedAddress,
	}, {
		ID:          "CON-029",
		Title:       "A peer's connection from the right address is no proof",
		Requirement: "A call to a domain does not go by a connection that somebody else opened from the address and port of the domain's host.",
		Severity:    conformance.Must,
		Refs:        unproved,
		Needs:       outward,
		Mutants:     conformance.Kills("con.alias-unverified", conformance.Silence),
		// sipgo, case catalogue §4.3 row 2: an inbound connection from the right address is reused.
		Run: fromTheirAddress,
	}, {
		ID:          "CON-030",
		Title:       "An alias is honoured only for a proved name",
		Requirement: "Whoever writes a Via with alias gets no calls for a name that its certificate does not prove, with or without a certificate.",
		Severity:    conformance.Should,
		Refs:        unproved,
		Needs:       outward,
		Mutants:     conformance.Kills("con.alias-any", conformance.Silence),
		Run:         claimedAlias,
	}, {
		ID:          "CON-031",
		Title:       "No call by somebody else's connection",
		Requirement: "With connections of two partners open, a call to a third goes to the third alone.",
		Severity:    conformance.Must,
		Refs:        unproved,
		Needs:       outward,
		Mutants:     conformance.Kills("con.laddr-pool", conformance.Silence),
		// sipgo, case catalogue §4.3 row 1: a request for anywhere goes out by the last inbound connection.
		Run: bystanders,
	}, {
		ID:          "CON-033",
		Title:       "A call outlives its connection",
		Requirement: "When the connection of an answered call is gone, the node's next request within it comes over a new one to where the dialog's route leads.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.1.1", "RFC 3261 §18.1.1", "RFC 5923 §5"},
		Needs:       conformance.Needs{Media: true, DNS: true, Authority: true},
		Mutants:     conformance.Kills("con.no-redial", conformance.Silence),
		Lasts:       90,
		Run:         outlived,
	}}
}

// arrives makes the node call a partner and wants the INVITE at the partner's
// own Edge, over a connection that was made for its name; the call is refused.
func arrives(ctx context.Context, s *conformance.Stand, domain, host string, edge *conformance.Edge) (*conformance.Peer, error) {
	if _, err := s.Place(ctx, conformance.Place{To: "sip:anna@" + domain}); err != nil {
		return nil, err
	}
	p, err := edge.Accept(ctx)
	if err != nil {
		return nil, about(err, "a connection made for %s", host)
	}
	if name := p.State().ServerName; !strings.EqualFold(name, host) {
		return nil, &conformance.Mismatch{Class: conformance.Content, Expected: "SNI " + host, Actual: fmt.Sprintf("%q", name)}
	}
	return p, busy(ctx, p, "sip:anna@"+domain)
}

// busy wants an INVITE for somebody and refuses it.
func busy(ctx context.Context, p *conformance.Peer, to string) error {
	invite, err := p.Await(ctx, "INVITE "+to, raw.Request("INVITE"))
	if err != nil {
		return err
	}
	if uri := invite.RequestURI(); !strings.HasPrefix(uri, to) {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "INVITE " + to, Actual: invite.StartLine}
	}
	return p.Respond(invite, 486, "Busy Here", nil)
}

func secondCall(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := arrives(ctx, s, partner.Domain, partner.Host, partner.Edge)
	if err != nil {
		return conformance.Preamble(err)
	}
	if _, err := s.Place(ctx, conformance.Place{To: "sip:ben@" + partner.Domain}); err != nil {
		return err
	}
	return about(busy(ctx, p, "sip:ben@"+partner.Domain), "the second INVITE on the connection of the first")
}

func sharedAddress(ctx context.Context, s *conformance.Stand) error {
	var domains, hosts []string
	var certificates []tls.Certificate
	for range 2 {
		who, err := s.Another()
		if err != nil {
			return conformance.Preamble(err)
		}
		domains, hosts, certificates = append(domains, who.Domain), append(hosts, who.Host), append(certificates, who.Certificate)
	}
	edge, err := s.Listen(ctx, conformance.Listening{Host: hosts[0], Tweak: func(t *tls.Config) { t.Certificates = certificates }})
	if err != nil {
		return conformance.Preamble(err)
	}
	for i, domain := range domains {
		if err := publish(s, domain, edge.AddrPort()); err != nil {
			return conformance.Preamble(err)
		}
		if _, err := arrives(ctx, s, domain, hosts[i], edge); err != nil {
			return about(err, "a connection of its own for %s, the %d. of two hosts at %s", hosts[i], i+1, edge.AddrPort())
		}
	}
	return nil
}

// publish makes sip.DOMAIN the Access Edge of a domain.
func publish(s *conformance.Stand, domain string, at netip.AddrPort) error {
	return s.Publish(domain, conformance.SRV(0, 0, at.Port(), "sip"), conformance.A("sip", at.Addr()))
}

func fromTheirAddress(ctx context.Context, s *conformance.Stand) error {
	victim, err := s.Another()
	if err != nil {
		return conformance.Preamble(err)
	}
	thief, err := s.Another()
	if err != nil {
		return conformance.Preamble(err)
	}
	theirs, at, err := s.DialFrom(ctx, thief)
	if err != nil {
		return conformance.Preamble(err)
	}
	if _, err := theirs.Ask(ctx, s.Options(thief)); err != nil {
		return conformance.Preamble(err)
	}
	edge, err := s.Listen(ctx, conformance.Listening{Host: victim.Host, Certificate: victim.Certificate, Address: at.Addr(), Port: at.Port()})
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := publish(s, victim.Domain, at); err != nil {
		return conformance.Preamble(err)
	}
	_, err = arrives(ctx, s, victim.Domain, victim.Host, edge)
	return err
}

func claimedAlias(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	thief, err := s.Another()
	if err != nil {
		return conformance.Preamble(err)
	}
	for _, as := range []conformance.Identity{thief, {Domain: thief.Domain, Host: thief.Host}} {
		p, err := s.Dial(ctx, as, nil)
		if err != nil {
			s.Note("without a certificate: %v", err)
			continue
		}
		alias := strings.Replace(string(s.Options(as)), "TLS "+as.Host+":5061;",
			fmt.Sprintf("TLS %s:%d;alias;", partner.Host, partner.Edge.AddrPort().Port()), 1)
		if _, err := p.Ask(ctx, []byte(alias)); err != nil {
			s.Note("with alias: %v", err)
		}
	}
	_, err = arrives(ctx, s, partner.Domain, partner.Host, partner.Edge)
	return err
}

func bystanders(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	var peers []*conformance.Peer
	for range 2 {
		who, err := s.Another()
		if err != nil {
			return conformance.Preamble(err)
		}
		p, err := s.Dial(ctx, who, nil)
		if err != nil {
			return conformance.Preamble(err)
		}
		if _, err := p.Ask(ctx, s.Options(who)); err != nil {
			return conformance.Preamble(err)
		}
		peers = append(peers, p)
	}
	if _, err := arrives(ctx, s, partner.Domain, partner.Host, partner.Edge); err != nil {
		return err
	}
	for _, p := range peers { // what was meant for others would be here by now
		if err := p.Quiet(ctx, s.T1()); err != nil {
			return err
		}
	}
	return nil
}

// outlived makes a call, drops its connection, and wants what the node says
// next in it, be it a probe or BYE, where the dialog's route leads.
func outlived(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := s.Dial(ctx, partner.Identity, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	at := fmt.Sprintf("%s:%d", partner.Host, partner.Edge.AddrPort().Port())
	invite, err := s.Invite(partner.Identity, s.Offer()).Header("Session-Expires", "90;refresher=uac").Message()
	if err != nil {
		return err
	}
	text := strings.Replace(string(invite.Bytes), "@"+partner.Host+":5061;transport=tls", "@"+at+";transport=tls", 1)
	call, err := s.Establish(ctx, p, []byte(text))
	if err != nil {
		return conformance.Preamble(err)
	}
	p.Abort()
	next, err := partner.Edge.AcceptWithin(ctx, 90*s.Second())
	if err != nil {
		return about(err, "a new connection to %s, for the next request of the call", at)
	}
	m, err := next.Await(ctx, "a request within the call", raw.And(raw.Request(""), raw.InCall(call.Invite.CallID())))
	if err != nil {
		return err
	}
	if m.Tag("To") != call.Invite.Tag("From") || m.Tag("From") != call.Answer.Tag("To") {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "the tags of the call", Actual: m.Get("From") + " and " + m.Get("To")}
	}
	return next.Respond(m, 481, "Call Does Not Exist", nil)
}
