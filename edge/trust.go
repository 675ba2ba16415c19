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
}

// distrusted is a refusal to let a peer speak for a domain: 403.
type distrusted struct{ Domain, Why string }

func (d *distrusted) Error() string {
	return fmt.Sprintf("edge: the peer may not speak for %q: %s", d.Domain, d.Why)
}

// speaksFor returns nil when the peer may speak for domain, a *distrusted when
// it may not, and another error when DNS did not say: an outage is no proof.
func (t *trust) speaksFor(ctx context.Context, peer link.Identity, domain string) error {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if !t.plan.Verify || mutant.On("sec.from-any") {
		return nil
	}
	if domain == "anonymous.invalid" && mutant.On("id.anon-ok") {
		return nil
	}
	if peer.Err != nil && !mutant.On("tls.skip-verify") {
		return &distrusted{domain, peer.Err.Error()}
	}
	names := peer.Names()
	partner, planned := t.plan.Partner(domain)
	if planned && partner.Trust == plan.Allowed && partner.Edge != "" {
		if !slices.Contains(names, strings.ToLower(partner.Edge)) {
			return &distrusted{domain, fmt.Sprintf("its certificate is for %s, the plan names %s", strings.Join(names, ", "), partner.Edge)}
		}
		return nil
	}
	records, err := t.records.lookup(ctx, domain)
	if err != nil {
		if missing(err) {
			return &distrusted{domain, "no DNS SRV record " + dns.FederationName(domain)}
		}
		return fmt.Errorf("edge: who speaks for %q: %w", domain, err)
	}
	return matches(names, records, domain)
}

// matches looks for a record whose target the peer has proved to be. The
// target must lie directly under the domain: whoever runs another domain
// cannot be made to speak for this one by a record alone.
func matches(names []string, records []dns.SRV, domain string) error {
	if notOffered(records) {
		return &distrusted{domain, "its DNS SRV record says that it does not federate"}
	}
	why := "no target of " + dns.FederationName(domain) + " lies directly under the domain"
	for _, record := range records {
		host, rest, _ := strings.Cut(record.Target, ".")
		if host == "" || !strings.EqualFold(rest, domain) {
			continue
		}
		if slices.Contains(names, strings.ToLower(record.Target)) {
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
