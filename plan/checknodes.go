package plan

import (
	"fmt"
	"net/netip"
	"slices"
)

// checkNodes looks at each node's own name, addresses and files.
func (p *Plan) checkNodes(r *reader) {
	if len(p.Nodes) == 0 && r.written("nodes") {
		r.wrong("nodes", "there is no node", "write at least one, with its name, address, roles and location")
	}
	names, addresses, admins := r.unique("the node"), r.unique("the address"), r.unique("the admin address")
	for i, n := range p.Nodes {
		path := fmt.Sprintf("nodes[%d].", i)
		names.add(path+"name", n.Name, "write each node once")
		p.checkNodeName(r, path+"name", n)
		addresses.add(path+"address", text(n.Address), "write an address of its own for each node")
		if n.Public != n.Address {
			addresses.add(path+"public", text(n.Public), "write a public address of its own for each node")
		}
		if n.Admin.IsValid() {
			admins.add(path+"admin", n.Admin.String(), "write an address or a port of its own for each node")
		}
		if n.Admin.IsValid() && n.Admin == netip.AddrPortFrom(n.Address, Port) {
			r.wrong(path+"admin", fmt.Sprintf("the admin interface is at %s, where SIP is", n.Admin), "write another port")
		}
		p.checkPublished(r, path, n)
		p.checkInside(r, i)
		if n.Location != "" && len(p.locationNames()) > 0 && !p.hasLocation(n.Location) {
			r.wrong(path+"location", fmt.Sprintf("there is no location %q", n.Location), suggest(n.Location, p.locationNames()))
		}
		if (n.Certificate == "") != (n.Key == "") {
			r.wrong(fmt.Sprintf("nodes[%d]", i), "certificate and key belong together and one is missing", "write both, or neither")
		}
	}
}

func text(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}

func (p *Plan) checkNodeName(r *reader, path string, n Node) {
	if n.Name == "" {
		return
	}
	for _, d := range p.Domains {
		switch n.Name {
		case d.Pool:
			r.wrong(path, "the node "+n.Name+" has the pool's name: requests inside a call would reach any node of the pool", "write a name of its own, as in px01."+d.Name)
			return
		case d.Name:
			r.wrong(path, "the node "+n.Name+" has the domain's name", "write a name of its own, as in px01."+d.Name)
			return
		}
	}
	if _, ok := p.Domain(n.Name); !ok && !p.Inside(n) && len(p.Domains) > 0 && !r.troubled("domains") {
		r.wrong(path, "the node "+n.Name+" is in no domain of the plan", "write a name under "+p.domainNames()+p.orInside(n))
	}
}

// checkPublished holds that what goes into DNS can be reached (rule DNS-11).
func (p *Plan) checkPublished(r *reader, path string, n Node) {
	addr := n.PublicAddr()
	if !addr.IsValid() || p.IsPublic(addr) || p.Inside(n) {
		return
	}
	if n.Public.IsValid() {
		r.wrong(path+"public", addr.String()+" is not a public address: partners cannot reach it",
			"write the address that the NAT maps to the node; in a lab, declare its range in public_ranges")
		return
	}
	r.wrong(path+"address", addr.String()+" is not a public address and would be published",
		"write the public one as well, as in public: 198.51.100.40; in a lab, declare its range in public_ranges"+p.orInside(n))
}

// orInside is another way out for a node that only mixes media where others
// forward it: it may stand behind them.
func (p *Plan) orInside(n Node) string {
	if !slices.Equal(n.Roles, []Role{Media}) || !slices.ContainsFunc(p.Nodes, func(other Node) bool { return other.Has(Proxying) }) {
		return ""
	}
	return "; or, if partners never meet the node, write inside: on for its location"
}

