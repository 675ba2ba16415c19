package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/plan"
	"fedge/result"
	"fedge/sip/raw"
)

// The rule on what the partner needs to find its way back: the headers of calls
// that nodes place, and of their answers to calls.

// headersClean has one verdict for both directions where they are alike.
func headersClean(w *world) []verdict {
	var verdicts []verdict
	for _, n := range w.scope() {
		var in, out verdict
		if n.Has(plan.Signaling) {
			in = w.answerHeaders(n)
			in.direction = Inbound
		}
		if w.plan.Outbound {
			out = w.callHeaders(n)
			out.direction = Outbound
		}
		switch {
		case in.outcome != "" && in.outcome == out.outcome && in.why == out.why:
			verdicts = append(verdicts, inBoth(in, out))
		case in.outcome != "" && out.outcome != "":
			verdicts = append(verdicts, in, out)
		case in.outcome != "":
			verdicts = append(verdicts, in)
		default:
			verdicts = append(verdicts, out)
		}
	}
	if v, none := w.staysIn("all nodes"); none && v.outcome != result.NotApplicable {
		v.direction = Outbound
		verdicts = append(verdicts, v)
	}
	return verdicts
}

// inBoth is what holds for calls in both directions.
func inBoth(in, out verdict) verdict {
	in.direction = Both
	for _, line := range out.evidence {
		if !slices.Contains(in.evidence, line) {
			in.evidence = append(in.evidence, line)
		}
	}
	if out.fix != in.fix {
		in.fix += "; " + out.fix
	}
	return in
}

func (w *world) callHeaders(n plan.Node) verdict {
	o, arrived := w.callFrom(n.Name)
	if !arrived {
		return w.uncalling(n)
	}
	var named []string
	evidence := []string{"Contact: " + o.Contact + " (in a call that it placed)"}
	if len(o.Via) == 0 {
		named = append(named, "no Via")
	} else if via, err := raw.ParseVia(o.Via[0]); err != nil || !w.belongs(via.Host, n) {
		named = append(named, "Via: "+o.Via[0])
	} else {
		evidence = append(evidence, "Via: "+o.Via[0])
	}
	return w.wayBack(n, o.Contact, o.Headers, named, evidence)
}

func (w *world) answerHeaders(n plan.Node) verdict {
	e, called := w.called(n.Name)
	if !called || !e.Invite.Taken() {
		if d, _ := w.plan.Domain(n.Name); w.fails("LOC-07", d.Name) {
			return blocked(n.Name, "LOC-07")
		}
		if v, blocked := w.needs(n.Name, n.Name, "LOC-07"); blocked {
			return v
		}
		return w.uncalled(n)
	}
	return w.wayBack(n, e.Invite.Contact, e.Invite.Headers, nil, []string{"Contact: " + e.Invite.Contact + " (in its answer to a call)"})
}

// wayBack judges the headers of one message. named is what is wrong already with
// the names in it, evidence what to show if nothing is.
//
// A name in Contact that is not the node's is for the FQD rules; so is an
// address. How it says to be reached there is not.
func (w *world) wayBack(n plan.Node, header string, lines, named, evidence []string) verdict {
	var reach, fixes []string
	if c, err := raw.ParseNameAddr(header); err != nil {
		named = append(named, evidence[0])
	} else {
		if transport, _ := c.URI.Params.Get("transport"); c.URI.Scheme != "sips" && !strings.EqualFold(transport, "tls") {
			reach = append(reach, evidence[0]+": without transport=tls")
		}
		if c.URI.Port != 0 && c.URI.Port != plan.Port {
			reach = append(reach, fmt.Sprintf("%s: port %d, where partners reach nothing but %d", evidence[0], c.URI.Port, plan.Port))
		}
	}
	for _, line := range lines {
		if inner, found := w.innerAddress(line); found {
			named = append(named, fmt.Sprintf("%s (%s is private)", line, inner))
		}
	}
	for _, id := range []string{"FQD-01", "FQD-02", "FQD-03"} {
		if len(named) > 0 && w.fails(id, n.Name) {
			if len(reach) == 0 {
				return blocked(n.Name, id)
			}
			named = nil
		}
	}
	if len(named) > 0 {
		fixes = append(fixes, fmt.Sprintf("set the SIP TLS FQDN of the node to %s and its static NAT address to %s", w.ownName(n.Name), n.PublicAddr()))
	}
	if len(reach) > 0 {
		fixes = append(fixes, fmt.Sprintf("let %s write <sip:…@%s:%d;transport=tls> into Contact, and take any SIP helper or proxy out of the way that rewrites it: "+
			"requests inside a call go where Contact says", n.Name, w.ownName(n.Name), plan.Port))
	}
	if len(fixes) == 0 {
		return pass(n.Name, evidence...)
	}
	return fail(n.Name, strings.Join(fixes, "; "), append(reach, named...)...)
}

// belongs tells whether a sent-by is the node: by name or by public address.
func (w *world) belongs(host string, n plan.Node) bool {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a == n.PublicAddr()
	}
	return strings.EqualFold(host, n.Name) || slices.Contains(w.facts.Unnamed, n.Name)
}

// innerAddress finds an address in a header line that means nothing outside.
// Product names carry versions that look like addresses.
func (w *world) innerAddress(line string) (netip.Addr, bool) {
	if name, _, _ := strings.Cut(line, ":"); strings.EqualFold(name, "User-Agent") || strings.EqualFold(name, "Server") {
		return netip.Addr{}, false
	}
	for _, text := range strings.FieldsFunc(line, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
		if a, err := netip.ParseAddr(strings.Trim(text, ".")); err == nil && !w.plan.IsPublic(a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}
