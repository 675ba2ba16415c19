package stack

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBasicCall(t *testing.T) {
	run(t, Config{Product: "fedge", Allow: []string{"INVITE", "ACK", "BYE", "CANCEL"}, Supported: []string{"timer"}}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180}))
		ringing := p.want("the caller hears it ring", "SIP/2.0 180 Ringing\r\n")
		w.must("answering", d.Respond(answer()))
		ok := p.want("the caller is answered", "SIP/2.0 200 OK\r\n")
		c.toTag = tagOf(header(ok, "To"))
		w.same("one INVITE, one tag (RFC 3261 §8.2.6.2)", tagOf(header(ringing, "To")), c.toTag)
		w.same("a 2xx tells where to send the rest (§12.1.1)", header(ok, "Contact"), contact)
		w.same("and what is served", header(ok, "Allow"), "INVITE, ACK, BYE, CANCEL")
		w.same("and what is known", header(ok, "Supported"), "timer")
		w.same("and by whom", header(ok, "Server"), "fedge")
		w.same("its length is right", header(ok, "Content-Length"), "5")
		if !strings.HasSuffix(ok, "\r\n\r\nv=0\r\n") {
			t.Errorf("the body is not as given: %q", ok)
		}
		p.send(c.ack())
		w.event(d, "the call is confirmed", Confirmed, "INVITE")
		p.quiet("the ACK ends the repetition", time.Minute)

		p.send(c.request("BYE"))
		e := w.event(d, "the caller hangs up", Ended, "BYE")
		if !e.Final() {
			t.Error("BYE is the end")
		}
		w.must("answering the BYE", e.Tx.Respond(Response{Status: 200}))
		p.want("a BYE is answered", "SIP/2.0 200 OK\r\n")
		if err := e.Tx.Respond(Response{Status: 200}); !errors.Is(err, ErrAnswered) {
			t.Errorf("a second answer: %v", err)
		}
		d.Close()
		p.send(c.request("INFO"))
		p.want("the dialog is gone (§12.2.2)", "SIP/2.0 481 ")
		if n := w.counts().Dialogs; n != 0 {
			t.Errorf("%d dialogs left", n)
		}
	})
}

// sipgo's transaction over a stream ends with its handler: no copy is absorbed,
// and the ACK of a refusal reaches the application (case catalogue §4.3 row 6).
func TestTryingAfter200ms(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(strings.Replace(c.request("INVITE"), "Max-Forwards", "Timestamp: 54\r\nMax-Forwards", 1))
		d := w.dialog()
		p.quiet("a quick answer needs no 100 (RFC 3261 §17.2.1)", 199*time.Millisecond)
		time.Sleep(time.Millisecond)
		trying := p.want("100 after 200 ms", "SIP/2.0 100 Trying\r\n")
		w.same("it has no tag of ours", header(trying, "To"), c.to)
		w.same("it returns the timestamp (§8.2.6.1)", header(trying, "Timestamp"), "54")
		p.send(c.again("INVITE"))
		p.want("a copy of the INVITE gets the last answer again (§17.2.1)", "SIP/2.0 100 Trying\r\n")
		w.noDialog("and makes no second call")
		w.must("refusing", d.Respond(Response{Status: 486}))
		p.want("busy", "SIP/2.0 486 Busy Here\r\n")
		p.send(c.again("INVITE"))
		p.want("a copy of the INVITE gets the last answer again", "SIP/2.0 486 Busy Here\r\n")
		p.send(c.again("ACK"), c.again("ACK"))
		p.send(c.again("INVITE"))
		p.quiet("after the ACK copies are absorbed, not obeyed", time.Second)
		w.noDialog("and make no second call")
		w.noEvent(d, "a refused call has no more to say")
		d.Close()
	})
}

func TestRefusalWithoutACKIsForgotten(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		p.send(p.caller().request("INVITE"))
		d := w.dialog()
		w.must("refusing", d.Respond(Response{Status: 404}))
		p.want("not found", "SIP/2.0 404 Not Found\r\n")
		p.quiet("on a stream a refusal is not repeated (RFC 3261 §17.2.1)", 31999*time.Millisecond)
		if n := w.counts().Transactions; n != 1 {
			t.Errorf("until Timer H the transaction waits for its ACK, there are %d", n)
		}
		time.Sleep(time.Millisecond)
		if n := w.counts().Transactions; n != 0 {
			t.Errorf("after Timer H %d transactions are left", n)
		}
		d.Close()
	})
}

