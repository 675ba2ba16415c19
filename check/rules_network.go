package check

import (
	"fmt"
	"net/netip"
	"slices"

	"fedge/plan"
	"fedge/result"
)

// portOpen judges every node that partners meet. One that takes no calls still gets
// the partner's requests inside the calls that it placed; if calls are only
// taken, it may well stay behind the firewall.
func portOpen(w *world) []verdict {
	var verdicts []verdict
	for _, n := range w.plan.Outside() {
		v := w.portOpen(n)
		if !n.Has(plan.Signaling) {
			v.direction = Outbound
			if !w.plan.Outbound {
				v.severity, v.direction = result.Warning, Inbound
			}
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

func (w *world) portOpen(n plan.Node) verdict {
	for _, e := range w.facts.Endpoints {
		switch {
		case e.Node != n.Name:
		case e.Connected():
			return pass(n.Name, fmt.Sprintf("%s accepts TCP", e.Address))
		case e.Ours:
			return unseen(n.Name, result.ObservationFailed, fmt.Sprintf("TCP %s could not be tried from here: %s", e.Address, e.Refused))
		case !w.plan.IsPublic(e.Address.Addr()): // of a plan that was made from what DNS says
			return blocked(n.Name, "DNS-11")
		default:
			fix := fmt.Sprintf("start %s, and open TCP %d to %s in every firewall before it", n.Name, e.Address.Port(), e.Address.Addr())
			if slices.Contains(w.facts.Unnamed, n.Name) { // it is known by its address alone
				d, _ := w.plan.Domain(n.Name)
				fix += fmt.Sprintf("; or remove the A record if the node is gone: %s", addressRecord(w.pool(d), n.PublicAddr()))
			}
			return fail(n.Name, fix, fmt.Sprintf("TCP %s: %s", e.Address, e.Refused))
		}
	}
	return unseen(n.Name, result.ObservationFailed, "no connection was tried")
}

// sameAddress compares where a node's calls come from with where it is
// reached: a NAT that is one to one is so in both directions.
func sameAddress(w *world) []verdict {
	if v, none := w.staysIn("all nodes"); none && w.facts.Undecided {
		return []verdict{v}
	} else if none {
		return []verdict{unseen("all nodes", result.NotVisible, "the plan places no outbound calls, which would show the address that they come from")}
	}
	var verdicts []verdict
	for _, n := range w.plan.Outside() {
		v := w.sameAddress(n)
		v.direction = Outbound
		verdicts = append(verdicts, v)
	}
	return verdicts
}

func (w *world) sameAddress(n plan.Node) verdict {
	o, arrived := w.callFrom(n.Name)
	if !arrived {
		return w.uncalling(n)
	}
	from, err := netip.ParseAddrPort(o.Peer)
	seen := fmt.Sprintf("its call came from %s; its public address is %s", o.Peer, n.PublicAddr())
	switch {
	case err != nil:
		return unseen(n.Name, result.NotVisible, seen)
	case from.Addr().Unmap() == n.PublicAddr():
		return pass(n.Name, seen)
	case from.Addr().Unmap() == n.Address:
		return unseen(n.Name, result.NotVisible, seen, "no NAT is between it and the observer")
	}
	if n.Address == n.PublicAddr() {
		return fail(n.Name, fmt.Sprintf("let the calls of %s leave from %s, or write the NAT that they pass into the plan (public:)", n.Name, n.Address), seen)
	}
	return fail(n.Name, fmt.Sprintf("map %s to %s in both directions, all ports unchanged", n.Address, n.PublicAddr()), seen)
}
