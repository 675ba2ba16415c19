package stack

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/capture"
	"fedge/sip/gate"
)

// served waits for the end of a link and returns what Serve said.
func (w *world) served() error {
	w.t.Helper()
	time.Sleep(time.Minute) // a close may linger
	select {
	case err := <-w.ended:
		return err
	default:
		w.t.Fatal("the link is still served")
		return nil
	}
}

func TestMailboxOverrun(t *testing.T) {
	run(t, Config{Limits: Limits{Mailbox: 5}}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c, quick := p.caller(), p.caller()
		quick.callID += "2"
		d := c.talking()
		quick.talking().Close()
		for range 5 {
			p.send(c.request("INFO"))
		}
		p.quiet("a call that does not follow holds up nobody", time.Second)
		for range 100 {
			p.send(c.request("INFO"))
			if no := p.want("what exceeds its mailbox is refused by itself", "SIP/2.0 500"); header(no, "Retry-After") == "" {
				t.Error("and may come again")
			}
		}
		other := p.caller()
		other.callID += "3"
		other.talking().Close()
		for range 5 {
			w.must("answering", w.event(d, "what was posted is still there", Requested, "INFO").Tx.Respond(Response{Status: 200}))
			p.want("and is answered", "SIP/2.0 200")
		}
		p.send(c.request("INVITE"))
		again := w.event(d, "there is room again", Requested, "INVITE")
		w.must("answering", again.Tx.Respond(answer()))
		p.want("for an INVITE too", "SIP/2.0 200")
		for range 5 {
			p.send(c.request("INFO"))
		}
		p.send(c.ack())
		p.send(c.request("BYE"))
		for range 5 {
			w.event(d, "it fills once more", Requested, "INFO")
		}
		w.event(d, "with room for an ACK", Confirmed, "INVITE")
		w.event(d, "and for the end", Ended, "BYE")
		d.Close()
	})
}

// However many provisional responses come to one who reads no events, nothing
// blocks, nothing grows, and the end of the call has its place. sipgo's client
// transaction waits for its reader with the lock held, and its dialog gives up
// after ten responses (case catalogue §4.3 rows 17 and 22).
func TestFloodOfProvisionals(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, invite := w.calling()
		before := runtime.NumGoroutine()
		for range 10 {
			many := make([]string, 1000)
			for i := range many {
				many[i] = fork(invite, "183 Session Progress", fmt.Sprintf("fork-%d", i))
			}
			p.send(many...)
			synctest.Wait()
		}
		if grown := runtime.NumGoroutine() - before; grown > 0 {
			t.Errorf("%d goroutines more", grown)
		}
		if n := len(d.events); n != w.stack.cfg.Limits.Mailbox {
			t.Errorf("%d events wait", n)
		}
		if n := len(d.early); n != forks {
			t.Errorf("%d ends are remembered", n)
		}
		p.send(fork(invite, "200 OK", "a", "Contact: <sip:a@contoso.example>"))
		p.want("the final response is acknowledged", "ACK ")
		for range w.stack.cfg.Limits.Mailbox {
			w.event(d, "what had room", Provisional, "INVITE")
		}
		w.event(d, "and the answer", Answered, "INVITE")
		d.Close()
	})
}

func TestTooManyDialogs(t *testing.T) {
	run(t, Config{Limits: Limits{LinkDialogs: 2, Dialogs: 3}}, func(w *world) {
		p, other := w.partner("sip.contoso.example"), w.partner("sip.fabrikam.example")
		call := func(p *peer, id string) *caller {
			c := p.caller()
			c.callID += id
			return c
		}
		first := call(p, "1")
		dialogs := []*Dialog{first.talking(), call(p, "2").talking()}
		p.send(call(p, "3").request("INVITE"))
		if no := p.want("one link has its share", "SIP/2.0 503"); header(no, "Retry-After") == "" {
			t.Error("and is told when to try again (RFC 3261 §21.5.4)")
		}
		dialogs = append(dialogs, call(other, "4").talking())
		other.send(call(other, "5").request("INVITE"))
		other.want("and all together have theirs", "SIP/2.0 503")
		p.send(first.request("BYE"))
		w.event(dialogs[0], "a BYE is served all the same", Ended, "BYE")
		dialogs[0].Close()
		p.want("and makes room", "SIP/2.0 200")
		dialogs = append(dialogs, call(other, "6").talking())
		w.noDialog("nobody else got in")
		if _, err := w.stack.Invite(w.ctx, dialogs[2].Link(), outgoing); !errors.Is(err, ErrFull) {
			t.Errorf("nor may we call: %v", err)
		}
		for _, d := range dialogs {
			d.Close()
		}
	})
}

