package edge

import (
	"strings"
	"testing"
	"time"

	"fedge/sip/raw"
)

// offered is a complete INVITE for any URI, with lines of the test's.
func offered(uri, callID string, lines ...string) *raw.Builder {
	b := request("INVITE", uri, callID, 1, annaFrom, "<sip:stand-up@vc.example.com>")
	for _, line := range lines {
		b.Line(line)
	}
	return b.Body("application/sdp", []byte(offer))
}

// Requests for others, by whatever name, go nowhere; those for us arrive under
// all our names.
func TestAstray(t *testing.T) {
	const room = "sip:stand-up@vc.example.com"
	tests := []struct {
		why    string
		uri    string
		lines  []string
		status int
	}{
		{"our own Route has done its work", room, []string{"Route: <sip:px01.vc.example.com:5061;transport=tls;lr>, <sip:SIP.vc.example.com;lr>"}, 200},
		{"by our address as well", room, []string{"Route: <sip:198.51.100.40;lr>"}, 200},
		{"somebody else's", room, []string{"Route: <sip:sip.fabrikam.example;lr>"}, 403},
		{"somebody else's behind ours", room, []string{"Route: <sip:px01.vc.example.com;lr>", "Route: <sip:sip.fabrikam.example;lr>"}, 403},
		{"ours by another way", room, []string{"Route: <sip:px01.vc.example.com;maddr=192.0.2.1;lr>"}, 403},
		{"no SIP", room, []string{"Route: <tel:+15551230001>"}, 403},
		{"one nobody can read", room, []string{"Route: sip.fabrikam.example"}, 403},
		{"a foreign domain", "sip:stand-up@fabrikam.example", nil, 404},
		{"a foreign address", "sip:stand-up@192.0.2.1", nil, 404},
		{"a name that begins as ours", "sip:stand-up@vc.example.com.fabrikam.example", nil, 404},
		{"another address by maddr", room + ";maddr=192.0.2.1", nil, 404},
		{"our own by maddr", room + ";transport=tls;maddr=198.51.100.40", nil, 200},
		{"another port", room + ":5071", nil, 404},
		{"our port", room + ":5061", nil, 200},
		{"a request of ours that comes back", room, []string{"Via: SIP/2.0/TLS PX01.vc.example.com:5061;branch=z9hG4bK1"}, 482},
		{"written without its port", room, []string{"Via: SIP/2.0/TLS px01.vc.example.com;branch=z9hG4bK1"}, 482},
		{"another node's", room, []string{"Via: SIP/2.0/TLS px02.vc.example.com:5061;branch=z9hG4bK1"}, 200},
		{"another port's", room, []string{"Via: SIP/2.0/TLS px01.vc.example.com:5062;branch=z9hG4bK1"}, 200},
		{"a focus URI", room + ";gruu;opaque=app:conf:focus:id:7K2QD1RL", nil, 200},
	}
	for n, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.serve()
				p := w.dial(w.contoso)
				p.send(offered(test.uri, callID(n), test.lines...))
				if got := p.next(); got.Status() != test.status {
					t.Errorf("%s, want %d", got.StartLine, test.status)
				}
			})
		})
	}
}

// A node at another port goes by that, and by the usual one that others see.
func TestAstrayAtAnotherPort(t *testing.T) {
	for n, c := range []struct {
		uri, line string
		status    int
	}{
		{"sip:stand-up@vc.example.com:5071", "X: 1", 200},
		{"sip:stand-up@vc.example.com:5061", "X: 1", 200},
		{"sip:stand-up@vc.example.com:5060", "X: 1", 404},
		{"sip:stand-up@vc.example.com", "Via: SIP/2.0/TLS px01.vc.example.com:5071;branch=z9hG4bK1", 482},
		{"sip:stand-up@vc.example.com", "Via: SIP/2.0/TLS px01.vc.example.com;branch=z9hG4bK1", 200},
	} {
		inWorld(t, func(w *world) {
			w.config = func(c *Config) { c.Port = 5071 }
			w.serve()
			p := w.dial(w.contoso)
			p.send(offered(c.uri, callID(n), c.line))
			if got := p.next(); got.Status() != c.status {
				t.Errorf("%s, %s: %s, want %d", c.uri, c.line, got.StartLine, c.status)
			}
		})
	}
}

// Where a request has arrived it may have used up its hops (RFC 4475 §3.3.11);
// what would have to travel on may not.
func TestHops(t *testing.T) {
	for uri, want := range map[string]int{
		"sip:stand-up@vc.example.com":             200,
		"sip:stand-up@vc.example.com;maddr=::1":   483,
		"sip:stand-up@vc.example.com:5071":        483,
		"sip:nobody@vc.example.com;transport=tls": 404,
	} {
		inWorld(t, func(w *world) {
			w.serve()
			p := w.dial(w.contoso)
			m, err := offered(uri, callID(1)).Message()
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(string(m.Bytes), "Max-Forwards: 67", "Max-Forwards: 0", 1)
			if err := p.link.Send([]byte(text), label); err != nil {
				t.Fatal(err)
			}
			if got := p.next(); got.Status() != want {
				t.Errorf("%s: %s, want %d", uri, got.StartLine, want)
			}
		})
	}
}

