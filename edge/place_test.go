package edge

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/media/session"
	"fedge/plan"
	"fedge/sip/raw"
)

// placed is what Place returned.
type placed struct {
	info CallInfo
	err  error
}

func (w *world) place(p Place) <-chan placed {
	result := make(chan placed, 1)
	go func() {
		info, err := w.edge.Place(w.ctx, p)
		result <- placed{info, err}
	}()
	return result
}

// answerTo is a contoso Edge's 200 to an INVITE of ours.
func answerTo(m *raw.Message) *raw.Builder {
	return raw.Respond(m, 200, "OK", "bobs-tag").
		Header("Record-Route", recordRoute).
		Header("Contact", "<sip:anna@contoso.example;opaque=user:epid:abc;gruu>").
		Body("application/sdp", []byte(offer))
}

var toAnna = Place{Room: "stand-up", To: "anna@contoso.example"}

func TestOutboundCall(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result := w.place(Place{Room: "daily@vc.example.com", To: "sip:anna@contoso.example", Name: "Žofie's room"})
		p := <-edges
		m := p.wantRequest("INVITE")
		if m.RequestURI() != "sip:anna@contoso.example" || m.Get("To") != "<sip:anna@contoso.example>" {
			t.Errorf("INVITE %s, To %s", m.RequestURI(), m.Get("To"))
		}
		if from := m.Get("From"); !strings.HasPrefix(from, `"Žofie's room" <sip:stand-up@vc.example.com>;tag=`) {
			t.Errorf("From: %s", from)
		}
		if got := m.Get("Contact"); got != "<sip:stand-up@px01.vc.example.com:5061;transport=tls>" {
			t.Errorf("Contact: %s", got)
		}
		if got := m.Get("Via"); !strings.HasPrefix(got, "SIP/2.0/TLS px01.vc.example.com:5061;branch=z9hG4bK") && !strings.HasPrefix(got, "SIP/2.0/TLS px01.vc.example.com;branch=z9hG4bK") {
			t.Errorf("Via: %s", got)
		}
		if m.Get("Max-Forwards") != "70" || string(m.Body) != string(w.media.sdp("offer")) {
			t.Errorf("Max-Forwards %s, body %q", m.Get("Max-Forwards"), m.Body)
		}
		wantAbilities(t, m)
		if o := w.media.opens[0]; o.Conference != "stand-up" || o.Offer != nil || !o.Lync {
			t.Errorf("the media node was asked for %+v", o)
		}
		if names := p.link.Peer().Names(); p.link.Peer().Err != nil || names[0] != "sip.vc.example.com" {
			t.Errorf("we proved to be %v (%v)", names, p.link.Peer().Err)
		}
		p.send(raw.Respond(m, 180, "Ringing", "bobs-tag"))
		p.send(answerTo(m))
		ack := p.wantRequest("ACK")
		if ack.RequestURI() != "sip:anna@contoso.example;opaque=user:epid:abc;gruu" || len(ack.All("Route")) != 1 {
			t.Errorf("ACK\n%s", ack.Bytes)
		}
		got := <-result
		if got.err != nil || got.info.CallID != m.CallID() || got.info.State != answered || got.info.Direction != "out" {
			t.Fatalf("Place returned %+v, %v", got.info, got.err)
		}
		if len(w.media.accepts) != 1 || string(w.media.accepts[0].Answer) != offer {
			t.Errorf("the media node got %+v", w.media.accepts)
		}
		bye := raw.NewRequest("BYE", "sip:stand-up@px01.vc.example.com:5061;transport=tls").
			Header("Via", "SIP/2.0/TLS 203.0.113.10:5061;branch=z9hG4bKbye").Header("Max-Forwards", "70").
			Header("From", m.Get("To")+";tag=bobs-tag").Header("To", m.Get("From")).
			Header("Call-ID", m.CallID()).Header("CSeq", "1 BYE")
		p.send(bye)
		p.want(200, "BYE")
		w.wantCalls(0)
	})
}

