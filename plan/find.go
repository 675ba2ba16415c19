package plan

import (
	"slices"
	"strings"
)

// Node finds a node by its FQDN.
func (p *Plan) Node(name string) (Node, bool) {
	name = canonical(name)
	for _, n := range p.Nodes {
		if n.Name == name {
			return n, true
		}
	}
	return Node{}, false
}

// Room finds the room that a call to this URI, or alias, is for. Scheme, port
// and URI parameters do not matter, nor do escapes and the case of letters; a
// host that is the pool, a node or a node's address counts as that node's
// domain.
func (p *Plan) Room(alias string) (Room, bool) {
	wanted := parseAddress(alias).plain(p)
	for _, room := range p.Rooms {
		if slices.ContainsFunc(room.Aliases, wanted.is) {
			return room, true
		}
	}
	return Room{}, false
}

// Caller is the alias that a call out is placed from to show the most: one in
// another domain if there is one, for only such a call shows whether From is
// rewritten (DOM-02); "" without rooms.
func (p *Plan) Caller() (alias string) {
	for _, room := range p.Rooms {
		for _, a := range room.Aliases {
			_, domain, _ := strings.Cut(a, "@")
			if !slices.ContainsFunc(p.Domains, func(d Domain) bool { return d.Name == canonical(domain) }) {
				return a
			}
			if alias == "" {
				alias = a
			}
		}
	}
	return alias
}

// Partner finds a partner by its domain.
func (p *Plan) Partner(domain string) (Partner, bool) {
	domain = canonical(domain)
	for _, partner := range p.Partners {
		if partner.Domain == domain {
			return partner, true
		}
	}
	return Partner{}, false
}

// Discoverers lists the partners that are called and know us by discovery alone:
// their Edges take few messages of us (rule PEER-02).
func (p *Plan) Discoverers() []string {
	var domains []string
	for _, partner := range p.Partners {
		if p.Outbound && partner.Expect != Unreachable && partner.Trust != Allowed {
			domains = append(domains, partner.Domain)
		}
	}
	return domains
}

// Location finds a location by its name.
func (p *Plan) Location(name string) (Location, bool) {
	for _, l := range p.Locations {
		if l.Name == name {
			return l, true
		}
	}
	return Location{}, false
}

// Domain finds the SIP domain that a host name lies in; for a domain's own name
// it is that domain. Of nested domains it is the deepest.
func (p *Plan) Domain(host string) (Domain, bool) {
	host = canonical(host)
	var found Domain
	for _, d := range p.Domains {
		if (host == d.Name || under(host, d.Name)) && len(d.Name) > len(found.Name) {
			found = d
		}
	}
	return found, found.Name != ""
}

// Signaling lists the nodes that take calls, in the order of the file.
func (p *Plan) Signaling() []Node { return p.with(Signaling) }

// MediaNodes lists the nodes that mix media, in the order of the file.
func (p *Plan) MediaNodes() []Node { return p.with(Media) }

// Pool lists the signaling nodes of one domain: those whose public addresses
// stand under the name of its pool host.
func (p *Plan) Pool(domain string) []Node {
	var nodes []Node
	for _, n := range p.Signaling() {
		if p.domainOf(n) == canonical(domain) {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// Files names the certificate and key of a node: its own, or the plan's.
func (p *Plan) Files(n Node) (certificate, key string) {
	if n.Certificate != "" {
		return n.Certificate, n.Key
	}
	return p.Certificates.Certificate, p.Certificates.Key
}

// Names lists what the shared certificate must name where there is one domain
// (Requests says it of any plan; rules CRT-01 to CRT-04 and
// CRT-15). The first is the common name: the pool host. After the pool hosts
// come the nodes (only those that take calls when none are placed) and the bare
// SIP domains.
func (p *Plan) Names() []string {
	var names []string
	for _, d := range p.Domains {
		names = append(names, d.Pool)
	}
	for _, n := range p.Nodes {
		if p.shows(n) {
			names = append(names, n.Name)
		}
	}
	for _, d := range p.Domains {
		names = append(names, d.Name)
	}
	return names
}

func (p *Plan) with(role Role) []Node {
	var nodes []Node
	for _, n := range p.Nodes {
		if n.Has(role) {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func (p *Plan) domainOf(n Node) string {
	d, _ := p.Domain(n.Name)
	return d.Name
}

func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }
