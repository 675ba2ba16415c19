package lync

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"time"

	"fedge/sip/link"
	"fedge/sip/raw"
)

// runCaller is the goroutine of a call that we place.
func (c *Call) runCaller(ctx context.Context) {
	defer c.finish()
	c.perform(c.machine.Start(time.Now()))
	c.loop(ctx, time.Time{})
}

// runCallee is the goroutine of a call that a node places: first whether it may.
func (c *Call) runCallee(ctx context.Context, invite *raw.Message) {
	defer c.finish()
	asking, cancel := context.WithTimeout(ctx, connectTimeout)
	d := c.org.edge.authorise(asking, c.link.Peer(), invite)
	cancel()
	if d != nil {
		c.org.bareRefusal(c.link, invite, d)
		c.settle(504, nil, d)
		c.ended("refused: " + d.Header())
		return
	}
	if !c.org.knows(invite) {
		d := c.org.nobody(c.link, invite)
		c.settle(d.Status, nil, d)
		c.ended("refused: " + d.Header())
		return
	}
	c.perform(c.machine.Start(time.Now()))
	b := c.org.cfg.Answer
	if b.Status != 0 {
		c.settle(b.Status, nil, &RefusedError{Status: b.Status, Reason: b.Reason})
		c.perform(c.machine.Refuse(b.Status, b.Reason))
		return
	}
	if err := c.openMedia(); err != nil {
		c.org.cfg.Log.Error("no media for a call", "call", c.callID, "err", err)
		c.perform(c.machine.Refuse(500, "Server Internal Error"))
		return
	}
	switch {
	case b.Progress:
		c.perform(c.machine.Ring(time.Now(), 183, "Session Progress", c.desc))
	case b.After > 0:
		c.perform(c.machine.Ring(time.Now(), 180, "Ringing", nil))
	}
	c.loop(ctx, time.Now().Add(b.After))
}

// loop is the one place where the machine is driven. answerAt is when an
// incoming call is answered, zero for one we placed.
func (c *Call) loop(ctx context.Context, answerAt time.Time) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for c.machine.State() != Over {
		next, waiting := c.machine.Deadline()
		if !answerAt.IsZero() && (!waiting || answerAt.Before(next)) {
			next, waiting = answerAt, true
		}
		if !waiting {
			next = time.Now().Add(time.Hour)
		}
		timer.Reset(time.Until(next))
		select {
		case in := <-c.inbox:
			c.handle(in)
		case o := <-c.orders:
			c.obey(o)
		case now := <-timer.C:
			if !answerAt.IsZero() && !now.Before(answerAt) {
				answerAt = time.Time{}
				c.pickUp(now)
			}
			c.perform(c.machine.Tick(now))
		case <-c.link.Done():
			c.drain() // what was read before the link went
			if c.machine.State() != Over {
				c.lost()
			}
		case <-ctx.Done():
			c.ended("the organisation was stopped")
			return
		}
	}
}

// drain handles what has arrived.
func (c *Call) drain() {
	for {
		select {
		case in := <-c.inbox:
			c.handle(in)
		default:
			return
		}
	}
}

// lost ends a call whose link is gone. With TLS 1.3 a node that does not take our
// certificate closes only after the handshake is over for us: a new link that
// ends before it said anything is reported as a handshake that failed.
func (c *Call) lost() {
	cause := c.org.fates.of(c.link.ID())
	if cause == nil {
		cause = c.link.Err()
	}
	var cut *Flood
	var frame *raw.FrameError
	spoke := errors.As(cause, &cut) || errors.As(cause, &frame)
	if cut == nil {
		cause = errors.Join(ErrLinkLost, cause)
	}
	err := &FailedError{Why: "the link to the node was lost", Err: cause}
	if !spoke && c.fresh && c.machine.State() == Calling && !c.machine.invite.answered && c.link.State().Version >= tls.VersionTLS13 {
		c.settle(0, nil, diagnose(DiagHandshake, cause, "WinsockFailureCode", winsock(cause), "Peer", c.link.RemoteAddr().String()))
	}
	c.settle(0, nil, err)
	c.ended(err.Why)
	c.complete(Failed, err)
	c.machine.over()
}

