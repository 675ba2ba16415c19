package stack

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The limits of sipgo's dialogs and headers (case catalogue §4.3) do not bite,
// as its grammar alone is used. Row 18 is TestMaxForwards; row 19, headers that
// are found in one spelling only, is edge's; conformance cases say the same on
// the wire: RTE-008, RTE-017, DLG-003, DLG-004, DLG-005.

// Row 20: with several listeners sipgo names the port of the first. Ours is
// what we were told.
func TestPortOfVia(t *testing.T) {
	run(t, Config{Port: 5071}, func(w *world) {
		d, p, invite := w.calling()
		if via := header(invite, "Via"); !strings.HasPrefix(via, "SIP/2.0/TLS px01.vc.example.com:5071;branch=") {
			t.Errorf("Via: %s", via)
		}
		p.send(reply(invite, "486 Busy Here"))
		p.want("ACK", "ACK ")
		w.event(d, "busy", Refused, "INVITE")
		d.Close()
	})
}

// Row 21: sipgo's Record-Route has no sips and no second line, and its Via
// changes the received one. What came goes back, but for received and rport of
// the topmost Via (RFC 3261 §18.2.1).
func TestWhatComesGoesBack(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		c := p.caller()
		routes := []string{
			"Record-Route: <sips:sip.contoso.example:5061;lr;Ms-Key=A%42>;x=\"a,b\" , <sip:10.0.0.7;lr>",
			"Record-Route:   <sip:pool.contoso.example;lr>",
		}
		inner := "SIP / 2.0 / TLS  10.1.9.43 : 65529;ms-received-cid=19F21100 ;Branch=z9hG4bKx, SIP/2.0/UDP host"
		c.lines = routes
		invite := strings.Replace(c.request("INVITE"), "Max-Forwards", "v: "+inner+"\r\nMax-Forwards", 1)
		p.send(invite)
		d := w.dialog()
		w.must("answering", d.Respond(answer()))
		ok := p.want("200", "SIP/2.0 200")
		vias := fields(ok, "Via")
		w.same("the sender's Via", vias[0], fields(invite, "Via")[0])
		w.same("and those below it", vias[1], inner)
		w.same("Record-Route", header(ok, "Record-Route"), header(invite, "Record-Route"))
		d.Close()
	})
}

// Row 22: a dialog of sipgo's has no strict routers (TestStrictRouter), jumps
// to T2 between copies of a 2xx (Test2xxIsRepeatedUntilACK), prints port 0,
// gives up after ten responses and forgets the 2xx of forks (TestForks), and
// may send its ACK past the route set.
func TestManyRingsAndThenRoutes(t *testing.T) {
	run(t, Config{}, func(w *world) {
		d, p, invite := w.calling()
		for i := range 25 {
			p.send(fork(invite, "180 Ringing", fmt.Sprintf("t%d", i%3)))
			w.event(d, "it rings on", Provisional, "INVITE")
			time.Sleep(time.Minute)
		}
		p.send(fork(invite, "200 OK", "t1", append(calleeRoutes, "Contact: <sip:anna@contoso.example>")...))
		w.event(d, "it is answered all the same", Answered, "INVITE")
		ack := p.want("no port is no port", "ACK sip:anna@contoso.example SIP/2.0\r\n")
		w.same("the ACK goes by the route set", header(ack, "Route"), "<sip:pool.contoso.example;lr> | <sip:sip.contoso.example:5061;transport=tls;lr;ms-route-sig=x>")
		p.send(fork(invite, "200 OK", "t2", append(calleeRoutes, "Contact: <sip:other@contoso.example>")...))
		p.want("another end is acknowledged", "ACK sip:other@contoso.example SIP/2.0\r\n")
		bye := p.want("and ended", "BYE sip:other@contoso.example SIP/2.0\r\n")
		w.same("by the route set", header(bye, "Route"), header(ack, "Route"))
		p.send(reply(bye, "200 OK"))
		d.Close()
	})
}
