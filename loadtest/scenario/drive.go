package scenario

import (
	"time"

	"fedge/capture"
	"fedge/loadtest"
	"fedge/lync"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// start makes one planned call. It is called by the plan's goroutine and does
// not wait. It always takes the start: without a link the call fails.
func (t *trunk) start(s loadtest.Start) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.link == nil || t.ending {
		t.tally.Refused(t.why, now)
		return true
	}
	c := &call{due: s.Due, sent: now}
	c.machine = lync.NewCaller(lync.CallerConfig{
		Profile: t.crew.edge.Profile(),
		Variant: int(s.N),
		ID:      t.crew.ids.Next(),
		From:    lync.Party{Address: t.crew.users[s.N%int64(len(t.crew.users))]},
		To:      t.crew.room,
		Via:     t.via,
		Offer:   t.crew.offer,
		Timers:  t.crew.timers,
		Lenient: true,
	})
	t.calls[c.machine.CallID()] = c
	t.tally.Began(now)
	t.do(c, now, c.machine.Start(now))
	return true
}

// receive takes in one message.
func (t *trunk) receive(l *link.Link, now time.Time, m *raw.Message) {
	id := m.CallID()
	if t.crew.recording {
		l.Received(m.Bytes, capture.Label{Text: m.Label(), CallID: id, CSeq: m.Get("CSeq")})
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.calls[id]; c != nil {
		t.do(c, now, c.machine.Handle(now, m))
		return
	}
	t.stranger(l, m)
}

// stranger answers what belongs to no call: a call that is over, or a node
// that asks whether we are there. Responses nobody waits for are left alone.
func (t *trunk) stranger(l *link.Link, m *raw.Message) {
	if !m.IsRequest() || m.Method() == "ACK" {
		return
	}
	status, reason := 481, "Call Leg/Transaction Does Not Exist"
	if m.Method() == "OPTIONS" && m.Tag("To") == "" {
		status, reason = 200, "OK"
	}
	answer := raw.Respond(m, status, reason, "load").Length().Bytes()
	// A link that is over tells its reader.
	_ = l.Send(answer, capture.Label{Text: reason, CallID: m.CallID()})
}

// tick lets time pass for the calls that wait for it.
func (t *trunk) tick(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		at, ok := t.timers.next()
		if !ok || at.After(now) {
			return
		}
		c := t.timers[0]
		if c.hangup.IsZero() || c.hangup.After(now) {
			t.do(c, now, c.machine.Tick(now))
			continue
		}
		t.do(c, now, t.hangUp(c, now))
	}
}

// hangUp ends a call that was held long enough.
func (t *trunk) hangUp(c *call, now time.Time) []lync.Action {
	c.hangup = time.Time{}
	c.bye = now
	return c.machine.Hangup(now)
}

// hangUpAll ends all calls as far as they have come.
func (t *trunk) hangUpAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ending, t.why = true, loadtest.Cancelled
	now := time.Now()
	for _, c := range t.calls {
		if c.bye.IsZero() {
			t.do(c, now, t.hangUp(c, now))
		}
	}
}

// do what a machine wants done. Its actions are valid until it is asked for
// more, so what they lead to waits until all of them are through.
func (t *trunk) do(c *call, now time.Time, actions []lync.Action) {
	for actions != nil {
		var then func() []lync.Action
		for i := range actions {
			if next := t.act(c, now, &actions[i]); next != nil {
				then = next
			}
		}
		actions = nil
		if then != nil && !c.over {
			actions = then()
		}
	}
	t.settle(c, now)
}

// act does one action and returns what is to follow, if anything.
func (t *trunk) act(c *call, now time.Time, a *lync.Action) func() []lync.Action {
	switch a.Kind {
	case lync.Send:
		_ = t.link.Send(a.Bytes, a.Label) // a link that is over tells its reader, which fails the call
	case lync.Progress:
		c.hear(now)
	case lync.Answered:
		c.hear(now)
		c.answered, c.outcome = true, t.tally.Established(c.due, c.sent, c.heard, now)
		if !servesAudio(a.Message.Body) {
			c.oddity()
		}
		if t.crew.hold <= 0 {
			return func() []lync.Action { return t.hangUp(c, now) }
		}
		c.hangup = now.Add(t.crew.hold)
	case lync.Refused:
		c.end(loadtest.Answered(a.Message.Status()))
	case lync.Offered:
		return func() []lync.Action { return c.machine.Accept(now, t.crew.offer) }
	case lync.Ended:
		t.ended(c, now, a)
	case lync.Failed:
		c.end(loadtest.Timeout)
	case lync.Unexpected:
		c.oddity()
	}
	return nil
}

// ended takes the end of a call that ended in order.
func (t *trunk) ended(c *call, now time.Time, a *lync.Action) {
	answered := a.Message != nil && !a.Message.IsRequest() && a.Message.Method() == "BYE"
	switch {
	case !c.answered:
		c.end(loadtest.Cancelled)
	case c.bye.IsZero():
		c.end(loadtest.Assertion) // the target hung up on a call that was to be held
	case !answered: // both hung up
		c.end(c.outcome)
	case a.Message.Status() >= 300:
		c.end(loadtest.Assertion) // the target did not know the call
	default:
		t.tally.Disconnected(now.Sub(c.bye))
		c.end(c.outcome)
	}
}

// settle looks what is left of a call after something happened to it.
func (t *trunk) settle(c *call, now time.Time) {
	if c.over {
		t.timers.remove(c)
		delete(t.calls, c.machine.CallID())
		t.tally.Ended(c.outcome, c.sent, now)
		return
	}
	if at, ok := c.attention(); ok {
		t.timers.set(c, later(at, now)) // never now again, or tick would not end
	} else {
		t.timers.remove(c)
	}
}

// later is at, or the next moment after now if at is not after it.
func later(at, now time.Time) time.Time {
	if next := now.Add(time.Millisecond); at.Before(next) {
		return next
	}
	return at
}
