package check

import (
	"fmt"
	"strings"

	"fedge/plan"
	"fedge/result"
)

// The rule on rooms: that there are some, and that every node which is planned
// for calls answers for them.

// noRoom is what a plan says that nobody has written rooms into yet.
const noRoom = "the plan has no rooms that could be called: fill in rooms"

// roomThere asks the plan for a room in every domain, and the nodes whether it
// is there. A plan without any says nothing of the deployment.
func roomThere(w *world) []verdict {
	var verdicts []verdict
	if len(w.plan.Rooms) == 0 {
		for _, d := range w.plan.Domains {
			v := unseen(d.Name, result.NotVisible, noRoom)
			v.fix = "fill in rooms, one with an alias such as meet@" + d.Name
			verdicts = append(verdicts, v)
		}
		return verdicts
	}
	for _, d := range w.plan.Domains {
		a, found := alias(w.plan, d.Name)
		if !found {
			verdicts = append(verdicts, fail(d.Name, "give a room an alias such as meet@"+d.Name, "no room of the plan has an alias in "+d.Name).on(names(w.plan.Pool(d.Name))...))
			continue
		}
		verdicts = append(verdicts, pass(d.Name, a))
	}
	for _, n := range w.plan.Signaling() {
		if d, _ := w.plan.Domain(n.Name); !w.hasAlias(d.Name) {
			continue
		}
		e, called := w.called(n.Name)
		if !called { // a plan that names a room proves none
			verdicts = append(verdicts, w.uncalled(n))
			continue
		}
		verdicts = append(verdicts, w.answered(n, *e.Invite))
	}
	return verdicts
}

func (w *world) hasAlias(domain string) bool {
	_, found := alias(w.plan, domain)
	return found
}

// answered judges what the call to a node got. A refusal is an answer: it does
// not make the observation fail, though a few may pass by themselves.
func (w *world) answered(n plan.Node, x Exchange) verdict {
	line := fmt.Sprintf("INVITE %s: %d %s", x.To, x.Status, x.Reason)
	switch {
	case x.Taken():
		return pass(n.Name, line)
	case x.Status/100 == 2: // RFC 3264 §5: an offer wants an answer
		return fail(n.Name, fmt.Sprintf("let a room on %s take calls for %s: what says yes there has no media", n.Name, strings.TrimPrefix(x.To, "sip:")),
			line, "its answer describes no media (no SDP)")
	case x.Status == 0:
		return w.hungUp(n, x)
	}
	evidence := append([]string{line}, w.takers(n)...)
	alone := len(evidence) > 1 // in turning it away
	switch whyNot(x.Status) {
	case wantsPassword:
		return fail(n.Name, "let peers with a trusted certificate call rooms on "+n.Name+" without a password: Edges have none", evidence...)
	case takesNoCalls:
		return fail(n.Name, "let "+n.Name+" take calls, or take the signaling role from it", evidence...)
	case noSuchRoom:
		return fail(n.Name, fmt.Sprintf("give a room on %s the alias %s", n.Name, strings.TrimPrefix(x.To, "sip:")), evidence...)
	case noMedia:
		return fail(n.Name, "let the room on "+n.Name+" take audio as Lync and Skype for Business offer it (RTP/SAVP with SDES keys, G.711 among the codecs): "+
			"it refused the description of media, not the caller", evidence...)
	case busy: // the other calls of the check may be what it is busy with
		return unseen(n.Name, result.ObservationFailed, append(evidence, "the room is busy or does not answer, which may pass: check again")...)
	}
	switch {
	case alone && whyNot(x.Status) == refused:
		return fail(n.Name, w.role(n), evidence...)
	case alone:
		return fail(n.Name, fmt.Sprintf("look into the log of %s why it turns calls away that its siblings take (maintenance mode, overload, no licence or media resources), "+
			"and mend that; or remove it from the pool for as long as that lasts: %s", n.Name, w.poolRecord(n)), evidence...)
	case w.fails("DNS-17", w.facts.Observer): // the node cannot prove who called
		return blocked(n.Name, "DNS-17")
	case whyNot(x.Status) == refused && w.welcome():
		return fail(n.Name, fmt.Sprintf("let %s take calls of %s, a partner of the plan: see that it is set up for signaling, and what its call policy and break-in prevention say", n.Name, w.facts.Observer), evidence...)
	case whyNot(x.Status) == refused:
		return unseen(n.Name, result.ObservationFailed, append(evidence, fmt.Sprintf("no node takes calls of %s, and this one refuses them, which may be meant so: it is no partner of the plan; check as one that is (--as)", w.facts.Observer))...)
	}
	return unseen(n.Name, result.ObservationFailed, append(evidence, "no node takes the call, and why may pass (maintenance mode, overload): see their logs, and check again")...)
}

