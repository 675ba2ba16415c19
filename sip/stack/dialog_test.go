package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fedge/sip/link"
)

// lyncRoutes are the Record-Route lines of a call that came through an Edge
// and a Front End pool: lr in the middle, parameters behind the >.
var lyncRoutes = []string{
	"Record-Route: <sip:sip.contoso.example:5061;transport=tls;lr;ms-key-info=AAEAAbc_-;ms-route-sig=bkBvAA>;tag=0D4F",
	"Record-Route: <sip:pool.contoso.example:5061;transport=tls;ms-fe=fe01.contoso.example;opaque=state:T;lr>;ms-rrsig=fi6Z;tag=ABE3",
}

func TestRouteSet(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		c.lines = lyncRoutes[:1]
		invite := strings.Replace(c.request("INVITE"), "Max-Forwards", lyncRoutes[1]+"\r\nMax-Forwards", 1)
		p.send(invite)
		d := w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180}))
		want := header(invite, "Record-Route")
		w.same("the echo is byte for byte, header parameters included (RFC 3261 §12.1.1)", header(p.want("180", "SIP/2.0 180"), "Record-Route"), want)
		w.must("answering", d.Respond(answer()))
		ok := p.want("200", "SIP/2.0 200")
		w.same("also in the 2xx", header(ok, "Record-Route"), want)
		c.toTag = tagOf(header(ok, "To"))
		p.send(c.ack())
		w.event(d, "up", Confirmed, "INVITE")

		w.must("asking", d.Request(w.ctx, "OPTIONS", Outgoing{}))
		options := p.want("a GRUU is not changed (RFC 3261 §12.2.1.1)", "OPTIONS sip:anna@contoso.example;opaque=user:epid:yrmRjH;gruu SIP/2.0\r\n")
		w.same("the route set is the URIs, in order", header(options, "Route"),
			"<sip:sip.contoso.example:5061;transport=tls;lr;ms-key-info=AAEAAbc_-;ms-route-sig=bkBvAA> | "+
				"<sip:pool.contoso.example:5061;transport=tls;ms-fe=fe01.contoso.example;opaque=state:T;lr>")
		w.same("we are who was called", header(options, "From"), header(ok, "To"))
		w.same("and talk to who called", header(options, "To"), header(ok, "From"))
		w.same("our CSeq is our own", header(options, "CSeq"), "1 OPTIONS")
		if via := header(options, "Via"); !strings.HasPrefix(via, "SIP/2.0/TLS px01.vc.example.com:5061;branch=z9hG4bK") {
			t.Errorf("Via is this node: %s", via)
		}
		p.send(reply(options, "200 OK"))
		e := w.event(d, "the answer is an event", Answered, "OPTIONS")
		if e.Final() || e.Message.Status() != 200 {
			t.Error("an OPTIONS ends nothing")
		}
		d.Close()
	})
}

// sipgo's callee knows no strict routers (case catalogue §4.3 row 22).
func TestStrictRouter(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		c.lines = []string{"Record-Route: <sip:strict.contoso.example;note=;lrx>, <sip:b.contoso.example;LR>"}
		d := c.talking()
		w.must("hanging up", d.Request(w.ctx, "BYE", Outgoing{}))
		bye := p.want("a strict router is the Request-URI (RFC 3261 §12.2.1.1)", "BYE sip:strict.contoso.example;note=;lrx SIP/2.0")
		w.same("and the target the last route", header(bye, "Route"), "<sip:b.contoso.example;LR> | <sip:anna@contoso.example;opaque=user:epid:yrmRjH;gruu>")
		p.send(reply(bye, "200 OK"))
		w.event(d, "over", Answered, "BYE")
		d.Close()
	})
}

