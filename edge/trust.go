package edge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/link"
)

// trust decides whether a peer may speak for a SIP domain. A certificate
// proves a host; the domain's owner says in DNS, or our operator in the plan,
// which host speaks for it.
type trust struct {
	plan    *plan.Plan
	records *federations
	anyName bool // a verified certificate proves every domain: what administrators get wrong
}

// distrusted is a refusal to let a peer speak for a domain: 403.
type distrusted struct{ Domain, Why string }

func (d *distrusted) Error() string {
	return fmt.Sprintf("edge: the peer may not speak for %q: %s", d.Domain, d.Why)
}

// speaksFor returns nil when the peer may speak for domain, a *distrusted when
// it may not, and another error when DNS did not say: an outage is no proof.
func (t *trust) speaksFor(ctx context.Context, peer link.Identity, domain string) error {
	domain = dns.Canonical(domain)
	if mutant.On("sec.suffix") && strings.Count(domain, ".") > 1 {
		_, domain, _ = strings.Cut(domain, ".")
	}
	if err := t.federates(domain); err != nil {
		return err
	}
	if !t.plan.Verify || mutant.On("sec.from-any") {
		return nil
	}
	if domain == "" { // tel:, isbn: and the like: there is nothing to ask DNS about (RFC 3261 §8.1.1.3)
		return &distrusted{domain, "its From names no SIP domain, so that nobody can be proved to speak for it"}
	}
	if strings.HasSuffix(domain, ".invalid") {
		if mutant.On("id.anon-ok") {
			return nil
		}
		return &distrusted{domain, "such names never exist (RFC 6761 §6.4): an anonymous caller proves nothing"}
	}
	if peer.Err != nil && !mutant.On("tls.skip-verify") {
		return &distrusted{domain, peer.Err.Error()}
	}
	if t.anyName {
		return nil
	}
	names := peer.Names()
	if mutant.On("trust.empty-ok") && len(names) == 0 ||
		mutant.On("trust.host-any") && slices.ContainsFunc(names, t.plan.Provides) {
		return nil
	}
	if isAddress(domain) {
		return &distrusted{domain, "an address is no SIP domain"}
	}
	if host := t.direct(domain); host != "" {
		if !slices.Contains(names, host) {
			return &distrusted{domain, fmt.Sprintf("its certificate is for %s, the plan names %s", strings.Join(names, ", "), host)}
		}
		return nil
	}
	records, err := t.records.lookup(ctx, owner(peer), domain)
	if err != nil {
		if mutant.On("trust.dns-open") {
			return nil
		}
		if missing(err) {
			return &distrusted{domain, "no DNS SRV record " + dns.FederationName(domain)}
		}
		return fmt.Errorf("edge: who speaks for %q: %w", domain, err)
	}
	return t.matches(names, records, domain)
}

// federates returns a *distrusted when the plan rules a domain out, whatever
// anybody proves. That it is blocked outweighs that it is allowed.
func (t *trust) federates(domain string) error {
	partner, planned := t.plan.Partner(domain)
	allowed := planned && partner.Trust == plan.Allowed
	switch {
	case t.plan.Blocks(domain) && !(allowed && mutant.On("trust.block-last")):
		return &distrusted{domain, "the plan blocks it"}
	case t.plan.Closed && !allowed && !mutant.On("trust.no-list"):
		return &distrusted{domain, "it is not among the allowed partners, and nobody is discovered"}
	}
	return nil
}

// direct is the Edge of a partner that the plan names with it, "" for others:
// no record is asked for then, and its name may lie anywhere.
func (t *trust) direct(domain string) string {
	partner, planned := t.plan.Partner(domain)
	if !planned || partner.Trust != plan.Allowed || mutant.On("trust.direct-srv") {
		return ""
	}
	return strings.ToLower(partner.Edge)
}

// names tells whether the plan names a host as the Edge of a partner.
func (t *trust) names(host string) bool {
	return slices.ContainsFunc(t.plan.Partners, func(p plan.Partner) bool {
		return p.Trust == plan.Allowed && p.Edge != "" && strings.EqualFold(p.Edge, host)
	})
}

// listed tells whether a peer is one that our operator knows: the Edge of an
// allowed partner, or of a hosting provider.
func (t *trust) listed(peer link.Identity) bool {
	if peer.Err != nil {
		return false
	}
	for _, name := range peer.Names() {
		_, domain, _ := strings.Cut(name, ".")
		if partner, planned := t.plan.Partner(domain); planned && partner.Trust == plan.Allowed && partner.Edge == "" {
			return true
		}
		if t.plan.Provides(name) || t.names(name) {
			return true
		}
	}
	return false
}

// matches looks for a record whose target the peer has proved to be. The
// target must lie directly under the domain, or be a hosting provider's: whoever
// runs another domain cannot be made to speak for this one by a record alone.
func (t *trust) matches(names []string, records []dns.SRV, domain string) error {
	if notOffered(records) {
		return &distrusted{domain, "its DNS SRV record says that it does not federate"}
	}
	why := "no target of " + dns.FederationName(domain) + " lies directly under the domain"
	for _, record := range records {
		host, rest, _ := strings.Cut(record.Target, ".")
		if (host == "" || !strings.EqualFold(rest, domain)) && !t.plan.Provides(record.Target) {
			continue
		}
		is := func(name string) bool {
			return name == strings.ToLower(record.Target) ||
				mutant.On("sec.suffix-str") && (strings.HasSuffix(name, record.Target) || strings.HasPrefix(name, record.Target))
		}
		if slices.ContainsFunc(names, is) {
			return nil
		}
		why = fmt.Sprintf("its certificate is for %s, DNS names %s", strings.Join(names, ", "), record.Target)
	}
	return &distrusted{domain, why}
}

// missing tells whether DNS said with authority that there is no such record.
func missing(err error) bool {
	failure, ok := errors.AsType[*dns.Error](err)
	return ok && (failure.Kind == dns.NoSuchName || failure.Kind == dns.NoData)
}
