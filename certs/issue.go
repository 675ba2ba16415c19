package certs

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// Request says what a leaf certificate shall hold.
type Request struct {
	CommonName string
	// Nameless is for a certificate that proves nobody: no common name, and no
	// Names.
	Nameless bool
	// Names are the subject alternative names: host names, or addresses.
	Names []string
	// URIs are alternative names of that kind, as in sip:contoso.example (RFC
	// 5922 §4).
	URIs []string
	// NotBefore and NotAfter default to an hour before, and a year after, the
	// moment the authority was made for.
	NotBefore, NotAfter time.Time
	// ServerOnly leaves clientAuth out of the extended key usage, as public
	// authorities do now: such a node cannot place calls (rule CRT-09).
	ServerOnly bool
	// ClientOnly leaves serverAuth out instead (rule CRT-08). With both, the
	// certificate is for mail: good for neither.
	ClientOnly bool
	// RSA makes an RSA key of so many bits, 1024 at least; 0: ECDSA P-256.
	RSA int
	// LeafOnly sends the leaf without its intermediates: partners that never
	// met the intermediate cannot verify it (rule CRT-07).
	LeafOnly bool
}

// Issue makes a leaf with a key of its own. Its chain is the leaf and the
// intermediates up to, but without, the root: what a server must send
// (RFC 5246 §7.4.2, RFC 8446 §4.4.2).
func (a *Authority) Issue(req Request) (tls.Certificate, error) {
	template, err := a.template(req)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certs: issuing for %q: %w", req.CommonName, err)
	}
	leaf, key, err := sign(template, a, req.RSA)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certs: issuing for %q: %w", req.CommonName, err)
	}
	chain := [][]byte{leaf.Raw}
	if !req.LeafOnly {
		for above := a; above.issuer != nil; above = above.issuer {
			chain = append(chain, above.certificate.Raw)
		}
	}
	return tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf}, nil
}

// SelfSigned makes a certificate that nobody but itself vouches for: what a
// node comes with from the factory (rule CRT-17). at is the moment to make it
// for.
func SelfSigned(req Request, at time.Time) (tls.Certificate, error) {
	template, err := (&Authority{at: at}).template(req)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certs: making a self-signed one for %q: %w", req.CommonName, err)
	}
	leaf, key, err := sign(template, nil, req.RSA)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certs: making a self-signed one for %q: %w", req.CommonName, err)
	}
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

func (a *Authority) template(req Request) (*x509.Certificate, error) {
	subject := pkix.Name{CommonName: req.CommonName}
	if req.Nameless {
		subject = pkix.Name{Organization: []string{"nobody"}} // an empty one would have to have names (RFC 5280 §4.1.2.6)
	} else if err := checkCommonName(req.CommonName); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               subject,
		NotBefore:             req.NotBefore,
		NotAfter:              req.NotAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = a.at.Add(-skew)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = a.at.Add(leafLife)
	}
	if !template.NotBefore.Before(template.NotAfter) {
		return nil, fmt.Errorf("it would end (%s) before it begins (%s)",
			template.NotAfter.Format(time.RFC3339), template.NotBefore.Format(time.RFC3339))
	}
	template.ExtKeyUsage = req.usages()
	for _, uri := range req.URIs {
		parsed, err := url.Parse(uri)
		if err != nil {
			return nil, err
		}
		template.URIs = append(template.URIs, parsed)
	}
	for _, name := range req.Names {
		switch ip := net.ParseIP(name); {
		case name == "":
			return nil, errors.New("one of the names is empty")
		case ip != nil:
			template.IPAddresses = append(template.IPAddresses, ip)
		default:
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return template, nil
}

// checkCommonName holds names to ub-common-name of RFC 5280 appendix A.1: Go
// would sign a longer one and other programs would refuse it.
func checkCommonName(name string) error {
	switch {
	case name == "":
		return errors.New("the common name is empty")
	case len(name) > 64:
		return fmt.Errorf("the common name has %d characters; 64 is the limit", len(name))
	}
	return nil
}

// usages is what the certificate is for. Without any it would be for everything
// (RFC 5280 §4.2.1.12).
func (r Request) usages() []x509.ExtKeyUsage {
	switch {
	case r.ServerOnly && r.ClientOnly:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	case r.ServerOnly:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	case r.ClientOnly:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
}
