package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/plan"
	"fedge/result"
)

// The rules on who is under the pool's name.

// poolExact compares each resolver's view by itself: a partner has only one.
//
// An inner address is left to DNS-11, a node that takes the calls of another
// domain to DNS-19, and a media-only node that does take calls to DNS-13; a
// media-only node that was seen to refuse them breaks one call in so many and is
// required to go. Of one that was not seen to do either, this rule says nothing.
func poolExact(w *world) []verdict {
	return w.eachPool([]string{"DNS-05"}, func(d plan.Domain, pool string, a answers) verdict {
		var fixes, evidence []string
		v := pass(pool)
		note := func(fix, seen, about string) {
			if slices.Contains(fixes, fix) {
				return
			}
			fixes, evidence = append(fixes, fix), append(evidence, seen)
			v = v.on(about)
		}
		for _, l := range a.found {
			for _, n := range w.plan.Pool(d.Name) {
				if !l.has(n.PublicAddr()) && !(l.has(n.Address) && !w.plan.IsPublic(n.Address)) {
					note("publish "+addressRecord(pool, n.PublicAddr())+w.first(n),
						fmt.Sprintf("%s (%s) is missing at %s", n.PublicAddr(), n.Name, l.Resolver), n.Name)
				}
			}
			for _, addr := range l.Addresses {
				if who, stray := w.stray(addr.Addr); stray {
					note("remove "+addressRecord(pool, addr.Addr), fmt.Sprintf("%s is %s", addr.Addr, who), addr.Addr.String())
				}
			}
		}
		if len(fixes) > 0 {
			f := fail(pool, strings.Join(fixes, "; "), append(a.evidence(), evidence...)...)
			return f.on(v.about...)
		}
		for _, addr := range a.addresses() {
			if n, known := w.nodeAt(addr); known && !n.Has(plan.Signaling) && !w.told(n.Name) {
				u := w.untold(n)
				return unseen(pool, u.why, append(a.evidence(), u.evidence...)...)
			}
		}
		return pass(pool, a.evidence()...)
	})
}

// first is what must come before a node goes into its pool: one that was seen to
// refuse calls would only make more of them fail.
func (w *world) first(n plan.Node) string {
	if status, refused := w.refuses(n.Name); refused {
		return fmt.Sprintf(" once %s takes calls (it answers %d: LOC-07)", n.Name, status)
	}
	return ""
}

// stray tells who an address in a pool is if it should not be there.
func (w *world) stray(a netip.Addr) (who string, stray bool) {
	n, known := w.nodeAt(a)
	switch {
	case !w.plan.IsPublic(a):
		return "", false // DNS-11
	case !known:
		return "no node of the plan", true
	case n.Has(plan.Signaling): // of another domain: DNS-19
		return "", false
	}
	if status, refused := w.refuses(n.Name); refused {
		return fmt.Sprintf("%s, a media-only node that takes no calls: it answers %d", n.Name, status), true
	}
	return "", false // DNS-13
}

// told tells whether a node's answer to a call shows whether it takes any. A
// refusal that nodes which are planned for calls give as well does not.
func (w *world) told(node string) bool {
	e, called := w.called(node)
	if !called || e.Invite.Status == 0 {
		return false
	}
	_, refused := w.refuses(node)
	return refused || !forbids(e.Invite.Status)
}

// untold says why it did not show whether a node that is not planned for calls
// takes them.
func (w *world) untold(n plan.Node) verdict {
	if v, blocked := w.needs(n.Name, n.Name, "NET-01", "CRT-13"); blocked {
		return v
	}
	if _, called := w.called(n.Name); !called {
		return unseen(n.Name, result.NotVisible, "whether "+n.Name+" takes calls did not show: nobody called it")
	}
	if v, blocked := w.unreached(n); blocked {
		return v
	}
	if w.fails("DNS-17", w.facts.Observer) { // no node can prove who called
		return blocked(n.Name, "DNS-17")
	}
	return unseen(n.Name, result.ObservationFailed, append(w.unanswered(n.Name), "whether "+n.Name+" takes calls did not show")...)
}

func (l Lookup) has(a netip.Addr) bool {
	return slices.ContainsFunc(l.Addresses, func(b Address) bool { return b.Addr == a })
}

func mediaOutOfPool(w *world) []verdict {
	return w.eachPool([]string{"DNS-05"}, func(_ plan.Domain, pool string, a answers) verdict {
		for _, addr := range a.addresses() {
			n, known := w.nodeAt(addr)
			if !known || n.Has(plan.Signaling) {
				continue
			}
			if w.fails("DNS-07", addr.String()) {
				return blocked(pool, "DNS-07")
			}
			return fail(pool, "remove "+addressRecord(pool, addr), a.evidence()...).on(n.Name)
		}
		return pass(pool, a.evidence()...)
	})
}