func TestOptionsAstray(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		probe := func(n int, lines ...string) *raw.Builder {
			b := request("OPTIONS", "sip:px01.vc.example.com", callID(n), 1, annaFrom, "<sip:px01.vc.example.com>")
			for _, line := range lines {
				b.Line(line)
			}
			return b
		}
		p.send(probe(1, "Route: <sip:px01.vc.example.com;lr>"))
		p.want(200, "OPTIONS")
		p.send(probe(2, "Route: <sip:sip.fabrikam.example;lr>"))
		p.want(403, "OPTIONS")
	})
}

// A Contact is SIPS where the call is (RFC 3261 §12.1.1).
func TestSecuredContact(t *testing.T) {
	for n, c := range []struct {
		uri, line, want string
	}{
		{"sip:stand-up@vc.example.com", "X: 1", "<sip:stand-up@px01.vc.example.com:5061;transport=tls>"},
		{"sips:stand-up@vc.example.com", "X: 1", "<sips:stand-up@px01.vc.example.com:5061>"},
	} {
		inWorld(t, func(w *world) {
			w.serve()
			p := w.dial(w.contoso)
			p.send(offered(c.uri, callID(n), c.line))
			if got := p.want(200, "INVITE").Get("Contact"); got != c.want {
				t.Errorf("Contact: %s, want %s", got, c.want)
			}
		})
	}
}

// Trust looks at every line of a header, however its name is spelt: sipgo's
// RemoveHeader finds the first line of one spelling (case catalogue §4.3 row 19).
func TestTrustHeadersInAnySpelling(t *testing.T) {
	const ours, theirs = "<sip:anna@contoso.example>", "<sip:eve@fabrikam.example>"
	for n, c := range []struct {
		lines  []string
		status int
	}{
		{[]string{"p-asserted-identity: " + ours, "P-ASSERTED-IDENTITY: " + ours}, 200},
		{[]string{"P-Asserted-Identity: " + ours, "p-asserted-IDENTITY: " + theirs}, 403},
		{[]string{"p-asserted-identity: " + theirs}, 403},
		{[]string{"P-Asserted-Identity: " + ours + ", " + theirs}, 403},
	} {
		inWorld(t, func(w *world) {
			w.serve()
			p := w.dial(w.contoso)
			p.send(offered("sip:stand-up@vc.example.com", callID(n), c.lines...))
			if got := p.next(); got.Status() != c.status {
				t.Errorf("%q: %s, want %d", c.lines, got.StartLine, c.status)
			}
		})
	}
}

// An anonymous caller proves nothing, and nobody is asked about his domain.
func TestAnonymousCaller(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(request("INVITE", "sip:stand-up@vc.example.com", callID(1), 1,
			`"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1`, "<sip:stand-up@vc.example.com>").
			Header("Privacy", "id").Body("application/sdp", []byte(offer)))
		p.want(403, "INVITE")
		w.counts(`edge_requests_turned_away_total{reason="distrust"}`, 1)
	})
}

// Who is no SIP user has no domain that anybody could be asked about, or that
// the peer could be proved to speak for.
func TestCallerWithoutDomain(t *testing.T) {
	for n, from := range []string{"<tel:+15551230001>;tag=1", "<isbn:2983792873>;tag=1", `"Anna" <tel:anna@contoso.example>;tag=1`} {
		inWorld(t, func(w *world) {
			records := w.asking()
			w.serve()
			p := w.dial(w.contoso)
			p.send(request("INVITE", "sip:stand-up@vc.example.com", callID(n), 1, from, "<sip:stand-up@vc.example.com>").
				Body("application/sdp", []byte(offer)))
			p.want(403, "INVITE")
			w.counts(`edge_requests_turned_away_total{reason="distrust"}`, 1)
			if asked := records.count.Load(); asked > 0 {
				t.Errorf("%s: DNS was asked %d times", from, asked)
			}
		})
	}
}