// checkRoles looks at what the nodes are together.
func (p *Plan) checkRoles(r *reader) {
	for i, n := range p.Nodes {
		path := fmt.Sprintf("nodes[%d].", i)
		roles := r.unique("the role")
		for j, role := range n.Roles {
			roles.add(fmt.Sprintf("%sroles[%d]", path, j), string(role), "write each role once")
		}
		if len(n.Roles) == 0 && r.written(path+"roles") && !r.troubled(path+"roles") {
			r.wrong(path+"roles", "the node has no role", "write roles: [signaling, media], or one of them")
		}
		if n.Capacity != 0 && !n.Has(Media) && !n.Has(Proxying) {
			r.wrong(path+"capacity", "a capacity is written for a node without media", "leave it out, or add the role media")
		}
		if n.Has(Media) && n.Has(Proxying) {
			r.wrong(path+"roles", "the node has the roles media and proxying, which exclude each other", "write one of them")
		}
	}
	for i, l := range p.Locations {
		p.checkLocation(r, l)
		p.checkForwarding(r, i)
	}
	for i, d := range p.Domains {
		if d.Name != "" && len(p.Nodes) > 0 && len(p.Pool(d.Name)) == 0 && !r.troubled("nodes") {
			r.wrong(fmt.Sprintf("domains[%d]", i), "no node of the domain "+d.Name+" takes calls", "write the role signaling for two or three nodes whose names are under "+d.Name)
		}
	}
}

// checkLocation compares the nodes of one location with each other.
func (p *Plan) checkLocation(r *reader, l Location) {
	first := func(is func(Node) bool) int {
		return slices.IndexFunc(p.Nodes, func(n Node) bool { return l.Name != "" && n.Location == l.Name && is(n) })
	}
	media := first(func(n Node) bool { return n.Has(Media) })
	// A node with both roles is reported by itself.
	proxy := first(func(n Node) bool { return n.Has(Proxying) && !n.Has(Media) })
	if media >= 0 && proxy >= 0 { // rule LOC-05
		r.wrong(fmt.Sprintf("nodes[%d].roles", max(media, proxy)),
			fmt.Sprintf("the location %s has media nodes and proxying nodes: %s and %s", l.Name, p.called(r, media), p.called(r, proxy)),
			"put one of them into another location")
	}
	nat := first(func(n Node) bool { return n.Address.IsValid() && n.PublicAddr() != n.Address })
	direct := first(func(n Node) bool { return n.Address.IsValid() && n.PublicAddr() == n.Address })
	if nat >= 0 && direct >= 0 && !r.troubled("nodes") { // rule LOC-04
		r.wrong(fmt.Sprintf("nodes[%d]", max(nat, direct)),
			fmt.Sprintf("the location %s has nodes behind a NAT and nodes without: %s and %s", l.Name, p.Nodes[nat].Name, p.Nodes[direct].Name),
			"put one of them into another location, or write a public address for both")
	}
	signaling := first(func(n Node) bool { return n.Has(Signaling) && p.domainOf(n) != "" })
	stranger := first(func(n Node) bool {
		return n.Has(Signaling) && p.domainOf(n) != "" && p.domainOf(n) != p.domainOf(p.Nodes[signaling])
	})
	if stranger >= 0 { // rule DNS-19
		r.wrong(fmt.Sprintf("nodes[%d].location", stranger),
			fmt.Sprintf("the location %s has signaling nodes of two domains, %s and %s", l.Name, p.domainOf(p.Nodes[signaling]), p.domainOf(p.Nodes[stranger])),
			"give each domain a location of its own")
	}
	if start := max(signaling, proxy); start >= 0 && media < 0 && !p.overflowsToMedia(l) && !r.troubled("nodes") { // rule LOC-06
		instead := "write the role media for one of its nodes, or an overflow to a location that has media nodes"
		if proxy >= 0 {
			instead = "write an overflow to the location whose nodes transcode for it, and these nodes, with the role media; where partners never meet them, inside: on for that location"
		}
		r.wrong(fmt.Sprintf("nodes[%d].location", start),
			fmt.Sprintf("calls that arrive in the location %s find no media node", l.Name), instead)
	}
}

// called is a node's name, or where it is written while it has none that could
// be read.
func (p *Plan) called(r *reader, i int) string {
	if name := p.Nodes[i].Name; name != "" {
		return name
	}
	return fmt.Sprintf("the node in line %d", r.places[fmt.Sprintf("nodes[%d]", i)].line)
}

func (p *Plan) overflowsToMedia(l Location) bool {
	return slices.ContainsFunc(p.Nodes, func(n Node) bool {
		return n.Has(Media) && slices.Contains(l.Overflow, n.Location)
	})
}
