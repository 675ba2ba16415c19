// Package tls holds the cases about TLS and certificates (RFC 5246, RFC 8446,
// RFC 5280, RFC 5922).
package tls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"fedge/conformance"
	"fedge/sip/link"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(shown(), versions(), admitted(), outward(), sessions(), strangers())
}

// chainComplete verifies with the root alone, as a partner that never met the
// intermediate does, and checks that each certificate sent signs the one before.
func chainComplete(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return refused("a chain that verifies with the root alone", err)
	}
	sent := p.State().PeerCertificates
	for i := 1; i < len(sent); i++ {
		if err := sent[i-1].CheckSignatureFrom(sent[i]); err != nil {
			return &conformance.Mismatch{
				Class: conformance.Handshake, Expected: "each certificate signed by the next one sent",
				Actual: fmt.Sprintf("%s is not signed by %s: %v", sent[i-1].Subject, sent[i].Subject, err),
			}
		}
	}
	return nil
}

func certificateRequested(ctx context.Context, s *conformance.Stand) error {
	asked := false
	p, err := s.Dial(ctx, conformance.Identity{Domain: s.Target.Partner.Domain, Host: s.Target.Partner.Host}, func(t *tls.Config) {
		t.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return &tls.Certificate{}, nil
		}
	})
	if !asked {
		return &conformance.Mismatch{Class: conformance.Handshake, Expected: "a CertificateRequest", Actual: "none in the handshake"}
	}
	if err != nil {
		return onlyRefused(err)
	}
	return turnedAway(ctx, s, p)
}

func unknownAuthority(ctx context.Context, s *conformance.Stand) error {
	stranger := s.Target.Partner
	stranger.Certificate = s.Target.Stranger
	p, err := s.Dial(ctx, stranger, nil)
	if err != nil {
		return onlyRefused(err)
	}
	return turnedAway(ctx, s, p)
}

// turnedAway sends an INVITE for a room that exists, from a domain that the
// connection does not prove. With TLS 1.3 the refusal of a certificate comes
// after the client's handshake is over (RFC 8446 §4.4.2.4).
func turnedAway(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	return turnedAwayAs(ctx, s, p, s.Target.Partner)
}

func turnedAwayAs(ctx context.Context, s *conformance.Stand, p *conformance.Peer, as conformance.Identity) error {
	answer, err := p.Ask(ctx, s.Invite(as, s.Offer()).Bytes())
	if m, ok := errors.AsType[*conformance.Mismatch](err); ok && m.Class == conformance.Closed {
		return nil
	}
	if err != nil {
		return err
	}
	if answer.Status() != 403 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "the connection closed, or 403", Actual: answer.StartLine}
	}
	return nil
}

func answered(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	answer, err := p.Ask(ctx, s.Options(s.Target.Partner))
	if err != nil {
		return err
	}
	if answer.Status() != 200 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to OPTIONS", Actual: answer.StartLine}
	}
	return nil
}

// refused says that a handshake failed that must not.
func refused(expected string, err error) error {
	dial, ok := errors.AsType[*link.DialError](err)
	if !ok || dial.Stage != link.Handshake {
		return conformance.Preamble(err)
	}
	actual := dial.Err.Error()
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		actual = unknown.Error()
	}
	return &conformance.Mismatch{Class: conformance.Handshake, Expected: expected, Actual: actual}
}

// onlyRefused passes a refusal in the handshake; not reaching the node is
// another matter.
func onlyRefused(err error) error {
	if dial, ok := errors.AsType[*link.DialError](err); ok && dial.Stage == link.Handshake {
		return nil
	}
	return conformance.Preamble(err)
}
