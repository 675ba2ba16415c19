package edge

import (
	"bytes"
	"context"
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/media/session"
	"fedge/plan"
	"fedge/sip/raw"
)

func TestInboundCall(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		d := p.call("Stand-Up@vc.example.com", callID(1))
		m := d.answer
		if got := m.Get("Contact"); got != "<sip:stand-up@px01.vc.example.com:5061;transport=tls>" {
			t.Errorf("Contact %s", got)
		}
		if got := m.All("Record-Route"); len(got) != 1 || got[0] != recordRoute {
			t.Errorf("Record-Route %q", got)
		}
		if got := m.All("Via"); len(got) != 2 || !strings.Contains(got[0], `ms-internal-info="x"`) {
			t.Errorf("Via %q", got)
		}
		if m.Get("From") != annaFrom || m.Tag("To") == "" {
			t.Errorf("From %q, To %q", m.Get("From"), m.Get("To"))
		}
		if m.Get("Allow") == "" || m.Get("Supported") == "" || m.Get("Server") == "" {
			t.Errorf("Allow, Supported or Server is missing:\n%s", m.Bytes)
		}
		if m.Get("Content-Type") != "application/sdp" || !bytes.Equal(m.Body, w.media.sdp("answer")) {
			t.Errorf("the body is not the media node's answer: %s %q", m.Get("Content-Type"), m.Body)
		}
		o := w.media.opens[0]
		if o.Conference != "stand-up" || string(o.Offer) != offer || !o.Lync || o.Reserve {
			t.Errorf("the media node was asked for %+v", o)
		}
		w.wantCalls(1)
		info := w.edge.calls.list()[0]
		if info.Room != "stand-up" || info.State != answered || info.MediaNode != "px03.vc.example.com" || info.From != "sip:anna@contoso.example" || info.Peer != "sip.contoso.example" {
			t.Errorf("the call shows as %+v", info)
		}
		d.hangUp()
		w.wantCalls(0)
		p.close()
	})
}

// A room without media is booked, and nothing else.
func TestRoomWithoutMedia(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		d := w.dial(w.contoso).call("quiet@vc.example.com", callID(1))
		if !w.media.opens[0].Reserve {
			t.Error("media was opened for a room that has none")
		}
		d.hangUp()
	})
}

// What a 2013 client sends: the description it means is the last alternative.
func TestMultipartInvite(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(request("INVITE", "sip:stand-up@vc.example.com", callID(1), 1, annaFrom, "<sip:stand-up@vc.example.com>").
			Body(alternativeType, []byte(alternative)))
		d := &dialogue{peer: p, callID: callID(1), answer: p.want(200, "INVITE"), cseq: 1}
		d.ack()
		if got := string(w.media.opens[0].Offer); got != "v=0 new" {
			t.Errorf("the media node was offered %q", got)
		}
		d.hangUp()
	})
}

// An INVITE without offer is answered with ours, and the ACK brings the answer.
func TestInviteWithoutOffer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(request("INVITE", "sip:stand-up@vc.example.com", callID(1), 1, annaFrom, "<sip:stand-up@vc.example.com>"))
		d := &dialogue{peer: p, callID: callID(1), answer: p.want(200, "INVITE"), cseq: 1}
		if !bytes.Equal(d.answer.Body, w.media.sdp("offer")) {
			t.Errorf("body %q", d.answer.Body)
		}
		d.send(d.within("ACK").Body("application/sdp", []byte(offer)))
		w.settle()
		if len(w.media.accepts) != 1 || string(w.media.accepts[0].Answer) != offer {
			t.Errorf("the media node got the answers %+v", w.media.accepts)
		}
		d.hangUp()
	})
}

