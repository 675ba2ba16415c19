package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/dns"
)

// maxZoneServers is how many of a zone's own name servers are asked.
const maxZoneServers = 4

// zoneServer is a name server that a zone is delegated to.
type zoneServer struct {
	host string
	at   netip.AddrPort
}

// askZones asks the name servers of the domains' own zones what they publish:
// what resolvers say may be old, or meant for the inside alone. A resolver that
// is such a server itself is not asked twice.
func (o *observer) askZones(ctx context.Context, services Facts) []Lookup {
	lists := make([][]Lookup, len(o.cfg.Plan.Domains))
	inParallel(len(lists), func(i int) {
		d := o.cfg.Plan.Domains[i]
		servers := o.zoneServers(ctx, d.Name)
		if len(servers) == 0 {
			return
		}
		asked := &observer{cfg: o.cfg, at: o.at}
		asked.cfg.Resolvers = nil
		for _, s := range servers {
			client := dns.NewClient(s.at)
			client.Authoritative = true
			asked.cfg.Resolvers = append(asked.cfg.Resolvers, client)
		}
		wanted := asked.want(nil, dns.FederationName(d.Name), "SRV")
		for _, pool := range services.leads(d) {
			for _, kind := range []string{"A", "AAAA", "CNAME"} {
				wanted = asked.want(wanted, pool, kind)
			}
		}
		for _, n := range o.cfg.Plan.Outside() {
			if own, _ := o.cfg.Plan.Domain(n.Name); own.Name == d.Name && !o.cfg.Inferred.madeUp(n.Name) {
				wanted = asked.want(wanted, n.Name, "A")
			}
		}
		lists[i] = asked.ask(ctx, wanted)
		for j := range lists[i] {
			s := servers[wanted[j].resolver]
			lists[i][j].Resolver, lists[i][j].Own = fmt.Sprintf("%s at %s", s.host, s.at), s.host
		}
	})
	return slices.Concat(lists...)
}

// ownServer is a resolver that serves a domain's zone itself.
type ownServer struct{ domain, resolver, host string }

// owned says of lookups which were answered by a zone's own server.
func (o *observer) owned(lookups []Lookup) []Lookup {
	for i, l := range lookups {
		d, _ := o.cfg.Plan.Domain(l.Name)
		for _, s := range o.own {
			if l.Resolver == s.resolver && d.Name == s.domain {
				lookups[i].Own = s.host
			}
		}
	}
	return lookups
}

// zoneServers finds who serves the zone that a domain is in: the closest name
// above it, itself included, that has NS records.
func (o *observer) zoneServers(ctx context.Context, domain string) []zoneServer {
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
	defer cancel()
	client, able := o.cfg.Resolvers[0].(*dns.Client)
	if !able || len(o.mute) > 0 && o.mute[0] {
		return nil
	}
	var hosts []string
	for zone := dns.Canonical(domain); len(hosts) == 0 && strings.Contains(zone, "."); {
		found, err := client.NS(ctx, zone)
		if kind := kindOf(err); err != nil && kind != dns.NoData && kind != dns.NoSuchName {
			return nil
		}
		hosts = found
		_, zone, _ = strings.Cut(zone, ".")
	}
	var servers []zoneServer
	port := uint16(53)
	for _, host := range hosts[:min(len(hosts), maxZoneServers)] {
		addresses, err := client.A(ctx, host)
		if err != nil {
			continue
		}
		at := addresses[0].Addr
		if own, by, asked := o.asks(at); asked {
			port = own // a lab's name servers are all on another port
			o.mu.Lock()
			o.own = append(o.own, ownServer{domain, by, host})
			o.mu.Unlock()
			continue
		}
		servers = append(servers, zoneServer{host, netip.AddrPortFrom(at, 0)})
	}
	if o.zonePort > 0 {
		port = o.zonePort
	}
	for i := range servers {
		servers[i].at = netip.AddrPortFrom(servers[i].at.Addr(), port)
	}
	return servers
}

// asks tells whether one of the resolvers is at an address, on which port, and
// which it is: none, where it stands for several servers.
func (o *observer) asks(at netip.Addr) (port uint16, by string, asked bool) {
	for i, r := range o.cfg.Resolvers {
		c, able := r.(*dns.Client)
		if !able {
			continue
		}
		if j := slices.IndexFunc(c.Servers, func(s netip.AddrPort) bool { return s.Addr() == at }); j >= 0 {
			if len(c.Servers) == 1 {
				by = o.resolverName(i)
			}
			return c.Servers[j].Port(), by, true
		}
	}
	return 0, "", false
}

// lookUpTenants asks for the names that only a domain in Office 365 has.
func (o *observer) lookUpTenants(ctx context.Context) []Lookup {
	var wanted []question
	for _, d := range o.cfg.Plan.Domains {
		for _, name := range tenantNames(d) {
			wanted = o.want(wanted, name, "CNAME")
		}
	}
	return o.ask(ctx, wanted)
}
