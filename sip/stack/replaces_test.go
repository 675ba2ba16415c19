package stack

import "testing"

// A dialog can be replaced by its three names, and only while it is up.
func TestEstablished(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		find := func() *Dialog { return w.stack.Established(c.callID, d.localTag, c.tag) }
		if find() != nil {
			t.Error("nobody has answered yet")
		}
		w.must("answering", d.Respond(answer()))
		c.toTag = tagOf(header(p.want("200", "SIP/2.0 200"), "To"))
		p.send(c.ack())
		w.event(d, "up", Confirmed, "INVITE")
		if find() != d || !d.SamePeer(find()) {
			t.Error("it is up")
		}
		w.same("its other party", d.Remote(), `"Anna"<sip:anna@contoso.example>;tag=cd9bbbf50f;epid=69eb994c65`)
		for _, other := range [][3]string{{"x", d.localTag, c.tag}, {c.callID, "x", c.tag}, {c.callID, d.localTag, "x"}, {c.callID, c.tag, d.localTag}} {
			if w.stack.Established(other[0], other[1], other[2]) != nil {
				t.Errorf("%q is another one", other)
			}
		}
		w.must("hanging up", d.Request(w.ctx, "BYE", Outgoing{}))
		bye := p.want("BYE", "BYE ")
		if find() != nil {
			t.Error("it is ending")
		}
		p.send(reply(bye, "200 OK"))
		w.event(d, "over", Answered, "BYE")
		d.Close()

		c = p.caller()
		c.callID += "2"
		d = c.talking()
		p.send(c.request("BYE"))
		w.event(d, "the peer hangs up", Ended, "BYE")
		if find() != nil {
			t.Error("it has ended")
		}
		d.Close()
		p.want("200", "SIP/2.0 200")

		c.callID, c.toTag = c.callID+"3", ""
		d = c.talking()
		if find() != d {
			t.Error("another one is up")
		}
		d.Close()
		if find() != nil {
			t.Error("its owner has let go of it")
		}
	})
}
