package check

import (
	"fmt"
	"net/netip"
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
	for _, n := range w.plan.Nodes {
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
			return fail(g.subject(), "set the domain of the platform to "+w.plan.Domains[0].Name, g.evidence...)
		}
		return pass(g.subject(), g.evidence...)
	})
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

// headersClean judges what the partner needs to find its way back.
func headersClean(w *world) []verdict {
	if v, none := w.staysIn("all nodes"); none {
		return []verdict{v}
	}
	verdicts := make([]verdict, 0, len(w.plan.Nodes))
	for _, n := range w.plan.Nodes {
		o, arrived := w.callFrom(n.Name)
		if !arrived {
			verdicts = append(verdicts, w.uncalling(n))
			continue
		}
		verdicts = append(verdicts, w.headersOf(n, o))
	}
	return verdicts
}

func (w *world) headersOf(n plan.Node, o OutboundCall) verdict {
	var wrong []string
	if c, err := raw.ParseNameAddr(o.Contact); err != nil {
		wrong = append(wrong, "Contact: "+o.Contact)
	} else if transport, _ := c.URI.Params.Get("transport"); c.URI.Scheme != "sips" && !strings.EqualFold(transport, "tls") {
		wrong = append(wrong, "Contact: "+o.Contact+" (without transport=tls)")
	}
	if len(o.Via) == 0 {
		wrong = append(wrong, "no Via")
	} else if via, err := raw.ParseVia(o.Via[0]); err != nil || !w.belongs(via.Host, n) {
		wrong = append(wrong, "Via: "+o.Via[0])
	}
	// A name in Contact that is not the node's is for the FQD rules; so is
	// an address.
	for _, line := range o.Headers {
		if inner, found := w.innerAddress(line); found {
			wrong = append(wrong, fmt.Sprintf("%s (%s is private)", line, inner))
		}
	}
	if len(wrong) == 0 {
		return pass(n.Name, "Contact: "+o.Contact, "Via: "+o.Via[0])
	}
	for _, id := range []string{"FQD-01", "FQD-02", "FQD-03"} {
		if w.fails(id, n.Name) {
			return blocked(n.Name, id)
		}
	}
	return fail(n.Name, fmt.Sprintf("set the SIP TLS FQDN of the node to %s and its static NAT address to %s", w.ownName(n.Name), n.PublicAddr()), wrong...)
}

// belongs tells whether a sent-by is the node: by name or by public address.
func (w *world) belongs(host string, n plan.Node) bool {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a == n.PublicAddr()
	}
	return strings.EqualFold(host, n.Name) || slices.Contains(w.facts.Unnamed, n.Name)
}

// innerAddress finds an address in a header line that means nothing outside.
// Product names carry versions that look like addresses.
func (w *world) innerAddress(line string) (netip.Addr, bool) {
	if name, _, _ := strings.Cut(line, ":"); strings.EqualFold(name, "User-Agent") || strings.EqualFold(name, "Server") {
		return netip.Addr{}, false
	}
	for _, text := range strings.FieldsFunc(line, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
		if a, err := netip.ParseAddr(strings.Trim(text, ".")); err == nil && !w.plan.IsPublic(a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}
