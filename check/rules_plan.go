package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
)

// The rules that look at the plan alone, or nearly so.

// eachLocation judges the nodes of every location that has any.
func (w *world) eachLocation(judge func(name string, nodes []plan.Node) verdict) []verdict {
	var order []string
	members := make(map[string][]plan.Node)
	for _, n := range w.plan.Nodes {
		if members[n.Location] == nil {
			order = append(order, n.Location)
		}
		members[n.Location] = append(members[n.Location], n)
	}
	verdicts := make([]verdict, len(order))
	for i, name := range order {
		verdicts[i] = judge("location "+name, members[name])
	}
	return verdicts
}

func natAlone(w *world) []verdict {
	return w.eachLocation(func(name string, nodes []plan.Node) verdict {
		behind := func(n plan.Node) bool { return n.PublicAddr() != n.Address }
		var evidence []string
		for _, n := range nodes {
			where := fmt.Sprintf("public %s", n.PublicAddr())
			if w.plan.Inside(n) {
				where = "inside"
			}
			evidence = append(evidence, fmt.Sprintf("%s: %s, %s", n.Name, n.Address, where))
		}
		if slices.ContainsFunc(nodes, behind) && !slices.ContainsFunc(nodes, func(n plan.Node) bool { return !behind(n) }) {
			return pass(name, evidence...)
		}
		if slices.ContainsFunc(nodes, behind) {
			return fail(name, "", evidence...)
		}
		return pass(name, evidence...)
	})
}

func rolesAlone(w *world) []verdict {
	return w.eachLocation(func(name string, nodes []plan.Node) verdict {
		var proxying, media []string
		for _, n := range nodes {
			if n.Has(plan.Proxying) {
				proxying = append(proxying, n.Name)
			}
			if n.Has(plan.Media) {
				media = append(media, n.Name)
			}
		}
		if len(proxying) > 0 && len(media) > 0 {
			return fail(name, "", "proxying: "+strings.Join(proxying, ", "), "transcoding: "+strings.Join(media, ", "))
		}
		return pass(name)
	})
}

// mediaBehind asks for somebody to mix the media of calls that arrive, or are
// proxied, where nobody does.
func mediaBehind(w *world) []verdict {
	mixes := func(location string) bool {
		return slices.ContainsFunc(w.plan.Nodes, func(n plan.Node) bool { return n.Location == location && n.Has(plan.Media) })
	}
	return w.eachLocation(func(name string, nodes []plan.Node) verdict {
		l, _ := w.plan.Location(nodes[0].Location)
		switch {
		case mixes(nodes[0].Location):
			return pass(name, "its own nodes mix media")
		case slices.ContainsFunc(l.Overflow, mixes):
			return pass(name, "it overflows into "+strings.Join(l.Overflow, ", "))
		}
		fix := "let " + name + " overflow into a location with media nodes, or give one of its nodes the role media"
		if slices.ContainsFunc(nodes, func(n plan.Node) bool { return n.Has(plan.Proxying) }) { // LOC-05
			fix = "let " + name + " overflow into a location with media nodes: its transcoding location"
		}
		return fail(name, fix,
			"no media node among "+strings.Join(names(nodes), ", ")+", and none where it overflows into")
	})
}

func overrides(w *world) []verdict {
	var verdicts []verdict
	for _, l := range w.plan.Locations {
		if l.FromDomain == "" {
			continue
		}
		name := "location " + l.Name
		known := slices.ContainsFunc(w.plan.Domains, func(d plan.Domain) bool { return strings.EqualFold(d.Name, l.FromDomain) })
		v, blocked := w.needs(name, l.FromDomain, "DNS-01")
		switch {
		case !known:
			v = fail(name, "", fmt.Sprintf("%s is no SIP domain of the plan", l.FromDomain))
		case !blocked:
			v = pass(name, l.FromDomain)
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) == 0 || !w.plan.Outbound {
		return []verdict{notApplicable("locations", "none overrides the domain of outbound calls")}
	}
	return verdicts
}

// alias is a room's alias in a domain that a check can call: without a PIN if
// there is one.
func alias(p *plan.Plan, domain string) (alias string, found bool) {
	for _, r := range p.Rooms {
		for _, a := range r.Aliases {
			if _, host, _ := strings.Cut(a, "@"); dns.Canonical(host) != dns.Canonical(domain) {
				continue
			}
			if r.PIN == "" {
				return a, true
			}
			if !found {
				alias, found = a, true
			}
		}
	}
	return alias, found
}