// sipgo's copies of a 2xx start at T2 (case catalogue §4.3 row 22).
func Test2xxIsRepeatedUntilACK(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("answering", d.Respond(answer()))
		first := p.want("the answer", "SIP/2.0 200 OK")
		for _, pause := range []time.Duration{500, 1000, 2000, 4000, 4000} {
			p.quiet("not before its time (RFC 3261 §13.3.1.4)", pause*time.Millisecond-time.Millisecond)
			time.Sleep(time.Millisecond)
			w.same("a copy is a copy", p.want("T1, doubled up to T2", "SIP/2.0 200 OK"), first)
		}
		p.send(c.again("INVITE"))
		p.quiet("a copy of the INVITE does not disturb the rhythm (RFC 6026 §7.1)", time.Second)
		c.toTag = tagOf(header(first, "To"))
		p.send(c.ack())
		w.event(d, "the ACK comes late but comes", Confirmed, "INVITE")
		p.send(c.ack(), c.ack())
		p.quiet("silence after the ACK, whatever more of them come", time.Minute)
		w.noEvent(d, "one call is confirmed once")
		d.Close()
	})
}

func Test2xxWithoutACK(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("answering", d.Respond(answer()))
		time.Sleep(32*time.Second - time.Millisecond)
		w.noEvent(d, "64*T1 are not over")
		time.Sleep(time.Millisecond)
		e := w.event(d, "64*T1 without ACK (RFC 3261 §13.3.1.4)", Unconfirmed, "INVITE")
		if e.Final() {
			t.Error("the call must still be ended by BYE")
		}
		if n := w.counts().Transactions; n != 0 {
			t.Errorf("the INVITE is history, there are %d transactions", n)
		}
		for range 11 { // 0 .5 1.5 3.5 7.5 … 31.5
			c.toTag = tagOf(header(p.want("the copies so far", "SIP/2.0 200 OK"), "To"))
		}
		w.must("hanging up", d.Request(w.ctx, "BYE", Outgoing{}))
		bye := p.want("BYE after 64*T1", "BYE ")
		p.send(reply(bye, "200 OK"))
		if !w.event(d, "the BYE is answered", Answered, "BYE").Final() {
			t.Error("an answered BYE is the end")
		}
		p.quiet("no more copies", time.Minute)
		d.Close()
	})
}

// reply answers a request of the node's.
func reply(request, status string, lines ...string) string {
	to := header(request, "To")
	if tagOf(to) == "" {
		to += ";tag=callee"
	}
	return strings.Join(append(append([]string{
		"SIP/2.0 " + status, "Via: " + header(request, "Via"), "From: " + header(request, "From"), "To: " + to,
		"Call-ID: " + header(request, "Call-ID"), "CSeq: " + header(request, "CSeq"),
	}, lines...), "Content-Length: 0"), "\r\n") + "\r\n\r\n"
}

func TestCancel(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180}))
		tag := tagOf(header(p.want("it rings", "SIP/2.0 180"), "To"))
		p.send(c.again("CANCEL"))
		ok := p.want("the CANCEL is answered", "SIP/2.0 200 OK")
		w.same("as CANCEL", header(ok, "CSeq"), "1 CANCEL")
		gone := p.want("the INVITE is terminated (RFC 3261 §9.2)", "SIP/2.0 487 Request Terminated")
		w.same("as INVITE", header(gone, "CSeq"), "1 INVITE")
		w.same("all answers carry the INVITE's tag", tagOf(header(ok, "To"))+" "+tagOf(header(gone, "To")), tag+" "+tag)
		if !w.event(d, "the call hears of it", Cancelled, "INVITE").Final() {
			t.Error("a cancelled call is over")
		}
		p.send(c.again("ACK"))
		p.quiet("the ACK is absorbed", time.Second)
		if err := d.Respond(answer()); !errors.Is(err, ErrAnswered) {
			t.Errorf("answering too late: %v", err)
		}
		p.send(c.again("CANCEL"))
		p.want("a copy of the CANCEL is answered", "SIP/2.0 200 OK")
		p.quiet("and changes nothing", time.Second)
		d.Close()

		c.cseq, c.toTag = 10, ""
		c.callID += "2"
		d = c.talking()
		p.send(c.again("CANCEL"))
		p.want("a CANCEL after the ACK matches nothing we hold by its branch", "SIP/2.0 481")
		w.noEvent(d, "and the call goes on")
		c.branch--
		p.send(c.again("CANCEL"))
		p.want("a CANCEL for an answered INVITE is answered", "SIP/2.0 200")
		w.noEvent(d, "and the call goes on all the same (§9.2)")
		d.Close()
	})
}

