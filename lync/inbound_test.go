package lync

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// caller is the script of a node that places one call and ends it after hold.
func (n *node) caller(invite *raw.Builder) func(l *link.Link, m *raw.Message) {
	return func(l *link.Link, m *raw.Message) {
		switch m.Label() {
		case "200 INVITE":
			n.send(l, n.followUp("ACK", m, 1))
		case "BYE":
			n.send(l, raw.Respond(m, 200, "OK", ""))
		}
	}
}

// followUp is a request in the dialog that a 2xx of contoso made.
func (n *node) followUp(method string, ok *raw.Message, cseq int) *raw.Builder {
	b := raw.NewRequest(method, contactOf(ok)).
		Headerf("Via", "SIP/2.0/TLS %s:5061;branch=z9hG4bK%s%d%s", nodeName, method, cseq, ok.CallID()).Header("Max-Forwards", "70")
	recorded := ok.List("Record-Route")
	for i := len(recorded) - 1; i >= 0; i-- {
		b.Header("Route", bracketed(recorded[i]))
	}
	return b.Header("From", ok.Get("From")).Header("To", ok.Get("To")).Header("Call-ID", ok.CallID()).Headerf("CSeq", "%d %s", cseq, method)
}

func TestIncomingCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.Answer = Behaviour{MediaNone: true, Progress: true, After: 2 * time.Second}
		o := w.start()
		invite := w.node.invite("meet.alice@vc.example.com", "call-1")
		w.node.script = w.node.caller(invite)
		l, err := w.node.dialEdge(w.node.cert)
		if err != nil {
			t.Fatal(err)
		}
		w.node.send(l, invite)
		c := <-o.Answered()
		if string(c.Received()) != string(invite.Bytes()) || c.Placed() || c.Status() != 200 {
			t.Errorf("received\n%s", c.Received())
		}
		if a := c.Answer(); len(a.Media) != 1 || a.Media[0].CryptoTag != 1 || a.Media[0].RTP.Port() != 40000 {
			t.Errorf("their offer: %+v", c.Answer())
		}
		synctest.Wait()
		ok := w.node.message("200 INVITE")
		body, err := parseSDP(ok.Body)
		if err != nil || len(body.media) != 1 || strings.Join(body.media[0].formats, " ") != "0 101" {
			t.Errorf("our answer: %v\n%s", err, ok.Body)
		}
		if lines := attributes(body.media[0].lines, "crypto"); len(lines) != 1 || !strings.HasPrefix(lines[0], "1 "+suite) {
			t.Errorf("crypto %q", lines)
		}
		if contact, err := raw.ParseURI(contactOf(ok)); err != nil || contact.Port != 0 || ok.Tag("To") == "" || len(ok.List("Record-Route")) < 2 {
			t.Errorf("200:\n%s", ok.Bytes)
		}
		w.node.send(l, w.node.followUp("OPTIONS", ok, 2))
		synctest.Wait()
		w.node.send(l, w.node.followUp("BYE", ok, 3))
		<-c.Ended()
		synctest.Wait() // the last answer is written
		if c.Why() != "the peer hung up" || violationsOf(c) != "[]" {
			t.Errorf("%s %+v", c.Why(), c.Violations())
		}
		if got, want := ladderOf(c), "<INVITE >100_INVITE >183_INVITE >200_INVITE <ACK <OPTIONS >200_OPTIONS <BYE >200_BYE"; got != want {
			t.Errorf("ladder %s", got)
		}
		mustNotSurprise(t, o)
	})
}

func TestWeHangUpIncomingCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.Answer.MediaNone = true
		o := w.start()
		invite := w.node.invite("meet.alice@vc.example.com", "call-2").Header("Record-Route", "<sip:px01.vc.example.com;lr;x=y>;z=1")
		w.node.script = w.node.caller(invite)
		l, err := w.node.dialEdge(w.node.cert)
		if err != nil {
			t.Fatal(err)
		}
		w.node.send(l, invite)
		c := <-o.Answered()
		if err := c.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
		bye := w.node.message("BYE")
		if got := bye.All("Route"); len(got) != 1 || got[0] != "<sip:px01.vc.example.com;lr;x=y>" || bye.Get("To") != "<sip:meet.alice@vc.example.com>;tag=nodetag" {
			t.Errorf("BYE:\n%s", bye.Bytes)
		}
	})
}

func TestUnacknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.Answer.MediaNone = true
		o := w.start()
		w.node.script = func(l *link.Link, m *raw.Message) {
			if m.Label() == "BYE" {
				w.node.send(l, raw.Respond(m, 200, "OK", ""))
			}
		}
		l, err := w.node.dialEdge(w.node.cert)
		if err != nil {
			t.Fatal(err)
		}
		w.node.send(l, w.node.invite("meet.alice@vc.example.com", "call-3"))
		c := <-o.Answered()
		began := time.Now()
		<-c.Ended()
		if took := time.Since(began); took < 31*time.Second || took > 33*time.Second || violationsOf(c) != "[ack]" {
			t.Errorf("ended after %s: %+v", took, c.Violations())
		}
		if n := strings.Count(w.node.received(), "200 INVITE"); n != 11 { // RFC 3261 §13.3.1.4: 0, 0.5, 1.5, 3.5, 7.5, 11.5, …
			t.Errorf("%d times 200", n)
		}
	})
}

func TestNodeCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.Answer = Behaviour{MediaNone: true, After: time.Minute}
		o := w.start()
		w.node.script = func(*link.Link, *raw.Message) {}
		l, err := w.node.dialEdge(w.node.cert)
		if err != nil {
			t.Fatal(err)
		}
		w.node.send(l, w.node.invite("meet.alice@vc.example.com", "call-4"))
		synctest.Wait()
		w.node.send(l, raw.NewRequest("CANCEL", "sip:anna@contoso.example").
			Headerf("Via", "SIP/2.0/TLS %s:5061;branch=z9hG4bKcall-4", nodeName).Header("From", "<sip:meet.alice@vc.example.com>;tag=nodetag").
			Header("To", "<sip:anna@contoso.example>").Header("Call-ID", "call-4").Header("CSeq", "1 CANCEL"))
		synctest.Wait()
		if got := w.node.received(); got != "100 INVITE, 180 INVITE, 200 CANCEL, 487 INVITE" {
			t.Error(got)
		}
		mustNotSurprise(t, o)
	})
}

// TestNobody: who lists its users answers for them, however they are written, and
// for nobody else; the partner learns why in the one header that it is let see.
func TestNobody(t *testing.T) {
	users := []string{"Anna", "ben@contoso.example"}
	for _, c := range []struct {
		users []string
		uri   string
		want  string
	}{
		{users, "sip:anna@contoso.example", "200 INVITE"},
		{users, "sip:%41nna@CONTOSO.example;user=ip", "200 INVITE"},
		{users, "sip:ben@contoso.example", "200 INVITE"},
		{users, "sip:nobody@contoso.example", "404 INVITE"},
		{users, "sip:ben@fabrikam.example", "404 INVITE"},
		{nil, "sip:nobody@contoso.example", "200 INVITE"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.config.Users, w.config.Answer.MediaNone = c.users, true
			o := w.start()
			l, err := w.node.dialEdge(w.node.cert)
			if err != nil {
				t.Fatal(err)
			}
			invite := w.node.inviteTo(c.uri, "meet.alice@vc.example.com", "call-7")
			w.node.script = w.node.caller(invite)
			w.node.send(l, invite)
			synctest.Wait()
			if !strings.Contains(w.node.received(), c.want) {
				t.Fatalf("%s: %s, want %s", c.uri, w.node.received(), c.want)
			}
			answer := w.node.message(c.want)
			if c.want != "404 INVITE" {
				return
			}
			if got := answer.Get("ms-diagnostics-public"); answer.Get("ms-diagnostics") != "" || answer.Tag("To") == "" ||
				got != `4005;reason="Destination URI either not enabled for SIP or does not exist"` {
				t.Errorf("%s", answer.Bytes)
			}
			if refused := o.Refused(); len(refused) != 1 || refused[0].Diagnostic.ID != DiagNoUser || refused[0].Diagnostic.Status != 404 {
				t.Errorf("%+v", refused)
			}
			mustNotSurprise(t, o)
		})
	}
}

