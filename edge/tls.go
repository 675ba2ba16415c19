package edge

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"fedge/certs"
	"fedge/mutant"
)

// credentials are what this node proves itself with and judges others by.
type credentials struct {
	certificate tls.Certificate
	roots       *x509.CertPool
	revoked     *certs.Revoked
	verify      bool             // the plan's; off: everybody gets in, nobody is proved
	wall        func() time.Time // nil: time.Now
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

// server is serverConfig of credentials that do not change.
func (c credentials) server() *tls.Config {
	return serverConfig(func() credentials { return c })
}

// serverConfig is the configuration for links that peers open, with the
// credentials of the moment. It is one for all of them, so that sessions can be
// resumed; what a resumed session was begun with is judged anew.
//
// The list of authorities in the certificate request stays empty: Schannel
// offers a certificate only if its issuer is on a list that was sent, so that
// a narrow list makes a real Edge come without one.
func serverConfig(now func() credentials) *tls.Config {
	config := &tls.Config{
		GetCertificate:   func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return now().shown(hello), nil },
		MinVersion:       tls.VersionTLS12, // RFC 8996; Lync reaches no further than 1.2
		MaxVersion:       tls.VersionTLS13,
		ClientAuth:       tls.RequestClientCert,
		VerifyConnection: func(state tls.ConnectionState) error { return now().verifyClient(state) },
	}
	spoil(config)
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
		GetClientCertificate: func(hinted *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if mutant.On("tls.no-client-cert") && hinted.SupportsCertificate(&c.certificate) != nil {
				return &tls.Certificate{}, nil
			}
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

// judge is chain, for links.
func (c credentials) judge(sent []*x509.Certificate, dialled bool) error {
	if dialled {
		return c.chain(sent, x509.ExtKeyUsageServerAuth)
	}
	return c.chain(sent, x509.ExtKeyUsageClientAuth)
}

// chain verifies that a peer's certificate leads to one of our roots, may be
// used as it is used here, and has not been revoked.
func (c credentials) chain(sent []*x509.Certificate, use x509.ExtKeyUsage) error {
	if len(sent) == 0 {
		return errNoCertificate
	}
	options := x509.VerifyOptions{Roots: c.roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{use}}
	if c.wall != nil {
		options.CurrentTime = c.wall()
	}
	for _, above := range sent[1:] {
		options.Intermediates.AddCert(above)
	}
	sent = lenient(sent, &options)
	chains, err := sent[0].Verify(options)
	if err == nil && !mutant.On("tls.no-crl") {
		err = c.unrevoked(chains)
	}
	if err != nil {
		return fmt.Errorf("edge: the certificate of %q does not verify: %w", sipNames(sent[0]), err)
	}
	return nil
}

// unrevoked wants one way to a root on which nobody has been revoked.
func (c credentials) unrevoked(chains [][]*x509.Certificate) (err error) {
	for _, chain := range chains {
		if err = c.revoked.Check(chain); err == nil {
			return nil
		}
	}
	return err
}
