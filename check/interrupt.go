package check

import (
	"context"
	"slices"
	"time"

	"fedge/result"
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

// unhurt is the verdict on calls in a direction after an interrupt: that none
// was made says nothing then.
func unhurt(v result.Verdict) result.Verdict {
	if v == NotTried {
		return result.Inconclusive
	}
	return v
}

// Undiscovered is the whole result of a check that was interrupted while Discover
// looked for a domain's nodes: what was seen by then is in it, and nothing is
// judged, for there is no plan to judge by. Tool, Seed and Command are for the
// caller to fill in.
func Undiscovered(domain string, seen Facts) result.Check {
	return result.Check{
		Run: result.Run{
			Schema: result.CheckSchema, Verdict: result.Aborted, Started: seen.At, TookSeconds: time.Since(seen.At).Seconds(),
			Error: "its nodes were still being looked for, so nothing is judged",
		},
		Domain: domain, Inbound: result.Inconclusive, Outbound: result.Inconclusive,
		Findings: []result.Finding{}, Facts: seen,
	}
}
