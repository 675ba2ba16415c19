package process

import (
	"crypto/tls"
	"crypto/x509"

	"fedge/certs"
	"fedge/plan"
)

// Credentials reads a node's certificate, key and trust anchors from the files
// that the plan names. Errors say which file, and what is wrong with it.
func Credentials(p *plan.Plan, n plan.Node) (tls.Certificate, *x509.CertPool, error) {
	file, key := p.Files(n)
	certificate, err := certs.Read(file, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	if p.Certificates.Roots == "" {
		return certificate, nil, nil // the system's
	}
	roots, err := certs.ReadRoots(p.Certificates.Roots)
	return certificate, roots, err
}
