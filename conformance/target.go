package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"strings"
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
	Ringing   string         // user@domain that rings and is not answered; "": there is none
	Self      string         // URI of the node itself, which answers OPTIONS; "": sip:Node
	Roots     *x509.CertPool // what its certificate must chain to
	Partner   Identity       // a federated partner whose domain its certificate proves
	T1        time.Duration  // the node's T1; RFC 3261 says 500 ms
	Step      time.Duration  // how long one expected message may take; 0: 2 s
	Trigger   Trigger        // how its file says that it is made to call out; Instruments.Place is what does it
	Claims    Claims
	Stranger  tls.Certificate // a certificate that chains to no root of the node's
	MediaFrom netip.Addr      // where our media descriptions point

	Instruments Instruments
	Expected    []Expectation // cases that are known to fail here
}

// Claims are what the product says it does. What is not claimed is not required,
// but where the protocol has a way to decline it, it has to be declined
// (Unclaimed).
type Claims struct {
	FromAuthorisation bool
	ClientCertificate bool
	Media             bool
	SessionTimers     bool
	Update            bool
	Reliable          bool
	EndsCalls         bool
	OwnDomain         bool
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
	Class  Class     // the one way of failing that it excuses; "": any, but for going down
	Until  time.Time // from then on it is a failure like any other; zero: never
}

// meets tells whether the target offers what a case needs, and what is missing.
func (t Target) meets(n Needs) (missing string, ok bool) {
	for _, need := range t.needs(n) {
		if need.wanted && !need.there {
			return need.missing, false
		}
	}
	return "", true
}

// need is one thing that a case may need of a target.
type need struct {
	wanted, there bool
	what          string
	missing       string // what is said where it is not there
}

func (t Target) needs(n Needs) []need {
	i := t.Instruments
	return []need{
		{n.FromAuthorisation, t.Claims.FromAuthorisation, "authorisation of From", "the target does not claim to authorise From"},
		{n.ClientCertificate, t.Claims.ClientCertificate, "mutual TLS", "the target does not claim mutual TLS"},
		{n.Media, t.Claims.Media, "an alias that answers with audio", "the target has no alias that answers with audio"},
		{n.SessionTimers, t.Claims.SessionTimers, "session timers", "the target does not claim session timers (RFC 4028)"},
		{n.Update, t.Claims.Update, "UPDATE", "the target does not claim UPDATE (RFC 3311)"},
		{n.Reliable, t.Claims.Reliable, "reliable provisional responses", "the target does not claim reliable provisional responses (RFC 3262)"},
		{n.EndsCalls, t.Claims.EndsCalls, "a node that ends a call whose offer was never answered", "the target does not claim to end a call whose offer was never answered, and cannot be made to send a request within a call"},
		{n.OwnDomain, t.Claims.OwnDomain, "a node that serves its domain and no other", "the target does not claim to serve a domain: it is a user agent, which takes what it is sent"},
		{n.Called, i.calls() == "", "a node that calls us", i.calls()},
		{n.Trigger, i.Place != nil, "a trigger", noTrigger},
		{n.DNS, i.Zones.Publish != nil, "zones of ours", "the target does not ask a name server of ours"},
		{n.Authority, i.Issue != nil, "certificates of our choosing", "no authority that the target trusts signs for us"},
		{n.Variant, i.Variant != nil, "a second node", "no second node can be set up as the case wants it"},
		{n.Inside, i.Inside != nil, "the node's own figures", "the target's own figures cannot be read"},
	}
}

// String lists what is needed beyond a node that answers.
func (n Needs) String() string {
	var out []string
	for _, need := range (Target{}).needs(n) {
		if need.wanted {
			out = append(out, need.what)
		}
	}
	if len(out) == 0 {
		return "nothing but the node"
	}
	return strings.Join(out, ", ")
}

// step is how long one expected message may take.
func (t Target) step() time.Duration {
	if t.Step > 0 {
		return t.Step
	}
	return 2 * time.Second
}