// wantAbilities: a request that makes or refreshes a session says what we take
// within it (RFC 3261 §13.2.1, RFC 4028 §7.1).
func wantAbilities(t *testing.T, m *raw.Message) {
	t.Helper()
	for name, wants := range map[string][]string{
		"Allow":     {"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "PRACK"},
		"Supported": {"timer", "100rel"},
	} {
		for _, want := range wants {
			if got := m.List(name); !slices.Contains(got, want) {
				t.Errorf("%s: %s %q lacks %s", m.Label(), name, got, want)
			}
		}
	}
}

// The From of a call, as bytes on the wire.
func TestFromOnTheWire(t *testing.T) {
	tests := []struct {
		name  string
		mode  plan.FromMode
		place Place
		want  string
	}{
		{"the room's alias", plan.FromAlways, Place{}, `<sip:stand-up@vc.example.com>`},
		{"a caller in a foreign domain", plan.FromAlways, Place{From: "sip:bob@lan.local"}, `<sip:bob@vc.example.com>`},
		{"a caller at an address", plan.FromAlways, Place{From: "<sip:u@10.0.0.5>"}, `<sip:u@vc.example.com>`},
		{"a name in UTF-8", plan.FromAlways, Place{Name: "Jürgen Žižka"}, `"Jürgen Žižka" <sip:stand-up@vc.example.com>`},
		{"a name that would end the line", plan.FromAlways, Place{Name: "x\r\nEvil: yes"}, `"x  Evil: yes" <sip:stand-up@vc.example.com>`},
		{"default-only leaves our own alias", plan.FromDefaultOnly, Place{From: "daily@vc.example.com"}, `<sip:daily@vc.example.com>`},
		{"default-only cannot leave an address", plan.FromDefaultOnly, Place{From: "<sip:u@10.0.0.5>"}, `<sip:u@vc.example.com>`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.plan.From = test.mode
				edges := w.listen(contosoAddr, w.contoso)
				w.serve()
				test.place.Room, test.place.To = toAnna.Room, toAnna.To
				result := w.place(test.place)
				p := <-edges
				m := p.wantRequest("INVITE")
				var from string
				for line := range strings.SplitSeq(string(m.Bytes), "\r\n") {
					if value, ok := strings.CutPrefix(line, "From: "); ok {
						from = value
					}
				}
				if got, _, _ := strings.Cut(from, ";tag="); got != test.want {
					t.Errorf("From: %s\nwant  %s", got, test.want)
				}
				if m.Has("Evil") {
					t.Error("a display name became a header")
				}
				p.send(raw.Respond(m, 486, "Busy Here", "t"))
				p.wantRequest("ACK")
				<-result
			})
		})
	}
}

func TestOutboundFailures(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(*world)
		place   Place
		stage   Stage
		record  string
		http    int
		text    string
	}{
		{"no record", nil, Place{Room: "stand-up", To: "bob@fabrikam.example"}, StageDNS, "_sipfederationtls._tcp.fabrikam.example", 502,
			"no DNS SRV record _sipfederationtls._tcp.fabrikam.example"},
		{"a domain that takes no calls", func(w *world) {
			w.records.Services[dns.FederationName("contoso.example")] = []dns.SRV{{Target: "."}}
		}, toAnna, StageDNS, "_sipfederationtls._tcp.contoso.example", 502, `target "."`},
		{"a target without address", func(w *world) { delete(w.records.Hosts, "sip.contoso.example") }, toAnna, StageDNS, "sip.contoso.example", 502,
			"no DNS A record sip.contoso.example"},
		{"DNS is broken", func(w *world) { w.records.Fail[dns.FederationName("contoso.example")] = dns.ServerFailure }, toAnna, StageDNS, "", 504, "SERVFAIL"},
		{"nobody listens", nil, toAnna, StageConnect, "", 502, "203.0.113.10:5061"},
		{"a firewall that drops", func(w *world) { w.network.Darken(contosoAddr) }, toAnna, StageConnect, "", 504, "203.0.113.10:5061"},
		{"a certificate of somebody else", func(w *world) {
			w.listen(contosoAddr, w.ca.issue(w.t, certs.Request{Names: []string{"sip.adatum.example"}}))
		}, toAnna, StageTLS, "", 502, "sip.adatum.example"},
		{"no media", func(w *world) {
			w.listen(contosoAddr, w.contoso)
			w.media = newFakeMedia(w, "px03.vc.example.com")
			w.media.refuse = &session.Error{Reason: session.Full}
		}, toAnna, StageMedia, "", 503, "full"},
		{"an unknown room", nil, Place{Room: "nowhere", To: "anna@contoso.example"}, StageRequest, "", 404, "nowhere"},
		{"nobody to call", nil, Place{Room: "stand-up"}, StageRequest, "", 400, "call user@domain"},
		{"a caller with its name", nil, Place{Room: "stand-up", To: "anna@contoso.example", From: `"Jürgen 水" <sip:bob@foreign.example>`}, StageRequest, "", 400, "as name"},
		{"a caller and more", nil, Place{Room: "stand-up", To: "anna@contoso.example", From: "<sip:bob@foreign.example>;tag=1"}, StageRequest, "", 400, "as name"},
		{"no calls outward", func(w *world) { w.plan.Outbound = false }, toAnna, StageRequest, "", 403, "outbound: true"},
		{"a room that is full", func(w *world) { w.plan.Rooms[0].Limit = 1 }, toAnna, StageRequest, "", 409, "participants"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				if test.prepare != nil {
					test.prepare(w)
				}
				w.serve()
				var inside *dialogue
				if test.http == 409 {
					inside = w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
				}
				body, _ := json.Marshal(test.place)
				answer := httptest.NewRecorder()
				w.edge.Admin().ServeHTTP(answer, httptest.NewRequest("POST", "/v1/calls", strings.NewReader(string(body))))
				var got problem
				if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
					t.Fatal(err)
				}
				if answer.Code != test.http || got.Stage != test.stage || got.Record != test.record || !strings.Contains(got.Error, test.text) {
					t.Errorf("%d %+v; want %d, stage %s, record %q, an error with %q", answer.Code, got, test.http, test.stage, test.record, test.text)
				}
				if inside != nil {
					inside.hangUp()
				}
				w.wantCalls(0)
			})
		})
	}
}

