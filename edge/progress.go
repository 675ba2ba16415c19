package edge

import (
	"fedge/mutant"
	"fedge/sip/stack"
)

// early deals with an event of a call that we have not answered. It says why
// the call need not be answered any more, if that is so.
func (c *call) early(event stack.Event) (gone *stack.Response) {
	switch {
	case event.Kind == stack.Requested:
		c.respond(event.Tx, unestablished(event.Message))
	case event.Kind == stack.LinkLost:
		return &stack.Response{Reason: "transport"}
	case event.Kind == stack.Unconfirmed: // no PRACK: it has been refused
		return &stack.Response{Reason: "timeout"}
	case event.Final():
		return &stack.Response{Reason: "cancelled"}
	}
	return nil
}

// unestablished answers a request within a dialog whose INVITE is not answered.
// There is no session yet to change, nor to time: the 2xx to the INVITE says who
// refreshes it, and when. An UPDATE without an offer moves the target all the
// same (RFC 3311 §5.2), one with an offer is for later.
func unestablished(request *stack.Message) stack.Response {
	switch method := request.Method(); {
	case mutant.On("dlg.no-500"):
		return stack.Response{Status: 486}
	case method == "INFO":
		return info(request)
	case method == "OPTIONS":
		return options()
	case method == "UPDATE":
		if no := tooShort(request); no.Status != 0 {
			return no
		}
		offer, err := described(request)
		if err != nil {
			return undescribed(err)
		}
		if offer == nil && !mutant.On("upd.early") {
			return stack.Response{Status: 200}
		}
	}
	return stack.Response{Status: 500, Headers: retrySoon}
}

// acknowledged waits for the PRACK without which a call cannot be answered. The
// stack gives up in time.
func (c *call) acknowledged() (gone *stack.Response) {
	select {
	case event := <-c.dialog.Events():
		return c.early(event)
	case <-c.entry.hangUp:
		return &stack.Response{Status: 480}
	case <-c.edge.life.Done():
		return &stack.Response{Reason: "transport"}
	}
}

// ringing tells a caller who requires reliable provisional answers that the
// room is found. Others hear of nothing but 100 and the answer, which is soon.
// Without an offer there is nothing reliable to say before ours (RFC 3262 §5).
func ringing(d *stack.Dialog, contact string, offer []byte) {
	if has(d.Invite(), "Require", "100rel") && offer != nil {
		_ = d.Respond(stack.Response{Status: 180, Contact: contact}) // who has cancelled hears it otherwise
	}
}

// foretold keeps the answer that a reliable provisional response holds: it is
// the answer, and the 200 need not repeat it (RFC 3262 §5).
func (c *call) foretold(m *stack.Message) {
	if m.ToTag() == "" || !has(m, "Require", "100rel") || len(c.foreseen) >= maxForetold {
		return
	}
	sdp, err := described(m)
	if sdp == nil && err == nil {
		return
	}
	if c.foreseen == nil {
		c.foreseen = make(map[string]foreseen, 1)
	}
	c.foreseen[m.ToTag()] = foreseen{sdp, err}
}

// foreseen is an early answer, or what is wrong with it.
type foreseen struct {
	sdp []byte
	err error
}

// maxForetold bounds the ends of a forked call whose early answers are kept.
const maxForetold = 8

// answerIn finds the session description that answers our offer: in the 2xx, or
// in what the same end said before.
func (c *call) answerIn(answer *stack.Message) ([]byte, error) {
	before, early := c.foreseen[answer.ToTag()]
	c.foreseen = nil
	if sdp, err := described(answer); early && sdp == nil && err == nil {
		return before.sdp, before.err
	}
	return answerOf(answer)
}
