package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// partnersFound resolves partners as the node's own outbound calls must: SRV,
// port, target in the domain, address behind it; and asks of the Edges there
// what partners ask of ours. Which of equal records, and of addresses, a call
// goes to is chance: each is judged.
func partnersFound(w *world) []verdict {
	if v, none := w.staysIn("partners"); none {
		return []verdict{v}
	}
	verdicts := make([]verdict, 0, len(w.plan.Partners))
	for _, p := range w.plan.Partners {
		verdicts = append(verdicts, w.partnerFound(p))
	}
	return verdicts
}

func (w *world) partnerFound(p plan.Partner) verdict {
	r := w.partnerRecords(p)
	w.partnerEdges(p, r)
	switch reachable := p.Expect != plan.Unreachable; {
	case reachable && len(r.defects) > 0:
		return fail(p.Domain, strings.Join(r.fixes, "; "), append(r.evidence, r.defects...)...)
	case reachable && len(r.inner) > 0:
		v := fail(p.Domain, "if nodes do not reach the Edge there, the partner must publish its public address; tell its administrator", append(r.evidence, r.inner...)...)
		v.severity = result.Warning
		return v
	case !reachable && r.open > 0:
		return fail(p.Domain, "the plan expects the partner to be unreachable: change expect, or find out who published the record", slices.Concat(r.evidence, r.defects, r.unseen)...)
	case len(r.failed) > 0:
		return unseen(p.Domain, result.ObservationFailed, r.failed...)
	case !reachable:
		return pass(p.Domain, append(r.evidence, "as planned: "+strings.Join(r.defects, "; "))...)
	case len(r.unseen) > 0:
		v := unseen(p.Domain, result.NotVisible, append(r.evidence, r.unseen...)...)
		v.fix = fmt.Sprintf("place a call to %s from a node; or ask its administrator what answers there", p.Domain)
		return v
	}
	return pass(p.Domain, r.evidence...)
}

// routes is the ways on which calls reach a partner, and what was seen of them.
type routes struct {
	evidence []string
	defects  []string // why calls do not get through on some
	fixes    []string
	failed   []string // what was asked, and not answered
	unseen   []string // what does not show from here
	inner    []string // addresses that nodes call only where they share a network with the Edge
	open     int      // addresses that nothing speaks against
}

func (r *routes) wrong(defect, fix string) {
	r.defects = append(r.defects, defect)
	if !slices.Contains(r.fixes, fix) {
		r.fixes = append(r.fixes, fix)
	}
}

// partnerRecords is what a partner's records say, and what is wrong with them.
func (w *world) partnerRecords(p plan.Partner) *routes {
	r := &routes{}
	if p.Edge == "" && !w.partnerServices(p, r) {
		return r
	}
	for i, host := range w.facts.edgesOf(w.plan, p) {
		if i < maxTargets {
			w.partnerHost(p, host, r)
			continue
		}
		r.open++
		r.unseen = append(r.unseen, fmt.Sprintf("%s was not looked up: no more than %d hosts of a partner are", host, maxTargets))
	}
	return r
}

// partnerServices judges the records that nodes may draw; false if there are
// none.
func (w *world) partnerServices(p plan.Partner, r *routes) bool {
	fix := fmt.Sprintf("the partner must publish _sipfederationtls._tcp.%s SRV to port %d of a host directly in %[1]s; tell its administrator", p.Domain, plan.Port)
	a := w.facts.answers(dns.FederationName(p.Domain), "SRV")
	if !a.settled() {
		r.failed = a.unsettled(p.Domain).evidence
		return false
	}
	r.evidence = a.evidence()
	if len(a.absent) > 0 {
		r.wrong("it has no federation SRV record (DNS-01)", fix)
		return false
	}
	for _, s := range a.best() {
		defect := misleads(w.plan, p.Domain, s)
		switch {
		case defect == "":
		case s.Port == plan.Port && office365(s.Target):
			r.wrong(defect, fmt.Sprintf("if %s is hosted by Microsoft, write trust: allowed and edge: %s for it in the plan", p.Domain, s.Target))
		default:
			r.wrong(defect, fix)
		}
	}
	return true
}

// partnerHost judges what a host of a partner's resolves to.
func (w *world) partnerHost(p plan.Partner, host string, r *routes) {
	a, alias := w.facts.answers(host, "A"), w.facts.answers(host, "CNAME")
	r.evidence = append(r.evidence, a.evidence()...)
	switch {
	case !a.settled():
		r.failed = append(r.failed, a.unsettled(p.Domain).evidence...)
	case w.facts.deadEnd(p, host):
		r.wrong(fmt.Sprintf("its Edge %s has no address (DNS-05)", host), "the partner must publish an A record of "+host+"; tell its administrator")
	}
	if aliasesCount(w.plan, p, host) {
		for _, l := range alias.found {
			r.wrong(fmt.Sprintf("its Edge %s is an alias of %s (DNS-06)", host, l.Alias), "the partner must publish A records of "+host+" in place of the CNAME; tell its administrator")
		}
		if alias.asked() && !alias.settled() {
			r.failed = append(r.failed, alias.unsettled(p.Domain).evidence...)
		}
	}
	for _, addr := range a.addresses() {
		switch {
		case w.plan.IsPublic(addr) || w.innerToSome(a): // servers that disagree are DNS-18's
		case p.Edge != "": // a direct partner's may be inner
			r.open++
			r.inner = append(r.inner, fmt.Sprintf("its Edge %s has the inner address %s", host, addr))
		default:
			r.wrong(fmt.Sprintf("its Edge %s has the inner address %s (DNS-11)", host, addr), "the partner must publish the public address of "+host+"; tell its administrator")
		}
	}
}