// An address that refuses, or shows the wrong certificate, is passed over.
func TestFailOver(t *testing.T) {
	tests := []struct {
		name  string
		first func(*world)
	}{
		{"connection refused", func(*world) {}},
		{"silence", func(w *world) { w.network.Darken(contosoAddr) }},
		{"the wrong certificate", func(w *world) {
			w.listen(contosoAddr, w.ca.issue(w.t, certs.Request{Names: []string{"sip.adatum.example"}}))
		}},
		{"an unknown authority", func(w *world) {
			w.listen(contosoAddr, newAuthorities(w.t).issue(w.t, certs.Request{Names: []string{"sip.contoso.example"}}))
		}},
		{"a link that breaks before anything is said", func(w *world) {
			peers := w.listen(contosoAddr, w.contoso)
			w.running.Go(func() {
				select {
				case p := <-peers:
					p.link.Abort()
				case <-w.ctx.Done():
				}
			})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.records.Hosts["sip.contoso.example"] = []netip.Addr{contosoAddr.Addr(), contosoAlso.Addr()}
				test.first(w)
				edges := w.listen(contosoAlso, w.contoso)
				w.serve()
				result := w.place(toAnna)
				p := <-edges
				m := p.wantRequest("INVITE")
				p.send(answerTo(m))
				p.wantRequest("ACK")
				if got := <-result; got.err != nil {
					t.Fatal(got.err)
				}
				w.edge.calls.end("", hungUp)
				bye := p.wantRequest("BYE")
				p.send(raw.Respond(bye, 200, "OK", ""))
				w.wantCalls(0)
			})
		})
	}
}

// The next record is tried when the first one's host has no address.
func TestFailOverToTheNextRecord(t *testing.T) {
	inWorld(t, func(w *world) {
		w.records.Services[dns.FederationName("contoso.example")] = []dns.SRV{
			{Target: "gone.contoso.example", Port: 5061, Priority: 1}, {Target: "sip.contoso.example", Port: 5061, Priority: 2},
		}
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result := w.place(toAnna)
		p := <-edges
		p.send(raw.Respond(p.wantRequest("INVITE"), 603, "Decline", "t"))
		p.wantRequest("ACK")
		failure, ok := errors.AsType[*Failure]((<-result).err)
		if !ok || failure.Status != 603 || failure.Stage != StageSIP {
			t.Errorf("got %v", failure)
		}
	})
}

