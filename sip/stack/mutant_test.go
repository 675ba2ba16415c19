//go:build mutants

package stack

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fedge/mutant"
)

// TestMutants shows that each named defect of this package is the one that its
// name says, in a world that is otherwise right.
func TestMutants(t *testing.T) {
	for name, story := range map[string]func(w *world, p *peer, c *caller){
		"tx.no-487": func(w *world, p *peer, c *caller) {
			p.send(c.request("INVITE"), c.again("CANCEL"))
			w.same("the CANCEL alone is answered", header(p.want("200", "SIP/2.0 200"), "CSeq"), "1 CANCEL")
			time.Sleep(200 * time.Millisecond)
			p.want("the INVITE goes on", "SIP/2.0 100")
			d := w.dialog()
			w.noEvent(d, "and nobody hears of its end")
			d.Close()
		},
		"dlg.bye-unanswered": func(w *world, p *peer, c *caller) {
			d := c.talking()
			p.send(c.request("BYE"))
			w.must("the edge answers", w.event(d, "BYE", Ended, "BYE").Tx.Respond(Response{Status: 200}))
			p.quiet("and nothing is sent", time.Minute)
			d.Close()
		},
		"rt.mf-wrap": func(w *world, p *peer, c *caller) {
			p.send(strings.Replace(c.request("OPTIONS"), "Max-Forwards: 68", "Max-Forwards: 0", 1))
			p.quiet("0 less 1 is plenty: it travels on, away from here", time.Minute)
		},
		"con.no-redial": func(w *world, p *peer, c *caller) {
			d := c.talking()
			p.link.Close()
			w.event(d, "the link ends", LinkLost, "")
			if err := d.Request(w.ctx, "BYE", Outgoing{}); !errors.Is(err, ErrNoLink) || len(w.redials) != 0 {
				t.Errorf("nobody is dialled: %v %v", err, w.redials)
			}
			d.Close()
		},
		"dlg.any-identity": func(w *world, _ *peer, c *caller) {
			d := c.talking()
			w.partner("sip.fabrikam.example").send(c.request("BYE"))
			w.event(d, "a stranger's BYE ends the call", Ended, "BYE")
			d.Close()
		},
		"dlg.ack-route": func(w *world, _ *peer, _ *caller) {
			d, p, invite := w.calling()
			p.send(fork(invite, "200 OK", "a", append(calleeRoutes, "Contact: <sip:anna@contoso.example>")...))
			w.same("the route set is not reversed", header(p.want("ACK", "ACK"), "Route"), "<sip:sip.contoso.example:5061;transport=tls;lr;ms-route-sig=x> | <sip:pool.contoso.example;lr>")
			d.Close()
		},
		"dlg.cseq-any": func(w *world, p *peer, c *caller) {
			d := c.talking()
			c.cseq = 0
			p.send(c.request("INFO"))
			w.event(d, "CSeq 1 once more", Requested, "INFO")
			d.Close()
		},
		"via.no-received": func(w *world, p *peer, c *caller) {
			p.send(strings.Replace(c.request("OPTIONS"), "203.0.113.10:51012", "10.0.0.1;rport", 1))
			w.must("answering", w.request().Respond(Response{Status: 200}))
			if via := header(p.want("200", "SIP/2.0 200"), "Via"); strings.Contains(via, "received") || strings.Contains(via, "rport=") {
				t.Errorf("Via is as it came, not %s", via)
			}
		},
		"tx.no-2xx-rtx": func(w *world, p *peer, c *caller) {
			p.send(c.request("INVITE"))
			d := w.dialog()
			w.must("answering", d.Respond(answer()))
			p.want("the answer", "SIP/2.0 200")
			p.quiet("comes once", 31*time.Second)
			time.Sleep(time.Second)
			w.event(d, "until it is given up", Unconfirmed, "INVITE")
			d.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := mutant.Activate(name); err != nil {
				t.Fatal(err)
			}
			defer mutant.Activate("")
			run(t, Config{}, func(w *world) {
				p := w.partner("sip.contoso.example")
				c := p.caller()
				story(w, p, c)
			})
		})
	}
}
