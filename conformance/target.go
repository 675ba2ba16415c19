package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"time"
)

// Target is the node under test and what it claims of itself.
type Target struct {
	Name      string         // "lab", a preset, or a file's name
	Node      string         // the signaling node's FQDN
	Address   netip.AddrPort // where it listens
	Pool      string         // the name that its certificate must prove: the SRV target
	Domain    string         // its SIP domain
	Alias     string         // user@domain that answers a call with audio
	Roots     *x509.CertPool // what its certificate must chain to
	Partner   Identity       // a federated partner whose domain its certificate proves
	T1        time.Duration  // the node's T1; RFC 3261 says 500 ms
	Step      time.Duration  // how long one expected message may take; 0: 2 s
	Claims    Claims
	Stranger  tls.Certificate // a certificate that chains to no root of the node's
	MediaFrom netip.Addr      // where our media descriptions point
}

// Claims are what the product says it does. What is not claimed is not
// required; an unclaimed feature is not-applicable, not a failure.
type Claims struct {
	FromAuthorisation bool
	ClientCertificate bool
	Media             bool
}

// Identity is a partner as a connection shows it.
type Identity struct {
	Domain      string // contoso.example
	Host        string // its Access Edge: sip.contoso.example
	Certificate tls.Certificate
}

// meets tells whether the target offers what a case needs, and what is missing.
func (t Target) meets(n Needs) (missing string, ok bool) {
	switch {
	case n.FromAuthorisation && !t.Claims.FromAuthorisation:
		return "the target does not claim to authorise From", false
	case n.ClientCertificate && !t.Claims.ClientCertificate:
		return "the target does not claim mutual TLS", false
	case n.Media && !t.Claims.Media:
		return "the target has no alias that answers with audio", false
	}
	return "", true
}

// step is how long one expected message may take.
func (t Target) step() time.Duration {
	if t.Step > 0 {
		return t.Step
	}
	return 2 * time.Second
}
