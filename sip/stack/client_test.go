package stack

import (
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"fedge/certs"
	"fedge/sip/link"
)

var outgoing = Outgoing{
	URI: "sip:anna@contoso.example", From: `"Stand-up" <sip:standup@vc.example.com>`, To: "<sip:anna@contoso.example>",
	Contact: contact, Headers: []Header{{"X-Room", "standup"}}, ContentType: "application/sdp", Body: []byte("v=0\r\n"),
}

// calling sends an INVITE over a link to contoso.
func (w *world) calling() (*Dialog, *peer, string) {
	w.t.Helper()
	p, l := w.called("sip.contoso.example")
	d, err := w.stack.Invite(w.ctx, l, outgoing)
	w.must("calling", err)
	return d, p, p.want("the INVITE", "INVITE sip:anna@contoso.example SIP/2.0\r\n")
}

// fork is an answer to an INVITE by one of several ends.
func fork(invite, status, tag string, lines ...string) string {
	return strings.Replace(reply(invite, status, lines...), ";tag=callee", ";tag="+tag, 1)
}

// calleeRoutes are what the callee's Edge puts into its answers: the one
// nearest to us on top.
var calleeRoutes = []string{
	"Record-Route: <sip:sip.contoso.example:5061;transport=tls;lr;ms-route-sig=x>;tag=1",
	"Record-Route: <sip:pool.contoso.example;lr>",
}

func TestOutboundCall(t *testing.T) {
	run(t, Config{Product: "fedge", Allow: []string{"INVITE", "ACK", "BYE", "INFO"}}, func(w *world) {
		d, p, invite := w.calling()
		w.same("To has no tag yet", header(invite, "To"), "<sip:anna@contoso.example>")
		w.same("From has ours", header(invite, "From"), `"Stand-up" <sip:standup@vc.example.com>;tag=`+tagOf(header(invite, "From")))
		w.same("Contact", header(invite, "Contact"), contact)
		w.same("the edge's own header", header(invite, "X-Room"), "standup")
		w.same("hops", header(invite, "Max-Forwards"), "70")
		w.same("agent", header(invite, "User-Agent"), "fedge")
		w.same("CSeq", header(invite, "CSeq"), "1 INVITE")
		if id := header(invite, "Call-ID"); len(id) != 32 || strings.Contains(id, "@") || id != d.CallID() {
			t.Errorf("a Call-ID names no host: %s", id)
		}
		p.send(reply(invite, "100 Trying"))
		p.send(fork(invite, "180 Ringing", "a"))
		w.event(d, "it rings; of 100 nobody hears", Provisional, "INVITE")
		if err := d.Request(w.ctx, "INFO", Outgoing{}); !errors.Is(err, ErrEarly) {
			t.Errorf("there is no dialog yet: %v", err)
		}
		p.send(fork(invite, "200 OK", "a", append(calleeRoutes, "Contact: <sip:anna@contoso.example;gruu;opaque=x>")...))
		ack := p.want("the ACK goes to the Contact (RFC 3261 §13.2.2.4)", "ACK sip:anna@contoso.example;gruu;opaque=x SIP/2.0")
		w.same("by the reversed route set (§12.1.2)", header(ack, "Route"), "<sip:pool.contoso.example;lr> | <sip:sip.contoso.example:5061;transport=tls;lr;ms-route-sig=x>")
		w.same("with the INVITE's number", header(ack, "CSeq"), "1 ACK")
		if header(ack, "Via") == header(invite, "Via") {
			t.Error("and a branch of its own")
		}
		w.event(d, "the call is up", Answered, "INVITE")

		c := &caller{p: p, callID: d.CallID(), tag: "a", toTag: tagOf(header(invite, "From")), to: "<sip:standup@vc.example.com>", contact: "<sip:x@contoso.example>", cseq: 4711}
		p.send(c.request("INFO"))
		w.must("the callee's requests find the dialog", w.event(d, "INFO", Requested, "INFO").Tx.Respond(Response{Status: 200}))
		p.want("answered", "SIP/2.0 200")
		w.must("hanging up", d.Request(w.ctx, "BYE", Outgoing{}))
		bye := p.want("BYE", "BYE sip:anna@contoso.example;gruu;opaque=x ")
		w.same("From as in the INVITE", header(bye, "From"), header(invite, "From"))
		w.same("To with the callee's tag", header(bye, "To"), "<sip:anna@contoso.example>;tag=a")
		w.same("the next number", header(bye, "CSeq"), "2 BYE")
		p.send(reply(bye, "200 OK"))
		w.event(d, "over", Answered, "BYE")
		d.Close()
	})
}

