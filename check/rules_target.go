package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// srvShape asks for one record, as planned. Records that nothing goes by, and a
// host that serves as well as the planned one, break nothing; a host that calls go
// to and that does not serve does. One without an address is DNS-05's.
func srvShape(w *world) []verdict {
	return w.eachDomain([]string{"DNS-01"}, func(d plan.Domain, a answers) verdict {
		var why, past []string
		direction := Inbound
		for _, host := range w.astray(d) {
			if lacks := w.lacks(d, host); len(lacks) > 0 && !w.absent(host) {
				why, past = append(why, lacks...), append(past, host)
				if len(w.unproved(d, host)) > 0 {
					direction = Both // an Edge that is called wants the target in the caller's certificate
				}
			}
		}
		if len(why) == 0 {
			return w.shape(d, a)
		}
		v := fail(d.Name, w.replace(d), append(a.evidence(), why...)...)
		v.severity, v.direction = result.Required, direction
		v.symptom = fmt.Sprintf("Edges use the best SRV record only, and it leads past the pool: calls go to %s, and fail where nobody answers there "+
			"or the certificate does not name it; nodes that it does not lead to take no calls (ms-diagnostics 1010, 1046, 1047)", strings.Join(past, " or "))
		return v
	})
}

// shape judges the records besides those that lead to no address.
func (w *world) shape(d plan.Domain, a answers) verdict {
	astray := w.astray(d)
	preferred := func(s Service) bool { return s.Priority == 1 && s.Weight == 100 }
	services := a.services()
	left := slices.DeleteFunc(slices.Clone(services), func(s Service) bool {
		host := dns.Canonical(s.Target)
		return slices.Contains(astray, host) && w.absent(host)
	})
	good := len(left) == 1
	for _, s := range left {
		good = good && preferred(s)
		if directlyUnder(s.Target, d.Name) { // any other target is another rule's
			good = good && strings.EqualFold(s.Target, d.Pool)
		}
	}
	if len(left) == 0 {
		good = slices.ContainsFunc(services, preferred)
	}
	switch {
	case !good:
		return fail(d.Name, "keep one record: "+wanted(d), a.evidence()...)
	case len(left) < len(services):
		return blocked(d.Name, "DNS-05")
	}
	return pass(d.Name, a.evidence()...)
}

// srvResolves judges the hosts that calls go to and that the plan does not have:
// what is wrong is the record that leads there. ok is false when it leads to the
// pool alone, which is judged by itself.
func (w *world) srvResolves(d plan.Domain) (v verdict, ok bool) {
	if v, blocked := w.needs(d.Name, d.Name, "DNS-01"); blocked {
		return v, true
	}
	srv := w.facts.answers(dns.FederationName(d.Name), "SRV")
	evidence, direction := srv.evidence(), Direction("")
	for _, host := range w.astray(d) {
		a := w.facts.answers(host, "A")
		switch evidence = append(evidence, a.evidence()...); {
		case w.absent(host):
			if len(w.unproved(d, host)) > 0 {
				direction = Both // an Edge that is called wants the target in the caller's certificate
			}
			v = fail(d.Name, w.replace(d))
		case v.outcome == result.RuleFail:
		case !a.settled():
			v = a.unsettled(d.Name)
		case !ok:
			v = pass(d.Name)
		}
		ok = true
	}
	v.evidence, v.direction = evidence, direction
	return v, ok
}

// absent tells whether a server says that there is no address of a host.
func (w *world) absent(host string) bool { return len(w.facts.answers(host, "A").absent) > 0 }
