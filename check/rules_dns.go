package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// eachDomain judges every SIP domain of the plan by its SRV record. A domain
// on which one of the needed rules failed is left to that rule.
func (w *world) eachDomain(needs []string, judge func(plan.Domain, answers) verdict) []verdict {
	var verdicts []verdict
	for _, d := range w.plan.Domains {
		v, blocked := w.needs(d.Name, d.Name, needs...)
		if !blocked {
			v = judge(d, w.facts.answers(dns.FederationName(d.Name), "SRV"))
		}
		verdicts = append(verdicts, v.on(d.Name))
	}
	return verdicts
}

// wanted is the SRV record that the plan asks for.
func wanted(d plan.Domain) string {
	return right(d).record(dns.FederationName(d.Name))
}

func right(d plan.Domain) Service {
	return Service{Target: dns.Canonical(d.Pool), Port: plan.Port, Priority: 1, Weight: 100}
}

// replace is what to do about records of which a wrong one is used.
func (w *world) replace(d plan.Domain) string {
	switch services := w.facts.answers(dns.FederationName(d.Name), "SRV").services(); {
	case len(services) > 1 && slices.ContainsFunc(services, func(s Service) bool { return s.record("") == right(d).record("") }):
		return "remove all records but " + wanted(d)
	case len(services) > 1:
		return "remove all records, and publish " + wanted(d)
	}
	return "replace the record by " + wanted(d)
}

func srvExists(w *world) []verdict {
	return w.eachDomain(nil, func(d plan.Domain, a answers) verdict {
		switch {
		case !a.settled():
			return a.unsettled(d.Name)
		case w.tenants(d): // a record of ours would be beside Microsoft's
			return blocked(d.Name, "DNS-14")
		case len(a.absent) > 0: // even if another resolver finds it: some partners do not
			return fail(d.Name, "publish "+wanted(d), a.evidence()...)
		case slices.ContainsFunc(a.best(), func(s Service) bool { return s.Target == "." }):
			return fail(d.Name, w.replace(d),
				append(a.evidence(), `the target "." says that the domain offers no federation (RFC 2782)`)...)
		}
		return pass(d.Name, a.evidence()...)
	})
}

func srvPort(w *world) []verdict {
	return w.eachDomain([]string{"DNS-01"}, func(d plan.Domain, a answers) verdict {
		for _, s := range a.best() {
			if s.Port != plan.Port {
				return fail(d.Name, w.replace(d), a.evidence()...)
			}
		}
		return pass(d.Name, a.evidence()...)
	})
}

func srvTarget(w *world) []verdict {
	return w.eachDomain([]string{"DNS-01", "DNS-14"}, func(d plan.Domain, a answers) verdict {
		for _, s := range a.best() {
			switch {
			case isAddress(s.Target):
				return blocked(d.Name, "DNS-06")
			case !directlyUnder(s.Target, d.Name):
				return fail(d.Name, w.replace(d), append(a.evidence(),
					fmt.Sprintf("%s is not a host directly in %s", s.Target, d.Name))...)
			}
		}
		return pass(d.Name, a.evidence()...)
	})
}

// office365 is where the domains of Microsoft's tenants point, in its clouds.
func office365(target string) bool {
	target = "." + dns.Canonical(target)
	return slices.ContainsFunc([]string{".lync.com", ".skypeforbusiness.us", ".lync.cn"},
		func(suffix string) bool {
			return strings.HasSuffix(target, suffix) && strings.Contains(target, ".online.")
		})
}

// tenants tells whether a domain without a federation record has the aliases of
// an Office 365 tenant: what is published there is not ours to change.
func (w *world) tenants(d plan.Domain) bool {
	return len(w.facts.answers(dns.FederationName(d.Name), "SRV").found) == 0 && w.facts.tenant(d.Name) != ""
}