// A direct partner is reached by the name in the plan; DNS SRV is not asked.
func TestDirectPartner(t *testing.T) {
	inWorld(t, func(w *world) {
		w.plan.Partners = append(w.plan.Partners, plan.Partner{Domain: "direct.example", Trust: plan.Allowed, Edge: "sip.contoso.example"})
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result := w.place(Place{Room: "stand-up", To: "anna@direct.example"})
		p := <-edges
		p.send(raw.Respond(p.wantRequest("INVITE"), 480, "Temporarily Unavailable", "t"))
		p.wantRequest("ACK")
		<-result
	})
}

// A certificate for the SIP domain will do (RFC 5922 §7.2), for that domain.
func TestDomainCertificate(t *testing.T) {
	inWorld(t, func(w *world) {
		w.records.Services[dns.FederationName("other.example")] = []dns.SRV{{Target: "sip.contoso.example", Port: 5061}}
		edges := w.listen(contosoAddr, w.ca.issue(t, certs.Request{Names: []string{"contoso.example"}}))
		w.serve()
		result := w.place(toAnna)
		p := <-edges
		p.send(raw.Respond(p.wantRequest("INVITE"), 486, "Busy Here", "t"))
		p.wantRequest("ACK")
		<-result
		failure, ok := errors.AsType[*Failure]((<-w.place(Place{Room: "stand-up", To: "bob@other.example"})).err)
		if !ok || failure.Stage != StageTLS {
			t.Errorf("another domain on the same host: %v, want a TLS failure", failure)
		}
	})
}

// Calls to one verified host share its link; a dead link is replaced.
func TestLinksAreShared(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		one, two := w.place(toAnna), w.place(Place{Room: "quiet", To: "bob@contoso.example"})
		p := <-edges
		p.send(raw.Respond(p.wantRequest("INVITE"), 486, "Busy Here", "t"))
		for acks := 0; acks < 2; {
			m := p.next()
			if m.Method() == "INVITE" {
				p.send(raw.Respond(m, 486, "Busy Here", "t"))
			} else {
				acks++
			}
		}
		<-one
		<-two
		three := w.place(toAnna)
		p.send(raw.Respond(p.wantRequest("INVITE"), 486, "Busy Here", "t"))
		p.wantRequest("ACK")
		<-three
		if len(edges) != 0 {
			t.Error("a second link was opened")
		}
		p.link.Close()
		w.settle()
		four := w.place(toAnna)
		p = <-edges
		p.send(raw.Respond(p.wantRequest("INVITE"), 486, "Busy Here", "t"))
		p.wantRequest("ACK")
		<-four
	})
}

func TestRingingIsCancelled(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
		defer stop()
		result := make(chan error, 1)
		go func() {
			_, err := w.edge.Place(ctx, toAnna)
			result <- err
		}()
		p := <-edges
		m := p.wantRequest("INVITE")
		p.send(raw.Respond(m, 180, "Ringing", "t"))
		cancel := p.wantRequest("CANCEL")
		p.send(raw.Respond(cancel, 200, "OK", "t"))
		p.send(raw.Respond(m, 487, "Request Terminated", "t"))
		p.wantRequest("ACK")
		if err := <-result; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		w.wantCalls(0)
	})
}

// Who says each minute that it rings does not do so for ever.
func TestRingingHasAnEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result, began := w.place(toAnna), time.Now()
		p := <-edges
		m := p.wantRequest("INVITE")
		for range 9 {
			p.send(raw.Respond(m, 180, "Ringing", "t"))
			time.Sleep(time.Minute)
		}
		p.send(raw.Respond(m, 180, "Ringing", "t"))
		p.send(raw.Respond(p.wantRequest("CANCEL"), 200, "OK", "t"))
		if rang := time.Since(began); rang != 10*time.Minute {
			t.Errorf("it rang for %v", rang)
		}
		p.send(raw.Respond(m, 487, "Request Terminated", "t"))
		p.wantRequest("ACK")
		if got := <-result; !errors.Is(got.err, errRangTooLong) {
			t.Errorf("got %v", got.err)
		}
		w.wantCalls(0)
	})
}

