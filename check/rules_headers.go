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
	h := headers{contact: o.Contact, where: "in a call that it placed", lines: o.Headers}
	if len(o.Via) == 0 {
		h.named = []string{"no Via"}
	} else if via, err := raw.ParseVia(o.Via[0]); err != nil || !w.belongs(via.Host, n) {
		h.named = []string{"Via: " + o.Via[0]}
	} else {
		h.via, h.evidence = unreachable(via), []string{"Via: " + o.Via[0]}
	}
	lines := h.lines
	h.lines = slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return w.identifies(line, o) })
	v := w.wayBack(n, h)
	if v.outcome == result.RulePass && len(h.lines) < len(lines) {
		return blocked(n.Name, "DOM-01")
	}
	return v
}

// unreachable is why an answer does not come back by a Via that names the node.
func unreachable(via raw.Via) []string {
	var why []string
	if !strings.EqualFold(via.Transport, "TLS") {
		why = append(why, "over "+via.Transport)
	}
	if via.Port != 0 && via.Port != plan.Port {
		why = append(why, fmt.Sprintf("port %d, where partners reach nothing but %d", via.Port, plan.Port))
	}
	return why
}

// identifies tells whether a header line says who calls by the address that is in
// From where a domain should be: that is DOM-01's.
func (w *world) identifies(line string, o OutboundCall) bool {
	name, value, _ := strings.Cut(line, ":")
	said := func(as string) bool { return strings.EqualFold(strings.TrimSpace(name), as) }
	if !slices.ContainsFunc([]string{"From", "f", "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"}, said) {
		return false
	}
	from, err := netip.ParseAddr(strings.Trim(fromHost(o), "[]"))
	inner, found := w.innerAddress(name + ":" + value)
	return err == nil && found && inner == from && w.fails("DOM-01", o.Node)
}

func (w *world) answerHeaders(n plan.Node) verdict {
	e, called := w.called(n.Name)
	if !called || !e.Invite.Taken() {
		if v, blocked := w.needs(n.Name, n.Name, "LOC-07"); blocked {
			return v
		}
		return w.uncalled(n)
	}
	return w.wayBack(n, headers{contact: e.Invite.Contact, where: "in its answer to a call", lines: e.Invite.Headers})
}

// headers is what one message says of the way back.
type headers struct {
	contact  string
	where    string   // the message
	lines    []string // all of them
	named    []string // what is wrong already with the names in them
	via      []string // what is wrong with Via besides
	evidence []string // what to show beside Contact if nothing is
}

// wayBack judges the headers of one message.
//
// A name in Contact that is not the node's is for the FQD rules; so is an
// address. How it says to be reached there is not.
func (w *world) wayBack(n plan.Node, h headers) verdict {
	var reach, fixes []string
	named, seen := h.named, fmt.Sprintf("Contact: %s (%s)", h.contact, h.where)
	if c, err := raw.ParseNameAddr(h.contact); err != nil {
		named = append(named, seen)
	} else {
		if transport, _ := c.URI.Params.Get("transport"); c.URI.Scheme != "sips" && !strings.EqualFold(transport, "tls") {
			reach = append(reach, seen+": without transport=tls")
		}
		if c.URI.Port != 0 && c.URI.Port != plan.Port {
			reach = append(reach, fmt.Sprintf("%s: port %d, where partners reach nothing but %d", seen, c.URI.Port, plan.Port))
		}
	}
	for _, line := range h.lines {
		if inner, found := w.innerAddress(line); found {
			named = append(named, fmt.Sprintf("%s (%s is private)", line, inner))
		}
	}
	for _, id := range []string{"FQD-01", "FQD-02", "FQD-03"} {
		if len(named) > 0 && w.fails(id, n.Name) {
			if len(reach)+len(h.via) == 0 {
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
	for i, why := range h.via {
		if reach = append(reach, h.evidence[0]+": "+why); i == 0 {
			fixes = append(fixes, fmt.Sprintf("let %s place calls over TLS and write SIP/2.0/TLS %s:%d into Via", n.Name, w.ownName(n.Name), plan.Port))
		}
	}
	if len(fixes) == 0 {
		return pass(n.Name, append([]string{seen}, h.evidence...)...)
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
	for _, text := range slices.Concat(strings.FieldsFunc(line, notIPv4), strings.FieldsFunc(line, notIPv6)) {
		if text == "::" && !strings.Contains(line, "[::]") { // punctuation
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(text, ".")); err == nil && !w.plan.IsPublic(a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// notIPv4 is what stands around an address, whatever word it is part of.
func notIPv4(r rune) bool { return r != '.' && (r < '0' || r > '9') }

// notIPv6 is the same of one with colons, which words have, too: it stands by
// itself, as in brackets, or behind received=.
func notIPv6(r rune) bool {
	return r != '.' && r != ':' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}
