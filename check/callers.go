package check

import (
	"context"
	"fmt"
	"net/netip"

	"fedge/lync"
	"fedge/plan"
)

// callers is who calls the nodes: the observing partner's users, and an
// impostor with the partner's certificate and a name that it does not prove.
// Both are nil without an identity.
type callers struct{ partner, impostor *lync.Org }

func (o *observer) callers(ctx context.Context) (callers, error) {
	if !o.known() {
		return callers{}, nil
	}
	partner, err := o.caller(ctx, o.cfg.As.Domain)
	if err != nil {
		return callers{}, err
	}
	impostor, err := o.caller(ctx, o.another())
	if err != nil {
		partner.Stop()
		return callers{}, err
	}
	return callers{partner, impostor}, nil
}

func (c callers) stop() {
	if c.partner != nil {
		together(c.partner.Stop, c.impostor.Stop) // each waits for nodes to take leave
	}
}

// caller brings up users of a domain behind the observing partner's Edge. They
// call and take no calls: those are for the reception.
func (o *observer) caller(ctx context.Context, domain string) (*lync.Org, error) {
	as := o.cfg.As
	as.Domain, as.Listen, as.Listener = domain, netip.AddrPort{}, nil
	if as.Resolver == nil {
		as.Resolver = o.cfg.Resolvers[0]
	}
	if as.Roots == nil {
		as.Roots = o.cfg.Roots
	}
	if as.Dial == nil {
		as.Dial = o.cfg.Dial
	}
	if as.Recorder == nil {
		as.Recorder = o.cfg.Recorder
	}
	if as.Timers.T1 == 0 { // a request gives up when any other step does: after 64 T1
		as.Timers.T1 = o.cfg.Timeout / 64
	}
	org, err := lync.Start(ctx, as)
	if err != nil {
		return nil, fmt.Errorf("check: bringing up the observing partner: %w", err)
	}
	return org, nil
}

// another is a domain that federates, and that the observing partner cannot
// prove: another partner's, or else the deployment's own.
func (o *observer) another() string {
	for _, p := range o.cfg.Plan.Partners {
		if p.Domain != o.cfg.As.Domain && p.Expect == plan.Reachable {
			return p.Domain
		}
	}
	return o.cfg.Plan.Domains[0].Name
}

// impostor calls a room as the partner does, but in the name of another
// domain: who takes such a call takes calls from anybody in anybody's name.
func (o *observer) impostor(ctx context.Context, org *lync.Org, t target) *Stranger {
	x := o.invite(ctx, org, t)
	if x == nil {
		return nil
	}
	s := &Stranger{Shown: fmt.Sprintf("the certificate of %s, and From in %s", o.cfg.As.Edge, o.another()), Status: x.Status}
	if x.Status == 0 && x.Closed {
		s.Refused = x.Failure
	} else if x.Status == 0 {
		s.Failure = x.Failure
	}
	return s
}
