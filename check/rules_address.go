package check

import (
	"fmt"
	"net/netip"
	"strings"

	"fedge/dns"
	"fedge/plan"
)

// eachPool judges the pool host of every SIP domain by its A records.
func (w *world) eachPool(needs []string, judge func(d plan.Domain, pool string, a answers) verdict) []verdict {
	var verdicts []verdict
	for _, d := range w.plan.Domains {
		pool := w.pool(d)
		v, blocked := w.microsofts(d, pool)
		if !blocked {
			v, blocked = w.needs(pool, pool, needs...)
		}
		if !blocked {
			v = judge(d, pool, w.facts.answers(pool, "A"))
		}
		verdicts = append(verdicts, v.on(d.Name))
	}
	return verdicts
}

// microsofts is the verdict on a pool whose name is Office 365's: what is under
// it is not ours to change.
func (w *world) microsofts(d plan.Domain, pool string) (verdict, bool) {
	if w.facts.microsofts(pool) != "" && w.fails("DNS-14", d.Name) {
		return blocked(pool, "DNS-14"), true
	}
	return verdict{}, false
}

// eachNode judges every node that calls may come from or go to.
func (w *world) eachNode(needs []string, judge func(plan.Node) verdict) []verdict {
	var verdicts []verdict
	for _, n := range w.scope() {
		v, blocked := w.needs(n.Name, n.Name, needs...)
		if !blocked {
			v = judge(n)
		}
		if !n.Has(plan.Signaling) {
			v.direction = Outbound // no inbound call names it
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

// scope is the nodes whose names and certificates matter: all that are not
// inside if calls are placed outward, for any may place them; else those that
// take calls.
func (w *world) scope() []plan.Node {
	if w.plan.Outbound {
		return w.plan.Outside()
	}
	return w.plan.Signaling()
}

// nodeAt finds the planned node with that public address.
func (w *world) nodeAt(a netip.Addr) (plan.Node, bool) {
	for _, n := range w.plan.Nodes {
		if n.PublicAddr() == a {
			return n, true
		}
	}
	return plan.Node{}, false
}

func names(nodes []plan.Node) []string {
	list := make([]string, len(nodes))
	for i, n := range nodes {
		list[i] = n.Name
	}
	return list
}

func targetResolves(w *world) []verdict {
	verdicts := w.eachPool(nil, func(d plan.Domain, pool string, a answers) verdict {
		switch {
		case !a.settled():
			return a.unsettled(pool)
		case len(a.absent) > 0:
			return fail(pool, "publish "+w.poolRecords(d, pool), a.evidence()...)
		}
		return pass(pool, a.evidence()...)
	})
	for _, d := range w.plan.Domains {
		if v, other := w.srvResolves(d); other {
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// poolRecords is what the plan wants the pool host to have.
func (w *world) poolRecords(d plan.Domain, pool string) string {
	var records []string
	for _, n := range w.plan.Pool(d.Name) {
		records = append(records, addressRecord(pool, n.PublicAddr()))
	}
	if len(records) == 0 { // of a plan that was made from what is published
		return "an A record of " + pool + " for each node that takes calls"
	}
	return strings.Join(records, "; ")
}

func targetDirect(w *world) []verdict {
	var verdicts []verdict
	for _, d := range w.plan.Domains {
		v := w.srvDirect(d)
		v.direction = Both // an Edge that is called wants the target in the caller's certificate
		verdicts = append(verdicts, v, w.poolDirect(d, w.pool(d)).on(d.Name))
	}
	return verdicts
}

func (w *world) srvDirect(d plan.Domain) verdict {
	if v, blocked := w.needs(d.Name, d.Name, "DNS-01"); blocked {
		return v
	}
	srv := w.facts.answers(dns.FederationName(d.Name), "SRV")
	for _, s := range srv.best() {
		if isAddress(s.Target) {
			return fail(d.Name, w.replace(d), srv.evidence()...)
		}
	}
	return pass(d.Name, srv.evidence()...)
}

func (w *world) poolDirect(d plan.Domain, pool string) verdict {
	if v, blocked := w.microsofts(d, pool); blocked {
		return v
	}
	if v, blocked := w.needs(pool, pool, "DNS-05"); blocked {
		return v
	}
	switch a := w.facts.answers(pool, "CNAME"); {
	case !a.asked():
		return unseen(pool, "not-visible", "this resolver does not show aliases")
	case !a.settled():
		return a.unsettled(pool)
	case len(a.found) > 0:
		return fail(pool, "replace the CNAME by "+w.poolRecords(d, pool), a.evidence()...)
	}
	return pass(pool, w.facts.answers(pool, "A").evidence()...)
}

func nodeResolves(w *world) []verdict {
	return w.eachNode(nil, func(n plan.Node) verdict {
		if v, unnamed := w.unnamed(n); unnamed {
			return w.misled(n, v)
		}
		switch a := w.facts.answers(n.Name, "A"); {
		case !a.settled():
			return a.unsettled(n.Name)
		case len(a.absent) > 0:
			return fail(n.Name, "publish "+addressRecord(n.Name, n.PublicAddr()), a.evidence()...)
		default:
			return pass(n.Name, a.evidence()...)
		}
	})
}

func nodeAddress(w *world) []verdict {
	return w.eachNode([]string{"DNS-09", "DNS-11"}, func(n plan.Node) verdict {
		a := w.facts.answers(n.Name, "A")
		if found := a.addresses(); len(found) != 1 || found[0] != n.PublicAddr() {
			return fail(n.Name, "publish only "+addressRecord(n.Name, n.PublicAddr()), a.evidence()...)
		}
		return pass(n.Name, a.evidence()...)
	})
}

func addressPublic(w *world) []verdict {
	judge := func(host string, a answers) verdict {
		for _, addr := range a.addresses() {
			if w.plan.IsPublic(addr) {
				continue
			}
			fix := fmt.Sprintf("publish the public address of %s in place of %s", host, addr)
			for _, n := range w.plan.Nodes {
				if n.Address == addr && n.PublicAddr() != addr {
					fix = fmt.Sprintf("publish %s in place of %s", addressRecord(host, n.PublicAddr()), addr)
				}
			}
			return fail(host, fix, append(a.evidence(), fmt.Sprintf("%s cannot be reached from outside", addr))...)
		}
		return pass(host, a.evidence()...)
	}
	verdicts := w.eachPool([]string{"DNS-05"}, func(_ plan.Domain, pool string, a answers) verdict { return judge(pool, a) })
	return append(verdicts, w.eachNode([]string{"DNS-09"}, func(n plan.Node) verdict {
		return judge(n.Name, w.facts.answers(n.Name, "A"))
	})...)
}

func noIPv6(w *world) []verdict {
	judge := func(host string, wants func(netip.Addr) bool) verdict {
		a := w.facts.answers(host, "AAAA")
		switch {
		case !a.asked():
			return unseen(host, "not-visible", "this resolver does not show IPv6 addresses")
		case !a.settled():
			return a.unsettled(host)
		}
		for _, addr := range a.addresses() {
			if !wants(addr) {
				return fail(host, "remove "+addressRecord(host, addr), a.evidence()...)
			}
		}
		return pass(host, a.evidence()...)
	}
	planned := func(addr netip.Addr) bool { _, known := w.nodeAt(addr); return known }
	verdicts := w.eachPool(nil, func(_ plan.Domain, pool string, _ answers) verdict { return judge(pool, planned) })
	return append(verdicts, w.eachName(func(n plan.Node) verdict { return judge(n.Name, planned) })...)
}
