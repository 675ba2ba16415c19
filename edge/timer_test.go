package edge

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/sip/raw"
)

func TestSessionTimer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(invite("stand-up@vc.example.com", callID(1)).Header("Session-Expires", "1800"))
		d := &dialogue{peer: p, callID: callID(1), answer: p.want(200, "INVITE"), cseq: 1}
		d.ack()
		if got := d.answer.Get("Session-Expires"); got != "1800;refresher=uac" {
			t.Errorf("Session-Expires: %s", got)
		}
		time.Sleep(15 * time.Minute)
		d.send(d.within("UPDATE").Header("Supported", "timer").Header("Session-Expires", "1800;refresher=uac"))
		m := d.want(200, "UPDATE")
		if m.Get("Session-Expires") != "1800;refresher=uac" || m.Get("Contact") == "" {
			t.Errorf("UPDATE was answered with\n%s", m.Bytes)
		}
		time.Sleep(20 * time.Minute) // more than 1800 s after the INVITE, not after the UPDATE
		w.wantCalls(1)
		began := time.Now()
		_ = p.link.SetReadDeadline(time.Time{})
		bye, err := p.reader.Next()
		if err != nil || bye.Method() != "BYE" {
			t.Fatalf("got %v, %v; want BYE when the session expires", bye, err)
		}
		if waited := time.Since(began); waited > 10*time.Minute {
			t.Errorf("BYE came %v late", waited-10*time.Minute)
		}
		p.send(raw.Respond(bye, 200, "OK", ""))
	})
}

// wakes takes the next message, however long it takes, and says how long.
func (p *peer) wakes() (*raw.Message, time.Duration) {
	p.t.Helper()
	_ = p.link.SetReadDeadline(time.Time{})
	began := time.Now()
	m, err := p.reader.Next()
	if err != nil {
		p.t.Fatalf("reading: %v", err)
	}
	return m, time.Since(began)
}

// wakesWith is wakes for a request that must come after exactly so long.
func (p *peer) wakesWith(method string, after time.Duration) *raw.Message {
	p.t.Helper()
	m, took := p.wakes()
	if m.Method() != method || !m.IsRequest() || took != after {
		p.t.Fatalf("got %q after %v, want %s after %v", m.Label(), took, method, after)
	}
	return m
}

// ok answers a request of the node's.
func (p *peer) ok(m *raw.Message, lines ...string) {
	b := raw.Respond(m, 200, "OK", "")
	for _, line := range lines {
		b.Line(line)
	}
	p.send(b)
}

// Who calls may have us refresh; every answer says by whom (RFC 4028 §9).
func TestSessionTimerAgreement(t *testing.T) {
	tests := []struct {
		name, supported, wants, gets, require string
	}{
		{"nobody wants one", "timer", "", "", ""},
		{"nobody said who", "timer", "1800", "1800;refresher=uac", "timer"},
		{"the caller", "timer", "90;refresher=uac", "90;refresher=uac", "timer"},
		{"we", "timer", "600 ; refresher=UAS", "600;refresher=uas", "timer"},
		{"a proxy put it in for one who knows none", "", "1800", "1800;refresher=uas", ""},
		{"one who knows none cannot refresh", "", "1800;refresher=uac", "1800;refresher=uas", ""},
		{"too short for us, and a 422 means nothing to him", "", "60", "", ""},
		{"a day is enough", "timer", "2147483647", "86400;refresher=uac", "timer"},
		{"more than can be counted", "timer", "4294967295", "86400;refresher=uac", "timer"},
		{"more than anything can count", "timer", "99999999999999999999999", "86400;refresher=uac", "timer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.serve()
				p := w.dial(w.contoso)
				m := request("INVITE", "sip:stand-up@vc.example.com", callID(1), 1, annaFrom, "<sip:stand-up@vc.example.com>")
				if test.supported != "" {
					m.Header("Supported", test.supported)
				}
				if test.wants != "" {
					m.Header("x", test.wants)
				}
				p.send(m.Body("application/sdp", []byte(offer)))
				d := &dialogue{peer: p, callID: callID(1), answer: p.want(200, "INVITE"), cseq: 1}
				d.ack()
				if got := d.answer.Get("Session-Expires"); got != test.gets {
					t.Errorf("Session-Expires: %q, want %q", got, test.gets)
				}
				if got := d.answer.Get("Require"); got != test.require {
					t.Errorf("Require: %q, want %q", got, test.require)
				}
				d.hangUp()
			})
		})
	}
}

