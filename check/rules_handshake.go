package check

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"

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
		case w.speechless(n.Name):
			return w.noTLS(n.Name)
		case edge.NoTLS && agreed(now) && now.Version == tls.VersionName(tls.VersionTLS12):
			return unseen(n.Name, result.ObservationFailed, "of two handshakes with TLS 1.2 one was answered and one was not: "+edge.Failure)
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

// speechless tells whether a node took connections and no word of TLS came back
// on any of them: versions and suites are then not what is in the way.
func (w *world) speechless(node string) bool {
	return slices.ContainsFunc(w.facts.Endpoints, func(e Endpoint) bool { return e.Node == node && e.Connected() && !e.answers() })
}

// noTLS says of a node that is speechless what was seen, and where to look.
func (w *world) noTLS(node string) verdict {
	n, _ := w.plan.Node(node)
	at := netip.AddrPortFrom(n.PublicAddr(), plan.Port)
	evidence := []string{fmt.Sprintf("%s accepts TCP and never answers in TLS", at)}
	return fail(node, fmt.Sprintf("look what holds %s: another service, a firewall or proxy that takes connections in the node's place, "+
		"or a SIP service that hangs or has no certificate; restart the SIP service of %s, and see with openssl s_client -connect %s that a certificate comes",
		at, node, at), append(evidence, w.failures(node)...)...)
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
	refused, admitted := w.strangers(node)
	switch {
	case !asked && len(admitted) == 0 && !tried:
		return w.silent(node)
	case !asked:
		return fail(node, fix, append([]string{"it asked for no client certificate"}, admitted...)...)
	}
	evidence := []string{"it asked for a client certificate"}
	switch {
	case len(admitted) > 0:
		return fail(node, fix, append(evidence, admitted...)...)
	case w.facts.Observer == "":
		return unseen(node, result.NotVisible, append(evidence, "whether it looks at one shows only to a partner: observe as one (--as)")...)
	}
	v := w.nameHeld(node, append(evidence, refused...))
	if v.outcome != result.RulePass || len(refused) > 0 {
		return v
	}
	why := result.NotVisible // from who is answered like everybody
	if w.ignored(node) {
		why = result.ObservationFailed
	}
	return unseen(node, why, append(v.evidence, "whether it verifies the chain did not show: strangers were not told apart")...)
}

// ignored tells whether no stranger got any answer at all from a node.
func (w *world) ignored(node string) bool {
	return !slices.ContainsFunc(w.facts.Endpoints, func(e Endpoint) bool {
		return e.Node == node && slices.ContainsFunc(e.Strangers, func(s Stranger) bool { return s.Status > 0 })
	})
}

// nameHeld tells whether a node that verifies certificates holds the names in
// them against the From of a call: a chain alone proves that somebody is
// somebody.
func (w *world) nameHeld(node string, evidence []string) verdict {
	e, called := w.called(node)
	if !called || e.Impostor == nil {
		if v, blocked := w.needs(node, node, "NET-01", "CRT-13", "LOC-07"); blocked {
			return v
		}
		return unseen(node, result.NotVisible, append(evidence, "there is no room to call in a name that is not the caller's")...)
	}
	s := e.Impostor
	switch {
	case s.Status/100 == 2:
		return fail(node, "let "+node+" take a call only from who proves the domain in From: hold it against the names in the certificate and the domain's SRV record",
			append(evidence, fmt.Sprintf("with %s: INVITE was answered %d", s.Shown, s.Status))...)
	case s.Refused != "" && e.Invite.Status > 0: // who ends every caller's link has not looked at this one
		return pass(node, append(evidence, fmt.Sprintf("with %s: refused (%s)", s.Shown, s.Refused))...)
	case s.Status > 0 && e.Invite.Status > 0 && s.Status != e.Invite.Status:
		return pass(node, append(evidence, fmt.Sprintf("with %s: refused, %d", s.Shown, s.Status))...)
	}
	if v, blocked := w.needs(node, node, "LOC-07"); blocked { // nobody gets through, for whatever reason
		return v
	}
	if s.Failure == "" {
		return unseen(node, result.ObservationFailed, append(evidence, fmt.Sprintf("with %s: turned away, as the partner itself was", s.Shown))...)
	}
	return unseen(node, result.ObservationFailed, append(evidence, s.Failure)...)
}

// called is the endpoint of a node to which a call was placed.
func (w *world) called(node string) (Endpoint, bool) {
	i := slices.IndexFunc(w.facts.Endpoints, func(e Endpoint) bool { return e.Node == node && e.Invite != nil })
	if i < 0 {
		return Endpoint{}, false
	}
	return w.facts.Endpoints[i], true
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
			case s.Refused != "" && e.Options != nil && e.Options.Status > 0: // the partner was not
				refused = append(refused, fmt.Sprintf("with %s: refused (%s)", s.Shown, s.Refused))
			}
		}
	}
	return refused, admitted
}
