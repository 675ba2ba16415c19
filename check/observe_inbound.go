package check

import (
	"context"
	"errors"
	"fmt"

	"fedge/lync"
	"fedge/sip/raw"
)

// user is who the observing partner's calls come from.
const user = "check"

// invite calls a room on one node, as a client of the observing partner would:
// its Edge finds and proves the node first. The call is hung up as soon as it
// is answered. nil: there is nobody to call as, or no room to call.
func (o *observer) invite(ctx context.Context, org *lync.Org, t target) *Exchange {
	d, _ := o.cfg.Plan.Domain(t.node)
	to, found := alias(o.cfg.Plan, d.Name)
	if org == nil || !found {
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
		x.Failure, x.Closed = err.Error(), errors.Is(err, lync.ErrLinkLost) && !ours(err)
	default:
		if answer, err := raw.Parse(call.Received()); err == nil {
			x.Status, x.Reason, x.Contact = answer.Status(), answer.Reason(), answer.Get("Contact")
			x.Headers = headerLines(answer, "Via", "From", "To", "Call-ID", "CSeq")
			x.NoMedia = len(call.Answer().SDP) == 0
		}
		if err := call.Hangup(ctx); err != nil {
			x.Failure = "hanging up: " + err.Error()
		}
	}
	return x
}
