package edge

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"fedge/media/pool"
	"fedge/metrics"
	"fedge/mutant"
	"fedge/sip/stack"
)

// invited takes an INVITE outside a dialog, on the goroutine that reads the
// link: it starts the call's own goroutine or refuses.
func (e *Edge) invited(d *stack.Dialog) {
	e.config.Metrics.CallAttempted(metrics.Inbound)
	invite := d.Invite()
	if mutant.On("ovl.queue") {
		time.Sleep(100 * time.Millisecond)
	}
	wait, err := retryAfter, e.busy(d.Link(), d.Peer())
	if err != nil {
		wait = retrySoon
	}
	var entry *entry
	if err == nil {
		entry, err = e.calls.admit(CallInfo{
			ID: rand.Text(), CallID: d.CallID(), Direction: "in", State: starting,
			To: invite.URI(), Peer: d.Link().Remote(), Address: d.Link().RemoteAddr().String(), Since: time.Now(),
		})
	}
	if err == nil {
		e.calls.belongs(entry, d)
	}
	if err == nil && !e.crew.start(func() { e.inbound(entry, d) }) {
		e.calls.leave(entry)
		err = errClosed
	}
	if err != nil {
		e.config.Metrics.CallAnswered(metrics.Inbound, 503, 0)
		e.refusals.info("call refused", "call", d.CallID(), "peer", d.Link().Remote(), "status", 503, "error", err)
		if mutant.On("ovl.no-ra") {
			wait = nil
		}
		_ = d.Respond(stack.Response{Status: 503, Headers: wait}) // the link is gone: nobody is left to tell
		d.Close()
	}
}

// inbound is the life of a call that a peer makes.
func (e *Edge) inbound(entry *entry, d *stack.Dialog) {
	defer e.calls.leave(entry)
	defer d.Close()
	c := &call{
		edge: e, entry: entry, dialog: d, direction: metrics.Inbound, began: time.Now(), log: e.log,
		timer: sessionTimer{timers: e.config.Timers},
	}
	defer c.fall()
	if mutant.On("leak.slow") {
		go time.Sleep(time.Minute)
	}
	refusal := c.await()
	took := time.Since(c.began)
	if refusal == nil {
		refusal = c.pickUp()
	}
	switch {
	case refusal == nil:
		e.config.Metrics.CallAnswered(metrics.Inbound, 200, took)
		e.calls.set(entry, func(info *CallInfo) { info.State = answered })
		if c.replaces != nil { // not before the 200 (RFC 3891 §3)
			c.replaces.end(replaced)
		}
		c.talk(e.life)
	case refusal.Status == 0:
		if via := d.Invite().Via(); mutant.On("con.dial-via") {
			port, _ := strconv.Atoi(via.Port)
			_, _ = e.redial(e.life, d.Peer(), via.Host, port)
		}
		e.config.Metrics.CallFailed(metrics.Inbound, refusal.Reason, took)
		e.refusals.write(c.log, slog.LevelInfo, "call given up", "why", refusal.Reason)
	default:
		e.config.Metrics.CallAnswered(metrics.Inbound, refusal.Status, took)
		if err := d.Respond(*refusal); err != nil {
			c.log.Debug("answer not sent", "status", refusal.Status, "error", err)
		}
	}
}

// settled is what becomes of an INVITE: a lease on media, or a refusal.
type settled struct {
	domain   string // of From, once it was read
	lease    *pool.Lease
	owed     bool // its answer holds an offer
	contact  string
	replaces *entry // the call whose place it takes
	refusal  *stack.Response
}

// prompt is how soon most calls are settled: partners are remembered, media
// nodes are near. It costs nobody anything to hear of a CANCEL that much later.
const prompt = 20 * time.Millisecond