// pickUp answers an incoming call.
func (c *Call) pickUp(now time.Time) {
	c.perform(c.machine.Answer(now, c.desc))
	if c.machine.State() != Established {
		c.settle(488, nil, &RefusedError{Status: 488, Reason: "Not Acceptable Here"})
		return
	}
	c.mu.Lock()
	c.answer = c.machine.facts
	c.mu.Unlock()
	c.startMedia(c.machine.taken)
	c.settle(200, nil, nil)
	select {
	case c.org.answered <- c:
	default:
		c.org.cfg.Log.Warn("nobody takes the calls that were answered", "call", c.callID)
	}
}

// with tells whether a link leads to the call's node: its own one, or another of
// the same node; a pool's certificate is the same on all its nodes.
func (c *Call) with(l *link.Link) bool { return l == c.link || sameNode(l, c.link) }

// handle takes a message.
func (c *Call) handle(in arrival) {
	if in.msg.IsRequest() {
		c.reply = &in
	}
	c.perform(c.machine.Handle(time.Now(), in.msg))
	c.reply = nil
}

// sameNode tells whether both links lead to a peer that proved the same name.
func sameNode(a, b *link.Link) bool {
	x, y := a.Peer(), b.Peer()
	if x.Err != nil || y.Err != nil {
		return false
	}
	return slices.ContainsFunc(x.Names(), func(name string) bool { return slices.Contains(y.Names(), name) })
}

// obey does what a user of the call asked for.
func (c *Call) obey(o *order) {
	if c.waiting != nil {
		c.waiting.result <- &FailedError{Why: "something else was asked of the call meanwhile"}
	}
	c.waiting = o
	actions := o.do(time.Now())
	if len(actions) == 0 && c.machine.State() != Ending {
		c.waiting = nil
		o.result <- &FailedError{Why: "the call is " + c.machine.State().String() + " and another offer may be open"}
		return
	}
	c.perform(actions)
}

// complete ends the order that waits for this.
func (c *Call) complete(kind ActionKind, err error) {
	if c.waiting == nil {
		return
	}
	over := kind == Ended || kind == Failed || kind == Refused
	if !over && kind != Declined && !slices.Contains(c.waiting.until, kind) {
		return
	}
	if slices.Contains(c.waiting.until, kind) {
		err = nil
	} else if err == nil {
		err = &FailedError{Why: "the call is over"}
	}
	c.waiting.result <- err
	c.waiting = nil
}

// perform does what the machine wants, and then what that led to.
func (c *Call) perform(actions []Action) {
	for _, a := range slices.Clone(actions) {
		c.act(a)
	}
	for len(c.then) > 0 {
		next := c.then[0]
		c.then = c.then[1:]
		c.perform(next(time.Now()))
	}
}

// write sends a message: a response on the link its request came on, all else on
// the call's own.
func (c *Call) write(a Action) {
	l := c.link
	if c.reply != nil && bytes.HasPrefix(a.Bytes, []byte("SIP/2.0")) && a.Label.CSeq == c.reply.msg.Get("CSeq") {
		l = c.reply.link
	}
	if err := l.Send(a.Bytes, a.Label); err != nil {
		c.org.cfg.Log.Info("message not sent", "call", c.callID, "what", a.Label.Text, "err", err)
	}
}

func (c *Call) ended(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why == "" {
		c.why = why
	}
}

// finish is the last thing of a call's goroutine.
func (c *Call) finish() {
	if c.media != nil {
		c.media.stop()
	}
	for _, v := range c.machine.Violations() {
		c.note(v.Rule, v.Detail)
	}
	c.settle(0, nil, &FailedError{Why: c.Why()})
	c.complete(Failed, nil)
	c.org.remove(c)
	close(c.done)
}
