package edge

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"fedge/metrics"
	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// Place says whom a room shall call.
type Place struct {
	Room string `json:"room"` // its name, or one of its aliases
	To   string `json:"to"`   // user@domain, or a SIP URI
	From string `json:"from"` // the caller's own alias; "": the room's
	Name string `json:"name"` // display name, UTF-8
}

// Place calls somebody into a room. It returns when the call is answered; the
// call then lives on by itself. ctx bounds the ringing, ten minutes at most:
// when it is done the call is cancelled. Errors are *Failure.
func (e *Edge) Place(ctx context.Context, place Place) (CallInfo, error) {
	ctx, stop := context.WithTimeoutCause(ctx, e.config.Timers.Seconds(longestRing), errRangTooLong)
	defer stop()
	c, info, err := e.place(ctx, place)
	if err == nil {
		return info, nil
	}
	failure := asFailure(err)
	e.log.Info("call not placed", "to", place.To, "room", place.Room, "stage", failure.Stage, "record", failure.Record, "error", err)
	if c != nil {
		c.count(failure)
	}
	return CallInfo{}, failure
}

// place returns the call too once there is one, be it that it failed.
func (e *Edge) place(ctx context.Context, place Place) (*call, CallInfo, error) {
	room, ok := e.room(place.Room)
	to, domain, err := callee(place.To)
	switch {
	case !e.config.Plan.Outbound:
		err = errNotOutward
	case !ok:
		err = fmt.Errorf("%w: %q", errUnknownRoom, place.Room)
	case err == nil:
		err = alias(place.From)
	}
	if err != nil {
		return nil, CallInfo{}, &Failure{Stage: StageRequest, Err: err}
	}
	caller := place.From
	if caller == "" {
		caller = room.Aliases[0]
	}
	from := e.from(caller)
	c := &call{
		edge: e, direction: metrics.Outbound, began: time.Now(), confirmed: true, contact: e.contact(room, isSIPS(to)),
		log: e.log.With("domain", domain), timer: sessionTimer{timers: e.config.Timers},
	}
	if c.entry, err = e.calls.admit(CallInfo{
		ID: rand.Text(), Direction: "out", State: starting, From: from, To: to, Since: c.began,
	}); err != nil {
		return nil, CallInfo{}, &Failure{Stage: StageRequest, Err: err}
	}
	if err := e.calls.join(c.entry, room.Name, room.Limit, e.elsewhere(room)); err != nil {
		c.abandon()
		return nil, CallInfo{}, &Failure{Stage: StageRequest, Err: err}
	}
	e.config.Metrics.CallAttempted(metrics.Outbound)
	out := e.outgoing(to, nameAddr(place.Name, from), caller, c.contact)
	out.Headers = c.timer.wants(out.Headers)
	if err := c.reachOrFall(ctx, domain, room, out); err != nil {
		c.abandon()
		return c, CallInfo{}, err
	}
	e.calls.set(c.entry, func(info *CallInfo) { info.State = answered })
	info := e.calls.get(c.entry)
	e.config.Metrics.CallAnswered(metrics.Outbound, 200, c.heard)
	if !e.crew.start(func() {
		defer c.dialog.Close()
		c.talk(e.life)
	}) {
		c.abandon()
		return c, CallInfo{}, &Failure{Stage: StageRequest, Err: errClosed}
	}
	return c, info, nil
}

// count puts a call that failed into the metrics.
func (c *call) count(failure *Failure) {
	m, took := c.edge.config.Metrics, time.Since(c.began)
	reason := string(failure.Stage)
	switch {
	case failure.Status != 0:
		m.CallAnswered(metrics.Outbound, failure.Status, took)
		return
	case errors.Is(failure.Err, context.Canceled), errors.Is(failure.Err, errGivenUp):
		reason = "cancelled"
	case errors.Is(failure.Err, context.DeadlineExceeded), failure.Stage == StageSIP:
		reason = "timeout"
	case failure.Stage == StageConnect:
		reason = "transport"
	}
	m.CallFailed(metrics.Outbound, reason, took)
}

