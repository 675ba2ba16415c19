package edge

import (
	"cmp"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/mutant"
)

// inOrder puts SRV records in the order in which they are to be tried: by
// priority, and among equals by weighted chance (RFC 2782). draw(n) picks a
// number from 0 to n inclusive; records without weight are put first in the
// running sum, so that they are chosen only seldom.
func inOrder(records []dns.SRV, draw func(n int) int) []dns.SRV {
	left := slices.Clone(records)
	slices.SortStableFunc(left, func(a, b dns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(min(a.Weight, 1), min(b.Weight, 1)))
	})
	if mutant.On("dns.ignore-priority") {
		slices.Reverse(left)
	}
	ordered := make([]dns.SRV, 0, len(left))
	for len(left) > 0 {
		group := slices.IndexFunc(left, func(r dns.SRV) bool { return r.Priority != left[0].Priority })
		if group < 0 {
			group = len(left)
		}
		total := 0
		for _, r := range left[:group] {
			total += int(r.Weight)
		}
		chosen := draw(total)
		switch {
		case mutant.On("dns.ignore-weight"):
			return left
		case mutant.On("dns.weight0-never") && total > 0:
			chosen = max(chosen, 1)
		}
		sum := 0
		for n, r := range left[:group] {
			if sum += int(r.Weight); sum >= chosen {
				ordered = append(ordered, r)
				left = slices.Delete(left, n, n+1)
				break
			}
		}
	}
	return ordered
}

// within tells whether a host is a domain's own, or below it: then both have one
// owner.
func within(domain, host string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// notOffered tells whether the records say that the service decidedly does not
// exist: one record whose target is the root (RFC 2782, "Target").
func notOffered(records []dns.SRV) bool {
	return len(records) == 1 && !mutant.On("dns.dot-target") && (records[0].Target == "" || records[0].Target == ".")
}

// livesAt returns a *distrusted when the plan rules out the domain whose host a
// peer names as its next hop: what it says nearest above the host holds. Where a
// listed Edge or a provider lives is the plan's to say.
func (t *trust) livesAt(host string) error {
	for _, partner := range t.plan.Partners {
		if partner.Edge != "" && strings.EqualFold(partner.Edge, host) {
			return t.federates(partner.Domain)
		}
	}
	if t.plan.Provides(host) {
		return nil
	}
	_, parent, _ := strings.Cut(host, ".")
	for domain := host; domain != ""; _, domain, _ = strings.Cut(domain, ".") {
		if _, planned := t.plan.Partner(domain); planned || t.plan.Blocks(domain) {
			return t.federates(domain)
		}
	}
	return t.federates(parent)
}
