package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// ErrNoCertificate is the identity error of a peer that showed no certificate.
var ErrNoCertificate = errors.New("link: the peer showed no certificate")

// Identity is what the peer proved in the handshake.
type Identity struct {
	Chain []*x509.Certificate // as the peer sent it, leaf first
	Err   error               // why the chain does not verify; nil if it does
}

// Names returns the DNS names of the leaf, in lower case: its subject
// alternative names, or the common name when there is none of any kind
// (RFC 5922 §7.1, RFC 6125 §6.4.4). They mean something only when Err is nil.
func (i Identity) Names() []string {
	if len(i.Chain) == 0 {
		return nil
	}
	leaf := i.Chain[0]
	if len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.URIs)+len(leaf.EmailAddresses) == 0 {
		if leaf.Subject.CommonName == "" {
			return nil
		}
		return []string{strings.ToLower(leaf.Subject.CommonName)}
	}
	names := make([]string, 0, len(leaf.DNSNames))
	for _, name := range leaf.DNSNames {
		names = append(names, strings.ToLower(name))
	}
	return names
}

// identify judges the peer's chain, unless the handshake already did. A dialled
// peer acts as a TLS server, an accepting one as a client, and its certificate
// must be good for that.
func identify(state tls.ConnectionState, judge func([]*x509.Certificate, bool) error, dialled bool) Identity {
	id := Identity{Chain: state.PeerCertificates}
	switch {
	case len(id.Chain) == 0:
		id.Err = ErrNoCertificate
	case len(state.VerifiedChains) == 0:
		id.Err = judge(id.Chain, dialled)
	}
	return id
}

func verify(chain []*x509.Certificate, roots *x509.CertPool, dialled bool) error {
	usage := x509.ExtKeyUsageClientAuth
	if dialled {
		usage = x509.ExtKeyUsageServerAuth
	}
	opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{usage}}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(opts); err != nil {
		return fmt.Errorf("link: verifying the peer's certificate chain: %w", err)
	}
	return nil
}