func TestTooManyTransactions(t *testing.T) {
	run(t, Config{Limits: Limits{LinkTransactions: 4}}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		d := c.talking() // one
		probe := p.caller()
		probe.callID += "2"
		for range 3 {
			p.send(probe.request("OPTIONS"))
			w.request()
		}
		p.send(probe.request("OPTIONS"))
		p.want("the fifth is too many", "SIP/2.0 503")
		p.send(c.request("BYE"))
		w.event(d, "a BYE is worth more (RFC 5390)", Ended, "BYE")
		d.Close()
		p.want("and served", "SIP/2.0 200")
		time.Sleep(33 * time.Second)
		p.send(probe.request("OPTIONS"))
		w.must("after a while there is room again", w.request().Respond(Response{Status: 200}))
		p.want("answered", "SIP/2.0 200")
	})
}

func TestAbandonedCallsAreForgotten(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		for i := range 100 {
			c := p.caller()
			c.callID += strings.Repeat("x", i)
			p.send(c.request("INVITE"))
			d := w.dialog()
			w.must("answering", d.Respond(answer()))
			d.Close() // the edge gives up and the caller sends no ACK
			p.send(c.request("MESSAGE", "Subject: x"))
			w.request() // and nobody ever answers this
		}
		time.Sleep(33 * time.Second)
		if n := w.counts(); n.Transactions != 0 || n.Dialogs != 0 {
			t.Errorf("after 64*T1 nothing is left, got %+v", n)
		}
	})
}

func TestTheGateAnswers(t *testing.T) {
	run(t, Config{Product: "fedge"}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send("\r\n", "\r\n")
		p.want("a ping is answered", "pong")
		p.send(strings.Replace(c.request("OPTIONS"), "SIP/2.0", "SIP/7.0", 1))
		no := p.want("another version", "SIP/2.0 505 Version Not Supported")
		w.same("in our name", header(no, "Server"), "fedge")
		if r := <-w.refused; r.Check != "version" {
			t.Errorf("the edge hears of it: %v", r)
		}
		p.send(strings.Replace(c.request("OPTIONS"), "Content-Length: 0", "Content-Length: -1", 1), c.request("OPTIONS"))
		p.want("after a length that is none", "SIP/2.0 400 Content-Length Malformed")
		rej, ok := errors.AsType[*gate.Reject](w.served())
		if !ok || !rej.Close {
			t.Errorf("the link is closed: %v", rej)
		}
		if len(w.requests) != 0 {
			t.Error("and what follows is not obeyed")
		}
	})
}

func TestNoise(t *testing.T) {
	run(t, Config{}, func(w *world) {
		for _, noise := range []string{
			strings.Repeat("\x00\xff\x16\n", 16<<10),
			"GET / HTTP/1.1\r\n\r\n",
			strings.Repeat("x", 64<<10),
		} {
			p := w.partner("sip.contoso.example")
			for part := range 4 { // a record at a time
				size := len(noise) / 4
				_ = p.link.Send([]byte(noise[part*size:(part+1)*size]), capture.Label{})
			}
			if w.served() == nil {
				t.Error("noise is no clean end")
			}
		}
		p := w.partner("sip.contoso.example")
		p.send(p.caller().request("OPTIONS")[:50])
		time.Sleep(11 * time.Second)
		if w.served() == nil {
			t.Error("a request that never ends is given up")
		}
		d := w.partner("sip.contoso.example").caller().talking()
		d.Close() // and the next call works
	})
}

