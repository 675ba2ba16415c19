package check

import (
	"fmt"

	"fedge/plan"
	"fedge/result"
)

// The rules on the handshake: versions, suites, and who is let in.

// versions asks whether TLS could be agreed on at all, and with what an Edge
// has.
func versions(w *world) []verdict {
	return w.eachNode([]string{"NET-01"}, func(n plan.Node) verdict {
		edge, now, old := w.offered(n.Name, offerEdge), w.offered(n.Name, offerNow), w.offered(n.Name, offerOld)
		agreed := func(h *Handshake) bool { return h != nil && h.agreed() }
		suites, usable := w.suites(n.Name)
		switch {
		case edge == nil:
			return unseen(n.Name, result.ObservationFailed, "no handshake was tried")
		case !agreed(edge) && agreed(now):
			return fail(n.Name, "enable TLS 1.2 on "+n.Name+": Edges have no other", offerEdge+": "+edge.Failure, offerNow+": "+now.Version)
		case !agreed(edge):
			return fail(n.Name, "", offerEdge+": "+edge.Failure)
		case !usable:
			return fail(n.Name, "enable TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 "+
				"(with an ECDSA key: the same with ECDSA) on "+n.Name, append([]string{offerEdge + ": " + edge.Suite}, suites...)...)
		case agreed(old):
			v := fail(n.Name, "disable TLS 1.0 and 1.1 on "+n.Name, offerOld+": "+old.Version+" was accepted")
			v.severity = result.Warning
			return v
		}
		evidence := append([]string{offerEdge + ": " + edge.Suite}, suites...)
		if old != nil {
			evidence = append(evidence, offerOld+": refused ("+old.Failure+")")
		}
		return pass(n.Name, evidence...)
	})
}

// offered is the last handshake with a node that made an offer.
func (w *world) offered(node, offer string) *Handshake {
	var found *Handshake
	for _, h := range w.handshakes(node) {
		if h.Offered == offer {
			found = &h
		}
	}
	return found
}

// suites is which of an Edge's suites a node takes. A node of which that is not
// known is given the benefit of the doubt.
func (w *world) suites(node string) (evidence []string, usable bool) {
	tried := false
	for _, e := range w.facts.Endpoints {
		if e.Node != node {
			continue
		}
		for _, s := range e.Suites {
			said := s.Suite
			switch {
			case !s.Agreed:
				said = "refused (" + s.Failure + ")"
			case said == "":
				said = "agreed"
			}
			tried, usable = true, usable || s.Agreed
			evidence = append(evidence, s.Offered+": "+said)
		}
	}
	return evidence, usable || !tried
}

func clientAsked(w *world) []verdict {
	nodes := w.plan.Signaling()
	verdicts := make([]verdict, len(nodes))
	for i, n := range nodes {
		verdicts[i] = w.clientAsked(n.Name)
	}
	return verdicts
}

// clientAsked looks at what strangers got, beside what the partner got: who
// answers both alike has not looked at them, unless it answers nobody.
func (w *world) clientAsked(node string) verdict {
	fix := "switch on verification of SIP TLS peers on " + node
	if !w.plan.Verify {
		return fail(node, "write verify: on in the plan, and "+fix, "the plan says verify: off")
	}
	asked, tried := false, false
	for _, h := range w.handshakes(node) {
		asked, tried = asked || h.Asked, tried || h.Failure == ""
	}
	evidence := []string{"it asked for no client certificate"}
	if asked {
		evidence[0] = "it asked for a client certificate"
	}
	refused, admitted := w.strangers(node)
	switch {
	case len(admitted) > 0:
		return fail(node, fix, append(evidence, admitted...)...)
	case asked:
		return pass(node, append(evidence, refused...)...)
	case !tried:
		return w.silent(node)
	}
	return fail(node, fix, evidence...)
}

// strangers is how those who prove nothing fared at a node.
func (w *world) strangers(node string) (refused, admitted []string) {
	for _, e := range w.facts.Endpoints {
		if e.Node != node {
			continue
		}
		for _, s := range e.Strangers {
			switch {
			case s.Status/100 == 2:
				admitted = append(admitted, fmt.Sprintf("with %s: OPTIONS was answered %d", s.Shown, s.Status))
			case s.Status > 0 && (e.Options == nil || e.Options.Status != s.Status):
				refused = append(refused, fmt.Sprintf("with %s: refused, %d", s.Shown, s.Status))
			case s.Refused != "":
				refused = append(refused, fmt.Sprintf("with %s: refused (%s)", s.Shown, s.Refused))
			}
		}
	}
	return refused, admitted
}