func TestInviteRefused(t *testing.T) {
	const room = "sip:stand-up@vc.example.com"
	from := func(who string) string { return who + ";tag=1" }
	anna := from("<sip:anna@contoso.example>")
	tests := []struct {
		name    string
		prepare func(*world)
		uri     string
		from    string
		more    func(*raw.Builder)
		want    int
	}{
		{"an unknown room", nil, "sip:nobody@vc.example.com", anna, nil, 404},
		{"a foreign domain", nil, "sip:stand-up@other.example", anna, nil, 404},
		{"From a domain that the certificate does not prove", nil, room, from("<sip:eve@adatum.example>"), nil, 403},
		{"From a domain without record", nil, room, from("<sip:eve@fabrikam.example>"), nil, 403},
		{"From a subdomain", nil, room, from("<sip:eve@x.contoso.example>"), nil, 403},
		{"From an address", nil, room, from("<sip:eve@203.0.113.10>"), nil, 403},
		{"trust is judged before the room is looked for", nil, "sip:nobody@vc.example.com", from("<sip:eve@adatum.example>"), nil, 403},
		{"an asserted identity that contradicts", nil, room, anna,
			func(b *raw.Builder) {
				b.Header("P-Asserted-Identity", `"Eve"<sip:eve@adatum.example>,<tel:+15551230001>`)
			}, 403},
		{"DNS does not say who speaks for it", func(w *world) { w.records.Fail[dns.FederationName("contoso.example")] = dns.ServerFailure }, room, anna, nil, 504},
		{"no signaling role", func(w *world) { w.plan.Nodes[0].Roles = []plan.Role{plan.Media} }, room, anna, nil, 403},
		{"media that cannot be served", func(w *world) { w.media.refuse = &session.Error{Reason: session.Incompatible} }, room, anna, nil, 488},
		{"a description that cannot be read", func(w *world) { w.media.refuse = &session.Error{Reason: session.Malformed} }, room, anna, nil, 400},
		{"no capacity", func(w *world) { w.media.refuse = &session.Error{Reason: session.Full} }, room, anna, nil, 503},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.media = newFakeMedia(w, "px03.vc.example.com")
				if test.prepare != nil {
					test.prepare(w)
				}
				w.serve()
				p := w.dial(w.contoso)
				b := request("INVITE", test.uri, callID(1), 1, test.from, "<"+test.uri+">")
				if test.more != nil {
					test.more(b)
				}
				p.send(b.Body("application/sdp", []byte(offer)))
				m := p.want(test.want, "INVITE")
				if m.Tag("To") == "" {
					t.Error("a final answer without To tag")
				}
				if test.want == 503 && m.Get("Retry-After") == "" {
					t.Error("503 without Retry-After")
				}
				p.send(request("ACK", test.uri, callID(1), 1, test.from, m.Get("To")))
				w.wantCalls(0)

				// The refusal has harmed nothing.
				p.send(request("OPTIONS", "sip:vc.example.com", callID(2), 1, anna, "<sip:vc.example.com>"))
				p.want(200, "OPTIONS")
			})
		})
	}
}

func TestAssertedIdentityOfTheSameDomain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(invite("stand-up@vc.example.com", callID(1)).
			Header("P-Asserted-Identity", `"Anna"<sip:anna@contoso.example>,<tel:+15551230001>`))
		d := &dialogue{peer: p, callID: callID(1), answer: p.want(200, "INVITE"), cseq: 1}
		d.ack()
		d.hangUp()
	})
}

func TestVerifyOff(t *testing.T) {
	inWorld(t, func(w *world) {
		w.plan.Verify = false
		w.serve()
		d := w.dial(tls.Certificate{}).call("stand-up@vc.example.com", callID(1))
		d.hangUp()
	})
}

func TestBodiesWeDoNotRead(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(request("INVITE", "sip:stand-up@vc.example.com", callID(1), 1, annaFrom, "<sip:stand-up@vc.example.com>").
			Body("text/plain", []byte("hello")))
		if m := p.want(415, "INVITE"); !strings.Contains(m.Get("Accept"), "application/sdp") {
			t.Errorf("415 with Accept %q", m.Get("Accept"))
		}
	})
}

func TestRoomLimit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		first := p.call("small@vc.example.com", callID(1))
		p.send(invite("small@vc.example.com", callID(2)))
		m := p.want(486, "INVITE")
		p.send(request("ACK", "sip:small@vc.example.com", callID(2), 1, annaFrom, m.Get("To")))
		first.hangUp()
		p.call("small@vc.example.com", callID(3)).hangUp()
	})
}

func TestCallsAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.config = func(c *Config) { c.Calls = 1 }
		w.serve()
		p := w.dial(w.contoso)
		first := p.call("stand-up@vc.example.com", callID(1))
		p.send(invite("stand-up@vc.example.com", callID(2)))
		if m := p.want(503, "INVITE"); m.Get("Retry-After") == "" {
			t.Error("503 without Retry-After")
		}
		first.hangUp()
	})
}

// slowly makes a resolver take its time.
func slowly(takes time.Duration) func(*Config) {
	return func(c *Config) { c.Resolver = &asked{Resolver: c.Resolver, takes: takes} }
}