// What is wrong with an answer is the far end's to mend, if it is the answer.
func TestAnswerThatCannotBeServed(t *testing.T) {
	for _, test := range []struct {
		why  session.Reason
		http int
	}{{session.Incompatible, 502}, {session.Malformed, 502}, {session.Full, 503}} {
		inWorld(t, func(w *world) {
			edges := w.listen(contosoAddr, w.contoso)
			w.serve()
			result := w.place(toAnna)
			p := <-edges
			m := p.wantRequest("INVITE")
			w.media.refuse = &session.Error{Reason: test.why}
			p.send(answerTo(m))
			p.wantRequest("ACK")
			bye := p.wantRequest("BYE")
			p.send(raw.Respond(bye, 200, "OK", ""))
			failure, ok := errors.AsType[*Failure]((<-result).err)
			if !ok || failure.Stage != StageMedia || failure.httpStatus() != test.http {
				t.Errorf("%s: got %v", test.why, failure)
			}
			w.wantCalls(0)
		})
	}
}

// A node without signaling role places calls all the same, and answers OPTIONS.
func TestMediaOnlyNode(t *testing.T) {
	inWorld(t, func(w *world) {
		w.plan.Nodes[0].Roles = []plan.Role{plan.Media}
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		p := w.dial(w.contoso)
		p.send(request("OPTIONS", "sip:px01.vc.example.com", callID(1), 1, annaFrom, "<sip:px01.vc.example.com>"))
		p.want(200, "OPTIONS")
		result := w.place(toAnna)
		out := <-edges
		out.send(raw.Respond(out.wantRequest("INVITE"), 486, "Busy Here", "t"))
		out.wantRequest("ACK")
		<-result
	})
}

func TestAdmin(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		ask := func(method, path, body string) (int, string) {
			answer := httptest.NewRecorder()
			w.edge.Admin().ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
			return answer.Code, answer.Body.String()
		}
		want := func(method, path, body string, status int, parts ...string) {
			t.Helper()
			code, text := ask(method, path, body)
			if code != status {
				t.Errorf("%s %s: %d %s, want %d", method, path, code, text, status)
			}
			contains(t, path, text, parts...)
		}
		want("GET", "/healthz", "", 200)
		want("GET", "/readyz", "", 200)
		want("GET", "/v1/calls", "", 200, "[]")
		want("POST", "/v1/calls", "nonsense", 400, "room, to, from, name")
		want("POST", "/v1/calls", `{"room":"stand-up","whom":"x"}`, 400, "whom")
		want("POST", "/v1/calls", `{"node":"px99.vc.example.com","room":"stand-up","to":"anna@contoso.example"}`, 400, "px99.vc.example.com was to call")
		want("DELETE", "/v1/calls/none", "", 404)
		fromPage := httptest.NewRequest("POST", "http://evil.example/v1/calls", strings.NewReader(`{"room":"stand-up","to":"anna@contoso.example"}`))
		fromPage.Header.Set("Origin", "http://evil.example") // whose name leads here now
		refused := httptest.NewRecorder()
		w.edge.Admin().ServeHTTP(refused, fromPage)
		if refused.Code != http.StatusForbidden {
			t.Errorf("a web page calls out: %d %s", refused.Code, refused.Body)
		}
		want("GET", "/v1/nodes", "", 200, "px03.vc.example.com")

		d := w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
		w.settle()
		want("GET", "/v1/calls", "", 200, callID(1), `"room":"stand-up"`, `"media_node":"px03.vc.example.com"`)
		want("GET", "/v1/rooms", "", 200, `"name":"small"`, callID(1))
		want("GET", "/metrics", "", 200, "edge_")
		want("PUT", "/v1/maintenance", `{"on":true}`, 200)
		want("GET", "/readyz", "", 503, "maintenance")
		d.send(invite("stand-up@vc.example.com", callID(2)))
		d.want(503, "INVITE")
		want("PUT", "/v1/maintenance", `{"on":false}`, 200)
		want("GET", "/readyz", "", 200)
		want("DELETE", "/v1/calls/"+callID(1), "", 202)
		d.send(raw.Respond(d.wantRequest("BYE"), 200, "OK", ""))
		w.wantCalls(0)
		want("GET", "/metrics", "", 200, `edge_sip_sessions_ended_total{direction="inbound",reason="hung-up"} 1`,
			`edge_sip_sessions_in_progress{direction="inbound"} 0`, `edge_sip_session_answers_total{class="2xx",direction="inbound"} 1`)

		answer := httptest.NewRecorder()
		go w.edge.Admin().ServeHTTP(answer, httptest.NewRequest("POST", "/v1/calls", strings.NewReader(`{"node":"PX01.vc.example.com","room":"stand-up","to":"anna@contoso.example"}`)))
		p := <-edges
		m := p.wantRequest("INVITE")
		p.send(answerTo(m))
		p.wantRequest("ACK")
		synctest.Wait()
		if answer.Code != http.StatusCreated {
			t.Errorf("POST /v1/calls: %d %s", answer.Code, answer.Body)
		}
		contains(t, "POST /v1/calls", answer.Body.String(), `"call_id":"`+m.CallID()+`"`, `"direction":"out"`, `"peer":"sip.contoso.example"`, `"address":"`+contosoAddr.String()+`"`)
		w.edge.calls.end("", hungUp)
		p.send(raw.Respond(p.wantRequest("BYE"), 200, "OK", ""))
	})
}

