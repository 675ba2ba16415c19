package check

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"fedge/lync"
	"fedge/sip/raw"
)

// user is who the observing partner's calls come from.
const user = "check"

// caller brings up the partner's users, who call and take no calls: those are
// for the reception.
func (o *observer) caller(ctx context.Context) (*lync.Org, error) {
	as := o.cfg.As
	as.Listen, as.Listener = netip.AddrPort{}, nil
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

// invite calls a room on one node, as a client of the observing partner would:
// its Edge finds and proves the node first. The call is hung up as soon as it
// is answered.
func (o *observer) invite(ctx context.Context, org *lync.Org, t target) *Exchange {
	d, _ := o.cfg.Plan.Domain(t.node)
	to, found := alias(o.cfg.Plan, d.Name)
	if !found {
		return nil
	}
	x := &Exchange{To: "sip:" + to}
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
	defer cancel()
	call, err := org.Call(ctx, lync.CallSpec{From: user, To: to, Node: t.address.Addr(), MediaNone: true})
	var refused *lync.RefusedError
	var failed *lync.FailedError
	switch {
	case errors.As(err, &refused):
		x.Status, x.Reason = refused.Status, refused.Reason
	case errors.As(err, &failed) && errors.Is(err, context.DeadlineExceeded): // past connecting
		x.Failure = fmt.Sprintf("no final answer in %s", o.cfg.Timeout)
	case err != nil:
		x.Failure = err.Error()
	default:
		if answer, err := raw.Parse(call.Received()); err == nil {
			x.Status, x.Reason, x.Contact = answer.Status(), answer.Reason(), answer.Get("Contact")
			x.NoMedia = len(call.Answer().SDP) == 0
		}
		if err := call.Hangup(ctx); err != nil {
			x.Failure = "hanging up: " + err.Error()
		}
	}
	return x
}