func TestRequestsWithin(t *testing.T) {
	run(t, Config{Allow: []string{"INVITE", "ACK", "BYE", "CANCEL", "INFO", "UPDATE"}}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		d := c.talking()
		p.send(c.request("INFO"))
		w.must("answering", w.event(d, "INFO", Requested, "INFO").Tx.Respond(Response{Status: 200}))
		ok := p.want("the answer", "SIP/2.0 200")
		w.same("is not a dialog's own: it has no Contact", header(ok, "Contact"), "")
		p.send(c.again("INFO"))
		w.same("a copy gets the same answer", p.want("200", "SIP/2.0 200"), ok)
		w.noEvent(d, "and is not processed again")

		c.cseq -= 2
		p.send(c.request("INFO"))
		p.want("a CSeq that was used is out of order (RFC 3261 §12.2.2)", "SIP/2.0 500 CSeq Out Of Order")
		c.cseq -= 2
		p.send(c.request("INFO"))
		p.want("and so is a lower one", "SIP/2.0 500")
		c.cseq += 10
		p.send(c.request("INFO"))
		w.must("a gap is none", w.event(d, "CSeq +10", Requested, "INFO").Tx.Respond(Response{Status: 200}))
		p.want("answered", "SIP/2.0 200")

		for why, lie := range map[string]func(*caller){
			"another Call-ID":  func(c *caller) { c.callID += "x" },
			"another To tag":   func(c *caller) { c.toTag += "x" },
			"another From tag": func(c *caller) { c.tag += "x" },
		} {
			other := *c
			lie(&other)
			p.send(other.request("INFO"))
			p.want(why+" is another dialog (§12)", "SIP/2.0 481")
		}
		p.send(c.request("MESSAGE"))
		p.want("a method we do not serve", "SIP/2.0 405")
		p.send(c.request("INFO", "Require: nope"))
		w.same("an extension we do not know", header(p.want("420", "SIP/2.0 420"), "Unsupported"), "nope")
		w.noEvent(d, "nothing of this reaches the call")
		d.Close()
	})
}

func TestReInvite(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		d := c.talking()

		c.contact = "<sip:anna@contoso.example;opaque=user:epid:new;gruu>"
		p.send(c.request("INVITE"))
		e := w.event(d, "a re-INVITE", Requested, "INVITE")
		p.send(c.request("INVITE"))
		busy := p.want("a second one before the answer (RFC 3261 §14.2)", "SIP/2.0 500")
		if header(busy, "Retry-After") == "" {
			t.Error("it says when to try again")
		}
		c.cseq--
		if err := d.Request(w.ctx, "INVITE", answered); !errors.Is(err, ErrPending) {
			t.Errorf("nor may we send one: %v", err)
		}
		p.quiet("100 is sent for a re-INVITE too", 199*time.Millisecond)
		time.Sleep(time.Millisecond)
		p.want("100", "SIP/2.0 100")
		w.must("accepting", e.Tx.Respond(Response{Status: 200, ContentType: "application/sdp", Body: []byte("v=0\r\n")}))
		w.same("the Contact is remembered", header(p.want("200", "SIP/2.0 200"), "Contact"), contact)
		time.Sleep(500 * time.Millisecond)
		p.want("a 2xx to a re-INVITE is repeated as well", "SIP/2.0 200")
		c.invite = c.cseq
		p.send(c.ack())
		w.event(d, "and acknowledged", Confirmed, "INVITE")

		w.must("asking", d.Request(w.ctx, "OPTIONS", Outgoing{}))
		options := p.want("a re-INVITE moves the target (§12.2.2)", "OPTIONS sip:anna@contoso.example;opaque=user:epid:new;gruu ")
		p.send(reply(options, "200 OK"))
		w.event(d, "answered", Answered, "OPTIONS")

		c.contact = "<sip:evil@fabrikam.example>"
		c.cseq++
		p.send(c.request("INVITE"))
		e = w.event(d, "another", Requested, "INVITE")
		w.must("refusing", e.Tx.Respond(Response{Status: 488}))
		p.want("488", "SIP/2.0 488")
		p.send(c.again("ACK"))
		w.must("asking", d.Request(w.ctx, "OPTIONS", Outgoing{}))
		p.want("a refused re-INVITE moves nothing", "OPTIONS sip:anna@contoso.example;opaque=user:epid:new;gruu ")

		p.send(c.request("INVITE"))
		e = w.event(d, "one that is cancelled", Requested, "INVITE")
		p.send(c.again("CANCEL"))
		p.want("the CANCEL", "SIP/2.0 200")
		p.want("the INVITE", "SIP/2.0 487")
		if w.event(d, "the edge hears of it", Cancelled, "INVITE").Final() {
			t.Error("the call goes on")
		}
		p.send(c.again("ACK"))
		p.send(c.request("BYE"))
		w.event(d, "until it is over", Ended, "BYE")
		d.Close()
	})
}

