package tls

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"fedge/certs"
	"fedge/conformance"
	"fedge/plan"
)

// admitted are the cases about whom the node lets in.
func admitted() []conformance.Case {
	claims := conformance.Needs{ClientCertificate: true, FromAuthorisation: true, Media: true, Authority: true, DNS: true}
	return []conformance.Case{{
		ID:          "TLS-010",
		Title:       "Client certificate requested",
		Requirement: "The node asks for a client certificate, and one who has none gets no call: refused in the handshake or with 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5246 §7.4.4", "RFC 8446 §4.3.2"},
		Needs:       conformance.Needs{ClientCertificate: true},
		Mutants:     conformance.Kills("tls.no-request", conformance.Handshake),
		Run:         certificateRequested,
	}, {
		ID:          "TLS-011",
		Title:       "Client certificate of an unknown authority",
		Requirement: "A client certificate that chains to no trusted root proves nothing: refused in the handshake or with 403, never routed.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5280 §6.1", "RFC 5922 §7.3"},
		Needs:       conformance.Needs{ClientCertificate: true, FromAuthorisation: true, Media: true},
		Mutants:     conformance.Kills("tls.skip-verify", conformance.Accepted),
		Run:         unknownAuthority,
	}, {
		ID:          "TLS-012",
		Title:       "Client certificate out of its time",
		Requirement: "A client certificate that has expired or is not valid yet is refused in the handshake or with 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5280 §6.1.3"},
		Needs:       claims,
		Mutants:     conformance.Kills("tls.no-time", conformance.Accepted),
		Run:         unlike(expired, early),
	}, {
		ID:          "TLS-013",
		Title:       "Client certificate for servers alone",
		Requirement: "A client certificate whose extended key usage lacks clientAuth is refused in the handshake or with 403.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5280 §4.2.1.12", "RFC 5922 §7.3"},
		Needs:       claims,
		Mutants:     conformance.Kills("tls.any-eku", conformance.Accepted),
		Run:         unlike(serverOnly),
	}, {
		ID:          "TLS-014",
		Title:       "Client certificate revoked",
		Requirement: "A client certificate on a revocation list that the node was given is refused in the handshake or with 403.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5280 §6.3", "RFC 5922 §7.3"},
		Needs:       conformance.Needs{ClientCertificate: true, FromAuthorisation: true, Media: true, Authority: true, DNS: true, Variant: true},
		Mutants:     conformance.Kills("tls.no-crl", conformance.Accepted),
		Run:         revoked,
	}, {
		ID:          "TLS-015",
		Title:       "Intermediate missing from the client's chain",
		Requirement: "A client that sends its leaf without the intermediate is refused, or the intermediate is had elsewhere; a leaf is not taken for proved because nobody is there to ask.",
		Severity:    conformance.May,
		Refs:        []string{"RFC 5246 §7.4.6", "RFC 8446 §4.4.2", "RFC 5280 §6.1"},
		Needs:       claims,
		Mutants:     conformance.Kills("tls.partial-chain", conformance.Accepted),
		Run:         unlike(leafOnly),
	}, {
		ID:          "TLS-016",
		Title:       "Signed by a leaf",
		Requirement: "A client certificate that was signed by a certificate which is no authority is refused in the handshake or with 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5280 §4.2.1.9", "RFC 5280 §6.1.4"},
		Needs:       claims,
		Mutants:     conformance.Kills("tls.no-basicconstraints", conformance.Accepted),
		Run:         unlike(byLeaf),
	}, {
		ID:          "TLS-017",
		Title:       "Name constraints",
		Requirement: "A client certificate for a name outside what its authority is constrained to is refused in the handshake or with 403.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5280 §4.2.1.10", "RFC 5280 §6.1.3"},
		Needs:       claims,
		Mutants:     conformance.Kills("tls.no-nameconstraints", conformance.Accepted),
		Run:         unlike(outsideConstraint),
	}}
}

// flawed makes the certificate of a host in a way that must not be taken; good
// is an honest one for the same host.
type flawed func(s *conformance.Stand, host string, good tls.Certificate) (tls.Certificate, error)

