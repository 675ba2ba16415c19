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
// port, target in the domain, address behind it; and asks of the Edge there
// what partners ask of ours.
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
	defect, fix, evidence, settled := w.partnerRecords(p)
	if !settled {
		return unseen(p.Domain, result.ObservationFailed, evidence...)
	}
	if defect == "" {
		var seen []string
		defect, seen = w.partnerEdge(p)
		evidence = append(evidence, seen...)
		fix = defect + ": tell the administrator of the partner"
	}
	switch reachable := p.Expect != plan.Unreachable; {
	case reachable && defect != "":
		return fail(p.Domain, fix, append(evidence, defect)...)
	case !reachable && defect == "":
		return fail(p.Domain, "the plan expects the partner to be unreachable: change expect, or find out who published the record", evidence...)
	case !reachable:
		return pass(p.Domain, append(evidence, "as planned: "+defect)...)
	}
	return pass(p.Domain, evidence...)
}

// partnerRecords is what is wrong with a partner's records, if anything.
func (w *world) partnerRecords(p plan.Partner) (defect, fix string, evidence []string, settled bool) {
	fix = fmt.Sprintf("the partner must publish _sipfederationtls._tcp.%s SRV to port %d of a host directly in %[1]s; tell its administrator", p.Domain, plan.Port)
	host := w.facts.edgeOf(p)
	if p.Edge == "" {
		a := w.facts.answers(dns.FederationName(p.Domain), "SRV")
		evidence = a.evidence()
		if !a.settled() {
			return "", "", a.unsettled(p.Domain).evidence, false
		}
		switch services := a.services(); {
		case len(a.absent) > 0:
			return "it has no federation SRV record (DNS-01)", fix, evidence, true
		case host == "":
			return `its record's target "." says that it offers no federation (DNS-01)`, fix, evidence, true
		case services[0].Port != plan.Port:
			return fmt.Sprintf("its SRV port is %d, not %d (DNS-02)", services[0].Port, plan.Port), fix, evidence, true
		case w.plan.Provides(host): // it speaks for every domain that points at it
		case office365(host):
			fix = fmt.Sprintf("if %s is hosted by Microsoft, write trust: allowed and edge: %s for it in the plan", p.Domain, host)
			return fmt.Sprintf("its SRV target %s is Microsoft's, not a host directly in the domain (DNS-14)", host), fix, evidence, true
		case !directlyUnder(host, p.Domain):
			return fmt.Sprintf("its SRV target %s is not a host directly in the domain (DNS-04)", host), fix, evidence, true
		}
	}
	a := w.facts.answers(host, "A")
	evidence = append(evidence, a.evidence()...)
	switch {
	case !a.settled():
		return "", "", a.unsettled(p.Domain).evidence, false
	case len(a.absent) > 0:
		return fmt.Sprintf("its Edge %s has no address (DNS-05)", host), "the partner must publish an A record of " + host + "; tell its administrator", evidence, true
	}
	for _, addr := range a.addresses() {
		if !w.plan.IsPublic(addr) && !w.inside(a) { // servers that disagree are DNS-18's
			return fmt.Sprintf("its Edge %s has the inner address %s (DNS-11)", host, addr), "the partner must publish the public address of " + host + "; tell its administrator", evidence, true
		}
	}
	return "", "", evidence, true
}

// partnerEdge is what is wrong with the certificate of a partner's Edge. That
// it does not let us in means little: it may know our nodes' addresses alone.
func (w *world) partnerEdge(p plan.Partner) (defect string, evidence []string) {
	i := slices.IndexFunc(w.facts.Partners, func(e PartnerEdge) bool { return e.Domain == p.Domain })
	if i < 0 {
		return "", nil
	}
	e := w.facts.Partners[i]
	switch h := e.Handshake; {
	case h == nil:
		return "", []string{fmt.Sprintf("TCP %s: %s (it may let in the nodes alone)", e.Address, e.Refused)}
	case len(h.Chain) == 0 || h.Trust == nil:
		return "", []string{fmt.Sprintf("TLS with %s at %s: %s (it may let in the nodes alone)", e.Host, e.Address, h.Failure)}
	}
	c := &shown{leaf: e.Handshake.Chain[0], chain: e.Handshake.Chain, trust: *e.Handshake.Trust}
	return w.distrust(c, e.Host, p.Domain), c.evidence()
}

// distrust is why a node would refuse a partner's certificate; "" if it would
// not. It must name the Edge, or the SIP domain (RFC 5922 §7.1).
func (w *world) distrust(c *shown, host, domain string) string {
	at := w.facts.At
	for i, link := range c.chain {
		if c.trust.needs(i) && (at.After(link.NotAfter) || at.Before(link.NotBefore)) {
			return fmt.Sprintf("its certificate CN=%s is valid from %s to %s (CRT-11)", link.CommonName, day(link.NotBefore), day(link.NotAfter))
		}
	}
	said, _, lacking := w.unsent(c.trust, host)
	named := c.has(host) || c.has(domain) || len(c.leaf.Names) == 0 && strings.EqualFold(c.leaf.CommonName, host)
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
