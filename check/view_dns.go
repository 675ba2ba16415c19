package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/result"
)

// answers is one DNS question as all resolvers answered it.
type answers struct {
	found  []Lookup // records came
	absent []Lookup // the server says that there are none
	broken []Lookup // no answer that means anything
}

func (f Facts) answers(name, kind string) answers {
	var a answers
	for _, l := range f.Lookups {
		if l.Type != kind || !strings.EqualFold(l.Name, name) {
			continue
		}
		if l.Failure == "" && len(l.Services)+len(l.Addresses)+len(l.Alias) == 0 {
			l.Failure = string(dns.NoData)
		}
		switch dns.Kind(l.Failure) {
		case "":
			a.found = append(a.found, l)
		case dns.NoSuchName, dns.NoData:
			a.absent = append(a.absent, l)
		default:
			a.broken = append(a.broken, l)
		}
	}
	return a
}

// ofZone tells whether it was the zone that named the server, and not who checks.
func (l Lookup) ofZone() bool { return l.Own != "" && strings.HasPrefix(l.Resolver, l.Own+" at ") }

// asked tells whether anybody was asked at all.
func (a answers) asked() bool { return len(a.found)+len(a.absent)+len(a.broken) > 0 }

// settled tells whether anybody gave an answer that can be judged.
func (a answers) settled() bool { return len(a.found)+len(a.absent) > 0 }

// evidence is all that was answered, each record once; where servers say
// different things, with who said it.
func (a answers) evidence() []string {
	var lines []string
	views := a.views()
	for _, l := range slices.Concat(a.found, a.absent, a.broken) {
		for _, line := range l.records() {
			if views > 1 && l.Failure == "" {
				line += " (from " + l.Resolver + ")"
			}
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// views is how many different things servers say.
func (a answers) views() int {
	var views []string
	for _, l := range slices.Concat(a.found, a.absent) {
		lines := []string{} // that there is none is a view
		if l.Failure == "" {
			lines = l.records()
		}
		slices.Sort(lines)
		if view := strings.Join(lines, "\n"); !slices.Contains(views, view) {
			views = append(views, view)
		}
	}
	return len(views)
}

// unsettled is the verdict when nobody gave an answer that can be judged.
func (a answers) unsettled(subject string) verdict {
	if !a.asked() {
		return unseen(subject, result.ObservationFailed, "the question was not asked")
	}
	return unseen(subject, result.ObservationFailed, a.evidence()...)
}

func (a answers) services() []Service {
	var all []Service
	for _, l := range a.found {
		all = append(all, l.Services...)
	}
	return distinct(all)
}

// distinct is each record once, whatever is left of its life.
func distinct(list []Service) []Service {
	var all []Service
	for _, s := range list {
		same := func(o Service) bool { s.TTLSeconds = o.TTLSeconds; return s == o }
		if !slices.ContainsFunc(all, same) {
			all = append(all, s)
		}
	}
	return all
}

func (a answers) addresses() []netip.Addr {
	var all []netip.Addr
	for _, l := range a.found {
		for _, addr := range l.Addresses {
			if !slices.Contains(all, addr.Addr) {
				all = append(all, addr.Addr)
			}
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return all
}

// records is a lookup's outcome, one line a record as a zone file has it,
// without the TTL: resolvers count it down.
func (l Lookup) records() []string {
	if l.Failure != "" {
		return []string{fmt.Sprintf("%s %s: %s (from %s)", l.Name, l.Type, l.failure(), l.Resolver)}
	}
	var lines []string
	for _, s := range l.Services {
		lines = append(lines, s.record(l.Name))
	}
	for _, a := range l.Addresses {
		lines = append(lines, addressRecord(l.Name, a.Addr))
	}
	if l.Alias != "" {
		lines = append(lines, fmt.Sprintf("%s CNAME %s", l.Name, l.Alias))
	}
	return lines
}

func (l Lookup) failure() string {
	switch dns.Kind(l.Failure) {
	case dns.NoSuchName:
		return "the name does not exist (NXDOMAIN)"
	case dns.NoData:
		return "no such record"
	case dns.Timeout:
		if !l.wasPut() {
			return l.Detail
		}
		return "no answer in time"
	case dns.ServerFailure:
		return "server failure (SERVFAIL)"
	case dns.NotItsZone:
		return "it has not the zone itself, or something on the way answers in its place"
	case dns.Refused:
		return "refused"
	case dns.Unreachable: // the facts say why; evidence names the server
		return "the server cannot be reached"
	}
	if l.Detail != "" {
		return l.Detail
	}
	return l.Failure
}

func (s Service) record(name string) string {
	return fmt.Sprintf("%s SRV %d %d %d %s", name, s.Priority, s.Weight, s.Port, s.Target)
}

func addressRecord(name string, a netip.Addr) string {
	kind := "A"
	if a.Is6() {
		kind = "AAAA"
	}
	return fmt.Sprintf("%s %s %s", name, kind, a)
}

// directlyUnder is the Access Edge's rule on SRV targets: one label and the
// domain; neither another domain, nor the parent, nor a child zone.
func directlyUnder(host, domain string) bool {
	label, parent, found := strings.Cut(dns.Canonical(host), ".")
	return found && label != "" && parent == dns.Canonical(domain)
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}
