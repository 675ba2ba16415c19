package stack

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

// offering is a request with a session description.
func offering(request string) string {
	return strings.Replace(request, "Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n", 1)
}

// wantLater takes a 500 that says when to try again (RFC 3261 §14.2).
func (p *peer) wantLater(why string) {
	p.w.t.Helper()
	later := header(p.want(why, "SIP/2.0 500"), "Retry-After")
	if s, err := strconv.Atoi(later); err != nil || s < 0 || s > 10 {
		p.w.t.Errorf("%s: Retry-After is 0 to 10 seconds, not %q", why, later)
	}
}

// Our 2xx offers, the ACK answers: meanwhile nobody else may offer.
func TestGlareOfDelayedOffer(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("offering", d.Respond(answer()))
		c.toTag = tagOf(header(p.want("200", "SIP/2.0 200"), "To"))
		first := c.cseq

		p.send(offering(c.request("UPDATE")))
		p.want("an offer that meets ours (RFC 3311 §5.2)", "SIP/2.0 491")
		p.send(offering(c.request("INVITE")))
		p.want("by INVITE too", "SIP/2.0 491")
		p.send(c.again("ACK"))
		p.send(c.request("UPDATE"))
		update := w.event(d, "without an offer there is no glare", Requested, "UPDATE")
		w.must("answering", update.Tx.Respond(Response{Status: 200}))
		p.want("it is taken", "SIP/2.0 200")
		if err := d.Request(w.ctx, "UPDATE", answered); !errors.Is(err, ErrPending) {
			t.Errorf("nor may we offer again: %v", err)
		}
		c.invite = first
		p.send(c.ack())
		w.event(d, "the answer", Confirmed, "INVITE")
		p.send(offering(c.request("UPDATE")))
		w.event(d, "now there is room for another offer", Requested, "UPDATE")
		d.Close()
	})
}

func TestUpdateGlare(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		d := c.talking()
		p.send(offering(c.request("UPDATE")))
		e := w.event(d, "an offer", Requested, "UPDATE")
		p.send(offering(c.request("UPDATE")))
		p.wantLater("another one before its answer (RFC 3311 §5.2)")
		p.send(c.request("UPDATE"))
		p.wantLater("even without an offer")
		p.send(offering(c.request("INVITE")))
		p.wantLater("or by INVITE (RFC 3264 §4)")
		p.send(c.again("ACK"))
		w.must("answering", e.Tx.Respond(answer()))
		p.want("the answer", "SIP/2.0 200")

		p.send(c.request("INVITE"))
		e = w.event(d, "a re-INVITE", Requested, "INVITE")
		p.send(c.request("UPDATE"))
		w.must("answering", w.event(d, "does not hold a refresh up", Requested, "UPDATE").Tx.Respond(Response{Status: 200}))
		p.want("it is taken", "SIP/2.0 200")
		w.must("refusing", e.Tx.Respond(Response{Status: 488}))
		p.want("488", "SIP/2.0 488")

		p.send(offering(c.request("INFO")))
		info := w.event(d, "another body is no offer", Requested, "INFO")
		p.send(offering(c.request("UPDATE")))
		w.must("answering", w.event(d, "and holds none up", Requested, "UPDATE").Tx.Respond(answer()))
		p.want("it is taken", "SIP/2.0 200")
		w.must("answering", info.Tx.Respond(Response{Status: 200}))
		p.want("and so is the other", "SIP/2.0 200")

		w.must("offering", d.Request(w.ctx, "UPDATE", answered))
		update := p.want("our offer", "UPDATE ")
		p.send(offering(c.request("UPDATE")))
		p.want("theirs crosses it", "SIP/2.0 491")
		p.send(offering(c.request("INVITE")))
		p.want("by INVITE too", "SIP/2.0 491")
		p.send(c.again("ACK"))
		if err := d.Request(w.ctx, "INVITE", answered); !errors.Is(err, ErrPending) {
			t.Errorf("one offer of ours at a time: %v", err)
		}
		p.send(reply(update, "200 OK"))
		w.event(d, "answered", Answered, "UPDATE")
		p.send(offering(c.request("UPDATE")))
		w.event(d, "now theirs is welcome", Requested, "UPDATE")
		d.Close()
	})
}
