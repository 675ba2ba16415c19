package check

import (
	"fmt"
	"slices"
	"strings"
)

// The rules on whose certificate it is: names, and on which nodes.

func notFactory(w *world) []verdict {
	return w.eachCertificate(which{clients: true}, nil, func(c *shown) verdict {
		if c.leaf.SelfSigned && !c.trust.Anchored {
			return fail(c.subject(), "install the certificate that was issued for "+w.poolNames(c.nodes), c.evidence("it is self-signed")...)
		}
		return pass(c.subject(), c.evidence()...)
	})
}

// poolNames is the pool hosts of nodes.
func (w *world) poolNames(nodes []string) string {
	var pools []string
	for _, n := range nodes {
		d, _ := w.plan.Domain(n)
		if pool := w.pool(d); !slices.Contains(pools, pool) {
			pools = append(pools, pool)
		}
	}
	return strings.Join(pools, ", ")
}

// requested is the names that the plan wants in the certificates of nodes, as
// far as they are to have the same.
func (w *world) requested(nodes []string) string {
	var wanted []string
	for _, r := range w.plan.Requests() {
		if !slices.ContainsFunc(r.Nodes, func(n string) bool { return slices.Contains(nodes, n) }) {
			continue
		}
		for _, name := range r.Names {
			if !slices.Contains(wanted, name) {
				wanted = append(wanted, name)
			}
		}
	}
	return w.ownNames(wanted)
}

// everyNode finds media-only nodes that were left with another certificate
// than the deployment's. What is wrong with the deployment's own is for the
// other rules.
func everyNode(w *world) []verdict {
	if v, none := w.staysIn("media-only nodes"); none {
		return []verdict{v}
	}
	taking := make(map[string]bool) // the certificates of nodes that take calls
	for _, c := range w.certificates(which{}) {
		if w.direction(c.nodes) != Outbound {
			taking[c.leaf.SHA256] = true
		}
	}
	return w.eachCertificate(which{}, []string{"CRT-17"}, func(c *shown) verdict {
		pools := w.poolNames(c.nodes)
		foreign := len(c.pools) > 0 && !slices.ContainsFunc(c.pools, func(p string) bool {
			return c.has(p) || c.covers(p) || strings.EqualFold(c.leaf.CommonName, p)
		})
		if foreign && !taking[c.leaf.SHA256] && len(taking) > 0 {
			return fail(c.subject(), fmt.Sprintf("install the certificate for %s on %s", pools, c.subject()), c.evidence()...)
		}
		return pass(c.subject(), c.evidence()...)
	})
}

// commonName asks it for each domain by itself: a certificate has one common
// name, and is right for the nodes of one domain.
func commonName(w *world) []verdict {
	return w.eachCertificate(which{apart: true, pools: true}, []string{"CRT-17", "CRT-15"}, func(c *shown) verdict {
		d, _ := w.plan.Domain(c.nodes[0])
		target := w.pool(d)
		if strings.EqualFold(c.leaf.CommonName, target) {
			return pass(c.subject(), c.evidence()...)
		}
		fix := "issue the certificate with CN=" + target
		if w.isPool(strings.ToLower(c.leaf.CommonName)) {
			fix = fmt.Sprintf("give the nodes of %s a certificate of their own, with CN=%s and the names %s, and install it on %s; the one with CN=%s is for the nodes of that pool",
				d.Name, target, w.requested(c.nodes), c.subject(), c.leaf.CommonName)
		}
		return fail(c.subject(), fix, c.evidence(fmt.Sprintf("partners that call %s connect to %s, and the common name is %s", d.Name, target, c.leaf.CommonName))...)
	})
}

func poolInNames(w *world) []verdict {
	return w.eachCertificate(which{clients: true, pools: true}, []string{"CRT-17", "CRT-15"}, func(c *shown) verdict {
		for _, pool := range c.pools {
			switch {
			case c.has(pool):
			case c.covers(pool):
				return blocked(c.subject(), "CRT-05")
			default:
				return fail(c.subject(), "add "+pool+" to the subject alternative names", c.evidence(pool+" is not among the names")...)
			}
		}
		return pass(c.subject(), c.evidence()...)
	})
}

