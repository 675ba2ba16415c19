package plan

import (
	"fmt"
	"slices"
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

// ZoneOf is the zone of one of the plan's domains; "" when it is none of them,
// or one that is Office 365's (rule DNS-14).
func (p *Plan) ZoneOf(domain string) string {
	d, ok := p.Domain(domain)
	if !ok || d.Name != canonical(domain) || p.tenants(d.Name) {
		return ""
	}
	var z strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&z, format+"\n", args...) }
	line("; The zone of %s. SOA and NS only make it whole: where the zone", d.Name)
	line("; exists already, keep its own.")
	line("$ORIGIN %s.", d.Name)
	line("$TTL %d", nodeTTL)
	line("@ IN SOA %s. hostmaster.%s. 1 3600 600 86400 300", p.nameServer(d), d.Name)
	host := p.nameServer(d)
	line("@ IN NS %s.", host)
	line("%s. IN A %s ; EDIT: the server that the internet asks for this zone", host, noServer)
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

// noServer stands for the zone's own server, which a plan does not have: what
// its nodes ask (resolver) answers nobody else.
const noServer = "192.0.2.53"

// nameServer is a name for the zone's own server that nothing of the plan has.
func (p *Plan) nameServer(d Domain) string {
	host := "ns." + d.Name
	for i := 1; p.has(host); i++ {
		host = fmt.Sprintf("ns%d.%s", i, d.Name)
	}
	return host
}

// has tells whether a domain, a pool or a node of the plan has that name.
func (p *Plan) has(host string) bool {
	_, node := p.Node(host)
	return node || slices.ContainsFunc(p.Domains, func(d Domain) bool { return d.Name == host || d.Pool == host })
}
