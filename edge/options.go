package edge

import (
	"context"
	"runtime/debug"

	"fedge/sip/gate"
	"fedge/sip/stack"
)

// OPTIONS outside a call are answered as an INVITE would be (RFC 3261 §11.2),
// but for one thing. Those for the node itself, by which peers see whether it
// lives, are answered whoever sends them: they tell no more than the handshake
// did, and a keep-alive must not cost a question to DNS, nor fail with it. Those
// for a user tell who is a room and who is none, so that they take the way of an
// INVITE: From has to be proved, and wrong aliases count.

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
	who, refusal, err := e.caller(tx.Link(), tx.Request())
	if err == nil {
		_, refusal, err = e.wanted(ctx, tx.Link(), tx.Request(), who.domain)
	}
	if err != nil {
		return refusal, err
	}
	return options(), nil
}
