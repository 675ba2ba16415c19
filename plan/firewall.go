package plan

import (
	"fmt"
	"slices"
)

// FirewallRow is one thing that firewalls must let pass.
type FirewallRow struct {
	Node        string `json:"node"`
	Peer        string `json:"peer,omitzero"` // the other node, for traffic between two of them
	Direction   string `json:"direction"`
	Source      string `json:"source"`
	Destination string `json:"destination"`
	Protocol    string `json:"protocol"`
	Ports       string `json:"ports"`               // of the destination
	From        string `json:"from_ports,omitzero"` // of the source; "": any
	Why         string `json:"why"`
	Rule        string `json:"rule"`
}

// The directions of a row, as the node sees it.
const (
	inward  = "in"
	outward = "out"
	mutual  = "both"
)

// edgeMedia are the ports of a Lync / Skype for Business A/V Edge.
const edgeMedia = "50000-59999"

const backplane = "backplane, never through a NAT"

// Firewall lists what must pass, node by node and then between the nodes. Each
// row stands for its answers as well: firewalls here keep state.
func (p *Plan) Firewall() []FirewallRow {
	var rows []FirewallRow
	for _, n := range p.Nodes {
		rows = append(rows, p.nodeRows(n)...)
	}
	for i, a := range p.Nodes {
		for _, b := range p.Nodes[i+1:] {
			if p.talk(a, b) {
				rows = append(rows, FirewallRow{
					Node: a.Name, Peer: b.Name, Direction: mutual, Source: a.Address.String(), Destination: b.Address.String(),
					Protocol: "UDP, ESP", Ports: "500", Why: backplane, Rule: "NET-07",
				})
			}
		}
	}
	return rows
}

func (p *Plan) nodeRows(n Node) []FirewallRow {
	var rows []FirewallRow
	row := func(direction, source, destination, protocol, ports, from, why, rule string) {
		rows = append(rows, FirewallRow{n.Name, "", direction, source, destination, protocol, ports, from, why, rule})
	}
	public := n.PublicAddr().String()
	if n.PublicAddr() != n.Address {
		public += " (NAT to " + n.Address.String() + ")"
	}
	const anybody = "any"
	if p.shows(n) {
		why := "calls from partners"
		if !n.Has(Signaling) {
			why = "requests inside calls that it placed"
		}
		row(inward, anybody, public, "TCP", fmt.Sprint(Port), "", why, "NET-01")
		why = "calls to partners"
		if !p.Outbound {
			why = "requests inside calls, when the partner closed its connection"
		}
		row(outward, public, anybody, "TCP", fmt.Sprint(Port), "", why, "NET-01")
		resolver := "its name servers"
		if p.Resolver.IsValid() {
			resolver = p.Resolver.Addr().String()
		}
		port := "53"
		if p.Resolver.IsValid() {
			port = fmt.Sprint(p.Resolver.Port())
		}
		row(outward, public, resolver, "UDP, TCP", port, "", "SRV and A records of partners", "DNS-17")
	}
	if p.faces(n) {
		ports := p.MediaPorts.String()
		row(inward, anybody, public, "UDP, TCP", ports, "", "media from clients and A/V Edges", "NET-02")
		row(outward, public, anybody, "UDP, TCP", edgeMedia, ports, "media to the A/V Edges of partners", "NET-02")
		row(outward, public, anybody, "UDP", "3478", ports, "media relay (STUN, TURN)", "NET-03")
		row(outward, public, anybody, "TCP", "443", ports, "media relay where UDP is closed", "NET-03")
		row(outward, public, anybody, "TCP", "443, 8057", "", "web conferencing and Office Web Apps servers: PowerPoint content", "NET-04")
	}
	row(mutual, n.Address.String(), "the Management Node", "UDP, ESP", "500", "", backplane, "NET-07")
	return rows
}

// faces tells whether clients of partners exchange media with a node: it
// forwards media, or it mixes media for a location that has no proxying nodes.
func (p *Plan) faces(n Node) bool {
	if n.Has(Proxying) || !n.Has(Media) || p.Inside(n) {
		return n.Has(Proxying)
	}
	return slices.ContainsFunc(p.Locations, func(l Location) bool {
		calls, proxied := false, false
		for _, other := range p.Nodes {
			if other.Location == l.Name {
				calls = calls || p.shows(other)
				proxied = proxied || other.Has(Proxying)
			}
		}
		return calls && !proxied && (l.Name == n.Location || slices.Contains(l.Overflow, n.Location))
	})
}

// talk tells whether two nodes need each other: all do, but a proxying node
// only those of its own location and of the locations that mix for it.
func (p *Plan) talk(a, b Node) bool {
	reaches := func(from, to Node) bool {
		l, _ := p.Location(from.Location)
		return !from.Has(Proxying) || from.Location == to.Location || slices.Contains(l.Overflow, to.Location)
	}
	return reaches(a, b) && reaches(b, a)
}

// Translations lists the address translations that the plan assumes: static,
// one to one, all ports unchanged (rule NET-05).
func (p *Plan) Translations() []Rename {
	var out []Rename
	for _, n := range p.Nodes {
		if n.PublicAddr() != n.Address {
			out = append(out, Rename{What: n.Name, Old: n.PublicAddr().String(), New: n.Address.String()})
		}
	}
	return out
}
