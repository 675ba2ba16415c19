package overload

import (
	"context"
	"fmt"

	"fedge/certs"
	"fedge/conformance"
	"fedge/sip/raw"
)

func refusalCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "OVL-010",
		Title:       "Nobody is followed elsewhere",
		Requirement: "A 302 that points to another domain ends the call, or that domain is looked up and proved like any other before it hears a word (RFC 3261 §8.1.3.4 lets a caller follow: that it does not is no MUST): what was agreed with a partner does not hold for whom it names.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.1.3.4", "RFC 3261 §21.3"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "rt.follow-3xx", Class: conformance.Accepted}, {Name: "rt.follow-blind", Class: conformance.Accepted}},
		Run:         redirected,
	}, {
		ID:          "OVL-011",
		Title:       "The caller hears why",
		Requirement: "What the far end answers, 480, 486, 603, 488 or 415, is told to whoever placed the call, each as itself.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §21.4", "RFC 3261 §21.6"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "map.all-500", Class: conformance.Content}},
		Run: func(ctx context.Context, s *conformance.Stand) error {
			for _, status := range []int{480, 486, 603, 488, 415} {
				if _, err := refusedBy(ctx, s, status, nil); err != nil {
					return err
				}
			}
			return nil
		},
	}, {
		ID:          "OVL-012",
		Title:       "No partner is shown a password",
		Requirement: "A challenge, 401 or 407, ends the call: it is not answered with credentials.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §22.1", "RFC 3261 §26.3.2.4"},
		Needs:       calls,
		Mutants:     []conformance.Mutant{{Name: "sec.leak-creds", Class: conformance.Accepted}},
		Run:         challenged,
	}}
}

// refusedBy makes the node call a fresh partner that answers so, and wants that
// told to the caller.
func refusedBy(ctx context.Context, s *conformance.Stand, status int, say func(*raw.Builder)) (*conformance.Desk, error) {
	to, err := s.Partner(ctx)
	if err != nil {
		return nil, err
	}
	desk := s.Desk(ctx, to.Edge, func(p *conformance.Peer, invite *raw.Message) error {
		return p.Respond(invite, status, "No", say)
	})
	placed, err := place(ctx, s, to.Domain)
	if err != nil {
		return nil, err
	}
	if desk.Count() == 0 {
		return nil, conformance.Preamble(fmt.Errorf("no call came: %s", placed.Body))
	}
	return desk, told(placed, status)
}

func redirected(ctx context.Context, s *conformance.Stand) error {
	other, err := s.Partner(ctx)
	if err != nil {
		return err
	}
	s.Desk(ctx, other.Edge, nil)
	desk, err := refusedBy(ctx, s, 302, contact(other.Domain))
	switch n := other.Edge.Count(); {
	case n > 0: // found by its record and proved by its certificate
		followed := conformance.Fault(conformance.Accepted, "nobody at "+other.Domain, fmt.Sprintf("%d connections", n))
		if err := s.Lesser(conformance.May, followed); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := once(desk); err != nil {
			return err
		}
	}
	return unproved(ctx, s)
}

// unproved points to a domain whose server shows somebody else's certificate: who
// follows there has not looked.
func unproved(ctx context.Context, s *conformance.Stand) error {
	domain := s.Domain()
	certificate, err := s.Issue(certs.Request{CommonName: "fedge", Names: []string{"sip." + s.Domain()}})
	if err != nil {
		return err
	}
	e, err := s.Listen(ctx, conformance.Listening{Host: "sip." + domain, Certificate: certificate})
	if err != nil {
		return err
	}
	if err := s.Publish(domain, conformance.SRV(0, 0, e.AddrPort().Port(), "sip"), conformance.A("sip", e.AddrPort().Addr())); err != nil {
		return err
	}
	thief := s.Desk(ctx, e, nil)
	_, err = refusedBy(ctx, s, 302, contact(domain))
	if e.Count() > 0 { // who came has time to speak
		if err := s.Wait(ctx, 2*s.T1()); err != nil {
			return err
		}
	}
	switch {
	case thief.Count() > 0:
		return conformance.Fault(conformance.Accepted, "no word to who does not prove to be "+domain, fmt.Sprintf("%d calls", thief.Count()))
	case e.Count() > 0:
		return nil
	}
	return err
}

// contact is the one place that a 302 points to.
func contact(domain string) func(*raw.Builder) {
	return func(b *raw.Builder) { b.Header("Contact", "<sip:ben@"+domain+">") }
}

func challenged(ctx context.Context, s *conformance.Stand) error {
	for status, header := range map[int]string{401: "WWW-Authenticate", 407: "Proxy-Authenticate"} {
		desk, err := refusedBy(ctx, s, status, func(b *raw.Builder) {
			b.Header(header, `Digest realm="fedge", nonce="5f7c", algorithm=MD5, qop="auth"`)
		})
		if desk != nil {
			if err := once(desk); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// once wants one INVITE and no more, without any credentials.
func once(desk *conformance.Desk) error {
	for n, invite := range desk.Invites() {
		if n > 0 || invite.Has("Authorization") || invite.Has("Proxy-Authorization") {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: "one INVITE without credentials", Actual: fmt.Sprintf("another:\n%s", invite.Bytes)}
		}
	}
	return nil
}
