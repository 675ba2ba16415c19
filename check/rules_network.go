package check

import (
	"fmt"

	"fedge/plan"
	"fedge/result"
)

// portOpen judges every node of the plan. One that takes no calls still gets
// the partner's requests inside the calls that it placed; if calls are only
// taken, it may well stay behind the firewall.
func portOpen(w *world) []verdict {
	verdicts := make([]verdict, 0, len(w.plan.Nodes))
	for _, n := range w.plan.Nodes {
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
		default:
			return fail(n.Name, fmt.Sprintf("start %s, and open TCP %d to %s in every firewall before it", n.Name, e.Address.Port(), e.Address.Addr()),
				fmt.Sprintf("TCP %s: %s", e.Address, e.Refused))
		}
	}
	return unseen(n.Name, result.ObservationFailed, "no connection was tried")
}