// The caller gives up while we are still asking who he is.
func TestCancelWhileDNSIsSlow(t *testing.T) {
	inWorld(t, func(w *world) {
		w.config = slowly(8 * time.Second)
		w.serve()
		p := w.dial(w.contoso)
		room := "stand-up@vc.example.com"
		p.send(invite(room, callID(1)))
		time.Sleep(time.Second)
		trying, err := p.reader.Next()
		if err != nil || trying.Status() != 100 {
			t.Fatalf("got %v, %v; want 100 while DNS takes its time", trying, err)
		}
		cancel := raw.NewRequest("CANCEL", "sip:"+room).
			Headerf("Via", "SIP/2.0/TLS 203.0.113.10:49153;branch=z9hG4bK%d;ms-internal-info=\"x\"", branches).
			Header("Max-Forwards", "70").Header("From", annaFrom).Header("To", "<sip:"+room+">").
			Header("Call-ID", callID(1)).Header("CSeq", "1 CANCEL")
		p.send(cancel)
		got := map[string]bool{p.next().Label(): true, p.next().Label(): true}
		if !got["200 CANCEL"] || !got["487 INVITE"] {
			t.Errorf("got %v, want 200 to CANCEL and 487 to INVITE", got)
		}
		w.wantCalls(0)
		if len(w.media.opens) != 0 {
			t.Error("media was opened for a call that was cancelled")
		}
	})
}

// The media node was slow and the caller is gone: the session is given back.
func TestCancelWhileMediaIsSlow(t *testing.T) {
	inWorld(t, func(w *world) {
		w.media = newFakeMedia(w, "px03.vc.example.com")
		w.media.slow = 500 * time.Millisecond
		w.serve()
		p := w.dial(w.contoso)
		p.send(invite("stand-up@vc.example.com", callID(1)))
		w.settle()
		p.link.Abort()
		time.Sleep(time.Second)
		w.wantCalls(0)
		if n := w.media.sessions(); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// Nothing that happens to one peer keeps the next call from working.
func TestBadPeers(t *testing.T) {
	tests := []struct {
		name string
		harm func(*world)
	}{
		{"64 KiB of noise instead of TLS", func(w *world) {
			raw, err := w.network.Dial(w.ctx, "tcp", px01Addr.String())
			if err != nil {
				w.t.Fatal(err)
			}
			defer raw.Close()
			_, _ = raw.Write(bytes.Repeat([]byte{0xA5}, 64<<10)) // the edge may hang up half-way
			w.settle()
		}},
		{"64 KiB of noise instead of SIP", func(w *world) {
			p := w.dial(w.contoso)
			if err := p.link.Send(bytes.Repeat([]byte("noise \x00"), 64<<10/7), label); err != nil {
				w.t.Fatal(err)
			}
			p.wantEnd()
		}},
		{"a handshake that stalls", func(w *world) {
			raw, err := w.network.Dial(w.ctx, "tcp", px01Addr.String())
			if err != nil {
				w.t.Fatal(err)
			}
			time.Sleep(11 * time.Second)
			if _, err := raw.Read(make([]byte, 1)); err == nil {
				w.t.Error("the edge sent something to a client that said nothing")
			}
		}},
		{"a message that never ends", func(w *world) {
			p := w.dial(w.contoso)
			if err := p.link.Send([]byte("OPTIONS sip:x@vc.example.com SIP/2.0\r\nVia: "), label); err != nil {
				w.t.Fatal(err)
			}
			p.wantEnd()
		}},
		{"a peer that never reads", func(w *world) {
			p := w.dial(w.contoso)
			for n := range 4000 {
				if p.link.Send(request("OPTIONS", "sip:stand-up@vc.example.com", callID(n), 1, annaFrom, "<sip:stand-up@vc.example.com>").Bytes(), label) != nil {
					break
				}
			}
			time.Sleep(30 * time.Second)
		}},
		{"a peer that hangs up in the middle", func(w *world) {
			p := w.dial(w.contoso)
			p.send(invite("stand-up@vc.example.com", callID(9)))
			p.link.Abort()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.serve()
				test.harm(w)
				w.dial(w.contoso).call("stand-up@vc.example.com", callID(1)).hangUp()
			})
		})
	}
}

func TestLinksAreCapped(t *testing.T) {
	inWorld(t, func(w *world) {
		w.config = func(c *Config) { c.Links.Total, c.Links.PerAddress = 2, 2 }
		w.serve()
		first, second := w.dial(w.contoso), w.dial(w.contoso)
		if _, err := w.tryDial(w.contoso); err == nil {
			t.Error("a third link was let in")
		}
		first.close()
		w.settle()
		third := w.dial(w.contoso)
		third.call("stand-up@vc.example.com", callID(1)).hangUp()
		second.call("stand-up@vc.example.com", callID(2)).hangUp()
	})
}

// Without a certificate that verifies there is no SIP at all.
func TestStrangersGetNoSIP(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		for name, certificate := range map[string]tls.Certificate{
			"none":     {},
			"stranger": newAuthorities(t).issue(t, certs.Request{Names: []string{"sip.contoso.example"}}),
		} {
			p, err := w.tryDial(certificate)
			if err != nil {
				continue
			}
			_ = p.link.Send(request("OPTIONS", "sip:stand-up@vc.example.com", callID(1), 1, annaFrom, "<sip:x@vc.example.com>").Bytes(), label)
			if m, err := p.reader.Next(); err == nil {
				t.Errorf("%s: got %q", name, m.Label())
			}
		}
	})
}

