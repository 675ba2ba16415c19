package dns

import (
	"context"
	"net/netip"
	"time"
)

// recordTTL is the life of what Records answers, be it that there is nothing.
const recordTTL = time.Minute

// Records is a Resolver whose world is written down: for tests and
// simulations. Names are canonical (lower case, no trailing dot). A name that
// is in neither map does not exist; one that is only in the other has no data.
type Records struct {
	Services map[string][]SRV        // by FederationName(domain)
	Hosts    map[string][]netip.Addr // by host name
	Fail     map[string]Kind         // questions for these names fail so
}

// SRV implements Resolver.
func (r Records) SRV(ctx context.Context, name string) ([]SRV, error) {
	name = Canonical(name)
	if err := r.fail(ctx, name, "SRV", len(r.Services[name])); err != nil {
		return nil, err
	}
	return best(r.Services[name]), nil
}

// Addresses implements Resolver.
func (r Records) Addresses(ctx context.Context, host string) ([]Address, error) {
	host = Canonical(host)
	if err := r.fail(ctx, host, "A", len(r.Hosts[host])); err != nil {
		return nil, err
	}
	var found []Address
	for _, addr := range r.Hosts[host] {
		found = append(found, Address{Addr: addr, TTL: recordTTL})
	}
	return found, nil
}

func (r Records) fail(ctx context.Context, name, kind string, found int) error {
	if ctx.Err() != nil {
		return &Error{Name: name, Type: kind, Kind: Timeout, Err: context.Cause(ctx)}
	}
	if why, ok := r.Fail[name]; ok {
		return &Error{Name: name, Type: kind, Kind: why}
	}
	if found > 0 {
		return nil
	}
	_, service := r.Services[name]
	_, host := r.Hosts[name]
	if service || host {
		return &Error{Name: name, Type: kind, Kind: NoData, Absence: recordTTL}
	}
	return &Error{Name: name, Type: kind, Kind: NoSuchName, Absence: recordTTL}
}