// answered is a re-INVITE of ours.
var answered = Outgoing{ContentType: "application/sdp", Body: []byte("v=0\r\n")}

func TestOurReInvite(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		c.lines = lyncRoutes
		d := c.talking()
		w.must("offering", d.Request(w.ctx, "INVITE", answered))
		invite := p.want("a re-INVITE of ours", "INVITE sip:anna@contoso.example;opaque=user:epid:yrmRjH;gruu ")
		w.same("says where we are", header(invite, "Contact"), contact)
		p.send(c.request("INVITE"))
		p.want("theirs crosses it: glare (RFC 3261 §14.2)", "SIP/2.0 491")
		p.send(reply(invite, "491 Request Pending"))
		ack := p.want("a refusal is acknowledged", "ACK ")
		w.same("with the same branch (§17.1.1.3)", header(ack, "Via"), header(invite, "Via"))
		w.same("and the same route", header(ack, "Route"), header(invite, "Route"))
		w.same("and number", header(ack, "CSeq"), "1 ACK")
		if w.event(d, "the edge may try again", Refused, "INVITE").Final() {
			t.Error("a refused re-INVITE ends nothing (§14.1)")
		}
		w.must("refreshing", d.Request(w.ctx, "UPDATE", Outgoing{}))
		update := p.want("an UPDATE of ours", "UPDATE sip:anna@contoso.example;opaque=user:epid:yrmRjH;gruu ")
		w.same("says where we are, too", header(update, "Contact"), contact)
		p.send(reply(update, "200 OK", "Contact: <sip:anna@contoso.example;opaque=updated>"))
		w.event(d, "refreshed", Answered, "UPDATE")
		w.must("offering again", d.Request(w.ctx, "INVITE", answered))
		invite = p.want("its answer moves the target (RFC 3311 §5.1)", "INVITE sip:anna@contoso.example;opaque=updated ")
		p.send(reply(invite, "200 OK", "Contact: <sip:anna@contoso.example;gruu;opaque=user:epid:moved>"))
		ack = p.want("a 2xx is acknowledged", "ACK sip:anna@contoso.example;gruu;opaque=user:epid:moved ")
		w.same("with the INVITE's number (§13.2.2.4)", header(ack, "CSeq"), "3 ACK")
		w.same("by the dialog's route", header(ack, "Route"), header(invite, "Route"))
		w.event(d, "the session has changed", Answered, "INVITE")
		p.send(reply(invite, "200 OK"))
		w.same("a copy of the 2xx gets the same ACK again", p.want("ACK", "ACK "), ack)
		w.noEvent(d, "and is not told twice")
		d.Close()
	})
}

func TestOurReInviteRingsForEver(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		d := p.caller().talking()
		w.must("offering", d.Request(w.ctx, "INVITE", answered))
		invite := p.want("a re-INVITE", "INVITE ")
		p.send(reply(invite, "100 Trying"))
		time.Sleep(180 * time.Second)
		p.want("Timer C", "CANCEL ")
		if w.event(d, "the edge hears of it", TimedOut, "INVITE").Final() {
			t.Error("the call goes on")
		}
		p.send(reply(invite, "487 Request Terminated"))
		p.want("the end of it", "ACK ")
		w.noEvent(d, "is not told twice")
		w.must("and another try is allowed", d.Request(w.ctx, "INVITE", answered))
		d.Close()
	})
}

