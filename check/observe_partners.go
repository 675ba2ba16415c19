package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"fedge/dns"
	"fedge/plan"
)

// maxEdges is how many addresses of one partner are looked at: it is somebody
// else's, and a few connections are what anybody may ask of it.
const maxEdges = 6

// partners looks at the Edges that DNS leads to for the partners of the plan:
// a handshake with each address, and a second one where the first got nowhere.
// What is not begun within the time of one step is left out, so that partners
// who keep silent do not add up.
func (o *observer) partners(ctx context.Context, f Facts) []PartnerEdge {
	if !o.cfg.Plan.Outbound {
		return nil
	}
	var edges []PartnerEdge
	for i := range maxEdges { // the first of every partner before the second of any
		for _, p := range o.cfg.Plan.Partners {
			if at := o.others(p, f.edgesAt(o.cfg.Plan, p)); i < len(at) {
				edges = append(edges, at[i])
			}
		}
	}
	looked := make([]bool, len(edges))
	until := time.Now().Add(o.cfg.Timeout)
	inParallel(len(edges), func(i int) {
		if looked[i] = i < atOnce || time.Now().Before(until); looked[i] {
			o.partner(ctx, &edges[i])
		}
	})
	var seen []PartnerEdge
	for i, e := range edges {
		if looked[i] {
			seen = append(seen, e)
		}
	}
	return seen
}

// others leaves out whom we observe as: nobody else is at the only address of
// that domain, or at our own.
func (o *observer) others(p plan.Partner, at []PartnerEdge) []PartnerEdge {
	if dns.Canonical(p.Domain) != dns.Canonical(o.cfg.As.Domain) {
		return at
	}
	if len(at) == 1 {
		return nil
	}
	return slices.DeleteFunc(at, func(e PartnerEdge) bool {
		return slices.Contains([]netip.Addr{o.cfg.As.Address, o.cfg.As.Listen.Addr()}, e.Address.Addr())
	})
}

// partner looks at one address. Who refuses what nodes offer before anything was
// shown is asked whether it takes what is older: other suites, or versions.
func (o *observer) partner(ctx context.Context, e *PartnerEdge) {
	o.say(fmt.Sprintf("looking at %s %s", e.Address, e.Host))
	h, refused := o.probe(ctx, target{address: e.Address}, e.Host, offerNow, nil)
	if e.Refused, e.Ours = refused, h.ours; refused == "" {
		e.Handshake = &h
	}
	if e.Handshake != nil && !h.agreed() && !h.NoTLS {
		for _, offer := range []string{offerEdge, offerOld} {
			if old, refused := o.hello(ctx, target{address: e.Address}, e.Host, offer); refused == "" && !e.Old.agreed() {
				e.Old = &old
			}
		}
	}
	e.half = ctx.Err() != nil
}
