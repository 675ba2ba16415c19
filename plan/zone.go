package plan

import (
	"fmt"
	"net/netip"
	"strings"
)

// How long resolvers may keep what the zone says, in seconds. The pool's
// addresses and the SRV record change when a node fails: a day, as seen in the
// field, keeps callers on a dead node for a day (rule DNS-16).
const (
	srvTTL  = 3600
	poolTTL = 300
	nodeTTL = 3600
)

// Zone is the first domain's zone as BIND reads it: the SRV record that
// partners find the deployment by, the pool's addresses in round robin, and
// each node's own. See ZoneOf for the other domains'.
func (p *Plan) Zone() string {
	if len(p.Domains) == 0 {
		return ""
	}
	return p.ZoneOf(p.Domains[0].Name)
}

// ZoneOf is the zone of one of the plan's domains; "" when it is none of them.
func (p *Plan) ZoneOf(domain string) string {
	d, ok := p.Domain(domain)
	if !ok || d.Name != canonical(domain) {
		return ""
	}
	var z strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&z, format+"\n", args...) }
	line("; The zone of %s. SOA and NS only make it whole: where the zone", d.Name)
	line("; exists already, keep its own.")
	line("$ORIGIN %s.", d.Name)
	line("$TTL %d", nodeTTL)
	line("@ IN SOA ns.%s. hostmaster.%s. 1 3600 600 86400 300", d.Name, d.Name)
	line("@ IN NS ns.%s.", d.Name)
	nameServer := "ns." + d.Name
	if _, taken := p.Node(nameServer); !taken && d.Pool != nameServer {
		line("ns.%s. IN A %s", d.Name, p.nameServer(d))
	}
	line("")
	line("; Partners look here first (priority 1, weight 100, port %d).", Port)
	line("%s", federationRecord(d))
	line("")
	line("; The pool: every node that takes calls, in round robin.")
	for _, r := range p.poolRecords(d) {
		line("%s", r)
	}
	line("")
	line("; Each node by itself: requests inside a call come to its own name.")
	for _, r := range p.nodeRecords(d) {
		line("%s", r)
	}
	return z.String()
}

// nameServer is an address for the zone's NS record, which must have one: the
// resolver's if the plan names one, else a signaling node's as a placeholder.
func (p *Plan) nameServer(d Domain) netip.Addr {
	if p.Resolver.IsValid() && p.Resolver.Addr().Is4() {
		return p.Resolver.Addr()
	}
	for _, n := range p.Pool(d.Name) {
		return n.PublicAddr()
	}
	return netip.AddrFrom4([4]byte{192, 0, 2, 53})
}
