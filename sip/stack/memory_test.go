package stack

import (
	"runtime"
	"testing"
	"unsafe"
	"weak"
)

// An answered INVITE absorbs copies of itself for 32 s (RFC 6026), 32,000 of
// them at a thousand calls a second: none may hold on to the message, nor to
// the dialog that ended long before.
func TestWhatEndedIsGarbage(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		d, invite := callAndHangUp(w, p)
		runtime.GC()
		if d.Value() != nil {
			t.Error("the dialog is still held")
		}
		if invite.Value() != nil {
			t.Error("the INVITE is still held")
		}
		if n := w.counts().Transactions; n != 2 {
			t.Errorf("%d transactions absorb copies, want the INVITE's and the BYE's", n)
		}
	})
}

// callAndHangUp is one call from beginning to end.
func callAndHangUp(w *world, p *peer) (weak.Pointer[Dialog], weak.Pointer[byte]) {
	c := p.caller()
	p.send(c.request("INVITE"))
	d := w.dialog()
	w.must("answering", d.Respond(answer()))
	c.toTag = tagOf(header(p.want("the caller is answered", "SIP/2.0 200 OK\r\n"), "To"))
	p.send(c.ack())
	w.event(d, "the call is confirmed", Confirmed, "INVITE")
	p.send(c.request("BYE"))
	e := w.event(d, "the caller hangs up", Ended, "BYE")
	w.must("answering the BYE", e.Tx.Respond(Response{Status: 200}))
	p.want("a BYE is answered", "SIP/2.0 200 OK\r\n")
	d.Close()
	// The bytes, not the Message: a part of them is enough to keep them all.
	return weak.Make(d), weak.Make(unsafe.StringData(d.Invite().Raw))
}