func TestOutboundRefused(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, invite := w.calling()
		refusal := fork(invite, "486 Busy Here", "b")
		p.send(refusal)
		ack := p.want("a refusal is acknowledged (RFC 3261 §17.1.1.3)", "ACK sip:anna@contoso.example SIP/2.0")
		w.same("same Via", header(ack, "Via"), header(invite, "Via"))
		w.same("the callee's tag", header(ack, "To"), "<sip:anna@contoso.example>;tag=b")
		e := w.event(d, "busy", Refused, "INVITE")
		if !e.Final() || e.Message.Status() != 486 {
			t.Error("final")
		}
		p.send(refusal)
		p.want("a copy is acknowledged again", "ACK ")
		d.Cancel()
		p.quiet("there is nothing left to cancel", time.Minute)
		d.Close()
	})
}

func TestOutboundWithoutAnswer(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, _ := w.calling()
		p.quiet("an INVITE is not repeated on a stream", 32*time.Second-time.Millisecond)
		w.noEvent(d, "Timer B has not fired")
		time.Sleep(time.Millisecond)
		if !w.event(d, "nobody home (RFC 3261 §17.1.1.2)", TimedOut, "INVITE").Final() {
			t.Error("final")
		}
		d.Close()
	})
}

// Timer B is an INVITE's and Timer F any other request's (RFC 3261 §17.1.1.2,
// §17.1.2.2), which only shows where they differ.
func TestTimersBAndF(t *testing.T) {
	const b, f = 20 * time.Second, 5 * time.Second
	run(t, Config{Timers: Timers{B: b, F: f}}, func(w *world) {
		expires := func(d *Dialog, method string, after time.Duration) {
			t.Helper()
			time.Sleep(after - time.Millisecond)
			w.noEvent(d, "its timer has not fired")
			time.Sleep(time.Millisecond)
			w.event(d, "it has", TimedOut, method)
		}
		d, _, _ := w.calling()
		expires(d, "INVITE", b)
		d.Close()

		p := w.partner("sip.fabrikam.example")
		d = p.caller().talking()
		w.must("asking", d.Request(w.ctx, "INFO", Outgoing{}))
		p.want("INFO", "INFO ")
		expires(d, "INFO", f)
		d.Close()
	})
}

func TestOutboundRingsForEver(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, invite := w.calling()
		p.send(fork(invite, "180 Ringing", "a"))
		w.event(d, "it rings", Provisional, "INVITE")
		p.quiet("and rings", 100*time.Second)
		p.send(fork(invite, "180 Ringing", "a"))
		w.event(d, "each 1xx starts Timer C anew (RFC 3261 §16.6)", Provisional, "INVITE")
		p.quiet("and rings", 180*time.Second-time.Millisecond)
		time.Sleep(time.Millisecond)
		cancel := p.want("until Timer C cancels it (§16.8)", "CANCEL sip:anna@contoso.example SIP/2.0")
		w.same("by its branch (§9.1)", header(cancel, "Via"), header(invite, "Via"))
		w.same("and number", header(cancel, "CSeq"), "1 CANCEL")
		w.same("and To, without tag", header(cancel, "To"), header(invite, "To"))
		if !w.event(d, "the edge hears of it", TimedOut, "INVITE").Final() {
			t.Error("final")
		}
		d.Close()
		p.send(reply(cancel, "200 OK"), fork(invite, "487 Request Terminated", "a"))
		p.want("its end is acknowledged all the same", "ACK ")
	})
}

