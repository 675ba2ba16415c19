package tls

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/conformance"
)

// shown are the cases about what the node shows of itself.
func shown() []conformance.Case {
	return []conformance.Case{{
		ID:          "TLS-001",
		Title:       "Server chain complete",
		Requirement: "The node sends its leaf and every intermediate, in order, so that the root alone verifies it.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5246 §7.4.2", "RFC 8446 §4.4.2"},
		Mutants:     conformance.Kills("tls.no-intermediate", conformance.Handshake),
		Run:         chainComplete,
	}, {
		ID:          "TLS-002",
		Title:       "Names in the certificate",
		Requirement: "The certificate's alternative names hold the SRV target and the node's own name.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5922 §4", "RFC 5922 §7.1", "[MS-SIPRE] 2.2.15"},
		Mutants:     conformance.Kills("tls.wrong-san", conformance.Content),
		Run:         certificate(names),
	}, {
		ID:          "TLS-003",
		Title:       "Extended key usage",
		Requirement: "The certificate may be used by a server, and by a client when the node calls out.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5280 §4.2.1.12", "RFC 5924 §3"},
		Needs:       conformance.Needs{Trigger: true},
		Mutants:     conformance.Kills("tls.no-clientauth-eku", conformance.Content),
		Run:         certificate(usages),
	}, {
		ID:          "TLS-004",
		Title:       "Key and signature strength",
		Requirement: "Keys have 2048 bits (RSA) or are on P-256 or better, and no certificate sent is signed with MD5 or SHA-1.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 9325 §4.2", "RFC 9325 §4.5", "RFC 9155 §2"},
		Mutants:     conformance.Kills("tls.sha1", conformance.Content),
		Run:         certificate(strength),
	}, {
		ID:          "TLS-005",
		Title:       "Within its time",
		Requirement: "Every certificate sent is within its period of validity.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5280 §4.1.2.5", "RFC 5280 §6.1.3"},
		Mutants:     conformance.Kills("tls.expired", conformance.Content),
		Run:         certificate(period),
	}, {
		ID:          "TLS-026",
		Title:       "Certificate by SNI",
		Requirement: "To a client that names the pool or the node the certificate proves that name; a name that is nobody's here gets some certificate or unrecognized_name.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 6066 §3"},
		Mutants:     conformance.Kills("tls.sni-ignore", conformance.Handshake),
		Run:         bySNI,
	}, {
		ID:          "TLS-027",
		Title:       "No SNI",
		Requirement: "A client that sends no SNI, as Lync Server 2010 does, is served.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 6066 §3"},
		Mutants:     conformance.Kills("tls.require-sni", conformance.Handshake),
		Run:         noSNI,
	}}
}

// unverified takes any certificate: the case itself looks at it.
func unverified(t *tls.Config) { t.InsecureSkipVerify = true }

// certificate judges what the node sends, whatever the handshake says of it.
func certificate(judge func(*conformance.Stand, []*x509.Certificate) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		p, err := s.Dial(ctx, s.Target.Partner, unverified)
		if err != nil {
			return refused("a handshake", err)
		}
		return judge(s, p.State().PeerCertificates)
	}
}

func names(s *conformance.Stand, sent []*x509.Certificate) error {
	has := func(name string) bool {
		return slices.ContainsFunc(sent[0].DNSNames, func(n string) bool { return strings.EqualFold(n, name) })
	}
	for _, name := range []string{s.Target.Pool, s.Target.Node} {
		if !has(name) {
			return content(name+" among the certificate's alternative names", strings.Join(sent[0].DNSNames, ", "))
		}
	}
	if !has(s.Target.Domain) {
		s.Note("the SIP domain %s is not among the alternative names (RFC 5922 §4)", s.Target.Domain)
	}
	if !strings.EqualFold(sent[0].Subject.CommonName, s.Target.Pool) {
		s.Note("the common name is %q, not the pool's", sent[0].Subject.CommonName)
	}
	return nil
}

func usages(_ *conformance.Stand, sent []*x509.Certificate) error {
	for use, name := range map[x509.ExtKeyUsage]string{x509.ExtKeyUsageServerAuth: "serverAuth", x509.ExtKeyUsageClientAuth: "clientAuth"} {
		uses := sent[0].ExtKeyUsage
		if len(uses) > 0 && !slices.Contains(uses, use) && !slices.Contains(uses, x509.ExtKeyUsageAny) {
			return content(name+" in the extended key usage", fmt.Sprint(uses))
		}
	}
	return nil
}

func strength(_ *conformance.Stand, sent []*x509.Certificate) error {
	for _, c := range sent {
		algorithm := c.SignatureAlgorithm.String()
		if strings.Contains(algorithm, "SHA1") || strings.Contains(algorithm, "MD5") || strings.Contains(algorithm, "MD2") {
			return content("a signature with SHA-256 or better on "+c.Subject.String(), algorithm)
		}
		switch key := c.PublicKey.(type) {
		case *rsa.PublicKey:
			if key.N.BitLen() < 2048 {
				return content("an RSA key of 2048 bits or more in "+c.Subject.String(), fmt.Sprintf("%d bits", key.N.BitLen()))
			}
		case *ecdsa.PublicKey:
			if key.Params().BitSize < 256 {
				return content("a curve of 256 bits or more in "+c.Subject.String(), key.Params().Name)
			}
		}
	}
	return nil
}

func period(s *conformance.Stand, sent []*x509.Certificate) error {
	now := time.Now()
	for _, c := range sent {
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return content(c.Subject.String()+" valid now", c.NotBefore.Format(time.RFC3339)+" to "+c.NotAfter.Format(time.RFC3339))
		}
		if left := c.NotAfter.Sub(now); left < 30*24*time.Hour {
			s.Note("%s ends in %d days", c.Subject, int(left.Hours()/24))
		}
	}
	return nil
}

func content(expected, actual string) error {
	return &conformance.Mismatch{Class: conformance.Content, Expected: expected, Actual: actual}
}

func bySNI(ctx context.Context, s *conformance.Stand) error {
	for _, name := range []string{s.Target.Pool, s.Target.Node} {
		if _, err := s.DialName(ctx, name, s.Target.Partner, nil); err != nil {
			return refused("a certificate that proves "+name+" for that SNI", err)
		}
	}
	if _, err := s.DialName(ctx, "nobody."+s.Target.Domain, s.Target.Partner, unverified); err != nil {
		s.Note("with SNI of nobody: %v", err)
		return onlyRefused(err)
	}
	return nil
}

// noSNI dials for an address: that is never sent as SNI (RFC 6066 §3).
func noSNI(ctx context.Context, s *conformance.Stand) error {
	p, err := s.DialName(ctx, s.Target.Address.Addr().String(), s.Target.Partner, unverified)
	if err != nil {
		return refused("a handshake without SNI", err)
	}
	return answered(ctx, s, p)
}
