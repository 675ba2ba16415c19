package edge

import (
	"strings"
	"testing"

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
			var records *asked
			w.config = func(c *Config) {
				records = &asked{Resolver: c.Resolver}
				c.Resolver = records
			}
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
