package check

import (
	"context"
	"slices"
)

// seen is what of the facts an interrupt did not cut short: a connection that we
// gave up ourselves is no fact about anybody.
func (f Facts) seen(ctx context.Context) Facts {
	if ctx.Err() == nil {
		return f
	}
	f.Lookups = slices.DeleteFunc(f.Lookups, func(l Lookup) bool { return l.half })
	f.Endpoints = slices.DeleteFunc(f.Endpoints, func(e Endpoint) bool { return e.half })
	f.Partners = slices.DeleteFunc(f.Partners, func(e PartnerEdge) bool { return e.half })
	f.Outbound = slices.DeleteFunc(f.Outbound, func(o OutboundCall) bool { return !o.Arrived })
	if len(f.Outbound) == 0 && f.Unplaced == "" {
		f.Unplaced, f.Deaf = "interrupted before a call arrived", true
	}
	return f
}
