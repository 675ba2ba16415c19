package check

import (
	"bytes"
	"crypto/x509"
	"time"
)

// Trust is how far a chain as it was sent leads a peer that knows only roots.
type Trust struct {
	Error      string `json:"error,omitempty"`   // of the whole verification at the time of the observation; empty: verified
	Anchored   bool   `json:"anchored"`          // it leads to a trusted root, whatever the dates
	Missing    string `json:"missing,omitempty"` // the issuer at which it stops: neither sent nor a trusted root
	Steps      int    `json:"steps"`             // how many certificates the way passes, the leaf included
	Disordered bool   `json:"disordered"`        // a certificate is not followed by its issuer (RFC 5246 §7.4.2)
}

// trust follows a chain from its leaf. roots nil means the system's.
//
// Dates are kept out of Anchored on purpose: an expired leaf under a good root
// is one fault, not two.
func trust(chain []*x509.Certificate, roots *x509.CertPool, at time.Time) Trust {
	t := Trust{Disordered: disordered(chain)}
	if err := verifyChain(chain, roots, at); err != nil {
		t.Error = err.Error()
	}
	at = at.UTC()
	for current, seen := chain[0], 0; ; {
		t.Steps++
		if issuedByRoot(current, roots, at) {
			t.Anchored = true
			return t
		}
		next := issuerOf(current, chain)
		if seen++; next == nil || seen > len(chain) {
			if !bytes.Equal(current.RawSubject, current.RawIssuer) {
				t.Missing = current.Issuer.String()
			}
			return t
		}
		current = next
	}
}

// verifyChain is what a peer does: everything at once, for any usage.
func verifyChain(chain []*x509.Certificate, roots *x509.CertPool, at time.Time) error {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err
}

// issuedByRoot tells whether a root signed c, at any time of c's life: which
// roots a pool holds, and until when, cannot be asked.
func issuedByRoot(c *x509.Certificate, roots *x509.CertPool, at time.Time) bool {
	middle := c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) / 2)
	for _, moment := range []time.Time{at, middle, c.NotBefore, c.NotAfter} {
		if moment.Before(c.NotBefore) || moment.After(c.NotAfter) {
			continue
		}
		if verifyChain([]*x509.Certificate{c}, roots, moment) == nil {
			return true
		}
	}
	return false
}

func issuerOf(c *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, candidate := range among {
		if candidate != c && bytes.Equal(candidate.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(candidate) == nil {
			return candidate
		}
	}
	return nil
}

func disordered(chain []*x509.Certificate) bool {
	for i, c := range chain[1:] {
		if chain[i].CheckSignatureFrom(c) != nil {
			return true
		}
	}
	return false
}
