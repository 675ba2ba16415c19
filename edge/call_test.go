package edge

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/media/session"
	"fedge/sip/raw"
	"fedge/sip/stack"
)

func TestHold(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		d := w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
		hold := strings.Replace(offer, "m=audio", "a=inactive\r\nm=audio", 1)
		d.send(d.within("INVITE").Body("application/sdp", []byte(hold)))
		m := d.want(200, "INVITE")
		if !bytes.Equal(m.Body, w.media.sdp("updated")) || m.Get("Contact") == "" {
			t.Errorf("re-INVITE was answered with\n%s", m.Bytes)
		}
		d.ack()
		w.settle()
		if len(w.media.updates) != 1 || string(w.media.updates[0].Offer) != hold {
			t.Errorf("the media node was asked for %+v", w.media.updates)
		}

		// A change that cannot be served leaves the call as it was.
		w.media.refuse = &session.Error{Reason: session.Incompatible}
		d.send(d.within("INVITE").Body("application/sdp", []byte(offer)))
		d.want(488, "INVITE")
		w.media.refuse = nil
		w.wantCalls(1)
		d.hangUp()
	})
}

func TestRequestsWithinTheCall(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		d := w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
		tests := []struct {
			method, kind, body string
			want               int
		}{
			{"OPTIONS", "", "", 200},
			{"INFO", "application/media_control+xml", "<media_control/>", 200},
			{"INFO", "application/x-unheard-of", "x", 415},
			{"UPDATE", "", "", 200},
			{"UPDATE", "application/sdp", offer, 200},
			{"UPDATE", "two Contacts", offer, 400}, // RFC 3261 §8.1.1.8: which would be the target?
			{"UPDATE", "two Contacts", "", 400},
			{"INVITE", "two Contacts", offer, 400},
			{"MESSAGE", "text/plain", "hello", 405},
			{"REFER", "", "", 405},
			{"SUBSCRIBE", "", "", 405},
			{"FROBNICATE", "", "", 405},
		}
		for _, test := range tests {
			b := d.within(test.method)
			if test.kind == "two Contacts" {
				b.Header("Contact", "<sip:ben@contoso.example>")
				test.kind = "application/sdp"
			}
			if test.body != "" {
				b.Body(test.kind, []byte(test.body))
			}
			d.send(b)
			m := d.want(test.want, test.method)
			switch {
			case test.method == "INVITE":
				d.ack()
			case test.want == 400: // which has neither
			case test.method == "UPDATE" && m.Get("Contact") == "":
				t.Error("200 to UPDATE without Contact: Lync ends such a call after 30 minutes")
			case test.want == 405 && m.Get("Allow") == "":
				t.Error("405 without Allow")
			case test.method == "UPDATE" && test.body != "" && !bytes.Equal(m.Body, w.media.sdp("updated")):
				t.Errorf("UPDATE with an offer was answered with %q", m.Body)
			}
		}
		d.hangUp()
	})
}

func TestRequestsOutsideCalls(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		tests := []struct {
			method string
			want   int
			header string // that the answer must carry
		}{
			{"OPTIONS", 200, "Allow"},
			{"OPTIONS", 200, "Accept"},
			{"SUBSCRIBE", 405, "Allow"},
			{"MESSAGE", 405, "Allow"},
			{"REGISTER", 405, "Allow"},
			{"REFER", 405, "Allow"},
			{"NEGOTIATE", 405, "Allow"},
			{"NOTIFY", 405, "Allow"},
			{"FROBNICATE", 405, "Allow"},
			{"BYE", 481, ""},
			{"INFO", 481, ""},
		}
		for n, test := range tests {
			p.send(request(test.method, "sip:stand-up@vc.example.com", callID(n), 1, annaFrom, "<sip:stand-up@vc.example.com>"))
			if m := p.want(test.want, test.method); test.header != "" && m.Get(test.header) == "" {
				t.Errorf("%d to %s without %s", test.want, test.method, test.header)
			}
		}
	})
}

// Sharing the screen is a call of its own; that we refuse it harms no other.
func TestContentSharingIsRefusedWithoutHarm(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		d := w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
		w.media.refuse = &session.Error{Reason: session.Incompatible}
		d.send(invite("stand-up@vc.example.com", callID(2)))
		m := d.want(488, "INVITE")
		d.send(request("ACK", "sip:stand-up@vc.example.com", callID(2), 1, annaFrom, m.Get("To")))
		w.media.refuse = nil
		w.wantCalls(1)
		d.hangUp()
	})
}

