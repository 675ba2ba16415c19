package edge

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"fedge/mutant"
)

// credentials are what this node proves itself with and judges others by.
type credentials struct {
	certificate tls.Certificate
	roots       *x509.CertPool
	verify      bool // the plan's; off: everybody gets in, nobody is proved
}

// leaf is the node's own certificate; an empty one if it cannot be read.
func (c credentials) leaf() *x509.Certificate {
	if c.certificate.Leaf != nil {
		return c.certificate.Leaf
	}
	leaf, err := x509.ParseCertificate(c.certificate.Certificate[0])
	if err != nil {
		return &x509.Certificate{}
	}
	return leaf
}

// server is the configuration for links that peers open.
//
// The list of authorities in the certificate request stays empty: Schannel
// offers a certificate only if its issuer is on a list that was sent, so that
// a narrow list makes a real Edge come without one.
func (c credentials) server() *tls.Config {
	config := &tls.Config{
		Certificates:     []tls.Certificate{c.certificate},
		MinVersion:       tls.VersionTLS12, // RFC 8996; Lync reaches no further than 1.2
		MaxVersion:       tls.VersionTLS13,
		ClientAuth:       tls.RequestClientCert,
		VerifyConnection: c.verifyClient,
	}
	if mutant.On("tls.only13") {
		config.MinVersion = tls.VersionTLS13
	}
	if mutant.On("tls.no-request") {
		config.ClientAuth, config.VerifyConnection = tls.NoClientCert, nil
	}
	if mutant.On("tls.skip-verify") {
		config.VerifyConnection = nil
	}
	if mutant.On("tls.no-intermediate") {
		config.Certificates[0].Certificate = config.Certificates[0].Certificate[:1]
	}
	return config
}

// errNoCertificate refuses a peer that offered no certificate: federation is
// mutual TLS, and nobody can be proved to speak for a domain without one.
var errNoCertificate = errors.New("edge: the peer offered no certificate")

func (c credentials) verifyClient(state tls.ConnectionState) error {
	if !c.verify {
		return nil
	}
	return c.chain(state.PeerCertificates, x509.ExtKeyUsageClientAuth)
}

// client is the configuration for links that this node opens to host. One of
// the names must be in the certificate: the host itself, as between Access Edges,
// or the SIP domain it was found for (RFC 5922 §4, §7). Our certificate is
// offered whatever authorities the peer lists: it knows who it trusts, and a
// refusal says more than an empty answer.
func (c credentials) client(host string, names ...string) *tls.Config {
	return &tls.Config{
		ServerName: host,
		MinVersion: tls.VersionTLS12,
		MaxVersion: tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &c.certificate, nil
		},
		InsecureSkipVerify: true, // VerifyConnection does all of it, by SIP's rules
		VerifyConnection: func(state tls.ConnectionState) error {
			if !c.verify {
				return nil
			}
			if err := c.chain(state.PeerCertificates, x509.ExtKeyUsageServerAuth); err != nil {
				return err
			}
			if leaf := state.PeerCertificates[0]; !certifies(leaf, names...) {
				return fmt.Errorf("edge: the certificate is for %q, not for %q", sipNames(leaf), slices.DeleteFunc(names, func(n string) bool { return n == "" }))
			}
			return nil
		},
	}
}

// chain verifies that a peer's certificate leads to one of our roots and may
// be used as it is used here.
func (c credentials) chain(sent []*x509.Certificate, use x509.ExtKeyUsage) error {
	if len(sent) == 0 {
		return errNoCertificate
	}
	options := x509.VerifyOptions{Roots: c.roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{use}}
	for _, above := range sent[1:] {
		options.Intermediates.AddCert(above)
	}
	if _, err := sent[0].Verify(options); err != nil {
		return fmt.Errorf("edge: the certificate of %q does not verify: %w", sipNames(sent[0]), err)
	}
	return nil
}