func TestCancelOfAnotherPeer(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p, other := w.partner("sip.contoso.example"), w.partner("sip.fabrikam.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		other.send(c.again("CANCEL"))
		other.want("another link's CANCEL matches nothing, whatever its branch", "SIP/2.0 481")
		w.noEvent(d, "and the call lives")
		w.must("it can still be answered", d.Respond(answer()))
		p.want("the answer goes where the INVITE came from", "SIP/2.0 200")
		d.Close()
	})
}

func TestEarlyBye(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180}))
		c.toTag = tagOf(header(p.want("it rings", "SIP/2.0 180"), "To"))
		p.send(c.request("BYE"))
		w.same("the INVITE is terminated (RFC 3261 §15.1.2)", header(p.want("487", "SIP/2.0 487"), "CSeq"), "1 INVITE")
		e := w.event(d, "and the call is over", Ended, "BYE")
		d.Close()
		w.same("what the edge leaves to Close is answered", header(p.want("200", "SIP/2.0 200"), "CSeq"), "2 BYE")
		if err := e.Tx.Respond(Response{Status: 200}); !errors.Is(err, ErrAnswered) {
			t.Errorf("too late: %v", err)
		}
	})
}

func TestByeBeforeACK(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(offering(c.request("INVITE")))
		d := w.dialog()
		w.must("answering", d.Respond(answer()))
		c.toTag = tagOf(header(p.want("200", "SIP/2.0 200"), "To"))
		p.send(c.request("INVITE"), c.request("INFO"), c.request("BYE"))
		w.event(d, "a re-INVITE that nobody has answered yet", Requested, "INVITE")
		w.same("is ended by the BYE", header(p.want("487", "SIP/2.0 487"), "CSeq"), "2 INVITE")
		e := w.event(d, "what came before it is still the call's", Requested, "INFO")
		w.must("answering", w.event(d, "the BYE", Ended, "BYE").Tx.Respond(Response{Status: 200}))
		w.same("the BYE", header(p.want("200", "SIP/2.0 200"), "CSeq"), "4 BYE")
		w.must("answering", e.Tx.Respond(Response{Status: 200}))
		w.same("and the other", header(p.want("200", "SIP/2.0 200"), "CSeq"), "3 INFO")
		p.quiet("and nobody waits for the ACK any more", time.Minute)
		d.Close()
	})
}

func TestCloseAnswersWhatIsOpen(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		w.dialog().Close()
		p.want("a call that its owner drops is refused, not left ringing", "SIP/2.0 480")
		c.callID += "2"
		d := c.talking()
		p.send(c.request("INFO"))
		w.event(d, "a request", Requested, "INFO")
		p.send(offering(c.request("INVITE")))
		w.event(d, "and a re-INVITE", Requested, "INVITE")
		d.Close()
		p.want("an open request is refused", "SIP/2.0 481")
		p.want("and the re-INVITE: its dialog is no more", "SIP/2.0 481")
		p.send(c.again("ACK"))
		p.send(c.request("BYE"))
		p.want("later ones find no dialog", "SIP/2.0 481")
	})
}