func TestOutboundCancel(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, invite := w.calling()
		d.Cancel()
		p.quiet("before a provisional answer the CANCEL is withheld (RFC 3261 §9.1)", time.Second)
		p.send(reply(invite, "100 Trying"))
		cancel := p.want("then it goes", "CANCEL ")
		d.Cancel()
		p.send(reply(cancel, "200 OK"), fork(invite, "487 Request Terminated", "a"))
		p.want("487 is acknowledged", "ACK ")
		e := w.event(d, "and told", Refused, "INVITE")
		if !e.Final() || e.Message.Status() != 487 {
			t.Error("final")
		}
		p.quiet("one CANCEL is enough", time.Minute)
		d.Close()

		d, p, invite = w.calling()
		p.send(fork(invite, "180 Ringing", "a"))
		w.event(d, "it rings", Provisional, "INVITE")
		d.Cancel()
		p.want("cancelled", "CANCEL ")
		p.send(fork(invite, "200 OK", "a", append(calleeRoutes, "Contact: <sip:anna@fe.contoso.example>")...))
		p.want("a 200 beats the CANCEL: it is acknowledged", "ACK sip:anna@fe.contoso.example ")
		bye := p.want("and ended (§15)", "BYE sip:anna@fe.contoso.example ")
		w.same("by its own route", header(bye, "Route"), "<sip:pool.contoso.example;lr> | <sip:sip.contoso.example:5061;transport=tls;lr;ms-route-sig=x>")
		w.same("with the next number", header(bye, "CSeq"), "2 BYE")
		if !w.event(d, "nobody is left on the line", Cancelled, "INVITE").Final() {
			t.Error("final")
		}
		p.send(reply(bye, "200 OK"))
		d.Close()

		d, p, invite = w.calling()
		p.send(fork(invite, "180 Ringing", "a"))
		d.Close()
		p.want("a call that its owner drops is cancelled", "CANCEL ")
		p.quiet("nobody answers that either", time.Minute)

		d, p, invite = w.calling()
		p.send(reply(invite, "100 Trying"))
		time.Sleep(time.Second)
		d.Cancel()
		p.want("a CANCEL", "CANCEL ")
		time.Sleep(32 * time.Second)
		w.event(d, "after which no final answer comes (§9.1)", TimedOut, "INVITE")
		d.Close()
	})
}

// Once a call of ours is up, either side may ask for another session; after
// 64*T1 nobody waits for copies of its 200 any more (RFC 6026 §7.2, Timer M).
func TestOutboundCallGoesOn(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, invite := w.calling()
		p.send(fork(invite, "180 Ringing", "a"))
		w.event(d, "it rings", Provisional, "INVITE")
		ok := fork(invite, "200 OK", "a", "Contact: <sip:a@contoso.example>")
		p.send(ok)
		p.want("it is answered", "ACK ")
		w.event(d, "", Answered, "INVITE")

		c := &caller{
			p: p, callID: d.CallID(), tag: "a", toTag: tagOf(header(invite, "From")), to: "<sip:standup@vc.example.com>",
			contact: "<sip:a@contoso.example>",
		}
		p.send(c.request("INVITE"))
		w.must("the callee's re-INVITE", w.event(d, "crosses nothing", Requested, "INVITE").Tx.Respond(answer()))
		p.want("answered", "SIP/2.0 200")
		p.send(c.ack())
		w.event(d, "", Confirmed, "INVITE")
		w.must("ours", d.Request(w.ctx, "INVITE", Outgoing{Contact: contact}))
		again := p.want("nothing is open", "INVITE ")
		p.send(reply(again, "200 OK", "Contact: <sip:a@contoso.example>"))
		p.want("", "ACK ")
		w.event(d, "", Answered, "INVITE")

		time.Sleep(64*500*time.Millisecond - time.Millisecond)
		p.send(ok)
		p.want("a late copy is acknowledged", "ACK ")
		time.Sleep(time.Minute)
		if n := w.counts().Transactions; n != 0 {
			t.Errorf("%d transactions are left", n)
		}
		p.send(ok)
		p.quiet("one that is too late is not", time.Minute)
		d.Close()
	})
}

