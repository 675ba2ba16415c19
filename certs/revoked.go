package certs

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"
)

const blockRevoked = "X509 CRL"

// crlLife is how long a list that we make is good for.
const crlLife = 30 * 24 * time.Hour

// ErrRevoked is wrapped when a certificate stands on its issuer's list.
var ErrRevoked = errors.New("the certificate has been revoked")

// Revoked holds certificate revocation lists (RFC 5280 §5). Nil holds none.
type Revoked struct {
	lists []*x509.RevocationList
}

// ReadRevoked loads one or more lists from a PEM file.
func ReadRevoked(file string) (*Revoked, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certs: reading the revoked certificates: %w", err)
	}
	r := &Revoked{}
	for block := range blocks(data) {
		if block.Type != blockRevoked {
			continue
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certs: %s holds a list of revoked certificates that cannot be read: %w", file, err)
		}
		r.lists = append(r.lists, list)
	}
	if len(r.lists) == 0 {
		return nil, fmt.Errorf("certs: %s: no list in it; it should have PEM blocks that begin -----BEGIN X509 CRL-----", file)
	}
	return r, nil
}

// Check returns an error that wraps ErrRevoked when a certificate of a verified
// chain, leaf first, stands on a list of its issuer's. A list counts only with
// its issuer's signature (RFC 5280 §6.3.3 step f). One that should have been
// replaced by now still revokes what it names; that it is silent about the
// others is taken for their being good, as without any list.
func (r *Revoked) Check(chain []*x509.Certificate) error {
	if r == nil {
		return nil
	}
	for i, c := range chain[:max(0, len(chain)-1)] {
		for _, list := range r.lists {
			if string(list.RawIssuer) == string(c.RawIssuer) && names(list, c) && list.CheckSignatureFrom(chain[i+1]) == nil {
				return fmt.Errorf("certs: %s: %w", c.Subject, ErrRevoked)
			}
		}
	}
	return nil
}

func names(list *x509.RevocationList, c *x509.Certificate) bool {
	for _, entry := range list.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(c.SerialNumber) == 0 {
			return true
		}
	}
	return false
}

// Revoke makes a list of certificates of the authority's that are to be trusted
// no more, as a PEM block.
func (a *Authority) Revoke(at time.Time, revoked ...*x509.Certificate) ([]byte, error) {
	list := &x509.RevocationList{Number: big.NewInt(at.Unix()), ThisUpdate: at.Add(-skew), NextUpdate: at.Add(crlLife)}
	for _, c := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: at.Add(-skew)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.certificate, a.key)
	if err != nil {
		return nil, fmt.Errorf("certs: listing revoked certificates of %s: %w", a.certificate.Subject, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockRevoked, Bytes: der}), nil
}
