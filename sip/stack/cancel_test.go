package stack

import (
	"testing"
	"time"
)

// A peer may cancel over another of its links; the answer takes the way that
// the CANCEL came. sipgo answers it over the INVITE's, and takes it from anybody
// (case catalogue §4.3 row 4).
func TestCancelOverAnotherLink(t *testing.T) {
	run(t, Config{}, func(w *world) {
		config := w.tls("sip.contoso.example")
		p, also, renewed := w.partnerWith("sip.contoso.example", config), w.partnerWith("sip.contoso.example", config), w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		w.must("ringing", d.Respond(Response{Status: 180}))
		tag := tagOf(header(p.want("it rings", "SIP/2.0 180"), "To"))

		renewed.send(c.again("CANCEL"))
		renewed.want("another certificate, though for the same name, might be anybody's branch", "SIP/2.0 481")
		w.noEvent(d, "and ends nothing")

		also.send(c.again("CANCEL"))
		ok := also.want("the CANCEL is answered where it came", "SIP/2.0 200 OK")
		w.same("as CANCEL", header(ok, "CSeq"), "1 CANCEL")
		w.same("with the INVITE's tag", tagOf(header(ok, "To")), tag)
		p.want("the INVITE is terminated where it came", "SIP/2.0 487")
		p.quiet("and nothing else is said there", time.Second)
		if !w.event(d, "the call hears of it", Cancelled, "INVITE").Final() {
			t.Error("a cancelled call is over")
		}
		d.Close()

		also.link.Close()
		if w.counts(); len(w.stack.kin) != 2 {
			t.Errorf("two peers are known as %d", len(w.stack.kin))
		}
		p.link.Close()
		if w.counts(); len(w.stack.kin) != 1 {
			t.Errorf("the links that ended are still known: %d", len(w.stack.kin))
		}
	})
}

// Peers that prove nothing are no kin.
func TestCancelByNobody(t *testing.T) {
	run(t, Config{}, func(w *world) {
		config := w.tls("sip.contoso.example")
		config.Certificates = nil
		p, other := w.partnerWith("nobody", config), w.partnerWith("nobody", config)
		c := &caller{
			p: p, callID: "0123456789abcdef0123456789abcdef", tag: "a", to: "<sip:standup@vc.example.com>",
			contact: "<sip:anna@contoso.example>",
		}
		p.send(c.request("INVITE"))
		d := w.dialog()
		other.send(c.again("CANCEL"))
		other.want("somebody else's", "SIP/2.0 481")
		p.send(c.again("CANCEL"))
		p.want("his own", "SIP/2.0 200")
		p.want("is taken", "SIP/2.0 487")
		w.event(d, "", Cancelled, "INVITE")
		d.Close()
	})
}

// The other way of a merged request may be another link of the same peer's; a
// link that broke is no way any more.
func TestMergedOverAnotherLink(t *testing.T) {
	run(t, Config{}, func(w *world) {
		config := w.tls("sip.contoso.example")
		p, also := w.partnerWith("sip.contoso.example", config), w.partnerWith("sip.contoso.example", config)
		c := p.caller()
		p.send(c.request("INVITE"))
		d := w.dialog()
		c.branch++
		also.send(c.again("INVITE"))
		also.want("by another link", "SIP/2.0 482 Merged Request")
		w.partner("sip.fabrikam.example").send(c.again("INVITE"))
		other := w.dialog() // somebody else's Call-ID is his own affair
		w.must("answering", d.Respond(answer()))
		p.want("the answer", "SIP/2.0 200")
		p.link.Close()
		w.event(d, "the link breaks before the ACK", LinkLost, "")
		c.branch++
		also.send(c.again("INVITE"))
		again := w.dialog()
		for _, d := range []*Dialog{d, other, again} {
			d.Close()
		}
		also.want("tried again", "SIP/2.0 480")
	})
}

// What is refused without a transaction is refused again in the same words (RFC
// 3261 §8.2.7).
func TestRefusalsKeepTheirTag(t *testing.T) {
	run(t, Config{Allow: []string{"INVITE", "OPTIONS"}}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("MESSAGE"), c.again("MESSAGE"))
		first, second := p.want("not served", "SIP/2.0 405"), p.want("nor is the copy", "SIP/2.0 405")
		w.same("a copy gets the same answer", second, first)
		// sipgo sends 405 without Allow (case catalogue §4.3 row 7).
		w.same("which says what is served (RFC 3261 §21.4.6)", header(first, "Allow"), "INVITE, OPTIONS")
		p.send(c.request("MESSAGE"))
		if other := p.want("another request", "SIP/2.0 405"); tagOf(header(other, "To")) == tagOf(header(first, "To")) {
			t.Error("another request gets another tag")
		}
		p.send(c.again("ACK"))
		p.quiet("an ACK is never answered, be it for nothing (§17; row 7)", time.Minute)
	})
}
