package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
	"fedge/sip/raw"
)

// contact is a node's name for itself, and where it said so.
type contact struct {
	host string // lower case
	seen string // the header
}

// contacts is what a node called itself: in its answer to a call, in a call
// that it placed.
func (w *world) contacts(node string) []contact {
	var list []contact
	add := func(header, where string) {
		host := ""
		if c, err := raw.ParseNameAddr(header); err == nil {
			host = dns.Canonical(c.URI.Host)
		}
		if header == "" {
			header = "none"
		}
		list = append(list, contact{host, fmt.Sprintf("Contact: %s (%s)", header, where)})
	}
	for _, e := range w.facts.Endpoints {
		if e.Node == node && e.Invite != nil && e.Invite.Taken() {
			add(e.Invite.Contact, "in its answer to a call")
		}
	}
	for _, o := range w.facts.Outbound {
		if o.Node == node && o.Arrived {
			add(o.Contact, "in a call that it placed")
		}
	}
	return list
}

// eachContact judges every node in scope by what it called itself.
func (w *world) eachContact(needs []string, judge func(plan.Node, []contact) verdict) []verdict {
	return w.eachNode(needs, func(n plan.Node) verdict {
		if list := w.contacts(n.Name); len(list) > 0 {
			return judge(n, list)
		}
		return w.nameless(n)
	})
}

// nameless is the verdict on a node that never told its name: it points at
// what kept it from doing so.
func (w *world) nameless(n plan.Node) verdict {
	in, out := w.uncalled(n), w.uncalling(n)
	for _, v := range []verdict{in, out} {
		if strings.HasPrefix(v.why, "precondition") {
			return v
		}
	}
	if in.why == result.ObservationFailed {
		return in
	}
	return out
}

// uncalled says why no call to a node was answered.
func (w *world) uncalled(n plan.Node) verdict {
	if !n.Has(plan.Signaling) {
		return unseen(n.Name, result.NotVisible, "it takes no calls")
	}
	if w.facts.Observer == "" {
		return unseen(n.Name, result.NotVisible, "there is no partner to call it as (no identity to observe as)")
	}
	if v, blocked := w.needs(n.Name, n.Name, "NET-01", "CRT-13"); blocked {
		return v
	}
	if len(w.plan.Rooms) == 0 {
		return unseen(n.Name, result.NotVisible, noRoom)
	}
	if w.fails("LOC-07", n.Name) {
		return blocked(n.Name, "LOC-07")
	}
	if v, blocked := w.unreached(n); blocked {
		return v
	}
	if d, _ := w.plan.Domain(n.Name); w.fails("DNS-07", d.Name) {
		return blocked(n.Name, "DNS-07")
	}
	return unseen(n.Name, result.ObservationFailed, w.unanswered(n.Name)...)
}

// unreached is what keeps an Access Edge from getting through to a node, if
// anything is known to: the node's certificate, or the domain's records.
func (w *world) unreached(n plan.Node) (verdict, bool) {
	for _, id := range []string{"CRT-17", "CRT-15", "CRT-11", "CRT-07", "CRT-06", "CRT-05", "CRT-02", "CRT-08", "CRT-12"} {
		if w.fails(id, n.Name) {
			return blocked(n.Name, id), true
		}
	}
	d, _ := w.plan.Domain(n.Name)
	for _, id := range []string{"DNS-01", "DNS-14", "DNS-06", "DNS-04", "DNS-02", "DNS-05", "DNS-03", "DNS-11"} {
		if w.breaks(id, d.Name) {
			return blocked(n.Name, id), true
		}
	}
	return verdict{}, false
}

// unanswered is what the calls to a node got instead of an answer.
func (w *world) unanswered(node string) []string {
	evidence := []string{}
	for _, e := range w.facts.Endpoints {
		switch {
		case e.Node != node || e.Invite == nil:
		case e.Invite.Failure != "":
			evidence = append(evidence, fmt.Sprintf("INVITE %s: %s", e.Invite.To, e.Invite.Failure))
		default:
			evidence = append(evidence, fmt.Sprintf("INVITE %s: %d %s", e.Invite.To, e.Invite.Status, e.Invite.Reason))
		}
	}
	return evidence
}