// partnerEdges judges who answers at each address. Whom we observe as is not
// among those looked at.
func (w *world) partnerEdges(p plan.Partner, r *routes) {
	ours := dns.Canonical(p.Domain) == dns.Canonical(w.facts.Observer)
	for _, e := range w.facts.edgesAt(w.plan, p) {
		e, looked := w.facts.seenAt(e)
		switch {
		case looked:
			w.partnerEdge(p, e, r)
		case ours:
			ours = false // the others of that domain's are strangers
			r.open++
			r.evidence = append(r.evidence, fmt.Sprintf("%s at %s: the partner that this check observes as", e.Host, e.Address))
		default:
			r.open++
			r.unseen = append(r.unseen, fmt.Sprintf("%s at %s was not looked at: no more than %d addresses of a partner are, and no more partners than there is time for", e.Host, e.Address, maxEdges))
		}
	}
}

// partnerEdge judges the certificate at one address. That it does not let us in
// means little: it may know our nodes' addresses alone.
func (w *world) partnerEdge(p plan.Partner, e PartnerEdge, r *routes) {
	defect := ""
	switch h := e.Handshake; {
	case h == nil && e.Ours:
		r.failed = append(r.failed, fmt.Sprintf("TCP %s could not be tried from here: %s", e.Address, e.Refused))
	case h == nil:
		r.unseen = append(r.unseen, fmt.Sprintf("TCP %s: %s (it may let in the nodes alone)", e.Address, e.Refused))
	case e.Old.agreed() && e.Old.Offered == offerEdge:
		r.unseen = append(r.unseen, fmt.Sprintf("TLS with %s at %s: %s: %s; it takes TLS 1.2 with %s, which nodes may not have", e.Host, e.Address, h.Offered, h.Failure, e.Old.Suite))
	case e.Old.agreed():
		r.evidence = append(r.evidence, fmt.Sprintf("TLS with %s at %s: %s: %s; %s: %s was accepted", e.Host, e.Address, h.Offered, h.Failure, e.Old.Offered, e.Old.Version))
		defect = "it takes no TLS 1.2, and older versions alone (CRT-13)"
	case len(h.Chain) == 0 || h.Trust == nil:
		r.unseen = append(r.unseen, fmt.Sprintf("TLS with %s at %s: %s (it may let in the nodes alone)", e.Host, e.Address, h.Failure))
	default:
		c := &shown{leaf: h.Chain[0], chain: h.Chain, trust: *h.Trust}
		r.evidence = append(r.evidence, fmt.Sprintf("%s: %s", e.Address, c.evidence()[0]))
		defect = w.distrust(c, p, e.Host)
	}
	if defect == "" {
		r.open++
		return
	}
	said := fmt.Sprintf("%s at %s: %s", e.Host, e.Address, defect)
	r.wrong(said, said+": tell the administrator of the partner")
}

// distrust is why a node would refuse a partner's certificate; "" if it would
// not. It must name the Edge, or the SIP domain (RFC 5922 §7.1); of a partner
// whose Edge is in the plan it must have that name.
func (w *world) distrust(c *shown, p plan.Partner, host string) string {
	at := w.facts.At
	for i, link := range c.chain {
		if c.trust.needs(i) && (at.After(link.NotAfter) || at.Before(link.NotBefore)) {
			return fmt.Sprintf("its certificate CN=%s is valid from %s to %s (CRT-11)", link.CommonName, day(link.NotBefore), day(link.NotAfter))
		}
	}
	said, _, lacking := w.unsent(c.trust, host)
	named := c.has(host) || c.hasURI(host) || p.Edge == "" && (c.has(p.Domain) || c.hasURI(p.Domain)) ||
		len(c.leaf.Names)+len(c.leaf.URIs) == 0 && strings.EqualFold(c.leaf.CommonName, host)
	switch {
	case c.leaf.SelfSigned && !c.trust.Anchored:
		return "its certificate is self-signed (CRT-17)"
	case lacking && c.trust.Wrong != "":
		return said + " (CRT-07)"
	case lacking:
		return "it does not send the intermediate certificate " + c.trust.Missing + " (CRT-07)"
	case c.trust.Insecure:
		return "the signatures of its certificates are of a kind that is not verified any more (CRT-12)"
	case !c.trust.Anchored:
		return "its certificate leads to " + end(c) + " (CRT-06)"
	case c.trust.Error != "":
		return "its certificate does not verify (CRT-06): " + c.trust.Error
	case !named && c.covers(host):
		return "its certificate names " + host + " by a wildcard alone (CRT-05)"
	case !named:
		return "its certificate does not name " + host + " (CRT-02)"
	}
	if bar, _ := unfit(c.leaf, c.trust, serverAuth); bar != "" {
		return "its certificate is not for servers (CRT-08): " + bar
	}
	return ""
}