// notOffice365 believes the plan, and the record that calls follow; where there
// is none, the aliases that Office 365 wants of its domains.
func notOffice365(w *world) []verdict {
	return w.eachDomain(nil, func(d plan.Domain, a answers) verdict {
		if slices.Contains(w.plan.Office365, d.Name) {
			return fail(d.Name, w.leave(d.Name), "the plan lists it among the domains of Office 365")
		}
		if w.tenants(d) {
			return fail(d.Name, w.leave(d.Name), append(a.evidence(), w.facts.tenant(d.Name))...)
		}
		if v, blocked := w.needs(d.Name, d.Name, "DNS-01"); blocked {
			return v
		}
		if record := w.facts.tenant(d.Name); record != "" {
			evidence := slices.DeleteFunc(a.evidence(), func(line string) bool { return line == record })
			return fail(d.Name, w.leave(d.Name), append(evidence, record)...)
		}
		return pass(d.Name, a.evidence()...)
	})
}

// leave is what to do with a domain that is Microsoft's.
func (w *world) leave(domain string) string {
	return fmt.Sprintf("leave %s to Office 365 and federate a subdomain, such as %[2]s: publish _sipfederationtls._tcp.%[2]s SRV 1 100 5061 sip.%[2]s",
		domain, w.plan.Propose(domain).Subdomain)
}

// longestTTL is what a planned fail-over can wait for.
const longestTTL = 3600

func lifetimes(w *world) []verdict {
	return w.eachDomain(nil, func(d plan.Domain, srv answers) verdict {
		pool := w.facts.answers(w.pool(d), "A")
		var long, seen []string
		for _, l := range slices.Concat(srv.found, pool.found) {
			ttl := l.ttl()
			line := fmt.Sprintf("%s %s: TTL %d s", l.Name, l.Type, ttl)
			seen = append(seen, line)
			if ttl > longestTTL {
				long = append(long, line)
			}
		}
		switch {
		case len(long) > 0:
			return fail(d.Name, fmt.Sprintf("publish %s and its addresses with a TTL of %d or less", wanted(d), longestTTL), long...)
		case w.tenants(d):
			return blocked(d.Name, "DNS-14")
		case len(srv.found) == 0 && w.fails("DNS-01", d.Name):
			return blocked(d.Name, "DNS-01")
		case len(pool.found) == 0 && w.fails("DNS-05", d.Name):
			return blocked(d.Name, "DNS-05")
		case len(srv.found) == 0:
			return srv.unsettled(d.Name)
		case len(pool.found) == 0:
			return pool.unsettled(d.Name)
		}
		return pass(d.Name, seen...)
	})
}

// ttl is the longest of a lookup's records, in seconds.
func (l Lookup) ttl() int {
	ttl := 0
	for _, s := range l.Services {
		ttl = max(ttl, s.TTLSeconds)
	}
	for _, a := range l.Addresses {
		ttl = max(ttl, a.TTLSeconds)
	}
	return ttl
}

// poolPerDomain finds nodes that stand in the pool of a domain they do not
// belong to: they would answer with another domain's names and certificate.
func poolPerDomain(w *world) []verdict {
	if len(w.plan.Domains) < 2 {
		return []verdict{notApplicable("the plan", "it has one SIP domain")}
	}
	return w.eachPool([]string{"DNS-05"}, func(d plan.Domain, pool string, a answers) verdict {
		var fixes []string
		for _, addr := range a.addresses() {
			n, known := w.nodeAt(addr)
			if own, _ := w.plan.Domain(n.Name); known && n.Has(plan.Signaling) && own.Name != d.Name {
				fixes = append(fixes, fmt.Sprintf("remove %s: %s is a node of %s", addressRecord(pool, addr), n.Name, own.Name))
			}
		}
		if len(fixes) > 0 {
			return fail(pool, strings.Join(fixes, "; "), a.evidence()...)
		}
		return pass(pool, a.evidence()...)
	})
}

// mostSignaling is how many nodes should take the calls of one domain.
const mostSignaling = 3

// signalingCount looks at the plan alone.
func signalingCount(w *world) []verdict {
	var verdicts []verdict
	for _, d := range w.plan.Domains {
		nodes := w.plan.Pool(d.Name)
		evidence := fmt.Sprintf("%d signaling nodes: %s", len(nodes), strings.Join(names(nodes), ", "))
		v := pass(d.Name, evidence)
		switch n := len(nodes); {
		case n < 2:
			v = fail(d.Name, "give a second node of "+d.Name+" the signaling role", evidence)
			v.severity = result.Warning // a single node works; it has no redundancy
		case n > mostSignaling:
			v = fail(d.Name, "take the signaling role from all but three nodes of "+d.Name, evidence)
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}
