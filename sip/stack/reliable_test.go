package stack

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var reliableNode = Config{Supported: []string{"timer", "100rel"}}

// requiring is an INVITE that requires reliable provisional responses.
func requiring(c *caller) string { return c.request("INVITE", "Require: 100rel") }

// RFC 3262 §3, at its own times.
func TestReliableProvisional(t *testing.T) {
	run(t, reliableNode, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(requiring(c))
		d := w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180, Contact: contact}))
		ringing := p.want("it rings", "SIP/2.0 180 Ringing")
		w.same("reliably", header(ringing, "Require"), "100rel")
		w.same("in a dialog", header(ringing, "Contact"), contact)
		rseq := header(ringing, "RSeq")
		for _, pause := range []time.Duration{500, 1000, 2000} {
			p.quiet("not before its time", pause*time.Millisecond-time.Millisecond)
			time.Sleep(time.Millisecond)
			w.same("a copy is a copy", p.want("after T1, and twice as long each time", "SIP/2.0 180"), ringing)
		}
		if err := d.Respond(answer()); !errors.Is(err, ErrUnacknowledged) {
			t.Errorf("answering before the PRACK: %v", err)
		}
		w.must("another provisional goes unsaid", d.Respond(Response{Status: 183}))
		c.toTag = tagOf(header(ringing, "To"))
		for _, wrong := range []string{"0 1 INVITE", rseq + " 2 INVITE", "4294967295 1 INVITE"} {
			p.send(c.request("PRACK", "RAck: "+wrong))
			p.want("a PRACK for something else: "+wrong, "SIP/2.0 481 ")
		}
		for _, wrong := range []string{rseq + " 1 BYE", rseq, "-1 1 INVITE", ""} {
			p.send(c.request("PRACK", "RAck: "+wrong))
			p.want("a PRACK that cannot be read: "+wrong, "SIP/2.0 400 ")
		}
		w.noEvent(d, "none of these counts")
		p.send(c.request("PRACK", "RAck: "+rseq+" 1 INVITE"))
		p.want("the PRACK is answered", "SIP/2.0 200 OK")
		w.event(d, "and told", Acknowledged, "INVITE")
		p.send(c.again("PRACK"))
		p.want("a copy of it is absorbed", "SIP/2.0 200 OK")
		w.noEvent(d, "and not told")
		p.send(c.request("PRACK", "RAck: "+rseq+" 1 INVITE"))
		p.want("nothing waits for another", "SIP/2.0 481 ")
		p.quiet("the repetition is over", time.Minute)

		w.must("progress", d.Respond(Response{Status: 183}))
		next := p.want("the next one counts on", "SIP/2.0 183")
		p.send(c.request("PRACK", "RAck: "+header(next, "RSeq")+" 1 INVITE"))
		p.want("and is acknowledged", "SIP/2.0 200 OK")
		w.event(d, "", Acknowledged, "INVITE")
		w.must("answering", d.Respond(answer()))
		p.want("the answer", "SIP/2.0 200 OK")
		p.send(c.render("ACK", c.invite, 99, nil))
		w.event(d, "it is confirmed", Confirmed, "INVITE")
		p.quiet("and no more is said", time.Minute)
		d.Close()
	})
}

func TestReliableProvisionalWithoutPRACK(t *testing.T) {
	run(t, reliableNode, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(requiring(c))
		d := w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180, Contact: contact}))
		time.Sleep(32*time.Second - time.Millisecond)
		w.noEvent(d, "64*T1 are not over")
		time.Sleep(time.Millisecond)
		if !w.event(d, "nobody acknowledges it", Unconfirmed, "PRACK").Final() {
			t.Error("a refused call is over")
		}
		for range 7 { // 0 .5 1.5 3.5 7.5 15.5 31.5
			p.want("the copies so far", "SIP/2.0 180")
		}
		p.want("the INVITE is refused (RFC 3262 §3)", "SIP/2.0 504 ")
		p.send(c.again("ACK"))
		p.quiet("and that is all", time.Minute)
		d.Close()
	})
}

// A CANCEL does not wait for a PRACK, and who does not require it gets none.
func TestReliableOrNot(t *testing.T) {
	run(t, reliableNode, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(requiring(c))
		d := w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180, Contact: contact}))
		p.want("it rings", "SIP/2.0 180 Ringing")
		p.send(c.again("CANCEL"))
		p.want("the CANCEL is answered", "SIP/2.0 200 OK")
		p.want("the INVITE is terminated", "SIP/2.0 487")
		w.event(d, "the call hears of it", Cancelled, "INVITE")
		if err := d.Respond(Response{Status: 183}); !errors.Is(err, ErrAnswered) {
			t.Errorf("there is nothing more to say: %v", err)
		}
		p.quiet("no copy of the 180 comes any more", time.Minute)
		d.Close()

		c.callID += "2"
		p.send(c.request("INVITE", "Supported: 100rel"))
		d = w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180, Contact: contact}))
		if ringing := p.want("it rings", "SIP/2.0 180 Ringing"); header(ringing, "RSeq") != "" {
			t.Errorf("nobody required it:\n%s", ringing)
		}
		p.quiet("it is said once", time.Minute)
		d.Close()
		p.want("given up", "SIP/2.0 480")
	})
}

