package check

import (
	"fmt"
	"net/netip"
	"slices"

	"fedge/dns"
	"fedge/plan"
)

// Where the records of a partner lead, and the plan for one that is reached
// without: what nodes may meet when they call it.

// misleads is why nodes do not follow a record of a partner's to a host, by the
// rules that our own records keep; "" if they do.
func misleads(p *plan.Plan, domain string, s Service) string {
	switch {
	case s.Target == ".":
		return `its record's target "." says that it offers no federation (DNS-01)`
	case s.Port != plan.Port:
		return fmt.Sprintf("its SRV port is %d, not %d (DNS-02)", s.Port, plan.Port)
	case isAddress(s.Target):
		return fmt.Sprintf("its SRV target %s is an address, not a host (DNS-06)", s.Target)
	case p.Provides(s.Target): // it speaks for every domain that points at it
		return ""
	case office365(s.Target):
		return fmt.Sprintf("its SRV target %s is Microsoft's, not a host directly in the domain (DNS-14)", s.Target)
	case !directlyUnder(s.Target, domain):
		return fmt.Sprintf("its SRV target %s is not a host directly in the domain (DNS-04)", s.Target)
	}
	return ""
}

// edgesOf is the hosts that calls to a partner go to: the one that the plan
// names, or those of the best SRV records that lead anywhere.
func (f Facts) edgesOf(p *plan.Plan, partner plan.Partner) []string {
	if partner.Edge != "" {
		return []string{dns.Canonical(partner.Edge)}
	}
	var hosts []string
	for _, s := range f.answers(dns.FederationName(partner.Domain), "SRV").best() {
		host := dns.Canonical(s.Target)
		if misleads(p, partner.Domain, s) == "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// deadEnd tells whether a server that leads to a host of a partner's knows no
// address of it. What is only another server's host is none of its concern.
func (f Facts) deadEnd(partner plan.Partner, host string) bool {
	leads := func(resolver string) bool {
		return slices.ContainsFunc(f.answers(dns.FederationName(partner.Domain), "SRV").found, func(l Lookup) bool {
			return l.Resolver == resolver && slices.ContainsFunc(l.best(), func(s Service) bool { return dns.Canonical(s.Target) == host })
		})
	}
	return slices.ContainsFunc(f.answers(host, "A").absent, func(l Lookup) bool { return partner.Edge != "" || leads(l.Resolver) })
}

// aliasesCount tells whether a partner's host must not be an alias: who names an
// Edge in the plan, or has a provider, follows no record of the partner's.
func aliasesCount(p *plan.Plan, partner plan.Partner, host string) bool {
	return partner.Edge == "" && !p.Provides(host)
}

// edgesAt is every address at which calls to a partner may arrive, the first of
// each host before the second of any. Nodes call public ones only.
func (f Facts) edgesAt(p *plan.Plan, partner plan.Partner) []PartnerEdge {
	var hosts []string
	var lists [][]netip.Addr
	longest := 0
	for _, host := range f.edgesOf(p, partner) {
		list := slices.DeleteFunc(f.answers(host, "A").addresses(), func(a netip.Addr) bool { return !p.IsPublic(a) })
		hosts, lists, longest = append(hosts, host), append(lists, list), max(longest, len(list))
	}
	var edges []PartnerEdge
	for i := range longest {
		for j, host := range hosts {
			if i < len(lists[j]) {
				edges = append(edges, PartnerEdge{Domain: partner.Domain, Host: host, Address: netip.AddrPortFrom(lists[j][i], plan.Port)})
			}
		}
	}
	return edges
}

// seenAt is what was seen at one of those addresses.
func (f Facts) seenAt(e PartnerEdge) (PartnerEdge, bool) {
	i := slices.IndexFunc(f.Partners, func(s PartnerEdge) bool {
		return s.Domain == e.Domain && s.Host == e.Host && s.Address == e.Address
	})
	if i < 0 {
		return e, false
	}
	return f.Partners[i], true
}
