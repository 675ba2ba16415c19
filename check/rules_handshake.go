package check

import (
	"cmp"
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
		edge, now, old, suites := w.offered(n.Name, offerEdge), w.offered(n.Name, offerNow), w.offered(n.Name, offerOld), w.suites(n.Name)
		modern := now.agreed() && now.Version == tls.VersionName(tls.VersionTLS12)
		const turns = "of the handshakes with TLS 1.2 one was answered and one was not"
		switch {
		case edge == nil:
			return unseen(n.Name, result.ObservationFailed, "no handshake was tried")
		case w.speechless(n.Name):
			return w.noTLS(n.Name)
		case !edge.agreed() && foreign(suites.taken):
			return unseen(n.Name, result.ObservationFailed, suites.after(edge, "Edges have "+suites.taken+", which this check has not: it gets no further than the certificate")...)
		case !edge.agreed() && suites.taken != "", edge.NoTLS && modern:
			return unseen(n.Name, result.ObservationFailed, suites.after(edge, turns)...)
		case !edge.agreed() && modern:
			return fail(n.Name, fmt.Sprintf("let %s answer who asks for %s (SNI), as Edges do, like who asks for %s", n.Name, edge.ServerName, now.ServerName),
				fmt.Sprintf("%s, asked for %s: %s", offerEdge, edge.ServerName, edge.Failure), fmt.Sprintf("%s, asked for %s: %s", offerNow, now.ServerName, now.Version))
		case !edge.agreed() && now.agreed():
			return fail(n.Name, "enable TLS 1.2 on "+n.Name+": Edges have no other", offerEdge+": "+edge.Failure, offerNow+": "+now.Version)
		case !edge.agreed() && old.agreed():
			return fail(n.Name, "", suites.after(edge, accepted(old))...)
		case !edge.agreed():
			return fail(n.Name, "", suites.after(edge)...)
		case suites.taken == "" && !edges(edge.Suite) && suites.unheard:
			return unseen(n.Name, result.ObservationFailed, suites.after(edge, "whether it takes a suite that Edges have did not show")...)
		case suites.taken == "" && !edges(edge.Suite):
			return fail(n.Name, "enable TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 "+
				"(with an ECDSA key: the same with ECDSA) on "+n.Name, suites.after(edge)...)
		case old.agreed():
			v := fail(n.Name, "disable TLS 1.0 and 1.1 on "+n.Name, accepted(old))
			v.severity = result.Warning
			return v
		case old != nil && old.Untried:
			return unseen(n.Name, result.ObservationFailed, suites.after(edge, offerOld+" could not be tried: "+old.Failure)...)
		case old != nil && old.NoTLS:
			return pass(n.Name, suites.after(edge, offerOld+": not taken ("+old.Failure+")")...)
		case old != nil:
			return pass(n.Name, suites.after(edge, offerOld+": refused ("+old.Failure+")")...)
		}
		return pass(n.Name, suites.after(edge)...)
	})
}

// accepted says what of an offer a node took.
func accepted(h *Handshake) string {
	said := fmt.Sprintf("%s: %s was accepted", h.Offered, h.Version)
	if h.Suite != "" {
		said += ", with " + h.Suite
	}
	return said
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

// suites is which of an Edge's suites a node takes.
type suites struct {
	taken   string // one of them; empty: none
	unheard bool   // not every offer was answered, or none was made
	said    []string
}

func (w *world) suites(node string) suites {
	found := suites{unheard: true}
	for _, e := range w.facts.Endpoints {
		if e.Node != node {
			continue
		}
		found.unheard = len(e.Suites) == 0
		for _, s := range e.Suites {
			said := cmp.Or(s.Suite, "agreed")
			switch {
			case s.Agreed && (found.taken == "" || foreign(found.taken)):
				found.taken = said
			case s.Agreed:
			case s.NoTLS:
				said, found.unheard = "not answered ("+s.Failure+")", true
			default:
				said = "refused (" + s.Failure + ")"
			}
			found.said = append(found.said, s.Offered+": "+said)
		}
	}
	return found
}

// after is what was seen, of a whole handshake first, and more to say.
func (s suites) after(edge *Handshake, more ...string) []string {
	became := cmp.Or(edge.Suite, edge.Version, "agreed")
	if !edge.agreed() {
		became = edge.Failure
	}
	return slices.Concat([]string{offerEdge + ": " + became}, s.said, more)
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