// sipgo's dialog forgets what other forks answer (case catalogue §4.3 row 22).
func TestForks(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, invite := w.calling()
		p.send(fork(invite, "183 Session Progress", "a"))
		w.event(d, "one end rings", Provisional, "INVITE")
		p.send(fork(invite, "183 Session Progress", "b"))
		w.event(d, "and another", Provisional, "INVITE")
		early := &caller{p: p, callID: d.CallID(), tag: "a", toTag: tagOf(header(invite, "From")), to: "<sip:standup@vc.example.com>"}
		p.send(early.request("INFO"))
		w.must("an end that rings has a dialog already", w.event(d, "INFO", Requested, "INFO").Tx.Respond(Response{Status: 200}))
		p.want("answered", "SIP/2.0 200")
		early.tag = "c"
		p.send(early.request("INFO"))
		p.want("one that does not has none", "SIP/2.0 481")
		p.send(fork(invite, "200 OK", "b", "Contact: <sip:b@contoso.example>"))
		first := p.want("the first to answer wins (RFC 3261 §13.2.2.4)", "ACK sip:b@contoso.example ")
		w.event(d, "and has the call", Answered, "INVITE")
		p.send(fork(invite, "200 OK", "a", "Contact: <sip:a@contoso.example>", "Record-Route: <sip:other.contoso.example;lr>"))
		ack := p.want("the second is acknowledged", "ACK sip:a@contoso.example ")
		bye := p.want("and sent away", "BYE sip:a@contoso.example ")
		w.same("in its own dialog", header(ack, "To")+header(bye, "To"), strings.Repeat("<sip:anna@contoso.example>;tag=a", 2))
		w.same("by its own route", header(bye, "Route"), "<sip:other.contoso.example;lr>")
		p.send(reply(bye, "200 OK"))
		w.noEvent(d, "the call does not notice")
		p.send(fork(invite, "200 OK", "b", "Contact: <sip:b@contoso.example>"))
		w.same("a copy gets the same ACK", p.want("ACK", "ACK sip:b@"), first)
		p.send(fork(invite, "200 OK", "a"))
		p.want("and so does the other's", "ACK sip:a@")
		p.quiet("without another BYE", time.Second)

		c := &caller{p: p, callID: d.CallID(), tag: "a", toTag: tagOf(header(invite, "From")), to: "<sip:standup@vc.example.com>"}
		p.send(c.request("BYE"))
		p.want("the loser has no dialog with the edge", "SIP/2.0 481")
		c.tag = "b"
		p.send(c.request("BYE"))
		w.event(d, "the winner has", Ended, "BYE")
		d.Close()
		p.want("answered", "SIP/2.0 200")
	})
}

// sipgo completes a transaction by a response from anywhere (case catalogue §4.3
// row 3).
func TestStrayResponses(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, invite := w.calling()
		other := w.partner("sip.fabrikam.example")
		other.send(fork(invite, "200 OK", "evil", "Contact: <sip:evil@fabrikam.example>"))
		w.noEvent(d, "another link's response matches nothing, whatever its branch (RFC 3261 §18.1.2)")
		p.send(strings.Replace(fork(invite, "200 OK", "a"), "branch=z9hG4bK", "branch=z9hG4bKx", 1))
		p.send(strings.Replace(fork(invite, "200 OK", "a"), "1 INVITE", "1 BYE", 1))
		p.send(strings.Replace(fork(invite, "200 OK", "a"), "1 INVITE", "2 INVITE", 1))
		p.send(strings.Replace(fork(invite, "200 OK", "a"), "From:", "Via: SIP/2.0/TLS x\r\nFrom:", 1))
		p.send("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")
		p.quiet("nor does a wrong branch, method, number or a second Via (§8.1.3.3), or rubbish", time.Second)
		w.noEvent(d, "and nobody hears of it")
		for range 100 {
			p.send(strings.Repeat(fork(invite, "183 Session Progress", "a"), 100))
			time.Sleep(time.Millisecond)
		}
		for range 32 {
			w.event(d, "a flood of 183", Provisional, "INVITE")
		}
		w.noEvent(d, "fills a bounded mailbox and is dropped")
		p.send(fork(invite, "699 Whatever", "a"))
		w.event(d, "an unknown status is its class", Refused, "INVITE")
		p.want("and acknowledged", "ACK")
		d.Close()
	})
}

