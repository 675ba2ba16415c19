package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// What an inferred plan holds that nobody has seen: it would be wrong to ask
// the world for it.

// unnamed tells whether the name that the plan has of a node was made up, and
// gives the verdict on what the name would have to be judged by: what keeps the
// node from telling it, if anything does.
func (w *world) unnamed(n plan.Node) (verdict, bool) {
	if !slices.Contains(w.facts.Unnamed, n.Name) {
		return verdict{}, false
	}
	if v, blocked := w.needs(n.Name, n.Name, "NET-01", "CRT-13"); blocked {
		return v, true
	}
	return unseen(n.Name, result.NotVisible, fmt.Sprintf("its name is not known: none in a certificate leads to %s", n.PublicAddr())), true
}

// eachName is eachNode for rules on what nodes are called.
func (w *world) eachName(judge func(plan.Node) verdict) []verdict {
	return w.eachNode(nil, func(n plan.Node) verdict {
		if v, unnamed := w.unnamed(n); unnamed {
			return v
		}
		return judge(n)
	})
}

// ownName is what a node is to be called, for a fix.
func (w *world) ownName(node string) string {
	if !slices.Contains(w.facts.Unnamed, node) {
		return node
	}
	n, _ := w.plan.Node(node)
	return "the FQDN of " + located(n)
}

// ownNames is ownName of a list of names, nodes' and others.
func (w *world) ownNames(names []string) string {
	own := make([]string, len(names))
	for i, name := range names {
		own[i] = w.ownName(name)
	}
	return strings.Join(own, ", ")
}

// located is what a node goes by whose name is not known.
func located(n plan.Node) string { return fmt.Sprintf("the node at %s", n.PublicAddr()) }

// misled is DNS-09's verdict on a node whose name is not known: if it showed a
// certificate with names that nobody goes by, one may be its own, and none of
// them leads to it. Otherwise its name is not in the certificate, which is
// CRT-03's, or v says why there is nothing to say.
func (w *world) misled(n plan.Node, v verdict) verdict {
	if v.why != result.NotVisible {
		return v
	}
	d, _ := w.plan.Domain(n.Name)
	for _, c := range w.certificates(which{}) {
		if names := w.unclaimed(c, d); len(names) > 0 && slices.Contains(c.nodes, n.Name) {
			for i := range names {
				names[i] = addressRecord(names[i], n.PublicAddr())
			}
			return fail(n.Name, fmt.Sprintf("publish %s, by what its name is; if it has another one, add that to the certificate and publish it",
				strings.Join(names, " or ")), c.evidence(fmt.Sprintf("none of them leads to %s", n.PublicAddr()))...)
		}
	}
	return v
}

// unclaimed is the names in a certificate that a node of the domain could have
// and none of the plan has. One may be that of a node whose name is not known.
func (w *world) unclaimed(c *shown, d plan.Domain) []string {
	var names []string
	for _, name := range c.leaf.Names {
		name = dns.Canonical(name)
		_, planned := w.plan.Node(name)
		if !planned && !w.isPool(name) && name != d.Name && strings.HasSuffix(name, "."+d.Name) && plan.IsHost(name) && !notNode(name) {
			names = append(names, name)
		}
	}
	return names
}

// staysIn is the verdict on what only calls out would show, when the plan
// places none; ok is false when it does place some.
func (w *world) staysIn(subject string) (v verdict, ok bool) {
	const nothing = "no certificate was seen, which would tell whether calls are placed, too"
	switch {
	case w.plan.Outbound:
		return verdict{}, false
	case !w.facts.Undecided:
		return notApplicable(subject, "the plan places no outbound calls"), true
	}
	for _, id := range []string{"NET-01", "CRT-13"} {
		for _, n := range w.plan.Nodes {
			if w.fails(id, n.Name) {
				v := blocked(subject, id)
				v.evidence = []string{nothing}
				return v, true
			}
		}
	}
	return unseen(subject, result.NotVisible, nothing), true
}