// uncalling says why no call from a node arrived.
func (w *world) uncalling(n plan.Node) verdict {
	if v, none := w.staysIn(n.Name); none {
		if v.outcome == result.NotApplicable { // calls in would show it, too
			v = unseen(n.Name, result.NotVisible, v.why)
		}
		return v
	}
	if len(w.facts.Outbound) == 0 {
		why := result.NotVisible
		if w.facts.Deaf {
			why = result.ObservationFailed
		}
		return unseen(n.Name, why, w.facts.Unplaced)
	}
	if v, blocked := w.needs(n.Name, n.Name, "NET-01", "CRT-13"); blocked {
		return v
	}
	for _, id := range []string{"CRT-17", "CRT-15", "CRT-11", "CRT-09", "CRT-07", "CRT-06", "CRT-05", "CRT-02", "CRT-12"} {
		if w.fails(id, n.Name) {
			return blocked(n.Name, id)
		}
	}
	if w.fails("DNS-17", w.facts.Observer) {
		return blocked(n.Name, "DNS-17")
	}
	evidence := []string{fmt.Sprintf("no call from %s arrived at %s", n.Name, w.facts.Observer)}
	for _, o := range w.facts.Outbound {
		if o.Node == n.Name && o.Trigger != "" {
			evidence = append(evidence, "the node, asked to call "+o.To+": "+o.Trigger)
		}
		if o.Node == n.Name && o.Handshake != "" {
			evidence = append(evidence, "TLS with the node: "+o.Handshake)
		}
	}
	return unseen(n.Name, result.ObservationFailed, evidence...)
}

func contactName(w *world) []verdict {
	return w.eachContact(nil, func(n plan.Node, list []contact) verdict {
		for _, c := range list {
			if c.host == "" || isAddress(c.host) || !strings.Contains(c.host, ".") {
				return fail(n.Name, "set the SIP TLS FQDN of the node to "+w.ownName(n.Name), c.seen)
			}
		}
		return pass(n.Name, seen(list)...)
	})
}

func seen(list []contact) []string {
	lines := make([]string, len(list))
	for i, c := range list {
		lines[i] = c.seen
	}
	return lines
}

// contactUnique finds a node that goes by the name of another node. Two nodes
// that both go by the pool's name are for FQD-03.
func contactUnique(w *world) []verdict {
	return w.eachContact([]string{"FQD-01"}, func(n plan.Node, list []contact) verdict {
		for _, c := range list {
			if other, known := w.plan.Node(c.host); known && other.Name != n.Name {
				return fail(n.Name, fmt.Sprintf("set the SIP TLS FQDN of the node to %s; %s is another node's", w.ownName(n.Name), c.host), c.seen)
			}
		}
		return pass(n.Name, seen(list)...)
	})
}

func contactOwn(w *world) []verdict {
	return w.eachContact([]string{"FQD-01", "FQD-02"}, func(n plan.Node, list []contact) verdict {
		if v, unnamed := w.unnamed(n); unnamed && !slices.ContainsFunc(list, func(c contact) bool { return w.isPool(c.host) }) {
			v.evidence = slices.Concat(v.evidence, seen(list))
			return v
		}
		for _, c := range list {
			if c.host != dns.Canonical(n.Name) {
				return fail(n.Name, "set the SIP TLS FQDN of the node to "+w.ownName(n.Name), c.seen)
			}
		}
		return pass(n.Name, seen(list)...)
	})
}

// fqdnNamed looks at the certificates on the node itself. A name that the
// shared certificate should hold is for CRT-03.
func fqdnNamed(w *world) []verdict {
	certificates := w.certificates(which{})
	return w.eachNode(nil, func(n plan.Node) verdict {
		var evidence []string
		chosen := slices.ContainsFunc(certificates, func(c *shown) bool { return c.byNode && slices.Contains(c.nodes, n.Name) })
		for _, c := range certificates {
			if !slices.Contains(c.nodes, n.Name) || chosen && !c.byNode { // requests inside a call ask for the node
				continue
			}
			for _, id := range []string{"CRT-17", "CRT-15"} {
				if w.fails(id, c.leaf.SHA256) {
					return blocked(n.Name, id)
				}
			}
			switch {
			case c.has(n.Name):
				evidence = append(evidence, c.evidence()...)
			case c.covers(n.Name):
				return blocked(n.Name, "CRT-05")
			case c.byNode:
				d, _ := w.plan.Domain(n.Name)
				return fail(n.Name, fmt.Sprintf("let %s show who asks for %[1]s (SNI) the certificate that it shows to who asks for %s, or one that names it", n.Name, w.pool(d)), c.evidence()...)
			case w.fails("CRT-03", n.Name):
				return blocked(n.Name, "CRT-03")
			case w.fails("DNS-09", n.Name) && slices.Contains(w.facts.Unnamed, n.Name):
				return blocked(n.Name, "DNS-09") // one of its names may be the node's
			default:
				return fail(n.Name, "add "+n.Name+" to the subject alternative names of the certificate on it", c.evidence()...)
			}
		}
		if len(evidence) == 0 {
			return w.silent(n.Name)
		}
		return pass(n.Name, evidence...)
	})
}
