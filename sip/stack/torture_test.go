package stack

import (
	"os"
	"strings"
	"testing"
)

// fixture reads a message of RFC 4475.
func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../conformance/cases/torture/rfc4475/" + name + ".dat")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTortuousInvite is RFC 4475 §3.1.1.1: white space wherever the grammar
// allows it.
func TestTortuousInvite(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		wsinv := fixture(t, "wsinv")
		p.send(wsinv)
		no := p.want("its To has a tag, and so it is for a dialog that does not exist", "SIP/2.0 481")
		for why, part := range map[string]string{
			"the topmost Via":  "\r\nVia: SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw;received=203.0.113.10\r\n",
			"the others":       "\r\nVia: SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n",
			"To, with its tag": "\r\nTo: sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n",
			"From":             "\r\nFrom: \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n",
			"Call-ID":          "\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\n",
			"CSeq":             "\r\nCSeq: 0009\r\n  INVITE\r\n",
		} {
			if !strings.Contains(no, part) {
				t.Errorf("%s is echoed as it came:\n%s", why, no)
			}
		}

		p.send(strings.Replace(wsinv, ";   tag    = 1918181833n", "", 1))
		d := w.dialog()
		w.must("without that tag it is a call", d.Respond(answer()))
		ok := p.want("answered", "SIP/2.0 200")
		w.same("with one tag of ours", header(ok, "To"), "sip:vivekg@chair-dnrc.example.com;tag="+tagOf(header(ok, "To")))
		from, err := ParseAddress(d.Invite().Header("From"))
		w.must("From can be read", err)
		w.same("as who it is", from.Display+" "+from.URI.Host+" "+from.Tag, `J Rosenberg \" example.com 98asjd8`)
		ack := strings.NewReplacer("INVITE sip", "ACK sip", "  INVITE", "  ACK", ";   tag    = 1918181833n", ";tag="+tagOf(header(ok, "To"))).Replace(wsinv)
		p.send(ack)
		w.event(d, "a tortuous ACK with the INVITE's old branch is its ACK", Confirmed, "INVITE")
		w.must("hanging up", d.Request(w.ctx, "BYE", Outgoing{}))
		bye := p.want("to the Contact without what belongs to the header", "BYE sip:jdrosen@example.com SIP/2.0")
		w.same("to whom it came from", header(bye, "To"), `"J Rosenberg \\\""       <sip:jdrosen@example.com> ; tag = 98asjd8`)
		d.Close()
	})
}

// TestInsufficientInvite is RFC 4475 §3.3.1: no Call-ID, From, To.
func TestInsufficientInvite(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		p.send(fixture(t, "insuf"))
		no := p.want("what is missing cannot be made up", "SIP/2.0 400 From Missing")
		w.same("it is answered by its Via", header(no, "Via"), "SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf")
		w.noDialog("and is no call")
		d := p.caller().talking() // and the link goes on
		d.Close()
	})
}

// TestZeroMaxForwards is RFC 4475 §3.3.11.
func TestZeroMaxForwards(t *testing.T) {
	run(t, Config{}, func(w *world) {
		p := w.partner("sip.contoso.example")
		p.send(fixture(t, "zeromf"))
		w.must("whom it reaches answers it", w.request().Respond(Response{Status: 200}))
		p.want("answered", "SIP/2.0 200")
		p.send(strings.ReplaceAll(fixture(t, "zeromf"), "OPTIONS", "INVITE"))
		w.dialog().Close() // an INVITE as well
	})
}
