// Package certs issues the certificates of a lab federation (root,
// intermediate, leaves) and describes deployed ones.
//
// Everything is ECDSA P-256 unless asked for otherwise: issuing is fast enough
// for a test to make its own world. Times come from arguments only, so that a certificate made under a
// fake clock is valid under that clock.
package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// How long certificates live, seen from the moment their root was made.
const (
	authorityLife = 10 * 365 * 24 * time.Hour
	// leafLife stays under the 398 days that public authorities may issue for.
	leafLife = 365 * 24 * time.Hour
	// skew starts everything a little earlier: the clocks of two hosts differ.
	skew = time.Hour
)

// Authority signs certificates. It never changes after it was made and may be
// used by many goroutines.
type Authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	issuer      *Authority // nil for a root
	at          time.Time  // the moment it was made for
}

// NewAuthority makes a root that is valid from a little before at.
func NewAuthority(name string, at time.Time) (*Authority, error) {
	return newAuthority(name, at, nil, nil)
}

// Intermediate makes an authority below this one. What it issues carries its
// certificate along (but see Request.LeafOnly).
func (a *Authority) Intermediate(name string) (*Authority, error) {
	return newAuthority(name, a.at, a, nil)
}

// Constrained makes an authority below this one that may vouch for names below
// these domains alone (RFC 5280 §4.2.1.10).
func (a *Authority) Constrained(name string, domains ...string) (*Authority, error) {
	return newAuthority(name, a.at, a, func(template *x509.Certificate) {
		template.PermittedDNSDomains, template.PermittedDNSDomainsCritical = domains, len(domains) > 0
	})
}

// Limited makes an authority below this one whose certificates are good for
// these usages alone, whatever they say themselves.
func (a *Authority) Limited(name string, usages ...x509.ExtKeyUsage) (*Authority, error) {
	return newAuthority(name, a.at, a, func(template *x509.Certificate) { template.ExtKeyUsage = usages })
}

// Certificate is the authority's own certificate.
func (a *Authority) Certificate() *x509.Certificate { return a.certificate }

// Pool holds the authority's own certificate as the only trust anchor. Ask the
// root: a pool made from an intermediate would hide that a peer forgot to send
// it.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// PEM is the authority's own certificate as a PEM block, fit for ca.pem.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: a.certificate.Raw})
}

func newAuthority(name string, at time.Time, issuer *Authority, bound func(*x509.Certificate)) (*Authority, error) {
	if err := checkCommonName(name); err != nil {
		return nil, fmt.Errorf("certs: making authority %q: %w", name, err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{"fedge lab"}},
		NotBefore:             at.Add(-skew),
		NotAfter:              at.Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	if issuer != nil {
		template.MaxPathLenZero = true // it signs leaves, no further authorities
	}
	if bound != nil {
		bound(template)
	}
	a := &Authority{issuer: issuer, at: at}
	var err error
	if a.certificate, a.key, err = sign(template, issuer, 0); err != nil {
		return nil, fmt.Errorf("certs: making authority %q: %w", name, err)
	}
	return a, nil
}

// signingKey makes an RSA key of so many bits, or a P-256 one.
func signingKey(bits int) (crypto.Signer, error) {
	if bits != 0 {
		return rsa.GenerateKey(rand.Reader, bits)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// sign completes the template with a fresh key and serial number and has the
// issuer sign it; without an issuer it signs itself.
func sign(template *x509.Certificate, issuer *Authority, bits int) (*x509.Certificate, crypto.Signer, error) {
	key, err := signingKey(bits)
	if err != nil {
		return nil, nil, err
	}
	// RFC 5280 §4.1.2.2: positive, at most 20 octets; 127 bits leave room for both.
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.certificate, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}