// What the peer once called its least binds what we ask for, and never makes
// more of what is asked of us (RFC 4028 §7.4, §9).
func TestSessionNeverRaised(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(invite("stand-up@vc.example.com", callID(1)).Line(allows).Header("Session-Expires", "100").Header("Min-SE", "2147483647"))
		d := &dialogue{peer: p, callID: callID(1), answer: p.want(200, "INVITE"), cseq: 1}
		d.ack()
		if got := d.answer.Get("Session-Expires"); got != "100;refresher=uac" {
			t.Errorf("a Min-SE that contradicts its Session-Expires: %s", got)
		}
		for _, c := range []struct{ wants, least, gets string }{
			{"1800", "1800", "1800;refresher=uac"},
			{"90000", "90000", "90000;refresher=uac"}, // a day would be less than its least
			{"600", "", "600;refresher=uac"},
			{"600;refresher=uas", "", "600;refresher=uas"},
		} {
			update := d.within("UPDATE").Header("Supported", "timer").Header("Session-Expires", c.wants)
			if c.least != "" {
				update.Header("Min-SE", c.least)
			}
			d.send(update)
			if got := d.want(200, "UPDATE").Get("Session-Expires"); got != c.gets {
				t.Errorf("Session-Expires: %s, Min-SE: %s: got %s", c.wants, c.least, got)
			}
		}
		ours := d.wakesWith("UPDATE", 300*time.Second)
		if se, least := ours.Get("Session-Expires"), ours.Get("Min-SE"); se != "90000;refresher=uac" || least != "90000" {
			t.Errorf("our refresh wants %s, Min-SE %s", se, least)
		}
		d.ok(ours, "Contact: <sip:anna@contoso.example>", "Session-Expires: 90000;refresher=uac")
		d.hangUp()
	})
}

// RFC 4028 §9: an interval too short is refused, in and outside calls, and one
// that is no number is no interval.
func TestSessionTooShort(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		for i, test := range []struct {
			value string
			want  int
		}{{"89", 422}, {"0", 422}, {"60;refresher=uas", 422}, {"-90", 400}, {"soon", 400}, {"", 400}} {
			p.send(invite("stand-up@vc.example.com", callID(i)).Header("Session-Expires", test.value))
			m := p.want(test.want, "INVITE")
			if got := m.Get("Min-SE"); test.want == 422 && got != "90" {
				t.Errorf("%s: Min-SE: %q", test.value, got)
			}
		}
		if n := len(w.media.opens); n != 0 {
			t.Errorf("media was taken %d times", n)
		}
		d := p.call("stand-up@vc.example.com", callID(99))
		for _, method := range []string{"UPDATE", "INVITE"} {
			d.send(d.within(method).Header("Supported", "timer").Header("Session-Expires", "30"))
			if d.want(422, method).Get("Min-SE") != "90" {
				t.Error("no Min-SE")
			}
			if method == "INVITE" {
				d.send(d.within("ACK"))
			}
		}
		d.hangUp()
	})
}

// taken places a call whose callee answers with these lines.
func (w *world) taken(lines ...string) *dialogue {
	w.t.Helper()
	edges := w.listen(contosoAddr, w.contoso)
	w.serve()
	result := w.place(toAnna)
	p := <-edges
	m := p.wantRequest("INVITE")
	answer := raw.Respond(m, 200, "OK", "bobs-tag").Header("Record-Route", recordRoute).
		Header("Contact", "<sip:anna@contoso.example;opaque=user:epid:abc;gruu>")
	for _, line := range lines {
		answer.Line(line)
	}
	p.send(answer.Body("application/sdp", []byte(offer)))
	p.wantRequest("ACK")
	if got := <-result; got.err != nil {
		w.t.Fatal(got.err)
	}
	return &dialogue{peer: p, answer: m}
}

