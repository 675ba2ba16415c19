package infinity

import (
	"fmt"
	"slices"
	"strings"

	"fedge/plan"
)

// insides finds the locations that partners never meet (rule LOC-06): proxying
// nodes of this federation hand media to them, all of their nodes transcode, and
// none has both a name in a SIP domain and a public address.
func (m *mapping) insides() {
	for _, l := range m.platform.locations {
		l.inside = len(m.proxiedBy(l)) > 0 && !slices.ContainsFunc(m.platform.workers, func(w *worker) bool {
			return w.location == l && (w.proxying || m.named(w) && m.public(w))
		})
	}
}

// inside tells whether partners never meet a node.
func (w *worker) inside() bool { return w.location != nil && w.location.inside }

// proxiedBy lists the locations whose proxying nodes hand media to this one.
func (m *mapping) proxiedBy(l *location) []string {
	var names []string
	for _, w := range m.platform.workers {
		if w.location == nil || w.location == l || !w.proxying || !m.named(w) || slices.Contains(names, w.location.name) {
			continue
		}
		if slices.ContainsFunc(w.location.overflow, func(to string) bool { return to != "" && m.platform.locations[to] == l }) {
			names = append(names, w.location.name)
		}
	}
	return names
}

// named tells whether a node has a name in a SIP domain, as far as one is known.
func (m *mapping) named(w *worker) bool {
	return m.plan.Domains[0].Name == fillIn || m.domainOf(w.fqdn) != "" || m.domainOf(w.own) != ""
}

// public tells whether partners can reach a node by one of its addresses.
func (m *mapping) public(w *worker) bool {
	return m.plan.IsPublic(w.nat) || m.plan.IsPublic(w.secondary) || m.plan.IsPublic(w.address)
}

// nodeInside maps a node that partners never meet: any name will do.
func (m *mapping) nodeInside(w *worker, path string, taken map[string]*worker) plan.Node {
	n := plan.Node{Name: fillIn, Location: w.locationName()}
	subject := "node " + w.name
	for _, name := range []struct{ field, value string }{{"alternative_fqdn", w.fqdn}, {"hostname, domain", w.own}} {
		if plan.IsHost(name.value) && taken[name.value] == nil && !m.isDomain(name.value) {
			n.Name = name.value
			m.beside(path+".name", name.field)
			break
		}
	}
	if n.Name == fillIn {
		m.fill(path+".name", subject, "hostname", "a name for node "+w.name)
	}
	if w.nat.IsValid() {
		m.unmapped(w.object, subject, "static_nat_address", "the node is inside, where partners never come; a plan has no public address for it")
	}
	return n
}

// locationInside says why a location is thought to be inside.
func (m *mapping) locationInside(l *location, path, subject string) {
	m.assume(path+".inside", subject, "", fmt.Sprintf("it is inside: its nodes transcode for the proxying ones of %s, and none has both a name in a SIP domain and a public address; nothing of them is published or checked",
		strings.Join(m.proxiedBy(l), ", ")))
}
