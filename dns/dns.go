// Package dns finds where a federated domain lives (SRV, A), and serves zones
// that say so.
//
// Names are absolute everywhere: no search suffix is ever tried, and a trailing
// dot is neither needed nor returned. Returned names are in lower case.
//
// It is the only package that may import github.com/miekg/dns, as rr.
package dns

import (
	"context"
	"net/netip"
	"strings"
	"time"
)

// SRV is one service record (RFC 2782). A Target of "." says that the domain
// decidedly does not offer the service.
type SRV struct {
	Target   string
	Port     uint16
	Priority uint16
	Weight   uint16
	TTL      time.Duration
}

// Address is one A or AAAA record.
type Address struct {
	Addr netip.Addr
	TTL  time.Duration
}

// Resolver is what calls are routed by. Both methods return at least one
// record or an *Error.
type Resolver interface {
	// SRV returns the service records of name, best first: by priority, then by
	// falling weight. See Order for RFC 2782's weighted choice.
	SRV(ctx context.Context, name string) ([]SRV, error)
	// Addresses returns the A records of host in the order they came, which
	// servers rotate; its AAAA records if it has no A record.
	Addresses(ctx context.Context, host string) ([]Address, error)
}

// FederationName is where a domain publishes its Access Edge for federation
// ([MS-SIPRE] and Microsoft's planning pages): an SRV record under this name.
func FederationName(domain string) string {
	return "_sipfederationtls._tcp." + Canonical(domain)
}

// Canonical is a name as this package returns it: lower case, no trailing dot.
// The root stays ".".
func Canonical(name string) string {
	if name == "." {
		return name
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
