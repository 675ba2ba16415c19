package infinity

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/plan"
)

// maxNodes bounds a plan's nodes; the largest platforms have a few hundred.
const maxNodes = 1000

// nodes maps the Conferencing Nodes that have a name in one of the SIP domains,
// and those that transcode behind proxying ones of them. The others are of the same platform, but not of this federation.
func (m *mapping) nodes() {
	m.insides()
	taken := map[string]*worker{}
	addresses := map[netip.Addr]bool{}
	for _, w := range m.platform.workers {
		subject := "node " + w.name
		if !w.inside() && !m.named(w) {
			m.unmapped(w.object, subject, "alternative_fqdn", fmt.Sprintf("neither this nor its host name %s is in a SIP domain of the platform: taken for an inside node and left out", quoted(w.own)))
			continue
		}
		if len(m.plan.Nodes) == maxNodes {
			m.unmapped(w.object, subject, "address", fmt.Sprintf("left out: a plan of more than %d nodes is not made", maxNodes))
			continue
		}
		path := fmt.Sprintf("nodes[%d]", len(m.plan.Nodes))
		var n plan.Node
		if w.inside() {
			n = m.nodeInside(w, path, taken)
		} else {
			n = plan.Node{Name: m.nameOf(w, path, taken), Location: w.locationName()}
		}
		m.addressOf(w, &n, path, addresses)
		taken[n.Name] = w
		m.plan.Nodes = append(m.plan.Nodes, n)
		m.workers = append(m.workers, w)
		m.besides(w, subject)
	}
	if len(m.plan.Nodes) == 0 {
		m.fill("", "nodes", "", "no node has a name in a SIP domain of the platform; write the DMZ's nodes, or set their SIP TLS FQDN and import again")
	}
}

func (w *worker) locationName() string {
	if w.location == nil {
		return fillIn
	}
	return w.location.name
}

// nameOf is a node's SIP TLS FQDN, or its host name if that cannot be it.
func (m *mapping) nameOf(w *worker, path string, taken map[string]*worker) string {
	const field = "alternative_fqdn"
	subject, own := "node "+w.name, w.own
	if !plan.IsHost(own) || taken[own] != nil {
		own = fillIn
	}
	set := fmt.Sprintf("set the SIP TLS FQDN of the node to %s", own)
	if own == fillIn {
		set = "set the SIP TLS FQDN of the node to a name of its own"
	}
	value := quoted(w.fqdn)
	switch other := taken[w.fqdn]; {
	case w.fqdn == "":
		m.contradicts("FQD-01", path+".name", subject, field, "", "it is not set, so partners cannot send requests inside a call to the node; "+set)
	case !plan.IsHost(w.fqdn):
		m.contradicts("FQD-01", path+".name", subject, field, value, "this is no host name; "+set)
	case other != nil:
		m.contradicts("FQD-02", path+".name", subject, field, value, fmt.Sprintf("node %s has the same SIP TLS FQDN, and calls go astray between the two; %s", other.name, set))
	case m.isDomain(w.fqdn):
		m.contradicts("FQD-03", path+".name", subject, field, value, "this is the SIP domain, not a name of the node; "+set)
	case m.domainOf(w.fqdn) == "" && m.plan.Domains[0].Name != fillIn:
		m.contradicts("FQD-03", path+".name", subject, field, value, "this is in no SIP domain of the platform; "+set)
	default:
		m.beside(path+".name", field)
		return w.fqdn
	}
	if own == fillIn {
		m.fill(path+".name", subject, field, "a name for node "+w.name)
	}
	return own
}

// addressOf maps where the node listens and what the world knows it by.
func (m *mapping) addressOf(w *worker, n *plan.Node, path string, taken map[netip.Addr]bool) {
	subject, inside := "node "+w.name, w.inside()
	n.Address = w.address
	m.beside(path+".address", "address")
	if w.secondary.IsValid() && !inside {
		n.Address = w.secondary
		m.assume(path+".address", subject, "secondary_address", "the node has two interfaces; the second one faces outside, and the static NAT address belongs to it")
	}
	if !n.Address.Is4() {
		m.fill(path, subject, "address", "the node's IPv4 address; federation is over IPv4 only")
		n.Address = netip.Addr{}
	}
	if w.nat.Is4() && w.nat != n.Address && !inside {
		n.Public = w.nat
		m.beside(path+".public", "static_nat_address")
	}
	public := n.PublicAddr()
	switch {
	case !public.IsValid():
	case inside && !taken[public]:
	case taken[public]:
		m.contradicts("NET-05", path+".address", subject, "address", public.String(), "another node has the same public address; each needs one of its own (static 1:1 NAT)")
	case !m.plan.IsPublic(public) && n.Public.IsValid():
		m.contradicts("DNS-11", path+".public", subject, "static_nat_address", public.String(), "this is no public address: partners cannot reach it")
	case !m.plan.IsPublic(public):
		m.fill(path+".address", subject, "static_nat_address",
			fmt.Sprintf("%s is private and no NAT address is set; if a NAT maps a public address to the node, write it as public, and set it on the platform; if this is an inside node, delete it here", public))
	}
	taken[public] = true
}

