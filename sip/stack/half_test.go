package stack

import (
	"testing"
	"time"
)

// A peer that ends its own direction after a request still gets the answer
// (RFC 3261 §18.2.2), whenever within 64·T1 it comes.
func TestHalfClose(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("half-closing", p.link.CloseWrite())
		time.Sleep(3 * time.Second)
		p.want("a slow call is trying", "SIP/2.0 100 ")
		w.must("answering", d.Respond(answer()))
		p.want("the answer is delivered", "SIP/2.0 200 OK\r\n")
		w.event(d, "with nothing left to say the link ends", LinkLost, "")
		d.Close()
	})
}

// An answer that does not come keeps nothing for longer than 64·T1.
func TestHalfCloseIsBounded(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		p.send(p.caller().request("INVITE"))
		d := w.dialog()
		w.must("half-closing", p.link.CloseWrite())
		time.Sleep(32*time.Second - time.Millisecond)
		w.noEvent(d, "until Timer H the peer may be listening")
		time.Sleep(time.Millisecond)
		w.event(d, "then it is gone", LinkLost, "INVITE")
		d.Close()
	})
}
