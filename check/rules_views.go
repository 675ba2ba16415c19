package check

import (
	"slices"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// The rules on who sees what: resolvers that disagree, a tenant's own records.

// dnsRules say what is wrong with a record; that servers disagree on it is then
// only half of the matter.
func dnsRules() []string {
	return []string{"DNS-01", "DNS-14", "DNS-02", "DNS-06", "DNS-04", "DNS-05", "DNS-11", "DNS-07", "DNS-13", "DNS-09", "DNS-10", "DNS-12", "DNS-03", "DNS-17", "DNS-19"}
}

// oneView compares what all servers said of each name, and tells which said
// nothing where others did.
func oneView(w *world) []verdict {
	const alone = "only one name server answered: name a public one and the one that your nodes ask, each with --resolver"
	var verdicts, missing []verdict
	failing, told, heard := w.failing()
	see := func(subject, name, kind string, d Direction, differ func(answers) bool) {
		a := w.facts.answers(name, kind)
		if len(a.found)+len(a.absent) < 2 {
			if slices.ContainsFunc(a.broken, func(l Lookup) bool { return !slices.Contains(told, l.Resolver) }) {
				v := unseen(subject, result.NotVisible, append(a.evidence(), "fewer than two name servers answered")...)
				v.direction = d
				missing = append(missing, v)
			}
			return
		}
		v := pass(subject, a.evidence()...)
		if differ(a) {
			v = fail(subject, "find out which of these servers your nodes and your partners ask, and give all the same records of "+name, a.evidence()...)
			for _, id := range dnsRules() {
				if w.fails(id, subject) && !w.servedRight(id, subject) {
					v = unseen(subject, "precondition "+id, a.evidence()...)
					break
				}
			}
		}
		v.direction = d
		verdicts = append(verdicts, v)
	}
	views := func(a answers) bool { return a.views() > 1 }
	for _, d := range w.plan.Domains {
		see(d.Name, dns.FederationName(d.Name), "SRV", Both, views)
		see(w.pool(d), w.pool(d), "A", Inbound, views)
	}
	for _, n := range w.scope() {
		see(n.Name, n.Name, "A", Both, views)
	}
	for _, p := range w.plan.Partners {
		if !w.plan.Outbound {
			break
		}
		if p.Edge == "" {
			see(p.Domain, dns.FederationName(p.Domain), "SRV", Outbound, views)
		}
		for _, host := range w.facts.edgesOf(w.plan, p) {
			// Large partners give each resolver other addresses, all as good.
			see(p.Domain, host, "A", Outbound, func(a answers) bool { return len(a.found) > 0 && w.facts.deadEnd(p, host) || w.innerToSome(a) })
		}
	}
	switch answered := slices.ContainsFunc(w.facts.Lookups, func(l Lookup) bool { return w.facts.answers(l.Name, l.Type).settled() }); {
	case len(verdicts) > 0 || len(failing) > 0 && !heard:
		return slices.Concat(verdicts, missing, failing)
	case !answered:
		return []verdict{unseen("the deployment", result.ObservationFailed, append(w.unanswering(), "no name server answered")...)}
	}
	return append(failing, unseen("the deployment", result.NotVisible, append(w.unanswering(), alone)...))
}

// failing is the word on each name server that failed, and which those are; heard
// tells whether all that who checks has named are among the others.
func (w *world) failing() (verdicts []verdict, told []string, heard bool) {
	heard = true
	for _, s := range w.servers() {
		if v, failed := s.verdict(); failed {
			verdicts, told = append(verdicts, v), append(told, s.name)
			heard = heard && s.own != ""
		}
	}
	return verdicts, told, heard
}

// unanswering is what servers said that know nothing of the domains.
func (w *world) unanswering() (evidence []string) {
	for _, d := range w.plan.Domains {
		for _, l := range w.facts.answers(dns.FederationName(d.Name), "SRV").broken {
			evidence = append(evidence, l.records()...)
		}
	}
	return evidence
}

// servedRight tells whether a rule failed for something that name servers do
// not say: a partner's certificate.
func (w *world) servedRight(id, subject string) bool {
	p, known := w.plan.Partner(subject)
	if id != "DNS-17" || !known {
		return false
	}
	return len(w.partnerRecords(p).defects) == 0
}

// innerToSome tells whether some servers give addresses that mean nothing outside,
// and others do not.
func (w *world) innerToSome(a answers) bool {
	inner := 0
	for _, l := range a.found {
		if slices.ContainsFunc(l.Addresses, func(a Address) bool { return !w.plan.IsPublic(a.Addr) }) {
			inner++
		}
	}
	return inner > 0 && inner < len(a.found)
}

// tenantNames are aliases that Office 365 wants of its domains. The pool's own
// name is not among them: an alias there is DNS-06's.
func tenantNames(d plan.Domain) []string {
	return slices.DeleteFunc([]string{"lyncdiscover." + d.Name, "sip." + d.Name}, func(name string) bool { return name == dns.Canonical(d.Pool) })
}

// notInTenant finds a domain whose calls come to us from outside, while within
// the tenant they do not.
func notInTenant(w *world) []verdict {
	return w.eachDomain([]string{"DNS-14"}, func(d plan.Domain, _ answers) verdict {
		var evidence, failed []string
		asked := false
		for _, name := range tenantNames(d) {
			a := w.facts.answers(name, "CNAME")
			evidence, asked = append(evidence, a.evidence()...), asked || a.asked()
			if a.asked() && !a.settled() {
				failed = append(failed, a.unsettled(d.Name).evidence...)
			}
			for _, l := range a.found {
				if office365(l.Alias) {
					return fail(d.Name, "remove "+d.Name+" from the SIP domains of the tenant, and the record "+name, a.evidence()...)
				}
			}
		}
		if len(failed) > 0 {
			return unseen(d.Name, result.ObservationFailed, failed...)
		}
		if !asked {
			return unseen(d.Name, result.NotVisible, append(evidence, "this resolver shows no aliases, which a tenant's domain would have")...)
		}
		return pass(d.Name, evidence...)
	})
}
