package infinity

import (
	"fmt"
	"slices"
	"strings"

	"fedge/plan"
)

// locations maps those that have nodes of the plan.
func (m *mapping) locations() {
	const proxy = "mssip_proxy"
	var used []*location
	for _, uri := range m.platform.order {
		if l := m.platform.locations[uri]; len(m.in(l)) > 0 {
			used = append(used, l)
		}
	}
	for _, l := range used {
		path, subject := fmt.Sprintf("locations[%d]", len(m.plan.Locations)), "location "+l.name
		at := plan.Location{Name: l.name}
		m.plan.Locations = append(m.plan.Locations, at)
		at.Overflow = m.overflow(l, used, path)
		if at.Inside = l.inside; at.Inside {
			m.plan.Locations[len(m.plan.Locations)-1] = at
			m.locationInside(l, path, subject)
			continue
		}
		if l.domain != "" && l.domain != m.plan.Domains[0].Name && m.isDomain(l.domain) {
			at.FromDomain = l.domain
			m.beside(path+".from_domain", "local_mssip_domain")
		}
		m.plan.Locations[len(m.plan.Locations)-1] = at
		if uri := l.ref(proxy); uri != "" {
			m.contradicts("LOC-01", path, subject, proxy, quoted(m.server(uri)), "calls out go to this one server instead of the partner that DNS names; choose no Lync / Skype for Business server")
		}
		m.overrides(l, path, subject)
		m.mixed(l, path, subject)
		for _, f := range []struct{ field, why string }{
			{"policy_server", "an external policy may make rooms and rules of its own, which are not in the answers"},
			{"stun_server", "a plan does not name STUN servers"},
			{"turn_server", "a plan does not name TURN servers"},
			{"dns_servers", "which answers they give cannot be seen from here; they should agree with public DNS (DNS-18)"},
		} {
			if v, is := l.fields[f.field].([]any); l.has(f.field) && (!is || len(v) > 0) {
				m.unmapped(l.object, subject, f.field, f.why)
			}
		}
	}
	for _, l := range m.locationsInUse() {
		if !slices.Contains(used, l) || l.inside { // by nodes that are not in the plan, as it is not itself
			m.overrides(l, "-", "location "+l.name)
		}
	}
}

// overrides finds a domain that calls of a location must not have in From.
func (m *mapping) overrides(l *location, path, subject string) {
	if l.domain == "" || m.isDomain(l.domain) {
		return
	}
	if why := m.strayDomain(l); why != "" {
		m.contradicts("DOM-03", path, subject, "local_mssip_domain", quoted(l.domain), why)
	}
}

// in lists the plan's nodes of a location.
func (m *mapping) in(l *location) []int {
	var nodes []int
	for i, w := range m.workers {
		if w.location == l {
			nodes = append(nodes, i)
		}
	}
	return nodes
}

func (m *mapping) server(uri string) string {
	if name := m.platform.proxies[uri]; name != "" {
		return name
	}
	return uri
}

// overflow maps where media goes when it does not stay: the transcoding
// location first, then the overflow locations.
func (m *mapping) overflow(l *location, used []*location, path string) []string {
	var names []string
	for i, field := range []string{"transcoding_location", "overflow_location1", "overflow_location2"} {
		to := m.platform.locations[l.overflow[i]]
		switch {
		case to == nil || to == l || slices.Contains(names, to.name):
		case !slices.Contains(used, to):
			m.unmapped(l.object, "location "+l.name, field, fmt.Sprintf("location %s has no node in the plan", to.name))
		default:
			if i == 0 && !m.allProxying(l) {
				m.unmapped(l.object, "location "+l.name, field, "all media of calls here goes to that location; a plan can say only that it goes there when this one is full")
			}
			m.beside(path+".overflow", field)
			names = append(names, to.name)
		}
	}
	return names
}

func (m *mapping) allProxying(l *location) bool {
	return !slices.ContainsFunc(m.in(l), func(i int) bool { return !m.workers[i].proxying })
}

// mixed finds what may not be together in one location.
func (m *mapping) mixed(l *location, path, subject string) {
	var nat, direct, proxying, transcoding, domains []string
	for _, i := range m.in(l) {
		w, n := m.workers[i], m.plan.Nodes[i]
		switch {
		case n.Public.IsValid():
			nat = append(nat, n.Name)
		case m.plan.IsPublic(n.Address): // else it is to be filled in
			direct = append(direct, n.Name)
		}
		if w.proxying {
			proxying = append(proxying, n.Name)
		} else {
			transcoding = append(transcoding, n.Name)
		}
		if d := m.domainOf(n.Name); n.Has(plan.Signaling) && d != "" && !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	if len(nat) > 0 && len(direct) > 0 {
		m.contradicts("LOC-04", path, subject, "static_nat_address", "", fmt.Sprintf("%s behind a NAT and %s without one share it; put one kind into another location", strings.Join(nat, ", "), strings.Join(direct, ", ")))
	}
	if len(proxying) > 0 && len(transcoding) > 0 {
		m.contradicts("LOC-05", path, subject, "node_type", "", fmt.Sprintf("proxying %s and transcoding %s share it; put one kind into another location", strings.Join(proxying, ", "), strings.Join(transcoding, ", ")))
	}
	if to := m.platform.locations[l.overflow[0]]; len(proxying) > 0 && len(transcoding) == 0 {
		switch {
		case to == nil:
			m.contradicts("LOC-06", path, subject, "transcoding_location", "", "its proxying nodes have nobody to hand media to; choose a transcoding location")
		case !slices.ContainsFunc(m.platform.workers, func(w *worker) bool { return w.location == to && !w.proxying }):
			m.contradicts("LOC-06", path, subject, "transcoding_location", quoted(to.name), "that location has no transcoding node; choose one that has")
		}
	}
	if len(domains) > 1 {
		m.contradicts("DNS-19", path, subject, "", "", fmt.Sprintf("its nodes take the calls of %s; give each domain a location of its own", strings.Join(domains, " and ")))
	}
}