func TestHowServeEnds(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		p.link.Close()
		if err := w.served(); err != nil {
			t.Errorf("a peer that says goodbye: %v", err)
		}
		p = w.partner("sip.contoso.example")
		p.send("OPTIONS sip:x SIP/2.0\r\n")
		p.link.Close()
		if err := w.served(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a peer that leaves within a message: %v", err)
		}
	})
}

func TestVia(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"the address it came from needs no word", "SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK1", "SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK1"},
		{"another address does (RFC 3261 §18.2.1)", "SIP/2.0/TLS 10.1.1.10:5061;branch=z9hG4bK1", "SIP/2.0/TLS 10.1.1.10:5061;branch=z9hG4bK1;received=203.0.113.10"},
		{"a name does", "SIP/2.0/TLS fe01.contoso.example;branch=z9hG4bK1", "SIP/2.0/TLS fe01.contoso.example;branch=z9hG4bK1;received=203.0.113.10"},
		{"rport is filled (RFC 3581 §4)", "SIP/2.0/TLS 203.0.113.10;rport;branch=z9hG4bK1", "SIP/2.0/TLS 203.0.113.10;rport=@;branch=z9hG4bK1;received=203.0.113.10"},
		{"wherever it stands", "SIP/2.0/TLS 203.0.113.10;branch=z9hG4bK1 ; RPORT ", "SIP/2.0/TLS 203.0.113.10;branch=z9hG4bK1 ; RPORT=@;received=203.0.113.10"},
		{"what the peer says of itself is overwritten", "SIP/2.0/TLS 203.0.113.10;received=10.0.0.1;rport=9;branch=z9hG4bK1;maddr=10.0.0.2", "SIP/2.0/TLS 203.0.113.10;received=203.0.113.10;rport=@;branch=z9hG4bK1;maddr=10.0.0.2"},
		{"Microsoft's marks stay as they are", `SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK8.E;branched=FALSE;ms-internal-info="a;rport,b=="`, `SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK8.E;branched=FALSE;ms-internal-info="a;rport,b=="`},
		{"only the topmost changes", "SIP/2.0/TLS a.example;branch=z9hG4bK1, SIP/2.0/TLS 10.1.9.43:65529;rport", "SIP/2.0/TLS a.example;branch=z9hG4bK1;received=203.0.113.10, SIP/2.0/TLS 10.1.9.43:65529;rport"},
		{"without any parameter", "SIP/2.0/TLS a.example", "SIP/2.0/TLS a.example;received=203.0.113.10"},
		{"folds and white space stay", "SIP / 2.0\r\n  / TLS   a.example\r\n ;\r\n branch=z9hG4bK1", "SIP / 2.0\r\n  / TLS   a.example\r\n ;\r\n branch=z9hG4bK1;received=203.0.113.10"},
	} {
		run(t, Config{}, func(w *world) {
			p := w.partner("sip.contoso.example")
			second := "SIP/2.0/TLS 10.1.9.43:65529;ms-received-port=65529;rport"
			request := strings.Join([]string{
				"OPTIONS sip:px01.vc.example.com SIP/2.0", "Via: " + c.in, "From: <sip:a@b.example>;tag=1", "Via: " + second, "To: <sip:c@d.example>",
				"Call-ID: x", "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
			}, "\r\n")
			p.send(request)
			w.must("answering", w.request().Respond(Response{Status: 200}))
			port := p.link.LocalAddr().String()
			want := strings.ReplaceAll(c.want, "@", port[strings.LastIndexByte(port, ':')+1:])
			got := p.want(c.why, "SIP/2.0 200")
			if head, _, _ := strings.Cut(got, "\r\nFrom:"); head != "SIP/2.0 200 OK\r\nVia: "+want+"\r\nVia: "+second {
				t.Errorf("%s:\n got %q\nwant %q", c.why, head, want)
			}
		})
	}
}