// OPTIONS are answered as an INVITE would be (RFC 3261 §11.2). For the node
// itself that takes no proof and no question to DNS; for a user it takes both.
func TestOptions(t *testing.T) {
	const contoso, fabrikam = annaFrom, "<sip:eve@fabrikam.example>;tag=1"
	for n, c := range []struct {
		uri, from string
		status    int
		asks      bool
	}{
		{"sip:vc.example.com", contoso, 200, false},
		{"sip:vc.example.com", fabrikam, 200, false},
		{"sip:SIP.vc.example.com:5061;transport=tls", contoso, 200, false},
		{"sip:px01.vc.example.com", "<tel:+15551230001>;tag=1", 200, false},
		{"sip:198.51.100.40", contoso, 200, false},
		{"sip:198.51.100.40;maddr=px01.vc.example.com", contoso, 200, false},
		{"sip:victim.example", contoso, 404, false},
		{"sip:192.0.2.1:5061", contoso, 404, false},
		{"sip:vc.example.com:5070", contoso, 404, false},
		{"sip:vc.example.com;maddr=192.0.2.1", contoso, 404, false},
		{"tel:+15551230001", contoso, 416, false},
		{"sip:stand-up@vc.example.com", contoso, 200, true},
		{"sip:stand-up@px01.vc.example.com:5061;gruu;opaque=app:conf:focus:id:1", contoso, 200, true},
		{"sip:nobody@vc.example.com", contoso, 404, true},
		{"sip:stand-up@victim.example", contoso, 404, true},
		{"sip:stand-up@vc.example.com;maddr=192.0.2.1", contoso, 404, false},
		{"sip:stand-up@vc.example.com:5070", contoso, 404, false},
		{"sip:stand-up@vc.example.com", fabrikam, 403, true},
		{"sip:nobody@vc.example.com", fabrikam, 403, true}, // no word on who is a room
		{"sip:nobody@vc.example.com", "<tel:+15551230001>;tag=1", 403, false},
	} {
		inWorld(t, func(w *world) {
			records := w.asking()
			w.serve()
			p := w.dial(w.contoso)
			p.send(request("OPTIONS", c.uri, callID(n), 1, c.from, "<"+c.uri+">"))
			if got := p.next(); got.Status() != c.status {
				t.Errorf("%s from %s: %s, want %d", c.uri, c.from, got.StartLine, c.status)
			}
			if asks := records.count.Load() > 0; asks != c.asks {
				t.Errorf("%s from %s: DNS was asked: %v", c.uri, c.from, asks)
			}
		})
	}
}

// Whoever would not get a call through now hears that by OPTIONS too, with the
// same status (RFC 3261 §11.2); OPTIONS for the node itself are answered.
func TestOptionsAsInvite(t *testing.T) {
	plain, untouched := func(*raw.Builder) {}, func(*world) {}
	for n, c := range []struct {
		what, room string
		status     int
		prepare    func(*world)
		write      func(*raw.Builder)
	}{
		{"in maintenance", "stand-up", 503, func(w *world) { w.edge.calls.maintain(true) }, plain},
		{"at its limit", "stand-up", 503, func(w *world) { w.edge.calls.most = 0 }, plain},
		{"a full room", "small", 486, func(w *world) { w.dial(w.contoso).call("small@vc.example.com", callID(99)) }, plain},
		{"no media node", "stand-up", 503, func(w *world) { w.media.quiet(); time.Sleep(time.Minute) }, plain},
		{"nothing that we have is accepted", "stand-up", 406, untouched, func(b *raw.Builder) { b.Header("Accept", "text/plain") }},
		{"an interval too short", "stand-up", 422, untouched, func(b *raw.Builder) { b.Header("Supported", "timer").Header("Session-Expires", "30") }},
		{"a body that is not understood", "stand-up", 415, untouched, func(b *raw.Builder) { b.Body("text/x-unheard-of", []byte("?")) }},
	} {
		inWorld(t, func(w *world) {
			w.serve()
			c.prepare(w)
			p := w.dial(w.contoso)
			uri := "sip:" + c.room + "@vc.example.com"
			for i, method := range []string{"OPTIONS", "INVITE"} {
				b := request(method, uri, callID(2*n+i), 1, annaFrom, "<"+uri+">")
				c.write(b)
				p.send(b)
				m := p.next()
				if m.Status() != c.status || m.Method() != method || (c.status == 503) != m.Has("Retry-After") || (c.status == 406 || c.status == 415) && !m.Has("Accept") {
					t.Errorf("%s to %s: want %d, got\n%s", c.what, method, c.status, m.Bytes)
				}
			}
			p.send(request("OPTIONS", "sip:vc.example.com", callID(50), 1, annaFrom, "<sip:vc.example.com>"))
			p.want(200, "OPTIONS")
		})
	}
}

// OPTIONS find no more aliases than calls do, and no more of them are looked
// into than there is room for.
func TestOptionsGuessing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.plan.Limits.WrongAliases = 2
		w.config = slowly(time.Second)
		w.serve()
		p := w.dial(w.contoso)
		for n, want := range []int{404, 404, 403} {
			p.send(request("OPTIONS", "sip:nobody@vc.example.com", callID(n), 1, annaFrom, "<sip:nobody@vc.example.com>"))
			p.want(want, "OPTIONS")
		}
	})
	inWorld(t, func(w *world) {
		w.config = slowly(time.Second)
		w.serve()
		p := w.dial(w.contoso)
		for n := range maxLookUps + 1 {
			p.send(request("OPTIONS", "sip:stand-up@vc.example.com", callID(n), 1, annaFrom, "<sip:stand-up@vc.example.com>"))
		}
		if p.want(503, "OPTIONS").Get("Retry-After") == "" {
			t.Error("503 without Retry-After")
		}
		for range maxLookUps {
			p.want(200, "OPTIONS")
		}
		w.settle()
		if n := w.edge.lookUps.Load(); n != 0 {
			t.Errorf("%d are still looked into", n)
		}
	})
}