// role is what to do about a node that refuses what its siblings take.
func (w *world) role(n plan.Node) string {
	return fmt.Sprintf("set %s up for signaling as its siblings are (role, trusted authorities, name servers): it refuses calls that they take; "+
		"or, if it is for media alone, take the signaling role from it in the plan and remove %s", n.Name, w.poolRecord(n))
}

func (w *world) poolRecord(n plan.Node) string {
	d, _ := w.plan.Domain(n.Name)
	return addressRecord(w.pool(d), n.PublicAddr())
}

// welcome tells whether the plan lists the observing partner as one that calls.
func (w *world) welcome() bool {
	p, known := w.plan.Partner(w.facts.Observer)
	return known && p.Expect != plan.Unreachable
}

// hungUp is the verdict on a node that gave no answer. To end the link is one,
// where others of its kind took the same call.
func (w *world) hungUp(n plan.Node, x Exchange) verdict {
	v := w.uncalled(n)
	takers := w.takers(n)
	if v.why != result.ObservationFailed || !x.Closed || len(takers) == 0 {
		return v
	}
	return fail(n.Name, fmt.Sprintf("look into the log of %s why it ends the link when a call arrives, and mend that: its siblings take the call", n.Name), append(v.evidence, takers...)...)
}

// takers are the other nodes planned for a node's calls that took the one that
// it was offered.
func (w *world) takers(n plan.Node) (evidence []string) {
	d, _ := w.plan.Domain(n.Name)
	for _, other := range w.plan.Pool(d.Name) {
		if e, called := w.called(other.Name); called && other.Name != n.Name && e.Invite.Taken() {
			evidence = append(evidence, fmt.Sprintf("%s took the same call: %d %s", other.Name, e.Invite.Status, e.Invite.Reason))
		}
	}
	return evidence
}

// kind is what a status says of why a call was turned away (RFC 3261 §21).
type kind int

const (
	inTrouble kind = iota // it may pass by itself
	busy
	refused // understood, and not wanted
	takesNoCalls
	noSuchRoom
	wantsPassword
	noMedia
)

func whyNot(status int) kind {
	switch status {
	case 401, 407:
		return wantsPassword
	case 403, 603:
		return refused
	case 404, 410, 484, 604:
		return noSuchRoom
	case 405, 501:
		return takesNoCalls
	case 415, 488, 606:
		return noMedia
	case 480, 486, 600:
		return busy
	}
	return inTrouble
}

// forbids tells whether a status says that the node understood, and will not, or
// cannot.
func forbids(status int) bool { return whyNot(status) == refused || whyNot(status) == takesNoCalls }

// refuses tells whether a node was seen to refuse calls for what it is. A call
// that failed for another reason, or was not tried, says nothing of that; nor
// does a refusal that all nodes which are planned for calls give as well.
func (w *world) refuses(node string) (status int, refused bool) {
	usual, taken := false, false
	e, called := w.called(node)
	if !called {
		return 0, false
	}
	status = e.Invite.Status
	for _, e := range w.facts.Endpoints {
		if n, known := w.plan.Node(e.Node); known && n.Has(plan.Signaling) && e.Invite != nil && e.Node != node {
			usual, taken = usual || e.Invite.Status == status, taken || e.Invite.Taken()
		}
	}
	return status, forbids(status) && (taken || !usual)
}