// TestFromMustBeProved: whatever is wrong, the partner sees a bare 504, and the
// Edge's own log says why.
func TestFromMustBeProved(t *testing.T) {
	for _, c := range []struct {
		name, from, pai string
		spoil           func(w *world)
		names           []string
		id              int
	}{
		{name: "not under the domain", from: "u@example.net", spoil: func(w *world) {
			w.records.Services[dns.FederationName("example.net")] = []dns.SRV{{Target: pool, Port: 5061}}
		}, id: DiagNoMatch},
		{name: "no SRV", from: "u@nowhere.example", id: DiagNoSRV},
		{name: "address", from: "u@10.0.0.5", id: DiagSourceDomain},
		{name: "our own domain", from: "anna@contoso.example", id: DiagSourceDomain},
		{name: "pool name not in the certificate", from: "u@vc.example.com", names: []string{nodeName}, id: DiagCertificate},
		{name: "asserted identity", from: "u@vc.example.com", pai: "<sip:u@nowhere.example>", id: DiagNoSRV},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			if c.spoil != nil {
				c.spoil(w)
			}
			w.config.Resolver = w.records
			o := w.start()
			w.node.script = func(*link.Link, *raw.Message) {}
			cert := w.node.cert
			if c.names != nil {
				cert = w.issue(certs.Request{CommonName: pool, Names: c.names})
			}
			l, err := w.node.dialEdge(cert)
			if err != nil {
				t.Fatal(err)
			}
			b := w.node.invite(c.from, "call-5")
			if c.pai != "" {
				b.Header("P-Asserted-Identity", c.pai)
			}
			w.node.send(l, b)
			synctest.Wait()
			answer := w.node.message("504 INVITE")
			var names []string
			for _, h := range answer.Headers {
				names = append(names, h.Name)
			}
			if got := strings.Join(names, " "); got != "Via From To Call-ID CSeq Content-Length Server" || answer.Reason() != "Server time-out" ||
				answer.Tag("To") == "" || answer.Get("Server") != "RTC/7.0" {
				t.Errorf("%s: %s\n%s", c.name, got, answer.Bytes)
			}
			refused := o.Refused()
			if len(refused) != 1 || refused[0].Diagnostic.ID != c.id || !strings.Contains(refused[0].From, c.from) {
				t.Errorf("%s: %+v", c.name, refused)
			}
			mustNotSurprise(t, o)
		})
	}
}

func TestClientCertificateIsDemanded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.EdgeGen = "2015" // TLS 1.2: the client sees the refusal in the handshake
		o := w.start()
		other, err := certs.NewAuthority("other", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		stranger, err := other.Issue(certs.Request{CommonName: pool, Names: []string{pool}})
		if err != nil {
			t.Fatal(err)
		}
		for name, cert := range map[string]certs.Request{
			"server only": {CommonName: pool, Names: []string{pool}, ServerOnly: true},
			"expired":     {CommonName: pool, Names: []string{pool}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)},
		} {
			var refused *link.DialError
			if _, err := w.node.dialEdge(w.issue(cert)); !errors.As(err, &refused) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.node.dialEdge(stranger); err == nil {
			t.Error("a chain of a stranger was taken")
		}
		synctest.Wait()
		for _, r := range o.Refused() {
			if r.Diagnostic.ID != DiagCertificate || r.Invite != nil {
				t.Errorf("%+v", r)
			}
		}
		if n := len(o.Refused()); n != 3 {
			t.Errorf("%d refusals in the log", n)
		}
	})
}

func TestSurprises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := w.start()
		w.node.script = func(*link.Link, *raw.Message) {}
		l, err := w.node.dialEdge(w.node.cert)
		if err != nil {
			t.Fatal(err)
		}
		request := func(method, tag string) *raw.Builder {
			return raw.NewRequest(method, "sip:anna@contoso.example").Header("Via", "SIP/2.0/TLS x;branch=z9hG4bK"+method+tag).
				Header("From", "<sip:u@vc.example.com>;tag=1").Header("To", "<sip:anna@contoso.example>"+tag).Header("Call-ID", method+tag).Header("CSeq", "1 "+method)
		}
		w.node.send(l, request("OPTIONS", ""))
		w.node.send(l, request("SUBSCRIBE", ""))
		w.node.send(l, request("BYE", ";tag=2"))
		w.node.send(l, raw.Respond(mustParse(t, request("MESSAGE", "").Bytes()), 200, "OK", "x"))
		synctest.Wait()
		if got := w.node.received(); got != "200 OPTIONS, 405 SUBSCRIBE, 481 BYE" {
			t.Error(got)
		}
		var reasons []string
		for _, s := range o.Unexpected() {
			reasons = append(reasons, s.Reason)
		}
		if got := strings.Join(reasons, "; "); got != "a request outside of any call; a request outside of any call; a response to nothing we asked" {
			t.Error(got)
		}
		l.Send([]byte("garbage without end\r\n\r\n"), label(mustParse(t, request("X", "").Bytes())))
		synctest.Wait()
		if s := o.Unexpected(); len(s) != 4 || !strings.Contains(s[3].Reason, "Content-Length") {
			t.Errorf("%+v", s)
		}
	})
}

func mustParse(t *testing.T, b []byte) *raw.Message {
	t.Helper()
	m, err := raw.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