// reach tries the domain's addresses one after the other until one of them has
// taken or refused the call.
func (c *call) reach(ctx context.Context, domain string, room plan.Room, out stack.Outgoing) error {
	return c.edge.connect(ctx, domain, func(l *link.Link) (again bool, err error) {
		if c.lease == nil {
			if c.lease, err = c.edge.lease(ctx, c.entry, room, nil, true); err != nil {
				return false, &Failure{Stage: StageMedia, Err: err}
			}
			out.Body = c.lease.Answer().SDP
			if node := c.edge.node; mutant.On("id.sdp-leak") {
				out.Body = bytes.ReplaceAll(out.Body, []byte(node.PublicAddr().String()), []byte(node.Address.String()))
			}
		}
		dialog, err := c.edge.stack.Invite(ctx, l, out)
		if err != nil {
			stage := StageSIP
			switch {
			case errors.Is(err, stack.ErrTurn):
				stage = StageRequest
			case l.Err() != nil:
				stage = StageConnect
			}
			return l.Err() != nil, &Failure{Stage: stage, Err: err}
		}
		out.Again = dialog
		c.dialog = dialog
		c.edge.calls.belongs(c.entry, dialog)
		c.log = c.log.With("call", dialog.CallID(), "peer", l.Remote())
		c.edge.calls.set(c.entry, func(info *CallInfo) {
			info.CallID, info.Peer, info.Address = dialog.CallID(), l.Remote(), l.RemoteAddr().String()
		})
		again, err = c.ring(ctx)
		for retries := 0; retries < maxLengthened && c.lengthen(err); retries++ {
			again, err = c.anew(ctx, l, &out)
			dialog = c.dialog
		}
		if mutant.On("sec.leak-creds") && c.challenged(err) {
			dialog.Close()
			out.Headers = append(out.Headers, stack.Header{Name: "Authorization", Value: `Digest username="px", response="0"`})
			c.dialog, _ = c.edge.stack.Invite(ctx, l, out)
			dialog = c.dialog
		}
		if err != nil {
			dialog.Close()
			c.dialog = nil
		}
		return again, err
	})
}

// ring waits for the callee. again says that the link broke before the far end
// had said anything, so that the next address may be tried.
func (c *call) ring(ctx context.Context) (again bool, err error) {
	c.heard = 0
	rang := false
	for {
		select {
		case event := <-c.dialog.Events():
			if c.heard == 0 { // RFC 6076 §4.3: the first that says more than 100
				c.heard = time.Since(c.began)
			}
			switch event.Kind {
			case stack.Provisional:
				rang = true
				c.foretold(event.Message)
			case stack.Requested:
				c.respond(event.Tx, stack.Response{Status: 500, Headers: []stack.Header{{Name: "Retry-After", Value: "1"}}})
			case stack.Answered:
				c.timer.told(event.Message)
				return false, c.pair(ctx, event.Message)
			case stack.Refused:
				return c.refused(event.Message)
			case stack.LinkLost:
				return !rang, &Failure{Stage: StageConnect,
					Err: fmt.Errorf("the link to %s broke: %w", c.dialog.Link().Remote(), event.Err)}
			case stack.TimedOut:
				if event.Err != nil {
					return false, &Failure{Stage: StageRequest, Err: event.Err}
				}
				why := &Failure{Stage: StageSIP, Err: fmt.Errorf("%s did not answer: %s", c.dialog.Link().Remote(), event.Kind)}
				if !rang {
					why.Err = fmt.Errorf("%s: %w", c.dialog.Link().Remote(), errSilent)
				}
				return !rang, why // RFC 3263 §4.3: silence is a failure of this server alone
			default:
				if event.Final() {
					return false, &Failure{Stage: StageSIP, Err: fmt.Errorf("%s did not answer: %s", c.dialog.Link().Remote(), event.Kind)}
				}
			}
		case why := <-c.entry.hangUp:
			c.dialog.Cancel()
			return false, &Failure{Stage: StageSIP, Err: fmt.Errorf("%w: %s", errGivenUp, why)}
		case <-ctx.Done():
			c.dialog.Cancel()
			return false, &Failure{Stage: StageSIP, Err: context.Cause(ctx)}
		}
	}
}

// longestRing is how long a call may ring, however often it says so, in seconds
// of the protocol: Timer C of the stack starts anew with each response.
const longestRing = 600

var errRangTooLong = fmt.Errorf("edge: it rang for %d seconds: %w", longestRing, context.DeadlineExceeded)

// errGivenUp: somebody on this side ended the call while it rang.
var errGivenUp = errors.New("edge: the call was cancelled")

// pair hands the far end's answer to the media node. The stack has sent the
// ACK, so a call whose answer cannot be served is ended by BYE.
func (c *call) pair(ctx context.Context, answer *stack.Message) error {
	sdp, err := c.answerIn(answer)
	if err != nil {
		err = fmt.Errorf("%w: %w", errUnservable, err)
	} else {
		ctx, stop := context.WithTimeout(ctx, mediaBudget)
		defer stop()
		err = unservable(c.lease.Accept(ctx, sdp))
		c.ours, c.theirs = c.lease.Answer().SDP, sdp
	}
	if err != nil {
		c.bye(c.edge.life, noAnswer)
		return &Failure{Stage: StageMedia, Err: fmt.Errorf("the answer of %s: %w", c.dialog.Link().Remote(), err)}
	}
	return nil
}

// abandon leaves nothing behind of a call that did not come about.
func (c *call) abandon() {
	c.timer.stop()
	if c.dialog != nil {
		c.dialog.Close()
	}
	if c.lease != nil {
		c.release()
	}
	c.edge.calls.leave(c.entry)
}

// room finds a room by its name or one of its aliases.
func (e *Edge) room(name string) (plan.Room, bool) {
	rooms := e.config.Plan.Rooms
	if n := slices.IndexFunc(rooms, func(r plan.Room) bool { return r.Name == name }); n >= 0 {
		return rooms[n], true
	}
	return e.config.Plan.Room(name)
}
