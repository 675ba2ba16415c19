package check

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"fedge/certs"
)

// Trust is how far a chain as it was sent leads a peer that knows only roots.
type Trust struct {
	Error      string `json:"error,omitempty"`           // of the whole verification at the time of the observation; empty: verified
	Anchored   bool   `json:"anchored"`                  // it leads to a trusted root, whatever the dates
	Missing    string `json:"missing,omitempty"`         // the issuer at which it stops: neither sent nor a trusted root
	Wrong      string `json:"wrong,omitempty"`           // why one of that name that was sent is not it
	Steps      int    `json:"steps"`                     // how many certificates the way passes, the leaf included
	Way        []int  `json:"way,omitempty"`             // which of those sent it passes, the leaf first; the others nobody needs
	Disordered bool   `json:"disordered"`                // a certificate is not followed by its issuer (RFC 5246 §7.4.2)
	Insecure   bool   `json:"insecure,omitempty"`        // a signature on the way is of a kind that nobody verifies any more, or that is not verified here
	Flaw       Flaw   `json:"flaw,omitempty"`            // what keeps the chain from holding, dates, usages and the root aside
	NoServers  string `json:"not_for_servers,omitempty"` // what on the way does not let a server show it; empty: nothing
	NoClients  string `json:"not_for_clients,omitempty"` // the same for who calls
}

// Flaw is what no other root and no other moment would mend.
type Flaw string

// What chains fail for.
const (
	FlawNames     Flaw = "names"     // an authority on the way may not issue for these names
	FlawLength    Flaw = "length"    // an authority on the way may not have as many below it
	FlawExtension Flaw = "extension" // a certificate has a critical extension that is not known here
	FlawPolicies  Flaw = "policies"  // the policies on the way do not go together
)

func flaw(err error) Flaw {
	if errors.As(err, new(x509.UnhandledCriticalExtension)) {
		return FlawExtension
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch invalid.Reason {
		case x509.CANotAuthorizedForThisName:
			return FlawNames
		case x509.TooManyIntermediates:
			return FlawLength
		case x509.NoValidChains:
			return FlawPolicies
		}
	}
	return ""
}

// trust follows a chain from its leaf. roots nil means the system's.
//
// Dates are kept out of Anchored on purpose: an expired leaf under a good root
// is one fault, not two; and so are usages.
func trust(chain []*x509.Certificate, roots *x509.CertPool, at time.Time) Trust {
	t := Trust{Disordered: disordered(chain)}
	if _, err := verifyChain(chain, roots, at, x509.ExtKeyUsageAny); err != nil {
		t.Error, t.Flaw = err.Error(), flaw(err)
	}
	for _, moment := range moments(chain[0], at) {
		if ways, err := verifyChain(chain, roots, moment, x509.ExtKeyUsageAny); err == nil {
			t.Way, t.Anchored = best(ways, chain), true
			t.Steps = len(t.Way)
			t.NoServers = barred(chain, t.Way, x509.ExtKeyUsageServerAuth, roots, moment)
			t.NoClients = barred(chain, t.Way, x509.ExtKeyUsageClientAuth, roots, moment)
			return t
		}
	}
	t.walk(chain, roots, at)
	t.NoServers = barring(chain, t.Way, x509.ExtKeyUsageServerAuth)
	t.NoClients = barring(chain, t.Way, x509.ExtKeyUsageClientAuth)
	return t
}

// walk goes from each certificate to its issuer as far as there is one, when
// no moment is known at which all of the chain held.
func (t *Trust) walk(chain []*x509.Certificate, roots *x509.CertPool, at time.Time) {
	for current := chain[0]; ; {
		t.Steps++
		t.Way = append(t.Way, slices.Index(chain, current))
		if issuedByRoot(current, roots, at) {
			t.Anchored = true
			return
		}
		t.Insecure = t.Insecure || outdated(current)
		next := issuerOf(current, chain)
		if next == nil || t.Steps > len(chain) {
			if !bytes.Equal(current.RawSubject, current.RawIssuer) {
				t.Missing, t.Wrong = current.Issuer.String(), namesake(current, chain)
			}
			return
		}
		current = next
	}
}

// verifyChain is what a peer does: everything at once, for one usage.
func verifyChain(chain []*x509.Certificate, roots *x509.CertPool, at time.Time, usage x509.ExtKeyUsage) ([][]*x509.Certificate, error) {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	return chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at.UTC(),
		KeyUsages: []x509.ExtKeyUsage{usage},
	})
}