// nodesInNames asks of a certificate that nodes share that it names every node
// that the plan requests it for: those of their domain. One that a node has to
// itself by plan is for FQD-04.
func nodesInNames(w *world) []verdict {
	return w.eachCertificate(which{apart: true, pools: true}, []string{"CRT-17", "CRT-15"}, func(c *shown) verdict {
		shared := slices.IndexFunc(c.nodes, func(n string) bool { return !w.hasOwn(n) })
		if shared < 0 {
			return notApplicable(c.subject(), "by plan the node has a certificate of its own")
		}
		sharing := w.plan.Sharing(c.nodes[shared])
		var missing, doubtful []string
		for _, node := range sharing {
			d, _ := w.plan.Domain(node)
			unnamed := slices.Contains(w.facts.Unnamed, node)
			switch {
			case c.has(node):
			case unnamed && !slices.Contains(c.nodes, node): // nobody can say what to look for
			case c.covers(node):
				return blocked(c.subject(), "CRT-05").on(node)
			case unnamed && len(w.unclaimed(c, d)) > 0:
				doubtful = append(doubtful, node)
			default:
				missing = append(missing, node)
			}
		}
		switch {
		case len(missing) > 0:
			lacking := w.ownNames(missing)
			return fail(c.subject(), fmt.Sprintf("add %s to the subject alternative names and install the certificate on %s again", lacking, c.subject()),
				c.evidence("not among the names: "+lacking)...).on(missing...)
		case len(doubtful) > 0:
			return blocked(c.subject(), "DNS-09").on(doubtful...)
		}
		return pass(c.subject(), c.evidence()...)
	})
}

// hasOwn tells whether the plan gives a node a certificate that no other has.
func (w *world) hasOwn(node string) bool {
	n, _ := w.plan.Node(node)
	return n.Certificate != "" && len(w.plan.Sharing(node)) == 1
}

func domainInNames(w *world) []verdict {
	return w.eachCertificate(which{pools: true}, []string{"CRT-17", "CRT-15"}, func(c *shown) verdict {
		var missing []string
		for _, node := range c.nodes {
			d, _ := w.plan.Domain(node)
			if !c.has(d.Name) && !c.hasURI(d.Name) && !slices.Contains(missing, d.Name) {
				missing = append(missing, d.Name)
			}
		}
		if len(missing) > 0 {
			return fail(c.subject(), "add "+strings.Join(missing, ", ")+" to the subject alternative names", c.evidence()...)
		}
		return pass(c.subject(), c.evidence()...)
	})
}

func noWildcard(w *world) []verdict {
	return w.eachCertificate(which{clients: true}, []string{"CRT-17"}, func(c *shown) verdict {
		for _, name := range append([]string{c.leaf.CommonName}, c.leaf.Names...) {
			if strings.HasPrefix(name, "*") {
				return fail(c.subject(), fmt.Sprintf("replace %s by %s", name, w.requested(c.nodes)), c.evidence()...)
			}
		}
		return pass(c.subject(), c.evidence()...)
	})
}

// otherCertificateRules say what is wrong with a certificate by itself, and have
// it replaced.
func otherCertificateRules() []string {
	return []string{"CRT-17", "CRT-15", "CRT-01", "CRT-02", "CRT-03", "CRT-05", "CRT-06", "CRT-08", "CRT-09", "CRT-11", "CRT-12"}
}

// oneCertificate asks it of the nodes of each domain.
func oneCertificate(w *world) []verdict {
	var verdicts []verdict
	for _, d := range w.plan.Domains {
		nodes := slices.DeleteFunc(names(w.scope()), func(n string) bool {
			own, _ := w.plan.Domain(n)
			return own.Name != d.Name
		})
		if len(nodes) > 0 {
			verdicts = append(verdicts, w.oneCertificateOn(nodes))
		}
	}
	return verdicts
}

// oneCertificateOn leaves nodes that differ because one of their certificates
// is wrong to the rule that says what is wrong with it. What is wrong with all
// of them alike does not tell them apart.
func (w *world) oneCertificateOn(nodes []string) verdict {
	subject := strings.Join(nodes, ", ")
	var evidence []string
	var differing []*shown
	for _, c := range w.certificates(which{}) {
		if !c.byNode && slices.ContainsFunc(c.nodes, func(n string) bool { return slices.Contains(nodes, n) }) {
			differing, evidence = append(differing, c), append(evidence, c.evidence()[0]+", on "+c.subject())
		}
	}
	if len(differing) < 2 {
		for _, n := range nodes { // what it would show may differ
			if len(differing) == 0 || !slices.Contains(differing[0].nodes, n) {
				v := w.silent(n)
				v.subject, v.evidence = subject, slices.Concat(evidence, v.evidence)
				return v
			}
		}
		return pass(subject, evidence...)
	}
	for _, id := range otherCertificateRules() {
		good := slices.DeleteFunc(slices.Clone(differing), func(c *shown) bool { return w.fails(id, c.leaf.SHA256) })
		if len(good) == 1 {
			return blocked(subject, id)
		}
		if len(good) > 0 {
			differing = good
		}
	}
	return fail(subject, "install one certificate, for "+w.requested(nodes)+", on all nodes", evidence...)
}
