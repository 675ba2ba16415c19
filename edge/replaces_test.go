package edge

import (
	"testing"

	"fedge/certs"
	"fedge/dns"
	"fedge/plan"
	"fedge/sip/raw"
)

// named is a Replaces value for a call, with the tags as the node knows them.
func (d *dialogue) named() string {
	return d.callID + ";to-tag=" + d.answer.Tag("To") + ";from-tag=cd9bbbf50f"
}

// taking is an INVITE that takes a call's place.
func taking(callID, replaces string) *raw.Builder {
	return offered("sip:stand-up@vc.example.com", callID, "Require: replaces", "Replaces: "+replaces)
}

func TestReplaces(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		old := p.call("small@vc.example.com", callID(1)) // which has room for one
		p.send(taking(callID(2), old.named()))
		d := &dialogue{peer: p, callID: callID(2), answer: p.want(200, "INVITE"), cseq: 1}
		d.ack()
		bye := p.wantRequest("BYE")
		if bye.CallID() != callID(1) {
			t.Errorf("BYE in %s", bye.CallID())
		}
		p.send(raw.Respond(bye, 200, "OK", ""))
		w.wantCalls(1)
		if got := w.edge.calls.list()[0]; got.Room != "small" {
			t.Errorf("it takes the other's place, in its room, not in %q", got.Room)
		}
		d.hangUp()
		p.send(taking(callID(3), d.named()))
		p.want(481, "INVITE") // that is over, too
	})
}

func TestReplacesRefused(t *testing.T) {
	inWorld(t, func(w *world) {
		w.records.Services[dns.FederationName("adatum.example")] = []dns.SRV{{Target: "sip.adatum.example", Port: 5061}}
		w.plan.Partners = append(w.plan.Partners, plan.Partner{
			Domain: "adatum.example", Expect: plan.Reachable, Trust: plan.Allowed, Edge: "sip.contoso.example",
		})
		w.serve()
		p := w.dial(w.contoso)
		old := p.call("stand-up@vc.example.com", callID(1))
		for n, c := range []struct {
			why      string
			replaces string
			status   int
		}{
			{"no such Call-ID", "x" + old.named(), 481},
			{"no such tag", old.named() + "x", 481},
			{"half of it", old.callID + ";to-tag=" + old.answer.Tag("To"), 400},
			{"two", old.named() + "," + old.named(), 400},
			{"only if it rings", old.named() + ";early-only", 486},
		} {
			p.send(taking(callID(10+n), c.replaces))
			if got := p.next(); got.Status() != c.status {
				t.Errorf("%s: %s, want %d", c.why, got.StartLine, c.status)
			}
		}
		other := w.dial(w.ca.issue(t, certs.Request{Names: []string{"sip.adatum.example", "sip.contoso.example"}}))
		other.send(request("INVITE", "sip:stand-up@vc.example.com", callID(20), 1, "<sip:eve@adatum.example>;tag=1", "<sip:stand-up@vc.example.com>").
			Header("Replaces", old.named()).Body("application/sdp", []byte(offer)))
		other.want(403, "INVITE") // the same host's, but for another domain
		w.wantCalls(1)
		old.hangUp()
	})
}