func TestByeOfOurs(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		d := c.talking()
		w.must("hanging up", d.Request(w.ctx, "BYE", Outgoing{Headers: []Header{{"Reason", `SIP;cause=503;text="full"`}}}))
		d.Close() // as an edge does, without waiting
		bye := p.want("the BYE", "BYE ")
		w.same("says why", header(bye, "Reason"), `SIP;cause=503;text="full"`)
		if err := d.Request(w.ctx, "BYE", Outgoing{}); !errors.Is(err, ErrEnded) {
			t.Errorf("a second BYE: %v", err)
		}
		p.send(c.request("BYE"))
		p.want("theirs crosses it", "SIP/2.0 200")
		p.send(c.request("INFO"))
		p.want("and nothing else is served", "SIP/2.0 481")
		p.send(reply(bye, "200 OK"))
		p.send(c.request("BYE"))
		p.want("after the answer nothing is left", "SIP/2.0 481")

		c = p.caller()
		c.callID += "2"
		d = c.talking()
		w.must("hanging up", d.Request(w.ctx, "BYE", Outgoing{}))
		p.want("a BYE", "BYE ")
		p.send(c.request("INFO"))
		p.want("after which nothing is served", "SIP/2.0 481")
		time.Sleep(32*time.Second - time.Millisecond)
		w.noEvent(d, "Timer F has not fired")
		time.Sleep(time.Millisecond)
		if !w.event(d, "a BYE without answer (RFC 3261 §17.1.2.2)", TimedOut, "BYE").Final() {
			t.Error("is the end all the same")
		}
		d.Close()
	})
}

func TestAnotherLink(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p, stranger := w.partner("sip.contoso.example"), w.partner("sip.fabrikam.example")
		c := p.caller()
		d := c.talking()
		stranger.send(c.request("BYE"))
		stranger.want("a BYE of another peer that knows all our tags", "SIP/2.0 481")
		stranger.send(c.request("INVITE"))
		stranger.want("or its re-INVITE", "SIP/2.0 481")
		w.noEvent(d, "does nothing to the call")

		again := w.partner("sip.contoso.example")
		again.send(c.request("INFO"))
		w.must("a request on another link of the same peer is the call's", w.event(d, "INFO", Requested, "INFO").Tx.Respond(Response{Status: 200}))
		again.want("it is answered there (RFC 3261 §18.2.2)", "SIP/2.0 200")
		w.must("asking", d.Request(w.ctx, "OPTIONS", Outgoing{}))
		p.want("our requests stay on the dialog's own link", "OPTIONS ")

		p.link.Close()
		e := w.event(d, "an open request is lost with its link", LinkLost, "OPTIONS")
		if e.Final() || e.Err == nil {
			t.Errorf("the dialog lives on: %+v", e)
		}
		w.event(d, "the edge knows that the link is gone", LinkLost, "")
		again.send(c.request("INFO"))
		w.must("the peer comes back", w.event(d, "INFO", Requested, "INFO").Tx.Respond(Response{Status: 200}))
		again.want("answered", "SIP/2.0 200")
		w.must("and so the dialog has moved", d.Request(w.ctx, "BYE", Outgoing{}))
		p = again
		p.send(reply(p.want("to the link it uses now", "BYE "), "200 OK"))
		w.event(d, "over", Answered, "BYE")
		if d.Link() == nil || len(w.redials) != 0 {
			t.Error("nobody was dialled")
		}
		d.Close()
	})
}

