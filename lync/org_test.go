package lync

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/sip/link"
	"fedge/sip/raw"
)

var spec = CallSpec{From: "anna", To: "meet.alice@vc.example.com", MediaNone: true}

func TestCallWholeLife(t *testing.T) {
	for _, gen := range ClientGenerations() {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.config.ClientGen = gen
			o := w.start()
			video := spec
			video.Video = true
			for range variants { // every variant once
				c, err := o.Call(t.Context(), video)
				if err != nil {
					t.Fatal(err)
				}
				if name, addr := c.Node(); c.Status() != 200 || name != pool || addr != nodeAddr || !c.Placed() {
					t.Errorf("status %d, node %s %s", c.Status(), name, addr)
				}
				a := c.Answer()
				if len(a.Media) != 2 || a.Media[0].RTP != netip.MustParseAddrPort("198.51.100.42:40000") || a.Media[0].CryptoTag != 3 || a.Media[1].RTP.IsValid() {
					t.Errorf("answer %+v", a.Media)
				}
				if err := c.Hangup(t.Context()); err != nil {
					t.Error(err)
				}
				if c.Why() != "we hung up" || violationsOf(c) != "[]" {
					t.Errorf("why %q, violations %+v", c.Why(), c.Violations())
				}
				if got := ladderOf(c); got != ">INVITE <100_INVITE <200_INVITE >ACK >BYE <200_BYE" {
					t.Errorf("%s: ladder %s", gen, got)
				}
			}
			synctest.Wait()
			checkInDialog(t, w.node.message("INVITE"), w.node.message("ACK"), w.node.message("BYE"))
			mustNotSurprise(t, o)
		})
	}
}

// checkInDialog: the Request-URI is the node's Contact, there is no Route as the
// node added no Record-Route, and each request has a branch of its own.
func checkInDialog(t *testing.T, invite, ack, bye *raw.Message) {
	t.Helper()
	branches := map[string]bool{}
	for _, m := range []*raw.Message{invite, ack, bye} {
		branch, _ := m.Param("Via", "branch")
		if branches[branch] {
			t.Errorf("branch %s twice", branch)
		}
		branches[branch] = true
		if m == invite {
			continue
		}
		if m.RequestURI() != "sip:meet.alice@"+nodeName+":5061;transport=tls" || m.Has("Route") || m.Tag("To") != "nodetag" || m.Get("From") != invite.Get("From") {
			t.Errorf("in the dialog:\n%s", m.Bytes)
		}
		if got, want := m.List("Via")[1:], invite.List("Via")[1:]; strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("Via %q, in the INVITE %q", got, want)
		}
	}
}

func TestNodeHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := w.start()
		c, err := o.Call(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		w.node.send(w.node.link(), w.node.inDialog("BYE", w.node.message("INVITE"), 1))
		<-c.Ended()
		if c.Why() != "the peer hung up" || violationsOf(c) != "[]" {
			t.Errorf("why %q, %s", c.Why(), violationsOf(c))
		}
		mustNotSurprise(t, o)
	})
}

func TestNodeBreaksRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := w.start()
		c, err := o.Call(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		invite := w.node.message("INVITE")
		bye := raw.NewRequest("BYE", "sip:anna@contoso.example").Header("Via", "SIP/2.0/TLS x;branch=z9hG4bKx").
			Header("From", invite.Get("To")+";tag=nodetag").Header("To", invite.Get("From")).Header("Call-ID", invite.CallID()).Header("CSeq", "1 BYE")
		w.node.send(w.node.link(), bye)
		<-c.Ended()
		if got := violationsOf(c); got != "[request-uri route]" {
			t.Error(got)
		}
	})
}

func TestHoldAndResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		direction := "inactive"
		w.node.script = func(l *link.Link, m *raw.Message) {
			if m.Label() == "INVITE" && m.Tag("To") != "" {
				w.node.send(l, raw.Respond(m, 200, "OK", "").Header("Contact", "<sip:meet.alice@"+nodeName+":5061;transport=tls>").
					Body("application/sdp", []byte(nodeSDP(m, direction))))
				return
			}
			w.node.answer(l, m)
		}
		o := w.start()
		c, err := o.Call(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Hold(t.Context()); err != nil {
			t.Error(err)
		}
		if a := c.Answer(); a.Media[0].Direction != "inactive" {
			t.Errorf("%+v", a)
		}
		direction = "sendrecv"
		if err := c.Resume(t.Context()); err != nil {
			t.Error(err)
		}
		if err := c.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := ladderOf(c), ">INVITE <100_INVITE <200_INVITE >ACK >INVITE <200_INVITE >ACK >INVITE <200_INVITE >ACK >BYE <200_BYE"; got != want {
			t.Errorf("ladder %s", got)
		}
		if violationsOf(c) != "[]" {
			t.Errorf("%+v", c.Violations())
		}
		if err := c.Hold(t.Context()); err == nil {
			t.Error("a call that is over was put on hold")
		}
	})
}

func TestRefusedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.node.script = func(l *link.Link, m *raw.Message) {
			if m.Label() == "INVITE" {
				w.node.send(l, raw.Respond(m, 404, "Not Found", "x"))
			}
		}
		o := w.start()
		_, err := o.Call(t.Context(), spec)
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Status != 404 {
			t.Errorf("%v", err)
		}
		synctest.Wait()
		ack, invite := w.node.message("ACK"), w.node.message("INVITE")
		if ack.List("Via")[0] != invite.List("Via")[0] || ack.RequestURI() != invite.RequestURI() || len(ack.List("Via")) != 1 || ack.Tag("To") != "x" {
			t.Errorf("the ACK of a refusal belongs to the transaction:\n%s", ack.Bytes)
		}
	})
}

func TestSilentNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.node.script = func(*link.Link, *raw.Message) {}
		o := w.start()
		began := time.Now()
		_, err := o.Call(t.Context(), spec)
		var failed *FailedError
		if !errors.As(err, &failed) || time.Since(began) != 32*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestGivingUpCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.node.script = func(l *link.Link, m *raw.Message) {
			switch m.Label() {
			case "INVITE":
				w.node.send(l, raw.Respond(m, 180, "Ringing", "nodetag"))
			case "CANCEL":
				w.node.send(l, raw.Respond(m, 200, "OK", "nodetag"))
				w.node.send(l, raw.Respond(w.node.message("INVITE"), 487, "Request Terminated", "nodetag"))
			}
		}
		o := w.start()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := o.Call(ctx, spec); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		synctest.Wait()
		if got := w.node.received(); got != "INVITE, CANCEL, ACK" {
			t.Error(got)
		}
		mustNotSurprise(t, o)
	})
}

func TestLinkLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := w.start()
		c, err := o.Call(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		w.node.link().Abort()
		<-c.Ended()
		if c.Why() != "the link to the node was lost" {
			t.Error(c.Why())
		}
		again, err := o.Call(t.Context(), spec) // over a new link
		if err != nil {
			t.Fatal(err)
		}
		again.Hangup(t.Context())
	})
}

