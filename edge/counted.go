package edge

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/metrics"
	"fedge/mutant"
)

// counted counts what a resolver is asked.
type counted struct {
	dns.Resolver
	metrics *metrics.Registry
	suffix  string // of a search list that nobody uses, unless by a defect
}

func (c counted) SRV(ctx context.Context, name string) ([]dns.SRV, error) {
	if mutant.On("dns.search-suffix") { // as a stub resolver with a search list does
		_, _ = c.Resolver.SRV(ctx, name+"."+c.suffix)
	}
	records, err := c.Resolver.SRV(ctx, name)
	if mutant.On("dns.no-tcp") && len(records) > 8 { // no more of them fit into a datagram
		err = &dns.Error{Name: name, Type: "SRV", Kind: dns.ServerFailure}
	}
	c.metrics.Lookup("SRV", outcome(err))
	return records, err
}

func (c counted) Addresses(ctx context.Context, host string) ([]dns.Address, error) {
	addresses, err := c.Resolver.Addresses(ctx, host)
	for mutant.On("dns.cname-loop") && err != nil && ctx.Err() == nil {
		addresses, err = c.Resolver.Addresses(ctx, host)
	}
	if mutant.On("dns.v6-only") && !strings.HasPrefix(host, "sip.") { // which controls call
		addresses = slices.DeleteFunc(addresses, func(a dns.Address) bool { return a.Addr.Is4() })
	}
	c.metrics.Lookup("A", outcome(err))
	return addresses, err
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	if failure, ok := errors.AsType[*dns.Error](err); ok {
		return string(failure.Kind)
	}
	return "other"
}