func TestRedial(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		c.lines = lyncRoutes
		d := c.talking()
		p.link.Close()
		w.event(d, "the Edge closes an idle link", LinkLost, "")
		if err := d.Request(w.ctx, "BYE", Outgoing{}); !errors.Is(err, ErrNoLink) {
			t.Errorf("nobody there: %v", err)
		}
		var edge *peer
		w.redial = func(context.Context, string, int) (l *link.Link, err error) {
			edge, l = w.called("sip.contoso.example")
			return l, nil
		}
		w.must("hanging up an hour later", d.Request(w.ctx, "BYE", Outgoing{}))
		w.same("the next hop was asked for by its name, both times", fmt.Sprint(w.redials), "[sip.contoso.example 5061 of sip.contoso.example sip.contoso.example 5061 of sip.contoso.example]")
		bye := edge.want("the BYE goes over the new link", "BYE sip:anna@contoso.example;opaque=user:epid:yrmRjH;gruu ")
		if !strings.HasPrefix(header(bye, "Route"), "<sip:sip.contoso.example:5061;") {
			t.Error("and by the same route")
		}
		edge.send(reply(bye, "200 OK"))
		w.event(d, "over", Answered, "BYE")
		d.Close()
	})
}

func TestRedialWithoutRoutes(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		c.contact = "<sip:anna@FE.contoso.example.:5071;transport=tls>"
		d := c.talking()
		p.link.Close()
		w.event(d, "the link ends", LinkLost, "")
		if err := d.Request(w.ctx, "BYE", Outgoing{}); !errors.Is(err, ErrNoLink) {
			t.Errorf("nobody there: %v", err)
		}
		w.same("without routes the next hop is the target", fmt.Sprint(w.redials), "[fe.contoso.example 5071 of sip.contoso.example]")
		d.Close()
		if err := d.Request(w.ctx, "BYE", Outgoing{}); !errors.Is(err, ErrEnded) || len(w.redials) != 1 {
			t.Errorf("nobody is dialled for a dialog that is over: %v", err)
		}
	})
}

func TestLinkLostWhileRinging(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		p.send(p.caller().request("INVITE"))
		d := w.dialog()
		p.link.Close()
		time.Sleep(32 * time.Second) // for 64·T1 it might have been a half-close
		if !w.event(d, "a call that cannot be answered any more is over", LinkLost, "INVITE").Final() {
			t.Error("is final")
		}
		if err := d.Respond(answer()); !errors.Is(err, ErrNoLink) {
			t.Errorf("answering: %v", err)
		}
		d.Close()
	})
}

func TestACKOverTheNextLink(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("answering", d.Respond(answer()))
		c.toTag = tagOf(header(p.want("200", "SIP/2.0 200"), "To"))
		p.link.Close()
		w.event(d, "the link ends before the ACK", LinkLost, "")
		w.partner("sip.contoso.example").send(c.ack())
		w.event(d, "which comes over the next one", Confirmed, "INVITE")
		d.Close()
	})
}

func TestHeadersCannotBeSmuggled(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		d := c.talking()
		for _, o := range []Outgoing{
			{Headers: []Header{{"Reason", "a\r\nRoute: <sip:evil>"}}},
			{Headers: []Header{{"Reason\r\nRoute", "a"}}},
			{Headers: []Header{{"Content-Length", "5"}}},
			{Headers: []Header{{"", "a"}}},
			{ContentType: "a\nb", Body: []byte("x")},
			{Body: []byte("x")},
			{Contact: "<sip:a\x00>"},
		} {
			if err := d.Request(w.ctx, "INFO", o); !errors.Is(err, ErrHeader) {
				t.Errorf("%+v: %v", o, err)
			}
		}
		p.send(c.request("INFO"))
		if err := w.event(d, "INFO", Requested, "INFO").Tx.Respond(Response{Status: 200, Reason: "OK\r\nX: y"}); !errors.Is(err, ErrHeader) {
			t.Errorf("a reason with a line end: %v", err)
		}
		d.Close()
	})
}