// besides reports what a node has that a plan does not say.
func (m *mapping) besides(w *worker, subject string) {
	for _, f := range []struct{ field, why string }{
		{"ipv6_address", "a plan has IPv4 addresses only; publish no AAAA record for the node unless partners reach it by IPv6 (DNS-12)"},
		{"media_priority_weight", "a plan does not prefer nodes; media goes to the node with the most spare capacity"},
		{"static_routes", "routes inside the network cannot be seen by partners"},
	} {
		if v, is := w.fields[f.field].([]any); w.has(f.field) && (!is || len(v) > 0) {
			m.unmapped(w.object, subject, f.field, f.why)
		}
	}
	for _, f := range []struct{ field, why string }{
		{"maintenance_mode", "the node takes no calls now; the plan has it in service, so a check will find it wanting"},
		{"cloud_bursting", "the node is not always up; the plan has it as if it were"},
	} {
		if on, _ := w.flag(f.field); on {
			m.unmapped(w.object, subject, f.field, f.why)
		}
	}
}

// roles says what each node does. The API knows proxying from transcoding;
// who takes calls is written in DNS alone.
func (m *mapping) roles() {
	takes := map[*worker]string{} // and why it is thought so
	for _, d := range m.plan.Domains {
		m.takers(d, takes)
	}
	m.assume("-", "nodes", "", "each takes 100 sessions: the configuration does not say; their status does")
	for i, w := range m.workers {
		n := &m.plan.Nodes[i]
		path := fmt.Sprintf("nodes[%d].roles", i)
		if t := w.text("node_type"); t != "" && !w.proxying && !strings.EqualFold(t, "CONFERENCING") {
			m.unmapped(w.object, "node "+w.name, "node_type", "this is neither CONFERENCING nor PROXYING; taken for CONFERENCING")
		}
		why, signaling := takes[w]
		if signaling {
			n.Roles = append(n.Roles, plan.Signaling)
		}
		if w.proxying {
			n.Roles = append(n.Roles, plan.Proxying)
		} else {
			n.Roles, n.Capacity = append(n.Roles, plan.Media), 100
			m.beside(fmt.Sprintf("nodes[%d].capacity", i), "ASSUMED")
		}
		switch {
		case w.inside():
		case signaling:
			m.assume(path, "node "+w.name, "node_type", "takes calls: "+why+"; what counts is whether its address stands under the pool's name in DNS")
		default:
			m.assume(path, "node "+w.name, "node_type", "takes no calls; what counts is whether its address stands under the pool's name in DNS")
		}
	}
}

// most is how many nodes should take a domain's calls (rule DNS-08).
const most = 3

// takers chooses the nodes of a domain that are thought to take its calls.
func (m *mapping) takers(d plan.Domain, takes map[*worker]string) {
	var all, proxying, moving, first, proven []*worker
	for i, w := range m.workers {
		if m.domainOf(m.plan.Nodes[i].Name) != d.Name && d.Name != fillIn || w.inside() {
			continue
		}
		all = append(all, w)
		if w.proxying {
			proxying = append(proxying, w)
		}
		if w.location != nil && w.location.overflow[0] != "" {
			moving = append(moving, w)
		}
		if w.certificate.names(d.Pool) {
			proven = append(proven, w)
		}
		if !m.spare(w.location) {
			first = append(first, w)
		}
	}
	for _, choice := range []struct {
		why  string
		list []*worker
	}{
		{"it is a proxying node", proxying},
		{"its location hands media to a transcoding location", moving},
		{"its certificate names the pool, and its location is no other's overflow", both(proven, first)},
		{"its certificate names the pool", proven},
		{"its location is no other's overflow", first},
		{"nothing tells it from the other nodes", all},
	} {
		if len(choice.list) == 0 {
			continue
		}
		why := choice.why
		if len(choice.list) > most {
			slices.SortFunc(choice.list, func(a, b *worker) int { return strings.Compare(m.nodeName(a), m.nodeName(b)) })
			choice.list = choice.list[:2]
			why += ", as others have, and two should take calls: the first two by name"
		}
		for _, w := range choice.list {
			takes[w] = why
		}
		return
	}
}

// both keeps what is in two lists, if that tells anything apart.
func both(a, b []*worker) []*worker {
	return slices.DeleteFunc(slices.Clone(a), func(w *worker) bool { return !slices.Contains(b, w) || len(a) == len(b) })
}

// spare tells whether another location's media goes to this one.
func (m *mapping) spare(l *location) bool {
	return slices.ContainsFunc(m.platform.order, func(uri string) bool {
		other := m.platform.locations[uri]
		return other != l && slices.ContainsFunc(other.overflow, func(to string) bool { return to != "" && m.platform.locations[to] == l })
	})
}

func (m *mapping) nodeName(w *worker) string { return m.plan.Nodes[slices.Index(m.workers, w)].Name }
