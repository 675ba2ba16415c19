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

	Instruments Instruments
	Expected    []Expectation // cases that are known to fail here
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

// Expectation is a case that is known to fail on a target, and why that is
// taken for now. One that passes after all fails the run: the list is stale.
type Expectation struct {
	ID     string    // of the case
	Reason string    // with the clause that the target disregards, or an issue
	Until  time.Time // from then on it is a failure like any other; zero: never
}

// meets tells whether the target offers what a case needs, and what is missing.
func (t Target) meets(n Needs) (missing string, ok bool) {
	for _, need := range []struct {
		wanted, there bool
		missing       string
	}{
		{n.FromAuthorisation, t.Claims.FromAuthorisation, "the target does not claim to authorise From"},
		{n.ClientCertificate, t.Claims.ClientCertificate, "the target does not claim mutual TLS"},
		{n.Media, t.Claims.Media, "the target has no alias that answers with audio"},
		{n.Trigger, t.Instruments.Place != nil, "the target cannot be made to call out: it has no trigger"},
		{n.DNS, t.Instruments.Zones.Publish != nil, "the target does not ask a name server of ours"},
		{n.Authority, t.Instruments.Issue != nil, "no authority that the target trusts signs for us"},
		{n.Variant, t.Instruments.Variant != nil, "no second node can be set up as the case wants it"},
		{n.Inside, t.Instruments.Inside != nil, "the target's own figures cannot be read"},
	} {
		if need.wanted && !need.there {
			return need.missing, false
		}
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