// A partner that asks for a certificate gets ours, whatever it lists.
func TestWeProveOurselves(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result := w.place(toAnna)
		p := <-edges
		if p.link.Peer().Err != nil || p.link.State().Version != tls.VersionTLS13 || p.link.State().ServerName != "sip.contoso.example" {
			t.Errorf("peer %v, version %x, SNI %q", p.link.Peer().Err, p.link.State().Version, p.link.State().ServerName)
		}
		p.send(raw.Respond(p.wantRequest("INVITE"), 486, "Busy Here", "t"))
		p.wantRequest("ACK")
		<-result
	})
}

// The answer in a reliable 183 is the answer: the 200 need not repeat it (RFC
// 3262 §5). What may be passed over is none, wherever it stands (RFC 3261 §8.2.3).
func TestEarlyAnswer(t *testing.T) {
	described := func(kind string) func(*raw.Builder) {
		return func(b *raw.Builder) { b.Body(kind, []byte(offer)) }
	}
	optional := func(b *raw.Builder) {
		b.Header("Content-Disposition", "render;handling=optional").Body("text/plain", []byte("hello"))
	}
	for what, say := range map[string]struct{ early, final func(*raw.Builder) }{
		"early alone":           {described("application/sdp"), func(*raw.Builder) {}},
		"spaced":                {described("application / sdp"), func(*raw.Builder) {}},
		"a text behind it":      {described("application/sdp"), optional},
		"a text before it":      {optional, described("application\t/ sdp")},
		"early, and once again": {described("application/sdp"), described("Application/SDP")},
	} {
		inWorld(t, func(w *world) {
			edges := w.listen(contosoAddr, w.contoso)
			w.serve()
			result := w.place(toAnna)
			p := <-edges
			m := p.wantRequest("INVITE")
			contact := "<sip:anna@contoso.example;gruu>"
			early := raw.Respond(m, 183, "Session Progress", "bobs-tag").Header("Contact", contact).Header("Require", "100rel").Header("RSeq", "1")
			say.early(early)
			p.send(early)
			p.send(raw.Respond(p.wantRequest("PRACK"), 200, "OK", ""))
			final := raw.Respond(m, 200, "OK", "bobs-tag").Header("Contact", contact)
			say.final(final)
			p.send(final)
			p.wantRequest("ACK")
			if got := <-result; got.err != nil {
				t.Errorf("%s: the call failed: %v", what, got.err)
			}
			w.settle()
			if len(w.media.accepts) != 1 || string(w.media.accepts[0].Answer) != offer {
				t.Errorf("%s: the media node got the answers %+v", what, w.media.accepts)
			}
			p.send(request("BYE", "sip:stand-up@px01.vc.example.com", m.CallID(), 1, m.Get("To")+";tag=bobs-tag", m.Get("From")))
			p.want(200, "BYE")
		})
	}
}

// What a provisional response says that may be lost is no answer (RFC 3261
// §13.2.1).
func TestUnreliableAnswer(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result := w.place(toAnna)
		p := <-edges
		m := p.wantRequest("INVITE")
		contact := "<sip:anna@contoso.example;gruu>"
		p.send(raw.Respond(m, 183, "Session Progress", "bobs-tag").Header("Contact", contact).Body("application/sdp", []byte(offer)))
		p.send(raw.Respond(m, 200, "OK", "bobs-tag").Header("Contact", contact))
		p.wantRequest("ACK")
		p.ok(p.wantRequest("BYE"))
		if got := <-result; got.err == nil {
			t.Error("a call without answer came about")
		}
		w.wantCalls(0)
	})
}