func TestDrain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.config = func(c *Config) { c.Drain = time.Minute }
		w.serve()
		p := w.dial(w.contoso)
		ends, stays := p.call("stand-up@vc.example.com", callID(1)), p.call("stand-up@vc.example.com", callID(2))
		w.stop()
		w.settle()
		p.send(invite("stand-up@vc.example.com", callID(3)))
		if m := p.want(503, "INVITE"); m.Get("Retry-After") == "" {
			t.Error("503 without Retry-After")
		}
		if _, err := w.edge.Place(context.Background(), Place{Room: "stand-up", To: "anna@contoso.example"}); err == nil {
			t.Error("a call was placed while draining")
		}
		ends.hangUp()
		bye := stays.wantRequest("BYE") // a minute later
		contains(t, "BYE", string(bye.Bytes), `Reason: SIP;cause=503;text="node is shutting down"`)
		stays.send(raw.Respond(bye, 200, "OK", ""))
		p.wantEnd()
		w.running.Wait()
	})
}

// A drain that finds no call is over at once.
func TestDrainOfAnIdleNode(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		w.dial(w.contoso)
		began := time.Now()
		w.stop()
		w.running.Wait()
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// Who requires reliable provisional responses hears that the room is found, and
// is answered once that is acknowledged (RFC 3262).
func TestInviteRequires100rel(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(invite("stand-up@vc.example.com", callID(1)).Header("Require", "100rel"))
		ringing := p.want(180, "INVITE")
		d := &dialogue{peer: p, callID: callID(1), answer: ringing, cseq: 1}
		if p.want(180, "INVITE").Get("RSeq") != ringing.Get("RSeq") {
			t.Error("the copy is another response")
		}
		for _, c := range []struct {
			method, kind string
			status       int
		}{
			{"INFO", "", 200},
			{"INFO", "text/plain", 415},
			{"OPTIONS", "", 200},
			{"UPDATE", "", 200}, // it refreshes the target alone
			{"UPDATE", "text/plain", 415},
			{"UPDATE", "application/sdp", 500}, // the offer of the INVITE waits for its answer
			{"INVITE", "application/sdp", 500},
		} {
			b := d.within(c.method)
			if c.kind != "" {
				b.Body(c.kind, []byte(offer))
			}
			d.send(b)
			m := d.want(c.status, c.method)
			if (c.status == 500) != m.Has("Retry-After") || c.method == "UPDATE" && c.status == 200 && m.Get("Contact") == "" {
				t.Errorf("%s of %q before the answer: got\n%s", c.method, c.kind, m.Bytes)
			}
			if c.method == "INVITE" { // its ACK has the dialog's tag
				d.send(d.within("ACK"))
			}
		}
		d.send(d.within("UPDATE").Header("Supported", "timer").Header("Session-Expires", "10"))
		d.want(422, "UPDATE")
		d.send(d.within("PRACK").Header("RAck", ringing.Get("RSeq")+" 1 INVITE"))
		d.want(200, "PRACK")
		d.answer = d.want(200, "INVITE")
		d.ack()
		w.wantCalls(1)
		d.hangUp()

		p.send(invite("stand-up@vc.example.com", callID(2)).Header("Require", "100rel"))
		for range 7 { // and no PRACK
			p.want(180, "INVITE")
		}
		p.want(504, "INVITE")
		w.wantCalls(0)

		p.send(request("INVITE", "sip:stand-up@vc.example.com", callID(3), 1, annaFrom, "<sip:stand-up@vc.example.com>").Header("Require", "100rel"))
		d = &dialogue{peer: p, callID: callID(3), answer: p.want(200, "INVITE"), cseq: 1} // our offer is the first thing to say
		d.send(d.within("ACK").Body("application/sdp", []byte(offer)))
		d.hangUp()
	})
}