func TestOutsideDialogs(t *testing.T) {
	run(t, Config{Allow: []string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE"}, Supported: []string{"timer"}}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("OPTIONS"))
		tx := w.request()
		w.same("the edge sees the request", tx.Request().Method(), "OPTIONS")
		w.must("answering", tx.Respond(Response{Status: 200}))
		ok := p.want("OPTIONS is answered", "SIP/2.0 200 OK")
		w.same("with what is served (RFC 3261 §11.2)", header(ok, "Allow"), "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE")
		p.send(c.again("OPTIONS"))
		w.same("a copy gets the same answer", p.want("again", "SIP/2.0 200 OK"), ok)
		if len(w.requests) != 0 {
			t.Error("and is not processed twice")
		}

		p.send(c.request("FOO"))
		no := p.want("an unknown method", "SIP/2.0 405 Method Not Allowed")
		w.same("is told what is known (§21.4.6)", header(no, "Allow"), "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE")
		p.send(c.request("invite"))
		p.want("methods have a case (§7.1)", "SIP/2.0 405")
		p.send(c.request("BYE"))
		p.want("a BYE of no dialog", "SIP/2.0 481")
		p.send(c.again("CANCEL"))
		p.want("a CANCEL of nothing", "SIP/2.0 481")
		p.send(c.ack())
		p.quiet("an ACK of nothing is not answered", time.Second)
		c.toTag = "nobody"
		p.send(c.request("INVITE"))
		p.want("an INVITE with a tag that is not ours", "SIP/2.0 481")
		p.send(c.ack())
		c.toTag = ""

		p.send(c.request("INVITE", "Require: timer, nope", "Require: 100rel"))
		w.same("420 names exactly what is unknown (§8.2.2.3)", header(p.want("Require", "SIP/2.0 420 Bad Extension"), "Unsupported"), "nope, 100rel")
		p.send(c.request("INVITE", "Contact: <sip:b@contoso.example>"))
		p.want("an INVITE with two Contacts (§8.1.1.8)", "SIP/2.0 400 Bad Contact")
		c.contact = "*"
		p.send(c.request("INVITE"))
		p.want("Contact: * is for REGISTER", "SIP/2.0 400 Bad Contact")
		c.contact = "<sip:a@contoso.example>"
		p.send(c.request("INVITE", "Record-Route: <sip:a;lr"))
		p.want("a route set that leads nowhere", "SIP/2.0 400 Bad Record-Route")
		w.noDialog("none of these is a call")
	})
}

// Max-Forwards counts those who pass a request on. One that has arrived counts
// like any other, whatever is left (RFC 4475 §3.3.11), and nothing is ever
// subtracted from it: sipgo's 0 - 1 = 4,294,967,295 (case catalogue §4.3 row 18)
// cannot happen.
func TestMaxForwards(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		spent := func(method string) string {
			return strings.Replace(c.request(method), "Max-Forwards: 68", "Max-Forwards: 0", 1)
		}
		p.send(spent("INVITE"))
		d := w.dialog()
		if !Exhausted(d.Invite()) {
			t.Error("the edge can tell that it may go no further")
		}
		w.must("answering", d.Respond(Response{Status: 486}))
		w.same("it is not changed on the way", header(p.want("486", "SIP/2.0 486"), "Max-Forwards"), "")
		p.send(c.again("ACK"))
		d.Close()
		p.send(spent("OPTIONS"))
		w.must("an OPTIONS is answered all the same", w.request().Respond(Response{Status: 200}))
		p.want("an OPTIONS", "SIP/2.0 200")
		c.callID += "2"
		d = c.talking()
		p.send(spent("BYE"))
		w.event(d, "a BYE has arrived where it was going", Ended, "BYE")
		d.Close()
		p.want("the BYE", "SIP/2.0 200")
		for _, hops := range []string{"Max-Forwards: 1", "X: none"} {
			c.callID += "3"
			c.toTag = ""
			p.send(strings.Replace(c.request("INVITE"), "Max-Forwards: 68", hops, 1))
			w.dialog().Close()
			p.want("480", "SIP/2.0 480")
		}
	})
}

func TestMergedRequest(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		fork := func() string { c.branch++; return c.again("INVITE") }
		p.send(fork())
		p.want("the same request by another way (RFC 3261 §8.2.2.2)", "SIP/2.0 482 Merged Request")
		for _, status := range []int{0, 99, 700} {
			if d.Respond(Response{Status: status}) == nil {
				t.Errorf("%d is no status", status)
			}
		}
		w.must("answering", d.Respond(Response{Status: 415}))
		p.want("no multipart, please", "SIP/2.0 415")
		p.send(fork())
		w.dialog().Close() // a proxy tries again after 415 with the same CSeq ([MS-SIPRE] 3.9.5.5)
		p.want("a retry after a refusal is a request of its own", "SIP/2.0 480")
		d.Close()

		p.send(c.request("OPTIONS"))
		w.request() // which nobody answers
		c.branch++
		p.send(c.again("OPTIONS"))
		p.want("merged", "SIP/2.0 482")
		time.Sleep(33 * time.Second)
		c.branch++
		p.send(c.again("OPTIONS"))
		w.must("once it is forgotten it merges with nothing", w.request().Respond(Response{Status: 200}))
		p.want("answered", "SIP/2.0 200")
	})
}