// provisional is a reliable response of a callee's, with its own Contact.
func provisional(invite, status, tag, rseq string, lines ...string) string {
	return fork(invite, status, tag, append([]string{
		"Require: 100rel", "RSeq: " + rseq, "Contact: <sip:" + tag + "@contoso.example>",
	}, lines...)...)
}

// RFC 3262 §4: each in order is acknowledged within its early dialog, by its own
// route; copies and later ones out of order are discarded.
func TestWeAcknowledgeProvisionals(t *testing.T) {
	run(t, reliableNode, func(w *world) {
		d, p, invite := w.calling()
		p.send(provisional(invite, "183 Session Progress", "a", "41", calleeRoutes...))
		prack := p.want("PRACK", "PRACK sip:a@contoso.example SIP/2.0\r\n")
		w.same("RAck", header(prack, "RAck"), "41 1 INVITE")
		w.same("by the route set, the other way round", header(prack, "Route"), "<sip:pool.contoso.example;lr> | <sip:sip.contoso.example:5061;transport=tls;lr;ms-route-sig=x>")
		w.same("in the early dialog", tagOf(header(prack, "To")), "a")
		w.same("with a number of its own", header(prack, "CSeq"), "2 PRACK")
		w.event(d, "the progress is told", Provisional, "INVITE")
		p.send(reply(prack, "200 OK"))
		w.noEvent(d, "what came of the PRACK is not")

		p.send(provisional(invite, "183 Session Progress", "a", "41"), provisional(invite, "180 Ringing", "a", "43"))
		p.quiet("a copy, and one out of order, are discarded", time.Second)
		w.noEvent(d, "and not told")
		p.send(provisional(invite, "180 Ringing", "a", "42"), provisional(invite, "180 Ringing", "b", "7"))
		w.same("the next one", header(p.want("PRACK", "PRACK sip:a@"), "RAck"), "42 1 INVITE")
		w.same("another end counts for itself", header(p.want("PRACK", "PRACK sip:b@"), "RAck"), "7 1 INVITE")
		w.event(d, "", Provisional, "INVITE")
		w.event(d, "", Provisional, "INVITE")

		p.send(fork(invite, "200 OK", "b", "Contact: <sip:b@contoso.example>"))
		p.want("ACK", "ACK sip:b@contoso.example")
		w.event(d, "one answers", Answered, "INVITE")
		p.send(fork(invite, "200 OK", "a", "Contact: <sip:a@contoso.example>"))
		p.want("the other is acknowledged", "ACK sip:a@contoso.example")
		w.same("and ended, with a number that its PRACKs have not used", header(p.want("BYE", "BYE sip:a@contoso.example"), "CSeq"), "5 BYE")
		w.must("hanging up", d.Request(w.ctx, "BYE", Outgoing{}))
		w.same("our own is later still", header(p.want("BYE", "BYE sip:b@contoso.example"), "CSeq"), "6 BYE")
		time.Sleep(time.Minute)
		w.event(d, "nobody answers that", TimedOut, "BYE")
		d.Close()
	})
}

// A callee that never answers a PRACK, or numbers without end, is bounded.
func TestProvisionalsAreBounded(t *testing.T) {
	run(t, reliableNode, func(w *world) {
		d, p, invite := w.calling()
		for i := range 20 {
			p.send(provisional(invite, "183 Session Progress", string(rune('a'+i)), "1"))
		}
		for range mostOpen - 1 { // the INVITE is open too
			p.want("some are acknowledged", "PRACK ")
		}
		p.quiet("the others are left to repeat themselves", time.Second)
		p.send(provisional(invite, "183 Session Progress", "a", "0"), provisional(invite, "183 Session Progress", "a", "4294967296"),
			strings.Replace(provisional(invite, "183 Session Progress", "a", "2"), "RSeq: 2", "RSeq: two", 1))
		p.quiet("numbers that are none", time.Second)
		p.send(fork(invite, "486 Busy Here", "a"))
		p.want("the end of it", "ACK ")
		for range mostOpen - 1 {
			w.event(d, "", Provisional, "INVITE")
		}
		w.event(d, "busy", Refused, "INVITE")
		d.Close()
	})
}
