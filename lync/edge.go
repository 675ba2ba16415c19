package lync

import (
	"context"
	"net/netip"
	"sync/atomic"

	"fedge/dns"
	"fedge/sip/link"
)

// Edge is the Access Edge: it finds partners, and trusts them or not.
type Edge struct {
	cfg     Config
	profile *Profile
	turn    atomic.Uint32 // round robin over addresses
}

// NewEdge makes an Access Edge that dials. It is safe for concurrent use.
func NewEdge(c Config) (*Edge, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	p, err := NewProfile(c.EdgeGen, c.ClientGen, c.Domain, c.Edge, c.Seed)
	if err != nil {
		return nil, err
	}
	return &Edge{cfg: c, profile: p}, nil
}

// Profile is how this organisation's messages look.
func (e *Edge) Profile() *Profile { return e.profile }

// Partner is where a federated domain lives, by its records.
type Partner struct {
	Domain    string
	Target    string // of the best SRV record; the name the peer must prove
	Port      uint16
	Addresses []netip.Addr
	SRV       []dns.SRV // all that the answer held
}

// Locate finds a partner by its SRV record as an Access Edge does: the best
// record only, its target directly under the domain. Errors are *Diagnostic
// with id 1008, 1009 or 1014.
func (e *Edge) Locate(ctx context.Context, domain string) (Partner, error) {
	return locate(ctx, e.cfg.Resolver, domain)
}

// Dial opens a link to a partner and proves it: SRV target, chain, name. With
// node set it dials that address instead of the next in turn; the name to
// prove stays the SRV target. Errors are *Diagnostic.
func (e *Edge) Dial(ctx context.Context, domain string, node netip.Addr) (*link.Link, error) {
	return e.dial(ctx, domain, node)
}
