package edge

import (
	"bytes"
	"context"
	"errors"
	"time"

	"fedge/mutant"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// lapse deals with the session timer that came due: the session is over, or has
// to be refreshed. It says why the call is over, if it is.
func (c *call) lapse(ctx context.Context) ending {
	switch {
	case c.timer.over() && mutant.On("st.no-expire"):
	case c.timer.over():
		c.leaving = noRefresh
	default:
		c.timer.wake(time.Until(c.timer.end)) // unless it is answered
		return c.refresh(ctx)
	}
	return ""
}

// refresh asks the peer whether the session goes on: by UPDATE, or by INVITE
// with the description that it has already if it takes no UPDATE (RFC 4028
// §7.4).
func (c *call) refresh(ctx context.Context) ending {
	o := stack.Outgoing{Headers: c.timer.refreshing()}
	method := "UPDATE"
	if !c.timer.update {
		method, o.ContentType, o.Body = "INVITE", "application/sdp", c.ours
	}
	if !c.request(ctx, method, o) {
		return peerGone
	}
	return ""
}

// refreshed judges what came of it, and says why the call is over, if it is.
func (c *call) refreshed(ctx context.Context, event stack.Event) ending {
	switch event.Kind {
	case stack.TimedOut: // as if 408 had come: the dialog is to be ended (RFC 3261 §12.2.1.2)
		c.leaving = peerGone
	case stack.Answered:
		c.timer.told(event.Message)
		if event.Method == "INVITE" {
			c.reanswered(ctx, event.Message)
		}
	case stack.Refused:
		return c.unrefreshed(ctx, event)
	}
	return ""
}

// unrefreshed goes on after a refusal. Until its end the session stands as it
// did.
func (c *call) unrefreshed(ctx context.Context, event stack.Event) ending {
	m := event.Message
	switch m.Status() {
	case 408:
		c.leaving = peerGone
	case 481:
		// RFC 4028 §10 has a BYE sent here as after a timeout. RFC 5057 §5.1, which is
		// later and about this alone, says that the dialog is gone with the 481: there
		// is nobody who would know the BYE, and it would be answered with another.
		if mutant.On("dlg.481-keep") {
			break
		}
		return peerGone
	case 422: // §7.3
		before := c.timer.least
		if c.timer.atLeast(seconds(m.Header("Min-SE"))); c.timer.least > before {
			return c.refresh(ctx)
		}
	case 405, 501:
		if event.Method == "UPDATE" {
			c.timer.update = false
			return c.refresh(ctx)
		}
	case 491:
		c.timer.crossed(!c.dialog.Inbound())
		return ""
	}
	c.timer.later(0)
	return ""
}

// reanswered takes the answer to our refresh. It mostly says what it said
// before; if not, media hears of it as of an offer, whose answer is what the
// peer has from us.
func (c *call) reanswered(ctx context.Context, answer *stack.Message) {
	sdp, err := answerOf(answer)
	if err == nil && bytes.Equal(origin(sdp), origin(c.theirs)) {
		return
	}
	if err == nil {
		ctx, stop := context.WithTimeout(ctx, mediaBudget)
		defer stop()
		_, err = c.lease.Update(ctx, sdp)
	}
	if err != nil {
		c.log.Info("the answer to a refresh cannot be served", "error", err)
		return
	}
	c.theirs = sdp
}

// origin is a description's o= line, which changes whenever it does (RFC 3264
// §8); nil without one.
func origin(sdp []byte) []byte {
	for line := range bytes.Lines(sdp) {
		if bytes.HasPrefix(line, []byte("o=")) {
			return bytes.TrimRight(line, "\r\n")
		}
	}
	return nil
}

// maxLengthened is how often a callee may find our session interval too short.
const maxLengthened = 2

// lengthen tells whether a call failed for nothing but its session interval,
// and lengthens that (RFC 4028 §7.3).
func (c *call) lengthen(err error) bool {
	failure, ok := errors.AsType[*Failure](err)
	if !ok || failure.Status != 422 || failure.minSE <= max(usualSession, c.timer.least) || mutant.On("st.no-retry") {
		return false
	}
	c.timer.atLeast(failure.minSE)
	return true
}

// anew sends the INVITE again, as another one of the same call.
func (c *call) anew(ctx context.Context, l *link.Link, out *stack.Outgoing) (again bool, err error) {
	c.dialog.Close()
	out.Again, out.Next, out.Headers = c.dialog, true, c.timer.wants(out.Headers)
	dialog, err := c.edge.stack.Invite(ctx, l, *out)
	if err != nil {
		return l.Err() != nil, &Failure{Stage: StageSIP, Err: err}
	}
	c.dialog, out.Again, out.Next = dialog, dialog, false
	c.edge.calls.belongs(c.entry, dialog)
	return c.ring(ctx)
}
