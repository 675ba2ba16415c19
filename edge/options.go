package edge

import (
	"context"
	"errors"
	"runtime/debug"

	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// OPTIONS outside a call are answered as an INVITE would be (RFC 3261 §11.2),
// but for one thing. Those for the node itself, by which peers see whether it
// lives, are answered whoever sends them: they tell no more than the handshake
// did, and a keep-alive must not cost a question to DNS, nor fail with it. Those
// for a user tell who is a room and who is none, so that they take the way of an
// INVITE: From has to be proved, and wrong aliases count; who may not come in now,
// or would not be served as he wants it, hears the same.

// errNoMedia is said of OPTIONS where an INVITE would be told the same.
var errNoMedia = errors.New("edge: no media node has room for a call")

// maxLookUps bounds the OPTIONS for users that are looked into at once.
const maxLookUps = 64

// options is what we can.
func options() stack.Response {
	return stack.Response{Status: 200, Headers: []stack.Header{{Name: "Accept", Value: accepted}}}
}

// forUser tells whether a request is for a user, not for the node itself.
func forUser(m *stack.Message) bool {
	uri, err := gate.SplitURI(m.URI())
	return err == nil && uri.User != ""
}

// lookUp answers OPTIONS for a user when DNS has said who sends them. False: there
// are too many of them, or the node closes.
func (e *Edge) lookUp(tx *stack.ServerTx) bool {
	if e.lookUps.Add(1) > maxLookUps {
		e.lookUps.Add(-1)
		return false
	}
	started := e.crew.start(func() {
		defer e.lookUps.Add(-1)
		ctx, stop := context.WithTimeout(e.life, connectBudget)
		defer stop()
		r, err := e.looksUp(ctx, tx)
		if err != nil {
			e.noise.info("request refused", "peer", tx.Link().Remote(), "status", r.Status, "error", err)
		}
		e.respond(tx, r)
	})
	if !started {
		e.lookUps.Add(-1)
	}
	return started
}

// looksUp is the verdict; a panic is 500.
func (e *Edge) looksUp(ctx context.Context, tx *stack.ServerTx) (r stack.Response, err error) {
	defer func() {
		if value := recover(); value != nil {
			e.panicked("message", value, debug.Stack())
			r, err = stack.Response{Status: 500}, errPanicked
		}
	}()
	if err := e.calls.admits(tx.Link().Remote()); err != nil && !mutant.On("opt.blind") {
		return stack.Response{Status: 503, Headers: retryAfter}, err
	}
	who, refusal, err := e.caller(tx.Link(), tx.Request())
	if err != nil {
		return refusal, err
	}
	room, refusal, err := e.wanted(ctx, tx.Link(), tx.Request(), who.domain)
	if err != nil {
		return refusal, err
	}
	if mutant.On("opt.blind") {
		return options(), nil
	}
	return e.called(tx.Request(), room)
}

// called is what an INVITE for a room would be told, were it to come now.
func (e *Edge) called(m *stack.Message, room plan.Room) (stack.Response, error) {
	if _, refusal, err := terms(m); err != nil {
		return refusal, err
	}
	if err := e.calls.seats(room.Name, room.Limit, e.elsewhere(room)); err != nil {
		return stack.Response{Status: 486}, err
	}
	if !e.config.Pool.Takes(room.Name, e.node.Location) {
		return stack.Response{Status: 503, Headers: retryAfter}, errNoMedia
	}
	return options(), nil
}