func TestHangUpByAdmin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		d := w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
		w.settle()
		if n := w.edge.calls.end(callID(1), hungUp); n != 1 {
			t.Fatalf("%d calls were asked to end", n)
		}
		bye := d.wantRequest("BYE")
		if bye.RequestURI() != "sip:anna@contoso.example;opaque=user:epid:abc;gruu" {
			t.Errorf("BYE goes to %s", bye.RequestURI())
		}
		if got := bye.All("Route"); len(got) != 1 || got[0] != "<sip:sip.contoso.example:5061;transport=tls;ms-fe=fe01.contoso.example;lr;opaque=state:T>" {
			t.Errorf("Route %q", got)
		}
		if bye.Get("To") != annaFrom || bye.Get("From") != d.answer.Get("To") {
			t.Errorf("From %s, To %s", bye.Get("From"), bye.Get("To"))
		}
		if bye.Get("Reason") != "" {
			t.Errorf("an ordinary end gives the reason %s", bye.Get("Reason"))
		}
		d.send(raw.Respond(bye, 200, "OK", ""))
		w.wantCalls(0)
	})
}

func TestMediaNodeLost(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		d := w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
		began := time.Now()
		w.media.quiet()
		bye := d.wantRequest("BYE")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("BYE came after %v", took)
		}
		contains(t, "BYE", string(bye.Bytes), `Reason: SIP;cause=503;text="media node lost"`)
		d.send(raw.Respond(bye, 200, "OK", ""))
		w.wantCalls(0)
	})
}

func TestMediaGoesSilent(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		d := w.dial(w.contoso).call("stand-up@vc.example.com", callID(1))
		w.pool.Ended(session.Event{ID: w.media.opens[0].ID, Node: w.media.name, Reason: session.Silent})
		bye := d.wantRequest("BYE")
		contains(t, "BYE", string(bye.Bytes), `text="media timeout"`)
		d.send(raw.Respond(bye, 200, "OK", ""))
	})
}

// A callee must not say BYE before the ACK has come (RFC 3261 §15).
func TestNoByeBeforeACK(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(invite("stand-up@vc.example.com", callID(1)))
		d := &dialogue{peer: p, callID: callID(1), answer: p.want(200, "INVITE"), cseq: 1}
		w.settle()
		w.edge.calls.end("", hungUp)
		d.ack()
		for {
			m := d.next()
			if m.Method() == "INVITE" && m.Status() == 200 { // a copy that crossed
				continue
			}
			if m.Method() != "BYE" {
				t.Fatalf("got %q, want BYE after the ACK", m.Label())
			}
			d.send(raw.Respond(m, 200, "OK", ""))
			break
		}
		w.wantCalls(0)
	})
}

// Without an ACK the call is ended after 64*T1.
func TestNoACK(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		began := time.Now()
		p.send(invite("stand-up@vc.example.com", callID(1)))
		for {
			m := p.next()
			if m.Status() == 200 {
				continue
			}
			if m.Method() != "BYE" {
				t.Fatalf("got %q", m.Label())
			}
			p.send(raw.Respond(m, 200, "OK", ""))
			break
		}
		if took := time.Since(began); took < 31*time.Second || took > 34*time.Second {
			t.Errorf("BYE came after %v, want about 32 s", took)
		}
		w.wantCalls(0)
	})
}

// A peer that vanished is asked over a new link, and its call cleared.
func TestPeerVanishes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.call("stand-up@vc.example.com", callID(1))
		w.settle() // the ACK has arrived
		p.link.Abort()
		w.wantCalls(1) // a dialog outlives its link
		time.Sleep(absence*time.Second + connectBudget)
		w.wantCalls(0)
	})
}

// A peer whose link broke is still in its call if it answers on another.
func TestPeerComesBack(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		p := w.dial(w.contoso)
		d := p.call("stand-up@vc.example.com", callID(1))
		w.settle() // the ACK has arrived
		p.link.Abort()
		back := <-edges
		options := back.wantRequest("OPTIONS")
		if options.RequestURI() != "sip:anna@contoso.example;opaque=user:epid:abc;gruu" || options.CallID() != callID(1) {
			t.Errorf("asked\n%s", options.Bytes)
		}
		back.send(raw.Respond(options, 200, "OK", ""))
		time.Sleep(time.Minute)
		w.wantCalls(1)
		d.peer = w.dial(w.contoso)
		d.hangUp()
		w.wantCalls(0)
	})
}

// What a media node says against a description is told to the peer as what it
// is; that none is there, or has room, passes.
func TestMediaRefusal(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		later  bool
	}{
		{&session.Error{Reason: session.Incompatible}, 488, false},
		{&session.Error{Reason: session.Malformed}, 400, false},
		{&session.Error{Reason: session.Unknown}, 481, false},
		{&session.Error{Reason: session.Full}, 503, true},
		{errors.New("no media node answers"), 503, true},
	} {
		r := mediaRefusal(test.err)
		if later := slices.ContainsFunc(r.Headers, func(h stack.Header) bool { return h.Name == "Retry-After" }); r.Status != test.status || later != test.later {
			t.Errorf("%v: %d, Retry-After: %v; want %d, %v", test.err, r.Status, later, test.status, test.later)
		}
	}
}