func TestBrokenAnswers(t *testing.T) {
	sdp := func(old, now string) func(*raw.Message) *raw.Builder {
		return func(m *raw.Message) *raw.Builder {
			body := strings.Replace(nodeSDP(m, ""), old, now, 1)
			return raw.Respond(m, 200, "OK", "t").Header("Contact", "<sip:x@"+nodeName+">").Body("application/sdp", []byte(body))
		}
	}
	for _, c := range []struct {
		name   string
		answer func(m *raw.Message) *raw.Builder
		want   string
		gen    string
	}{
		{name: "cryptoscale chosen", answer: sdp("crypto:3", "crypto:1"), want: "[crypto-tag]"},
		{name: "cryptoscale line", answer: sdp("a=crypto:3", "a=cryptoscale:1 client x\r\na=crypto:3"), want: "[cryptoscale]"},
		{name: "two lines", answer: sdp("a=crypto:3", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"+strings.Repeat("C", 40)+"\r\na=crypto:3"), want: "[crypto-lines]"},
		{name: "short key", answer: sdp("AAAA|", "A|"), want: "[crypto]"},
		{name: "no crypto", answer: sdp("a=crypto", "a=x-crypto"), want: "[crypto-lines]"},
		{name: "mux not offered", answer: sdp("m=audio", "m=audio"), want: "[]", gen: "2013"},
		{name: "mux anyway", answer: sdp("a=rtpmap:0", "a=rtcp-mux\r\na=rtpmap:0"), want: "[rtcp-mux]", gen: "2013"},
		{name: "m-line missing", answer: sdp("m=audio", "m=message 0 TCP x\r\nm=audio"), want: "[m-lines]"},
		{name: "format", answer: sdp("RTP/SAVP 0", "RTP/SAVP 0 96"), want: "[formats]"},
		{name: "profile", answer: sdp("RTP/SAVP", "RTP/AVP"), want: "[profile]"},
		{name: "no routes", answer: func(m *raw.Message) *raw.Builder {
			return raw.NewResponse(200, "OK").Copy(m, "Via", "From", "Call-ID", "CSeq").Header("To", m.Get("To")+";tag=t").
				Header("Contact", "<sip:x@198.51.100.40>").Body("application/sdp", []byte(nodeSDP(m, "")))
		}, want: "[record-route-echo contact-address]"},
		{name: "no tag", answer: func(m *raw.Message) *raw.Builder {
			return raw.Respond(m, 200, "OK", "").Header("Contact", "<sip:x@"+nodeName+">").Body("application/sdp", []byte(nodeSDP(m, "")))
		}, want: "[to-tag]"},
		{name: "one via", answer: func(m *raw.Message) *raw.Builder {
			return raw.NewResponse(200, "OK").Header("Via", m.List("Via")[0]).Copy(m, "Record-Route", "From", "Call-ID", "CSeq").
				Header("To", m.Get("To")+";tag=t").Header("Contact", "<sip:x@"+nodeName+">").Body("application/sdp", []byte(nodeSDP(m, "")))
		}, want: "[via-echo]"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.config.ClientGen = c.gen
			w.node.script = func(l *link.Link, m *raw.Message) {
				if m.Label() == "INVITE" {
					w.node.send(l, c.answer(m))
					return
				}
				w.node.answer(l, m)
			}
			o := w.start()
			call, err := o.Call(t.Context(), spec)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if err := call.Hangup(t.Context()); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if got := violationsOf(call); got != c.want {
				t.Errorf("%s: got %s, want %s: %+v", c.name, got, c.want, call.Violations())
			}
		})
	}
}

func TestDiagnostics(t *testing.T) {
	key := dns.FederationName("vc.example.com")
	for _, c := range []struct {
		name  string
		spoil func(w *world)
		id    int
		text  string
	}{
		{"no SRV", func(w *world) { delete(w.records.Services, key) }, 1008, "NegativeResult"},
		{"DNS down", func(w *world) { w.records.Fail = map[string]dns.Kind{key: dns.Timeout} }, 1008, "Failure"},
		{"target elsewhere", func(w *world) { w.records.Services[key] = []dns.SRV{{Target: "sip.example.net", Port: 5061}} }, 1009, "sip.example.net:5061"},
		{"target deeper", func(w *world) { w.records.Services[key] = []dns.SRV{{Target: "a.sip.vc.example.com", Port: 5061}} }, 1009, "vc.example.com"},
		{"target is the domain", func(w *world) { w.records.Services[key] = []dns.SRV{{Target: "vc.example.com", Port: 5061}} }, 1009, ""},
		{"no address", func(w *world) { delete(w.records.Hosts, pool) }, 1014, pool},
		{"refused", func(w *world) { w.records.Hosts[pool] = []netip.Addr{netip.MustParseAddr("198.51.100.99")} }, 1046, "WSAECONNREFUSED"},
		{"dark", func(w *world) {
			dark := netip.MustParseAddrPort("198.51.100.98:5061")
			w.net.Darken(dark)
			w.records.Hosts[pool] = []netip.Addr{dark.Addr()}
		}, 1046, "WSAETIMEDOUT"},
		{"wrong name", func(w *world) { w.node.cert = w.issue(certs.Request{CommonName: pool, Names: []string{nodeName}}) }, 1010, "SEC_E_WRONG_PRINCIPAL"},
		{"wildcard", func(w *world) {
			w.node.cert = w.issue(certs.Request{CommonName: "x", Names: []string{"*.vc.example.com"}})
		}, 1010, "SEC_E_WRONG_PRINCIPAL"},
		{"expired", func(w *world) {
			w.node.cert = w.issue(certs.Request{CommonName: "x", Names: []string{pool}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
		}, 1010, "SEC_E_CERT_EXPIRED"},
		{"stranger", func(w *world) {
			other, err := certs.NewAuthority("other", time.Now())
			if err != nil {
				w.t.Fatal(err)
			}
			if w.node.cert, err = other.Issue(certs.Request{CommonName: "x", Names: []string{pool}}); err != nil {
				w.t.Fatal(err)
			}
		}, 1010, "SEC_E_UNTRUSTED_ROOT"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			c.spoil(w)
			w.config.Resolver = w.records
			o := w.start()
			_, err := o.Call(t.Context(), spec)
			var d *Diagnostic
			if !errors.As(err, &d) || d.ID != c.id || d.Status != 504 || !strings.Contains(d.Header(), c.text) {
				t.Errorf("%s: %v", c.name, err)
			}
		})
	}
}

func TestCommonNameOnlyWithoutSAN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.node.cert = w.issue(certs.Request{CommonName: pool})
		o := w.start()
		c, err := o.Call(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		c.Hangup(t.Context())
	})
}

func TestRoundRobinAndFailOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.records.Hosts[pool] = []netip.Addr{netip.MustParseAddr("198.51.100.99"), nodeAddr.Addr()}
		o := w.start()
		for range 3 { // the dead address is passed over whoever's turn it is
			c, err := o.Call(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			c.Hangup(t.Context())
		}
		pinned := spec
		pinned.Node = netip.MustParseAddr("198.51.100.99")
		var d *Diagnostic
		if _, err := o.Call(t.Context(), pinned); !errors.As(err, &d) || d.ID != DiagConnect {
			t.Errorf("a pinned call went elsewhere: %v", err)
		}
	})
}