func TestOutboundLinkLost(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, _ := w.calling()
		l := d.Link()
		p.link.Close()
		if !w.event(d, "a call whose link ends before it is answered is over", LinkLost, "INVITE").Final() {
			t.Error("final")
		}
		d.Close()
		time.Sleep(time.Second)
		if _, err := w.stack.Invite(w.ctx, l, outgoing); !errors.Is(err, ErrNoLink) {
			t.Errorf("calling over a link that has ended: %v", err)
		}
	})
}

func TestInviteRefusesWhatIsMalformed(t *testing.T) {
	run(t, Config{}, func(w *world) {
		_, l := w.called("sip.contoso.example")
		for why, spoil := range map[string]func(*Outgoing){
			"no URI":          func(o *Outgoing) { o.URI = "" },
			"a URI in < >":    func(o *Outgoing) { o.URI = "<" + o.URI + ">" },
			"a header in URI": func(o *Outgoing) { o.URI += "\r\nX: y" },
			"no From":         func(o *Outgoing) { o.From = "" },
			"no Contact":      func(o *Outgoing) { o.Contact = "" },
			"no To":           func(o *Outgoing) { o.To = "" },
			"lines in To":     func(o *Outgoing) { o.To += "\r\nX: y" },
		} {
			o := outgoing
			spoil(&o)
			if _, err := w.stack.Invite(w.ctx, l, o); err == nil {
				t.Errorf("%s passes", why)
			}
		}
		if n := w.counts(); n.Transactions+n.Dialogs != 0 {
			t.Errorf("something is left: %+v", n)
		}
	})
}

func TestUnguessable(t *testing.T) {
	seen := map[string]bool{}
	run(t, Config{Limits: Limits{LinkDialogs: 10_000}}, func(w *world) {
		p, l := w.called("sip.contoso.example")
		var dialogs []*Dialog
		for range 1000 {
			d, err := w.stack.Invite(w.ctx, l, outgoing)
			w.must("calling", err)
			dialogs = append(dialogs, d)
			invite := p.want("INVITE", "INVITE ")
			for _, text := range []string{header(invite, "Call-ID"), tagOf(header(invite, "From")), header(invite, "Via")} {
				if seen[text] {
					t.Fatalf("%s comes twice", text)
				}
				seen[text] = true
			}
		}
		for _, d := range dialogs {
			d.Close()
		}
	})
}

func TestSameIdentity(t *testing.T) {
	ca, err := certs.NewAuthority("Test root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	identity := func(proved error, names ...string) link.Identity {
		cert, err := ca.Issue(certs.Request{CommonName: names[0], Names: names})
		if err != nil {
			t.Fatal(err)
		}
		return link.Identity{Chain: []*x509.Certificate{cert.Leaf}, Err: proved}
	}
	unproved := errors.New("unknown authority")
	edge := identity(nil, "sip.contoso.example", "contoso.example")
	forged := identity(unproved, "sip.contoso.example")
	for _, c := range []struct {
		why  string
		a, b link.Identity
		want bool
	}{
		{"nobody has proved anything", link.Identity{}, link.Identity{}, false},
		{"one has not", edge, link.Identity{}, false},
		{"one certificate", edge, edge, true},
		{"another server of the same name, with its own certificate", edge, identity(nil, "edge2.contoso.example", "contoso.example"), true},
		{"another name", edge, identity(nil, "sip.fabrikam.example"), false},
		{"the same name, but not proved", edge, forged, false},
		{"the same name, proved by neither", forged, identity(unproved, "sip.contoso.example"), false},
		{"one certificate that nobody vouches for: still one key", forged, forged, true},
	} {
		if same(c.a, c.b) != c.want || same(c.b, c.a) != c.want {
			t.Errorf("%s: the same? %v is wanted", c.why, c.want)
		}
	}
}

func TestLabels(t *testing.T) {
	if got := label(0, "BYE", "x", 2); got.Text != "BYE" || got.CallID != "x" || got.CSeq != "2 BYE" {
		t.Errorf("a request: %+v", got)
	}
	if got := label(200, "INVITE", "x", 1); got.Text != "200 INVITE" {
		t.Errorf("a response: %+v", got)
	}
}
