package edge

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"fedge/media/pool"
	"fedge/media/session"
	"fedge/metrics"
	"fedge/mutant"
	"fedge/sip/stack"
)

// call is one participant: a dialog and the media that belongs to it. Its
// goroutine alone touches the fields.
type call struct {
	edge      *Edge
	entry     *entry
	dialog    *stack.Dialog
	lease     *pool.Lease
	direction metrics.Direction
	log       *slog.Logger
	contact   string // our Contact, as a header value
	replaces  *entry // the call whose place it takes, once it is answered

	began     time.Time
	heard     time.Duration       // outbound: from then to the callee's first word
	confirmed bool                // the ACK has come, or was sent
	foreseen  map[string]foreseen // outbound: early answers, by the tag of who gave them
	owed      bool                // our last 2xx held an offer: its ACK brings the answer
	left      *stack.ServerTx     // the peer's BYE
	leaving   ending              // why we hang up as soon as we may; "" while we do not
	probe     *time.Timer         // runs while the dialog's link is gone
	timer     sessionTimer        // when the session must have been refreshed, and by whom
	ours      []byte              // the description that the peer has from us
	theirs    []byte              // the one that we have from it
}

const (
	mediaBudget = 2 * time.Second // one request to a media node that is already chosen
	byes        = 3               // tries to say BYE, of which a link that breaks while it waits takes one
	absence     = 10              // Seconds that a call may be without link before its peer is asked
)

// talk takes an answered call to its end and leaves nothing behind but the
// dialog, which is its caller's to close.
func (c *call) talk(ctx context.Context) {
	up := time.Now()
	c.edge.config.Metrics.CallStarted(c.direction)
	c.log.Info("call answered", "media", c.lease.Node())
	c.probe = time.NewTimer(time.Hour)
	c.probe.Stop()
	defer c.probe.Stop()
	defer c.timer.stop()

	why := c.safely(ctx)

	c.release()
	c.edge.calls.leave(c.entry)
	if c.left != nil { // not before: who reads the 200 may call again at once
		status := 200
		if mutant.On("ovl.drop-bye") && c.edge.calls.wasFull() {
			status = 503
		}
		c.respond(c.left, stack.Response{Status: status})
	}
	lasted := time.Since(up)
	c.edge.config.Metrics.CallEnded(c.direction, string(why), lasted)
	c.log.Info("call ended", "why", why, "lasted", lasted)
}

// loop serves the call until it is over and says why it is.
func (c *call) loop(ctx context.Context) ending {
	for {
		select {
		case event := <-c.dialog.Events():
			if why := c.handle(ctx, event); why != "" {
				return why
			}
		case ended := <-c.lease.Ended():
			if mutant.On("pool.orphan") {
				continue
			}
			c.log.Warn("media ended by itself", "media", ended.Node, "reason", ended.Reason)
			c.leaving = mediaGone
			if ended.Reason == session.Silent {
				c.leaving = mediaQuiet
			} else {
				c.edge.config.Metrics.MediaLost(ended.Node, 1)
			}
		case why := <-c.entry.hangUp:
			c.leaving = why
		case <-c.timer.due():
			if why := c.lapse(ctx); why != "" {
				return why
			}
		case <-c.probe.C:
			if !c.request(ctx, "OPTIONS", stack.Outgoing{}) {
				return peerGone
			}
		case <-ctx.Done():
			return shutDown // the drain is over and so are the links
		}
		// A callee must not say BYE before its ACK has come (RFC 3261 §15).
		if c.leaving != "" && (c.confirmed || c.leaving == shutDown) {
			c.bye(ctx, c.leaving)
			return c.leaving
		}
	}
}

// handle deals with one event and says why the call is over, if it is.
func (c *call) handle(ctx context.Context, event stack.Event) ending {
	switch event.Kind {
	case stack.Confirmed:
		c.confirmed = true
		if c.owed {
			c.owed = false
			c.accept(ctx, event.Message)
		}
	case stack.Unconfirmed:
		if mutant.On("tx.no-ack-bye") {
			return ""
		}
		// The dialog is up all the same and is ended as one that is (§13.3.1.4).
		c.confirmed, c.leaving = true, noACK
	case stack.Requested:
		c.probe.Stop()
		c.requested(ctx, event)
	case stack.Ended:
		c.left = event.Tx
		return peerLeft
	case stack.LinkLost:
		if event.Method == "OPTIONS" {
			return peerGone // it went over a link made for it
		}
		// The dialog outlives its link; the peer may come back over another.
		c.log.Info("link lost", "error", event.Err)
		if !mutant.On("dlg.leak-rst") {
			c.probe.Reset(c.edge.seconds(absence))
		}
	case stack.Answered, stack.Refused, stack.TimedOut:
		if event.Method == "OPTIONS" {
			return probed(event)
		}
		return c.refreshed(ctx, event)
	}
	return ""
}

// request asks the peer for a sign of life: OPTIONS when its link is gone,
// UPDATE or INVITE when it is on us to refresh the session. Without its link the
// request goes over a new one, proved for the next hop's name; false says that
// there is no such way.
func (c *call) request(ctx context.Context, method string, o stack.Outgoing) bool {
	ctx, stop := context.WithTimeout(ctx, connectBudget)
	defer stop()
	err := c.dialog.Request(ctx, method, o)
	if errors.Is(err, stack.ErrPending) {
		c.timer.later(2) // an INVITE of the peer's is open, and may do as well
		return true
	}
	if err != nil {
		c.log.Info("the peer cannot be reached any more", "method", method, "error", err)
		return false
	}
	return true
}

// probed judges what came of OPTIONS: any answer but "no such call" will do.
func probed(event stack.Event) ending {
	switch event.Kind {
	case stack.TimedOut:
		return peerGone
	case stack.Refused:
		if status := event.Message.Status(); status == 408 || status == 481 { // RFC 3261 §12.2.1.2
			return peerGone
		}
	}
	return ""
}

// accept passes the answer in an ACK to the media node that made the offer.
func (c *call) accept(ctx context.Context, ack *stack.Message) {
	sdp, err := answerOf(ack)
	if err == nil {
		ctx, stop := context.WithTimeout(ctx, mediaBudget)
		defer stop()
		err = c.lease.Accept(ctx, sdp)
	}
	if err != nil {
		c.log.Info("the answer in the ACK cannot be served", "error", err)
		c.leaving = noAnswer
		return
	}
	c.theirs = sdp
}

// bye hangs up. It waits until the partner takes the request, so that a drain
// waits too; the stack sees it through after the dialog is closed.
func (c *call) bye(ctx context.Context, why ending) {
	c.edge.calls.set(c.entry, func(info *CallInfo) { info.State = leaving })
	for range byes {
		if !c.request(ctx, "BYE", stack.Outgoing{Headers: why.headers()}) || c.dialog.Said(ctx) {
			return
		}
	}
}

// release gives the media back; the node frees its ports before it answers.
func (c *call) release() {
	ctx, stop := context.WithTimeout(context.WithoutCancel(c.edge.life), mediaBudget)
	defer stop()
	if err := c.lease.Close(ctx); err != nil {
		c.log.Warn("media was not closed; its node will time it out", "media", c.lease.Node(), "error", err)
	}
}

// respond answers a request; that it is too late by now is no matter.
func (c *call) respond(tx *stack.ServerTx, r stack.Response) {
	if err := tx.Respond(r); err != nil {
		c.log.Debug("answer not sent", "status", r.Status, "error", err)
	}
}
