package plan

import (
	"fmt"
	"slices"
)

// Inside tells whether partners never meet a node: it transcodes, in a location
// behind proxying nodes, which forward media to it (rule LOC-06). Nothing of it
// is published or shown to partners: no record, no certificate, no port; it
// places no calls, and its name and address are the network's own.
func (p *Plan) Inside(n Node) bool {
	l, _ := p.Location(n.Location)
	return l.Inside
}

// Outside lists the nodes that partners meet, in the order of the file.
func (p *Plan) Outside() []Node {
	return slices.DeleteFunc(slices.Clone(p.Nodes), p.Inside)
}

// checkInside holds that a node inside is one that no partner needs.
func (p *Plan) checkInside(r *reader, i int) {
	n, path, name := p.Nodes[i], fmt.Sprintf("nodes[%d].", i), p.called(r, i)
	if !p.Inside(n) {
		return
	}
	if n.Public.IsValid() {
		r.wrong(path+"public", fmt.Sprintf("a public address is written for %s, and its location %s is inside", name, n.Location),
			"leave it out, or take inside: on from the location")
	}
	if n.Has(Signaling) || n.Has(Proxying) {
		r.wrong(path+"roles", fmt.Sprintf("partners have to reach %s for its roles, and its location %s is inside", name, n.Location),
			"write roles: [media], or take inside: on from the location")
	}
}

// checkForwarding holds that media reaches nodes inside by proxying nodes only.
func (p *Plan) checkForwarding(r *reader, i int) {
	l := p.Locations[i]
	if l.Inside && l.FromDomain != "" {
		r.wrong(fmt.Sprintf("locations[%d].from_domain", i), fmt.Sprintf("the location %s is inside: no call to a partner comes from there", l.Name), "leave it out")
	}
	calls, proxied := false, false
	for _, n := range p.Nodes {
		if n.Location == l.Name {
			calls, proxied = calls || p.shows(n), proxied || n.Has(Proxying)
		}
	}
	for j, other := range l.Overflow {
		if to, _ := p.Location(other); to.Inside && calls && !proxied && !r.troubled("nodes") {
			r.wrong(fmt.Sprintf("locations[%d].overflow[%d]", i, j),
				fmt.Sprintf("%s is inside, where media of calls in the location %s does not get: no node of %[2]s is a proxying one", other, l.Name),
				"write the role proxying for nodes of "+l.Name+", or overflow to a location that is not inside")
		}
	}
}
