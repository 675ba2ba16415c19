package lync

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"fedge/dns"
)

// locate does what an Access Edge does to find a partner.
func locate(ctx context.Context, resolver dns.Resolver, domain string) (Partner, error) {
	domain = dns.Canonical(domain)
	p, err := match(ctx, resolver, domain)
	if err != nil {
		return p, err
	}
	addresses, err := resolver.Addresses(ctx, p.Target)
	if err != nil {
		return p, diagnose(DiagNoAddress, err, "domain", domain, "fqdn", p.Target)
	}
	for _, a := range addresses[:min(len(addresses), maxAddresses)] {
		p.Addresses = append(p.Addresses, a.Addr.Unmap())
	}
	if len(p.Addresses) == 0 {
		return p, diagnose(DiagNoAddress, nil, "domain", domain, "fqdn", p.Target)
	}
	return p, nil
}

// maxAddresses is how many addresses of a partner count.
const maxAddresses = 16

// match resolves the SRV record of a domain and demands that its target lies
// directly in the domain. It is asked in both directions: for a call to the
// domain, and for one that says it comes from there.
func match(ctx context.Context, resolver dns.Resolver, domain string) (Partner, error) {
	p := Partner{Domain: domain}
	records, err := resolver.SRV(ctx, dns.FederationName(domain))
	if err != nil {
		return p, diagnose(DiagNoSRV, err, "domain", domain, "dns-srv-result", srvResult(err), "dns-source", "InternalCache")
	}
	p.SRV = records
	if len(records) == 0 || records[0].Target == "." { // RFC 2782: decidedly not available
		return p, diagnose(DiagNoSRV, nil, "domain", domain, "dns-srv-result", "NegativeResult")
	}
	// One record only: priorities are no fail-over for federation.
	best := records[0]
	p.Target, p.Port = dns.Canonical(best.Target), best.Port
	if !directlyUnder(p.Target, domain) {
		return p, diagnose(DiagNoMatch, nil, "domain", domain, "fqdn1", fmt.Sprintf("%s:%d", p.Target, p.Port))
	}
	return p, nil
}

func srvResult(err error) string {
	var why *dns.Error
	if errors.As(err, &why) && (why.Kind == dns.NoSuchName || why.Kind == dns.NoData) {
		return "NegativeResult"
	}
	return "Failure"
}

// directlyUnder tells whether host is label.domain: neither the domain itself
// nor a host of a subdomain will do.
func directlyUnder(host, domain string) bool {
	label, found := strings.CutSuffix(host, "."+domain)
	return found && label != "" && !strings.Contains(label, ".")
}

// rotate begins the list at the n-th element.
func rotate(addresses []netip.Addr, n int) []netip.Addr {
	n %= len(addresses)
	return append(append([]netip.Addr{}, addresses[n:]...), addresses[:n]...)
}