const allows = "Allow: INVITE, ACK, BYE, UPDATE"

// A callee that makes us the refresher gets an UPDATE half-way, and another one.
func TestWeRefresh(t *testing.T) {
	inWorld(t, func(w *world) {
		d := w.taken(allows, "Require: timer", "Session-Expires: 180;refresher=uac")
		if got := d.answer.Get("Session-Expires"); got != "1800" { // our INVITE
			t.Errorf("our INVITE wants %q", got)
		}
		for range 2 {
			update := d.wakesWith("UPDATE", 90*time.Second)
			wantAbilities(t, update)
			if got := update.Get("Session-Expires"); got != "180;refresher=uac" || len(update.Body) > 0 {
				t.Errorf("Session-Expires: %s, body %q", got, update.Body)
			}
			d.ok(update, "Contact: <sip:anna@contoso.example;gruu>", "Session-Expires: 180;refresher=uac")
		}
		d.send(raw.Respond(d.wakesWith("UPDATE", 90*time.Second), 481, "Call Leg Does Not Exist", ""))
		w.wantCalls(0)
	})
}

// One that takes no UPDATE is sent the description that it has, which changes
// nothing in media as long as its answer is the old one.
func TestWeRefreshByInvite(t *testing.T) {
	inWorld(t, func(w *world) {
		d := w.taken("Allow: INVITE, ACK, BYE", "Require: timer", "Session-Expires: 90;refresher=uac")
		changed := strings.Replace(offer, "o=- 0 0", "o=- 0 1", 1)
		answers := []string{offer, changed, changed}
		for i, answer := range answers {
			again := d.wakesWith("INVITE", 45*time.Second)
			if !bytes.Equal(again.Body, d.answer.Body) {
				t.Errorf("another description: %q, was %q", again.Body, d.answer.Body)
			}
			wantAbilities(t, again)
			d.send(raw.Respond(again, 200, "OK", "").Header("Contact", "<sip:anna@contoso.example>").
				Header("Session-Expires", "90;refresher=uac").Body("application/sdp", []byte(answer)))
			d.wantRequest("ACK")
			w.settle()
			if n := len(w.media.updates); n != min(i, 1) {
				t.Errorf("after the answer %d media was told %d times", i, n)
			}
		}
		d.ok(d.wakesWith("INVITE", 45*time.Second), "Contact: <sip:anna@contoso.example>")
		d.wantRequest("ACK")
		time.Sleep(10 * time.Minute)
		w.wantCalls(1) // without Session-Expires there is no timer any more (§7.2)
		d.close()
	})
}

// A caller may leave the refreshing to us, and may end it: a refresh that wants
// no interval ends the timer (RFC 4028 §9).
func TestWeRefreshForTheCaller(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		p.send(invite("stand-up@vc.example.com", callID(1)).Line(allows).Header("Session-Expires", "90;refresher=uas"))
		d := &dialogue{peer: p, callID: callID(1), answer: p.want(200, "INVITE"), cseq: 1}
		d.ack()
		update := p.wakesWith("UPDATE", 45*time.Second)
		if got := update.Get("Session-Expires"); got != "90;refresher=uac" {
			t.Errorf("Session-Expires: %s", got)
		}
		p.ok(update, "Contact: <sip:anna@contoso.example>", "Session-Expires: 90;refresher=uac")
		d.send(d.within("UPDATE").Header("Supported", "timer"))
		if got := d.want(200, "UPDATE").Get("Session-Expires"); got != "" {
			t.Errorf("nobody wants %s", got)
		}
		time.Sleep(5 * time.Minute)
		w.wantCalls(1)
		d.hangUp()
	})
}

