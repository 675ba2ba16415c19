package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
)

// Where a federation record leads. An Edge uses the best record only (design
// §6): the others are no fail-over, and nothing goes by them. Among equals each
// is drawn, by weight.

// maxTargets is how many hosts of a domain's records are looked at.
const maxTargets = 4

// best is the records of a lookup that an Edge may draw.
func (l Lookup) best() []Service {
	return slices.DeleteFunc(slices.Clone(l.Services), func(s Service) bool {
		return slices.ContainsFunc(l.Services, func(o Service) bool { return o.Priority < s.Priority })
	})
}

// best is the records that partners use: each server's own best, for a partner
// has only one view.
func (a answers) best() []Service {
	var all []Service
	for _, l := range a.found {
		all = append(all, l.best()...)
	}
	return distinct(all)
}

// targets is the hosts of records that partners accept for a domain, each once.
func targets(services []Service, domain string) []string {
	var hosts []string
	for _, s := range services {
		host := dns.Canonical(s.Target)
		if directlyUnder(host, domain) && !isAddress(host) && !slices.Contains(hosts, host) && len(hosts) < maxTargets {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// leads is the hosts that calls to a domain are to reach, or may: the pool as
// planned, and where its records lead.
func (f Facts) leads(d plan.Domain) []string {
	a := f.answers(dns.FederationName(d.Name), "SRV")
	hosts := []string{dns.Canonical(d.Pool)}
	for _, host := range targets(slices.Concat(a.best(), a.services()), d.Name) {
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// addresses is where those hosts are.
func (f Facts) addresses(d plan.Domain) []netip.Addr {
	var all []netip.Addr
	for _, host := range f.leads(d) {
		for _, a := range f.answers(host, "A").addresses() {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// published is the pool of a domain that no plan is known of: where its records
// lead, the best first; the usual name if that is as good, or if there is none. A
// record that leads nowhere, or where nobody answers, hides neither one that is
// meant nor the usual name.
func (f Facts) published(domain string) string {
	d := usual(domain)
	a := f.answers(dns.FederationName(domain), "SRV")
	hosts := targets(slices.Concat(a.best(), a.services()), domain)
	if best := targets(a.best(), domain); slices.Contains(best, dns.Canonical(d.Pool)) {
		hosts = append([]string{dns.Canonical(d.Pool)}, hosts...)
	}
	hosts = append(hosts, dns.Canonical(d.Pool))
	for _, good := range []func(string) bool{f.answering, func(host string) bool { return len(f.answers(host, "A").found) > 0 }} {
		if i := slices.IndexFunc(hosts, good); i >= 0 {
			return hosts[i]
		}
	}
	return hosts[0]
}

// answering tells whether somebody accepts connections at a host.
func (f Facts) answering(host string) bool {
	at := f.answers(host, "A").addresses()
	return slices.ContainsFunc(f.Endpoints, func(e Endpoint) bool { return e.Connected() && slices.Contains(at, e.Address.Addr()) })
}

// pool is the host that partners who call d are to connect to: the planned one,
// whatever is published, so that a wrong record neither hides what is wrong with
// the pool nor has it changed. One that a record names in its place and that
// serves as well is as good.
func (w *world) pool(d plan.Domain) string {
	planned := dns.Canonical(d.Pool)
	best := w.facts.answers(dns.FederationName(d.Name), "SRV").best()
	if hosts := targets(best, d.Name); len(best) == 1 && len(hosts) == 1 && hosts[0] != planned &&
		w.resolves(hosts[0]) && len(w.lacks(d, hosts[0])) == 0 {
		return hosts[0]
	}
	return planned
}

// astray is the hosts other than the pool that calls go to.
func (w *world) astray(d plan.Domain) []string {
	pool := w.pool(d)
	return slices.DeleteFunc(targets(w.facts.answers(dns.FederationName(d.Name), "SRV").best(), d.Name),
		func(host string) bool { return host == pool || strings.EqualFold(host, d.Pool) })
}

// resolves tells whether every server that answered has an address of a host.
func (w *world) resolves(host string) bool {
	a := w.facts.answers(host, "A")
	return len(a.found) > 0 && len(a.absent) == 0
}

// lacks is why a host does not serve as the pool of a domain: where it leads, and
// that certificates do not name it.
func (w *world) lacks(d plan.Domain, host string) []string {
	var why []string
	note := func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); !slices.Contains(why, line) {
			why = append(why, line)
		}
	}
	taking := w.plan.Pool(d.Name)
	for _, l := range w.facts.answers(host, "CNAME").found {
		note("%s is an alias of %s", host, l.Alias)
	}
	for _, l := range w.facts.answers(host, "A").found {
		for _, a := range l.Addresses {
			if !slices.ContainsFunc(taking, func(n plan.Node) bool { return n.PublicAddr() == a.Addr }) {
				note("%s leads to %s, which is no signaling node of %s%s", host, a.Addr, d.Name, w.refusal(a))
			}
		}
		for _, n := range taking {
			if !l.has(n.PublicAddr()) {
				note("%s does not lead to %s (%s)", host, n.PublicAddr(), w.ownName(n.Name))
			}
		}
	}
	if unnamed := w.unproved(d, host); len(unnamed) > 0 {
		note("the certificate on %s does not name %s", w.ownNames(unnamed), host)
	}
	return why
}

// refusal is what became of a connection to an address, if nothing did.
func (w *world) refusal(a Address) string {
	for _, e := range w.facts.Endpoints {
		if e.Address.Addr() == a.Addr && !e.Connected() && !e.Ours {
			return ": " + e.Refused
		}
	}
	return ""
}

// unproved is the signaling nodes of a domain whose certificate does not name a
// host: what they show whom asks for it, or anybody.
func (w *world) unproved(d plan.Domain, host string) []string {
	var nodes []string
	for _, n := range w.plan.Pool(d.Name) {
		list := slices.DeleteFunc(w.handshakes(n.Name), func(h Handshake) bool { return len(h.Chain) == 0 })
		if own := slices.DeleteFunc(slices.Clone(list), func(h Handshake) bool { return !strings.EqualFold(h.ServerName, host) }); len(own) > 0 {
			list = own
		}
		names := func(h Handshake) bool { return (&shown{leaf: h.Chain[0]}).has(host) }
		if len(list) > 0 && !slices.ContainsFunc(list, names) {
			nodes = append(nodes, n.Name)
		}
	}
	return nodes
}
