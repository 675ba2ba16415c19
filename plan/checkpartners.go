package plan

import (
	"fmt"
	"slices"
)

func (p *Plan) checkPartners(r *reader) {
	names := r.unique("the partner")
	for i, partner := range p.Partners {
		path := fmt.Sprintf("partners[%d].", i)
		names.add(path+"domain", partner.Domain, "write each partner once")
		if p.isOurs(partner.Domain) {
			r.wrong(path+"domain", partner.Domain+" is a domain of this deployment", "write another organisation's domain")
		}
		if partner.Edge != "" && partner.Trust == Discovered {
			r.wrong(path+"edge", "an edge is written for a partner that is discovered by its SRV record", "write trust: allowed as well, or leave the edge out")
		}
		if partner.Expect == Reachable && partner.Domain != "" {
			p.checkReachable(r, path, partner)
		}
	}
	blocked, providers := r.unique("the blocked domain"), r.unique("the provider")
	for i, domain := range p.Blocked {
		path := fmt.Sprintf("blocked[%d]", i)
		blocked.add(path, domain, "write each domain once")
		if p.isOurs(domain) {
			r.wrong(path, domain+" is a domain of this deployment", "write another organisation's domain")
		}
	}
	for i, host := range p.Providers {
		providers.add(fmt.Sprintf("providers[%d]", i), host, "write each provider's Edge once")
	}
}

// checkReachable finds what keeps a partner out that shall be reachable.
func (p *Plan) checkReachable(r *reader, path string, partner Partner) {
	switch {
	case p.Blocks(partner.Domain):
		r.wrong(path+"domain", partner.Domain+" shall be reachable and is blocked", "take it from the blocked domains, or write expect: unreachable")
	case p.Closed && partner.Trust == Discovered:
		r.wrong(path+"domain", partner.Domain+" shall be reachable by discovery, which is off", "write trust: allowed for it, or discovery: on")
	}
}

// Blocks tells whether a domain is blocked.
func (p *Plan) Blocks(domain string) bool { return slices.Contains(p.Blocked, canonical(domain)) }

// Provides tells whether a host is the Edge of a hosting provider.
func (p *Plan) Provides(host string) bool { return slices.Contains(p.Providers, canonical(host)) }

func (p *Plan) isOurs(domain string) bool {
	return domain != "" && slices.ContainsFunc(p.Domains, func(d Domain) bool { return d.Name == domain })
}