// await settles a call. Only if that is not done promptly somebody listens
// meanwhile for a caller who changes his mind: a second goroutine for every call
// would cost more than most of them take. A refusal with status 0 means that
// there is nobody left to answer.
func (c *call) await() *stack.Response {
	ctx, giveUp := context.WithCancel(c.edge.life)
	defer giveUp()
	gone := make(chan *stack.Response, 1)
	late := time.AfterFunc(prompt, func() { gone <- c.hear(ctx, giveUp) })
	s := c.edge.settle(ctx, c.entry, c.dialog)
	var why *stack.Response
	if !late.Stop() {
		giveUp()
		why = <-gone
	}
	c.lease, c.owed, c.contact, c.replaces = s.lease, s.owed, s.contact, s.replaces
	c.log = c.log.With("call", c.dialog.CallID(), "peer", c.dialog.Link().Remote(), "domain", s.domain)
	if why == nil {
		return s.refusal
	}
	if c.lease != nil {
		c.release()
	}
	return why
}

// listen hears the caller while a call is being settled, until ctx is done. It
// says why the call need not be answered as it was settled; nil: it must.
func (c *call) listen(ctx context.Context, giveUp func()) (gone *stack.Response) {
	for gone == nil {
		select {
		case <-ctx.Done():
			return nil
		case event := <-c.dialog.Events():
			gone = c.early(event)
		case <-c.entry.hangUp:
			gone = &stack.Response{Status: 480}
		}
	}
	giveUp() // settle notices soon; its lease, if any, is the call's to return
	return gone
}

// pickUp answers 200 with the media node's description.
func (c *call) pickUp() *stack.Response {
	invite := c.dialog.Invite()
	headers := append(c.timer.agree(invite), leftover(invite)...)
	c.ours = c.lease.Answer().SDP
	for {
		err := c.dialog.Respond(stack.Response{
			Status: 200, Contact: c.contact, Headers: headers, ContentType: "application/sdp", Body: c.ours,
		})
		if err == nil {
			return nil
		}
		gone := c.unanswered(err)
		if errors.Is(err, stack.ErrUnacknowledged) {
			gone = c.acknowledged()
		}
		if gone != nil {
			c.timer.stop()
			c.release()
			return gone
		}
	}
}

// unanswered says why a call is over whose answer could not be sent.
func (c *call) unanswered(err error) *stack.Response {
	if errors.Is(err, stack.ErrAnswered) {
		return &stack.Response{Reason: "cancelled"}
	}
	c.log.Info("the answer could not be sent", "error", err)
	return &stack.Response{Reason: "transport"}
}

// settle decides what becomes of an INVITE. It may wait for DNS and for media
// nodes, and ends early with ctx.
func (e *Edge) settle(ctx context.Context, entry *entry, d *stack.Dialog) (s settled) {
	refuse := func(r stack.Response, why error) settled {
		e.refusals.info("call refused", "call", d.CallID(), "peer", d.Link().Remote(), "domain", s.domain,
			"status", r.Status, "error", why)
		if mutant.On("diag.leak") {
			r.Headers = append(r.Headers, stack.Header{Name: "ms-diagnostics", Value: `1008;reason="` + why.Error() + `";source="` + e.node.Name + `"`})
		}
		s.refusal = &r
		return s
	}
	invite := d.Invite()
	caller, refusal, err := e.caller(d.Link(), invite)
	s.domain = caller.domain
	if err != nil {
		return refuse(refusal, err)
	}
	e.calls.set(entry, func(info *CallInfo) { info.From = "sip:" + caller.user + "@" + s.domain })
	room, refusal, err := e.wanted(ctx, d.Link(), invite, s.domain)
	if err != nil {
		return refuse(refusal, err)
	}
	if s.replaces, refusal, err = e.replaced(d, s.domain); err != nil {
		return refuse(refusal, err)
	}
	if s.replaces != nil { // it takes a place that is taken already
		room, _ = e.room(e.calls.get(s.replaces).Room)
		room.Limit = 0
	}
	offer, refusal, err := terms(invite)
	if err != nil {
		return refuse(refusal, err)
	}
	if err := e.calls.join(entry, room.Name, room.Limit, e.elsewhere(room)); err != nil {
		return refuse(stack.Response{Status: 486}, err)
	}
	s.owed, s.contact = offer == nil, e.contact(room, secured(invite))
	ringing(d, s.contact, offer)
	if s.lease, err = e.lease(ctx, entry, room, offer, lync(invite)); err != nil {
		return refuse(mediaRefusal(err), err)
	}
	return s
}
