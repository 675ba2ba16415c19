package conformance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
	"fedge/sip/link"
)

// Instruments are what the suite may do to the world around a node beyond
// talking to it. Each is there or not; a case that needs a missing one is not
// applicable to the target.
type Instruments struct {
	// Issue signs a certificate of our choosing by an authority that the node trusts.
	Issue func(certs.Request) (tls.Certificate, error)

	// Under makes an authority below one that the node trusts, for names below
	// these domains alone. Revoke lists certificates of Issue's as a PEM file.
	Under  func(domains ...string) (*certs.Authority, error)
	Revoke func(...*x509.Certificate) ([]byte, error)

	// Reload has the node read its certificate files again.
	Reload func(context.Context) error

	// Suffix is the domain below which all names are ours: cases make fresh SIP
	// domains there, which Zones serves to the node.
	Suffix string
	Zones  Zones

	// Addresses are where our own listeners may be. Listen, if set, is used
	// instead of net.Listen.
	Addresses []netip.Addr
	Listen    func(netip.AddrPort) (net.Listener, error)

	// Place makes the node call out and returns once the call is answered or has
	// failed.
	Place func(context.Context, Place) (Placed, error)

	// Home is where the partner that we are is found by a node on a real network,
	// as DNS has it; zero: nowhere. Where names below Suffix are ours nobody needs it.
	Home netip.AddrPort

	// Dialling is how long whoever is told to place a call may take to begin: a
	// person, where the trigger is one; zero: no time.
	Dialling time.Duration

	// Variant starts another node of the same world, and returns how it is
	// reached and what ends it.
	Variant func(context.Context, Variant) (Target, func() error, error)

	// Inside reads the node's own figures.
	Inside func(context.Context) (Inside, error)

	// StopMedia is the sudden death of the media node at an address. Only a
	// Variant with media nodes of its own has it.
	StopMedia func(netip.Addr) error
}

// Zones is the name server that the node asks about domains of ours.
type Zones struct {
	Publish   func(domain string, records []string) error // BIND lines, relative to the domain; again: replaces
	Remove    func(domain string)
	Misbehave func(domain string, how dns.Behaviour)
	Asked     func(domain string) []dns.Question // about the domain and names below it
}

// Place is a call that the node is to make.
type Place struct {
	To   string // sip:user@domain
	Room string // the alias that calls; "": the room under test
	From string // the caller, when it is not the room
	Name string // the caller's display name
}

// Placed is what the node's trigger said of such a call.
type Placed struct {
	Status int    // of the trigger: 201 when the call was answered
	SIP    int    // the status that ended the attempt; 0: none is known
	ID     string // of the call, as the trigger names it
	Body   string // as received
}

// Variant says in what another node differs from the one under test.
type Variant struct {
	Media []int            // capacities of media nodes of its own; nil: the node mixes itself
	Plan  func(*plan.Plan) // changes what the node is configured with
	Links link.Limits      // on connections that peers open; zero fields: as usual

	Bounds Bounds           // zero fields: as usual
	Log    io.Writer        // what the node logs, as text; nil: as usual
	Wall   func() time.Time // the node's time of day; nil: ours
}

// Inside holds a node's own figures by the names that it exports them under;
// of a figure with labels, the sum.
type Inside map[string]float64

// ErrNotThere means that a case used what it did not declare in its Needs.
var ErrNotThere = errors.New("conformance: the target has no such instrument; a case must declare what it needs")
