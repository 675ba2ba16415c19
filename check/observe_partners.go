package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"fedge/dns"
	"fedge/plan"
)

// edgeOf is the host that calls to a partner go to: the one that the plan
// names, or that its best SRV record does; "" if there is none.
func (f Facts) edgeOf(p plan.Partner) string {
	if p.Edge != "" {
		return dns.Canonical(p.Edge)
	}
	services := f.answers(dns.FederationName(p.Domain), "SRV").services()
	if len(services) == 0 || services[0].Target == "." {
		return ""
	}
	return services[0].Target // Edges use the best record only
}

// partners looks at the Edges that DNS leads to for the partners of the plan:
// one connection each, and a handshake. Whom we observe as is left alone.
func (o *observer) partners(ctx context.Context, f Facts) []PartnerEdge {
	var edges []PartnerEdge
	public := func(a netip.Addr) bool { return o.cfg.Plan.IsPublic(a) }
	for _, p := range o.cfg.Plan.Partners {
		host := f.edgeOf(p)
		at := f.answers(host, "A").addresses()
		if !o.cfg.Plan.Outbound || host == "" || len(at) == 0 || dns.Canonical(p.Domain) == dns.Canonical(o.cfg.As.Domain) {
			continue
		}
		edges = append(edges, PartnerEdge{Domain: p.Domain, Host: host, Address: netip.AddrPortFrom(at[max(0, slices.IndexFunc(at, public))], plan.Port)})
	}
	inParallel(len(edges), func(i int) {
		e := &edges[i]
		o.say(fmt.Sprintf("looking at %s %s", e.Address, e.Host))
		h, refused := o.probe(ctx, target{address: e.Address}, e.Host, offerNow, nil)
		if e.Refused = refused; refused == "" {
			e.Handshake = &h
		}
		e.half = ctx.Err() != nil
	})
	return edges
}