// best is the way that is open to most usages, and of these the shortest: what
// a peer takes that can choose. The root at its end is not part of it.
func best(ways [][]*x509.Certificate, chain []*x509.Certificate) []int {
	var found []int
	closed := func(way []int) (n int) {
		for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
			if barring(chain, way, usage) != "" {
				n++
			}
		}
		return n
	}
	for _, way := range ways {
		var indices []int
		for _, c := range way[:max(1, len(way)-1)] {
			indices = append(indices, slices.IndexFunc(chain, c.Equal))
		}
		if found == nil || cmp.Or(cmp.Compare(closed(indices), closed(found)), cmp.Compare(len(indices), len(found))) < 0 {
			found = indices
		}
	}
	return found
}

// barred says why an anchored chain does not verify for a usage; "" if it does.
// The usages of every certificate on the way count (as an Edge has it: those of
// an intermediate bound those of the leaf), and the root's too.
func barred(chain []*x509.Certificate, way []int, usage x509.ExtKeyUsage, roots *x509.CertPool, at time.Time) string {
	_, err := verifyChain(chain, roots, at, usage)
	if err == nil {
		return ""
	}
	return cmp.Or(barring(chain, way, usage), fmt.Sprintf("verified for %s: %v", usage, err))
}

// barring is the certificate on the way whose extended key usage leaves a usage
// out; "" if none.
func barring(chain []*x509.Certificate, way []int, usage x509.ExtKeyUsage) string {
	for _, i := range way {
		if c := certs.Describe(chain[i]); !usableFor(c, usage.String()) {
			return fmt.Sprintf("CN=%s: extended key usage: %s", c.CommonName, list(c.Usages))
		}
	}
	return ""
}

// issuedByRoot tells whether a root signed c, at any time of c's life: which
// roots a pool holds, and until when, cannot be asked.
func issuedByRoot(c *x509.Certificate, roots *x509.CertPool, at time.Time) bool {
	return slices.ContainsFunc(moments(c, at), func(moment time.Time) bool {
		_, err := verifyChain([]*x509.Certificate{c}, roots, moment, x509.ExtKeyUsageAny)
		return err == nil
	})
}

// moments are those of c's life at which to look: now, if it is alive, and its
// middle, beginning and end.
func moments(c *x509.Certificate, at time.Time) (list []time.Time) {
	middle := c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) / 2)
	for _, moment := range []time.Time{at, middle, c.NotBefore, c.NotAfter} {
		if !moment.Before(c.NotBefore) && !moment.After(c.NotAfter) {
			list = append(list, moment)
		}
	}
	return list
}

func issuerOf(c *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, candidate := range among {
		if candidate != c && bytes.Equal(candidate.RawSubject, c.RawIssuer) && signedBy(c, candidate) {
			return candidate
		}
	}
	return nil
}

// namesake is why an authority that was sent under the issuer's name is not the
// issuer: it has another key, or may not sign.
func namesake(c *x509.Certificate, among []*x509.Certificate) string {
	for _, candidate := range among {
		if candidate != c && bytes.Equal(candidate.RawSubject, c.RawIssuer) && !bytes.Equal(candidate.RawSubject, candidate.RawIssuer) {
			switch err := c.CheckSignatureFrom(candidate); {
			case unverified(err) && !fits(c, candidate):
				return "its key has another identifier than the one named below"
			case err != nil:
				return err.Error()
			}
		}
	}
	return ""
}

// signedBy verifies a signature also where nobody does any more, or nobody can
// here, because of its kind: that is one mistake (CRT-12), and that its issuer is
// unknown no second. What cannot be verified is believed where names and key
// identifiers fit.
func signedBy(c, issuer *x509.Certificate) bool {
	err := c.CheckSignatureFrom(issuer)
	if !unverified(err) {
		return err == nil
	}
	err = issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) // takes SHA-1
	return err == nil && bytes.Equal(issuer.RawSubject, c.RawIssuer) || unverified(err) && fits(c, issuer)
}

// fits tells whether a certificate names another as its issuer (RFC 5280
// §4.2.1.1).
func fits(c, issuer *x509.Certificate) bool {
	return bytes.Equal(issuer.RawSubject, c.RawIssuer) &&
		(len(c.AuthorityKeyId) == 0 || len(issuer.SubjectKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, issuer.SubjectKeyId))
}

// outdated tells whether a signature is of such a kind. A root's is nobody's
// concern.
func outdated(c *x509.Certificate) bool {
	algorithm := certs.Describe(c).SignatureAlgorithm
	return (weakSignature(algorithm) || foreignSignature(algorithm)) && !bytes.Equal(c.RawSubject, c.RawIssuer)
}

// unverified tells whether a signature was not looked at, for its kind.
func unverified(err error) bool {
	return errors.As(err, new(x509.InsecureAlgorithmError)) || errors.Is(err, x509.ErrUnsupportedAlgorithm)
}

func disordered(chain []*x509.Certificate) bool {
	for i, c := range chain[1:] {
		if !signedBy(chain[i], c) {
			return true
		}
	}
	return false
}