// What may come of a refresh but 2xx (RFC 4028 §7.3, §10; RFC 3261 §12.2.1.2,
// §14.1).
func TestRefreshRefused(t *testing.T) {
	story := func(name string, tell func(w *world, d *dialogue)) {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				d := w.taken(allows, "Require: timer", "Session-Expires: 180;refresher=uac")
				tell(w, d)
			})
		})
	}
	story("nobody answers", func(w *world, d *dialogue) {
		d.wakesWith("UPDATE", 90*time.Second)
		d.ok(d.wakesWith("BYE", 32*time.Second)) // Timer F
		w.wantCalls(0)
	})
	story("the interval is too short by now", func(_ *world, d *dialogue) {
		d.send(raw.Respond(d.wakesWith("UPDATE", 90*time.Second), 422, "Session Interval Too Small", "").Header("Min-SE", "3600"))
		again := d.wakesWith("UPDATE", 0)
		if again.Get("Session-Expires") != "3600;refresher=uac" || again.Get("Min-SE") != "3600" {
			d.t.Errorf("Session-Expires: %s, Min-SE: %s", again.Get("Session-Expires"), again.Get("Min-SE"))
		}
		d.send(raw.Respond(again, 422, "Session Interval Too Small", "").Header("Min-SE", "3600")) // no way to talk to it
		d.wakes()
		d.close()
	})
	story("there is no UPDATE after all", func(_ *world, d *dialogue) {
		d.send(raw.Respond(d.wakesWith("UPDATE", 90*time.Second), 501, "Not Implemented", ""))
		d.wakesWith("INVITE", 0)
		d.close()
	})
	story("two cross", func(_ *world, d *dialogue) {
		d.send(raw.Respond(d.wakesWith("UPDATE", 90*time.Second), 491, "Request Pending", ""))
		again, took := d.wakes()
		if again.Method() != "UPDATE" || took < 2*time.Second || took > 4*time.Second {
			d.t.Errorf("%s after %v", again.Label(), took)
		}
		d.close()
	})
	story("it is refused each time", func(w *world, d *dialogue) {
		began, refreshes := time.Now(), 0
		for {
			m, _ := d.wakes()
			if m.Method() == "BYE" {
				d.ok(m)
				break
			}
			refreshes++
			d.send(raw.Respond(m, 500, "Server Internal Error", ""))
		}
		// Half-way to the first one, and 32 seconds before the end it is over.
		if lasted := time.Since(began); lasted != 148*time.Second || refreshes < 3 {
			d.t.Errorf("%d refreshes, BYE after %v", refreshes, lasted)
		}
		w.wantCalls(0)
	})
}

// A callee for whom the interval is too short is called again with a longer
// one, as the same call (RFC 4028 §7.3).
func TestLongerInterval(t *testing.T) {
	inWorld(t, func(w *world) {
		edges := w.listen(contosoAddr, w.contoso)
		w.serve()
		result := w.place(toAnna)
		p := <-edges
		first := p.wantRequest("INVITE")
		p.send(raw.Respond(first, 422, "Session Interval Too Small", "x").Header("Min-SE", "7200"))
		p.wantRequest("ACK")
		second := p.wantRequest("INVITE")
		for _, name := range []string{"Call-ID", "From", "To"} {
			if second.Get(name) != first.Get(name) {
				t.Errorf("%s: %s, was %s", name, second.Get(name), first.Get(name))
			}
		}
		if n, _ := second.CSeq(); n != 2 || second.Get("Session-Expires") != "7200" || second.Get("Min-SE") != "7200" {
			t.Errorf("CSeq %s, Session-Expires %s, Min-SE %s", second.Get("CSeq"), second.Get("Session-Expires"), second.Get("Min-SE"))
		}
		p.send(raw.Respond(second, 422, "Session Interval Too Small", "x").Header("Min-SE", "7200"))
		p.wantRequest("ACK")
		if got := <-result; got.err == nil {
			t.Error("the call was answered")
		}
		w.wantCalls(0)
		if !slices.Equal(first.Body, second.Body) {
			t.Error("the offer has changed")
		}
	})
}