// unlike calls as a partner whom the node takes with an honest certificate, and
// wants the call refused with each flawed one.
func unlike(all ...flawed) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		partner, err := s.Partner(ctx)
		if err != nil {
			return conformance.Preamble(err)
		}
		if err := taken(ctx, s, partner.Identity); err != nil {
			return conformance.Preamble(fmt.Errorf("with an honest certificate: %w", err))
		}
		for _, flaw := range all {
			as := partner.Identity
			if as.Certificate, err = flaw(s, partner.Host, partner.Certificate); err != nil {
				return conformance.Preamble(err)
			}
			if err := notTaken(ctx, s, as); err != nil {
				return err
			}
		}
		return nil
	}
}

// taken makes a call and ends it.
func taken(ctx context.Context, s *conformance.Stand, as conformance.Identity) error {
	p, err := s.Dial(ctx, as, nil)
	if err != nil {
		return err
	}
	call, err := s.Establish(ctx, p, s.Invite(as, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	call.Hangup(ctx)
	return nil
}

func notTaken(ctx context.Context, s *conformance.Stand, as conformance.Identity) error {
	p, err := s.Dial(ctx, as, nil)
	if err != nil {
		return onlyRefused(err)
	}
	return turnedAwayAs(ctx, s, p, as)
}

func issued(s *conformance.Stand, host string, change func(*certs.Request)) (tls.Certificate, error) {
	r := certs.Request{CommonName: host, Names: []string{host}}
	change(&r)
	return s.Issue(r)
}

func expired(s *conformance.Stand, host string, _ tls.Certificate) (tls.Certificate, error) {
	return issued(s, host, func(r *certs.Request) {
		r.NotBefore, r.NotAfter = time.Now().Add(-30*time.Minute), time.Now().Add(-time.Minute)
	})
}

func early(s *conformance.Stand, host string, _ tls.Certificate) (tls.Certificate, error) {
	return issued(s, host, func(r *certs.Request) {
		r.NotBefore, r.NotAfter = time.Now().Add(time.Hour), time.Now().Add(48*time.Hour)
	})
}

func serverOnly(s *conformance.Stand, host string, _ tls.Certificate) (tls.Certificate, error) {
	return issued(s, host, func(r *certs.Request) { r.ServerOnly = true })
}

func leafOnly(s *conformance.Stand, host string, _ tls.Certificate) (tls.Certificate, error) {
	return issued(s, host, func(r *certs.Request) { r.LeafOnly = true })
}

// byLeaf is signed with the honest certificate's own key.
func byLeaf(_ *conformance.Stand, host string, good tls.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}, good.Leaf, key.Public(), good.PrivateKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("signing with a leaf: %w", err)
	}
	return tls.Certificate{Certificate: append([][]byte{der}, good.Certificate...), PrivateKey: key}, nil
}

func outsideConstraint(s *conformance.Stand, host string, _ tls.Certificate) (tls.Certificate, error) {
	under := s.Target.Instruments.Under
	if under == nil {
		return tls.Certificate{}, conformance.ErrNotThere
	}
	authority, err := under("a.test")
	if err != nil {
		return tls.Certificate{}, err
	}
	return authority.Issue(certs.Request{CommonName: host, Names: []string{host}})
}

// revoked starts a node whose list names one of two certificates of a
// partner's.
func revoked(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	bad := partner.Identity
	if bad.Certificate, err = issued(s, partner.Host, func(*certs.Request) {}); err != nil {
		return conformance.Preamble(err)
	}
	if s.Target.Instruments.Revoke == nil {
		return conformance.ErrNotThere
	}
	list, err := s.Target.Instruments.Revoke(bad.Certificate.Leaf)
	if err != nil {
		return conformance.Preamble(err)
	}
	dir, err := s.Dir()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "revoked.pem")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return err
	}
	v, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.Certificates.Revoked = file }})
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := taken(ctx, v, partner.Identity); err != nil {
		return conformance.Preamble(fmt.Errorf("with a certificate that is not on the list: %w", err))
	}
	return notTaken(ctx, v, bad)
}
