package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
	"fedge/sip/raw"
)

// group is the calls that carried the same domain in From, where they should.
type group struct {
	host     string // of From, lower case; "" if there is none
	want     string // what it should be
	right    bool
	nodes    []string
	evidence []string
}

func (g *group) subject() string { return strings.Join(g.nodes, ", ") }

// eachFrom judges the outbound calls that arrived by the domain in From: nodes
// that carry the same one get one verdict. Nodes whose call did not arrive get
// one each that says why.
func (w *world) eachFrom(judge func(*group) verdict) []verdict {
	if v, none := w.staysIn("all nodes"); none {
		return []verdict{v}
	}
	var groups []*group
	arrived := make(map[string]bool)
	for _, o := range w.facts.Outbound {
		if !o.Arrived {
			continue
		}
		arrived[o.Node] = true
		host := fromHost(o)
		want, right := w.rightFrom(o.Node, host)
		i := slices.IndexFunc(groups, func(g *group) bool { return g.host == host && g.want == want })
		if i < 0 {
			i, groups = len(groups), append(groups, &group{host: host, want: want, right: right})
		}
		groups[i].nodes = append(groups[i].nodes, o.Node)
		groups[i].evidence = append(groups[i].evidence, fmt.Sprintf("%s: From: %s", o.Node, o.From))
	}
	var verdicts []verdict
	for _, g := range groups {
		verdicts = append(verdicts, judge(g).on(g.nodes...))
	}
	for _, n := range w.plan.Outside() {
		if !arrived[n.Name] {
			verdicts = append(verdicts, w.uncalling(n))
		}
	}
	return verdicts
}

func fromHost(o OutboundCall) string {
	from, err := raw.ParseNameAddr(o.From)
	if err != nil {
		return ""
	}
	return dns.Canonical(from.URI.Host)
}

// domainSet finds the platform that has no domain at all and puts its address
// or nothing in its place. A domain that is set to another one is for DOM-02.
func domainSet(w *world) []verdict {
	return w.eachFrom(func(g *group) verdict {
		if g.host == "" || isAddress(g.host) || !strings.Contains(g.host, ".") {
			return fail(g.subject(), w.setDomain(g), g.evidence...)
		}
		return pass(g.subject(), g.evidence...)
	})
}

// setDomain is where the domain of calls is to be set: in the platform, which has
// one, or in its override in the location of the nodes that place them.
func (w *world) setDomain(g *group) string {
	var locations []string
	for _, name := range g.nodes {
		n, _ := w.plan.Node(name)
		l, _ := w.plan.Location(n.Location)
		if overrides := l.FromDomain != "" || g.want != dns.Canonical(w.plan.Domains[0].Name); overrides && !slices.Contains(locations, n.Location) {
			locations = append(locations, n.Location)
		}
	}
	switch {
	case len(locations) == 0:
		return "set the domain of the platform to " + g.want
	case len(locations) == 1:
		return fmt.Sprintf("set the override of the domain in location %s to %s", locations[0], g.want)
	}
	return fmt.Sprintf("set the override of the domain in locations %s to %s", strings.Join(locations, ", "), g.want)
}

func fromDomain(w *world) []verdict {
	return w.eachFrom(func(g *group) verdict {
		switch {
		case w.fails("DOM-01", g.nodes[0]):
			return blocked(g.subject(), "DOM-01")
		case !g.right:
			return fail(g.subject(), fmt.Sprintf("set the domain of %s (Pexip Infinity domain, or its override in the location) to %s", g.subject(), g.want),
				append(g.evidence, "the domain should be "+g.want)...)
		}
		return pass(g.subject(), g.evidence...)
	})
}

// rightFrom tells whether a node's calls may carry host in From, and what they
// should carry.
func (w *world) rightFrom(node, host string) (want string, right bool) {
	uri, err := raw.ParseURI(w.plan.FromURI(node, ""))
	if err != nil { // a plan without any domain; it is refused before it gets here
		return "", false
	}
	want = dns.Canonical(uri.Host)
	if w.plan.From != plan.FromDefaultOnly {
		return want, host == want
	}
	// A caller's own alias may show, as long as it is one of ours.
	return want, slices.ContainsFunc(w.plan.Domains, func(d plan.Domain) bool { return dns.Canonical(d.Name) == host })
}
