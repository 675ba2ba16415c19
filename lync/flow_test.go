package lync

import (
	"strings"
	"testing"
	"time"

	"fedge/sip/raw"
)

// flow drives one machine by hand.
type flow struct {
	t    *testing.T
	m    *Machine
	now  time.Time
	sent []*raw.Message // everything the machine sent
}

func newFlow(t *testing.T, m *Machine) *flow { return &flow{t: t, m: m, now: epoch} }

// do takes what came of an input and checks its kinds.
func (f *flow) do(want string, actions []Action) {
	f.t.Helper()
	if got := kinds(actions); got != want {
		f.t.Errorf("got %q, want %q", got, want)
	}
	f.sent = append(f.sent, sentBy(f.t, actions)...)
}

// last is the latest message sent with that label.
func (f *flow) last(label string) *raw.Message {
	f.t.Helper()
	for i := len(f.sent) - 1; i >= 0; i-- {
		if f.sent[i].Label() == label {
			return f.sent[i]
		}
	}
	f.t.Fatalf("no %s was sent", label)
	return nil
}

// answer responds to the latest request of a method.
func (f *flow) answer(want, method string, status int, more ...string) {
	f.t.Helper()
	b := raw.Respond(f.last(method), status, "Reason", "far")
	for i := 0; i+1 < len(more); i += 2 {
		b.Header(more[i], more[i+1])
	}
	f.do(want, f.m.Handle(f.now, mustParse(f.t, b.Bytes())))
}

const farContact = "<sip:meet@px01.vc.example.com:5061;transport=tls>"

// ask is a request of the peer in the dialog.
func (f *flow) ask(want, method string, cseq int, body string, edit ...func(*raw.Builder)) {
	f.t.Helper()
	b := raw.NewRequest(method, f.m.contact).Headerf("Via", "SIP/2.0/TLS px01;branch=z9hG4bK%s%d", method, cseq)
	for _, r := range f.m.variant.routes {
		b.Header("Route", bracketed(r))
	}
	b.Header("From", f.m.remote).Header("To", f.m.local).Header("Call-ID", f.m.CallID()).Headerf("CSeq", "%d %s", cseq, method).Header("Contact", farContact)
	for _, e := range edit {
		e(b)
	}
	if body != "" {
		b.Body("application/sdp", []byte(body))
	}
	f.do(want, f.m.Handle(f.now, mustParse(f.t, b.Bytes())))
}

func (f *flow) tick(want string, after time.Duration) {
	f.t.Helper()
	f.now = f.now.Add(after)
	f.do(want, f.m.Tick(f.now))
}

func calling(t *testing.T) *flow {
	f := newFlow(t, testCaller(t, testProfile(t, "2016"), 0, testOffer(false)))
	f.do("INVITE", f.m.Start(epoch))
	return f
}

func established(t *testing.T) *flow {
	f := calling(t)
	f.answer("ACK, answered", "INVITE", 200, "Contact", farContact)
	return f
}

func ringing(t *testing.T) *flow {
	invite := (&node{t: t}).invite("meet.alice@vc.example.com", "call-1")
	f := newFlow(t, NewCallee(CalleeConfig{
		Profile: testProfile(t, "2016"), ID: NewIDs(7).Next(), Via: "203.0.113.10:51012", Invite: mustParse(t, invite.Bytes()),
	}))
	f.do("100 INVITE", f.m.Start(epoch))
	return f
}

var farOffer = "v=0\r\no=- 1 2 IN IP4 198.51.100.42\r\ns=-\r\nc=IN IP4 198.51.100.42\r\nt=0 0\r\nm=audio 40002 RTP/SAVP 0\r\n" +
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Repeat("B", 40) + "\r\na=rtpmap:0 PCMU/8000\r\n"

func TestMachine(t *testing.T) {
	description := Describe(testOffer(false))
	for name, run := range map[string]func(t *testing.T) *flow{
		"a 2xx that comes again is acknowledged again": func(t *testing.T) *flow {
			f := established(t)
			f.answer("ACK", "INVITE", 200, "Contact", farContact)
			return f
		},
		"a 2xx from another fork is unexpected": func(t *testing.T) *flow {
			f := established(t)
			other := raw.Respond(f.last("INVITE"), 200, "OK", "other")
			f.do("unexpected", f.m.Handle(f.now, mustParse(t, other.Bytes())))
			return f
		},
		"provisional responses restart the wait": func(t *testing.T) *flow {
			f := calling(t)
			f.tick("", 31*time.Second)
			f.answer("", "INVITE", 100)
			f.tick("", 2*time.Minute)
			f.answer("progress", "INVITE", 180)
			f.tick("", 2*time.Minute)
			f.tick("CANCEL", time.Minute) // timer C
			f.answer("", "CANCEL", 200)
			f.answer("ACK, ended", "INVITE", 487)
			return f
		},
		"nobody rings for ever": func(t *testing.T) *flow {
			f := calling(t)
			for range 14 {
				f.answer("progress", "INVITE", 180)
				f.tick("", 2*time.Minute)
			}
			f.answer("progress", "INVITE", 180)
			f.tick("CANCEL", 2*time.Minute) // ten times timer C
			f.answer("", "CANCEL", 200)
			f.answer("", "INVITE", 180) // which brings no second CANCEL, and no more patience
			f.tick("", 31*time.Second)
			f.answer("", "INVITE", 180)
			f.tick("failed", time.Second)
			return f
		},
		"a re-INVITE rings by itself": func(t *testing.T) *flow {
			f := calling(t)
			f.answer("progress", "INVITE", 180)
			f.answer("ACK, answered", "INVITE", 200, "Contact", farContact)
			f.tick("", time.Hour)
			f.do("INVITE", f.m.Reoffer(f.now, Describe(testOffer(false))))
			f.answer("progress", "INVITE", 180)
			f.tick("", time.Minute)
			f.answer("ACK, reanswered", "INVITE", 200, "Contact", farContact)
			return f
		},
		"a reliable provisional response gets PRACK": func(t *testing.T) *flow {
			f := calling(t)
			f.answer("PRACK, progress", "INVITE", 183, "Require", "100rel", "RSeq", "77", "Contact", farContact)
			if rack := f.last("PRACK").Get("RAck"); rack != "77 1 INVITE" {
				t.Errorf("RAck %q", rack)
			}
			f.answer("", "PRACK", 200)
			f.answer("ACK, answered", "INVITE", 200, "Contact", farContact)
			return f
		},
		"CANCEL waits for a provisional response": func(t *testing.T) *flow {
			f := calling(t)
			f.do("", f.m.Hangup(f.now))
			f.answer("CANCEL", "INVITE", 100)
			f.answer("", "CANCEL", 200)
			f.answer("ACK, ended", "INVITE", 487)
			return f
		},
		"CANCEL and 2xx cross": func(t *testing.T) *flow {
			f := calling(t)
			f.answer("", "INVITE", 100)
			f.do("CANCEL", f.m.Hangup(f.now))
			f.answer("ACK, BYE", "INVITE", 200, "Contact", farContact)
			f.answer("ended", "BYE", 200)
			return f
		},
		"CANCEL is not answered": func(t *testing.T) *flow {
			f := calling(t)
			f.answer("", "INVITE", 100)
			f.do("CANCEL", f.m.Hangup(f.now))
			f.tick("failed", 32*time.Second)
			return f
		},
		"BYE is not answered": func(t *testing.T) *flow {
			f := established(t)
			f.do("BYE", f.m.Hangup(f.now))
			f.tick("", 31*time.Second)
			f.tick("failed", time.Second)
			return f
		},
		"BYE is refused": func(t *testing.T) *flow {
			f := established(t)
			f.do("BYE", f.m.Hangup(f.now))
			f.answer("ended", "BYE", 481)
			if v := f.m.Violations(); len(v) != 1 || v[0].Rule != "bye-answer" {
				t.Errorf("%+v", v)
			}
			return f
		},
		"both hang up": func(t *testing.T) *flow {
			f := established(t)
			f.do("BYE", f.m.Hangup(f.now))
			f.ask("200 BYE, ended", "BYE", 5, "")
			f.answer("", "BYE", 200)
			f.ask("481 BYE", "BYE", 6, "")
			return f
		},
		"re-INVITE refused, the call goes on": func(t *testing.T) *flow {
			f := established(t)
			f.do("INVITE", f.m.Reoffer(f.now, description))
			f.do("", f.m.Reoffer(f.now, description)) // one at a time
			f.answer("ACK, declined", "INVITE", 488)
			f.do("BYE", f.m.Hangup(f.now))
			f.answer("ended", "BYE", 200)
			return f
		},
		"re-INVITE unknown, the call is over": func(t *testing.T) *flow {
			f := established(t)
			f.do("INVITE", f.m.Reoffer(f.now, description))
			f.answer("ACK, BYE, declined", "INVITE", 481)
			return f
		},
		"re-INVITE is not answered": func(t *testing.T) *flow {
			f := established(t)
			f.do("INVITE", f.m.Reoffer(f.now, description))
			f.tick("BYE, unexpected", 32*time.Second)
			return f
		},
		"glare": func(t *testing.T) *flow {
			f := established(t)
			f.do("INVITE", f.m.Reoffer(f.now, description))
			f.ask("491 INVITE", "INVITE", 3, farOffer)
			f.answer("ACK, declined", "INVITE", 491)
			f.ask("offered", "INVITE", 4, farOffer)
			f.ask("491 INVITE", "INVITE", 5, farOffer) // theirs is still open
			f.do("200 INVITE", f.m.Accept(f.now, description))
			f.tick("200 INVITE", 500*time.Millisecond) // until the ACK
			f.ask("confirmed", "ACK", 4, "")
			f.tick("", 10*time.Second)
			return f
		},
		"re-INVITE without anything for us": func(t *testing.T) *flow {
			f := established(t)
			f.ask("offered", "INVITE", 3, strings.Replace(farOffer, "a=crypto", "a=x", 1))
			f.do("488 INVITE", f.m.Accept(f.now, description))
			f.ask("", "ACK", 3, "")
			return f
		},
		"UPDATE refreshes": func(t *testing.T) *flow {
			f := established(t)
			f.ask("200 UPDATE", "UPDATE", 3, "")
			if f.last("200 UPDATE").Get("Contact") == "" {
				t.Error("a 200 to UPDATE without Contact")
			}
			f.ask("offered", "UPDATE", 4, farOffer)
			f.do("200 UPDATE", f.m.Accept(f.now, description))
			return f
		},
		"a target refresh moves what follows": func(t *testing.T) *flow {
			f := established(t)
			f.ask("offered", "INVITE", 3, farOffer, func(b *raw.Builder) {})
			f.do("488 INVITE", f.m.Reject(488, "Not Acceptable Here"))
			f.do("INVITE", f.m.Reoffer(f.now, description))
			f.answer("ACK, reanswered", "INVITE", 200, "Contact", "<sip:other@px02.vc.example.com>")
			f.do("BYE", f.m.Hangup(f.now))
			if uri := f.last("BYE").RequestURI(); uri != "sip:other@px02.vc.example.com" {
				t.Errorf("BYE went to %s", uri)
			}
			return f
		},
		"requests in the dialog": func(t *testing.T) *flow {
			f := established(t)
			f.ask("200 OPTIONS", "OPTIONS", 3, "")
			f.ask("200 INFO", "INFO", 4, "")
			f.ask("405 MESSAGE, unexpected", "MESSAGE", 5, "")
			f.ask("500 BYE, unexpected", "BYE", 5, "")
			f.ask("481 CANCEL, unexpected", "CANCEL", 6, "")
			f.do("OPTIONS", f.m.Options(f.now))
			f.answer("", "OPTIONS", 200)
			if v := f.m.Violations(); len(v) != 0 {
				t.Errorf("%+v", v)
			}
			return f
		},
		"a request of another dialog": func(t *testing.T) *flow {
			f := established(t)
			f.m.remoteTag = "another"
			f.ask("481 BYE, unexpected", "BYE", 3, "")
			return f
		},
		"a response without our Via": func(t *testing.T) *flow {
			f := calling(t)
			r := raw.NewResponse(200, "OK").Header("Via", "SIP/2.0/TLS x;branch=z9hG4bKother").
				Header("Call-ID", f.m.CallID()).Header("CSeq", "1 INVITE")
			f.do("unexpected", f.m.Handle(f.now, mustParse(t, r.Bytes())))
			return f
		},
		"the node records a route": func(t *testing.T) *flow {
			f := calling(t)
			invite := f.last("INVITE")
			r := raw.NewResponse(200, "OK").Copy(invite, "Via").Header("Record-Route", "<sip:b.example;lr>, <sip:a.example;lr>;x=1").
				Copy(invite, "Record-Route", "From", "Call-ID", "CSeq").Header("To", invite.Get("To")+";tag=far").Header("Contact", farContact)
			f.do("ACK, answered", f.m.Handle(f.now, mustParse(t, r.Bytes())))
			if got := f.last("ACK").All("Route"); strings.Join(got, " ") != "<sip:a.example;lr> <sip:b.example;lr>" {
				t.Errorf("Route %q", got)
			}
			return f
		},
		"an incoming call, refused": func(t *testing.T) *flow {
			f := ringing(t)
			f.do("180 INVITE", f.m.Ring(f.now, 180, "Ringing", nil))
			f.do("486 INVITE, ended", f.m.Refuse(486, "Busy Here"))
			return f
		},
		"an incoming call, hung up while it rings": func(t *testing.T) *flow {
			f := ringing(t)
			f.do("487 INVITE, ended", f.m.Hangup(f.now))
			return f
		},
		"an incoming call with early media": func(t *testing.T) *flow {
			f := ringing(t)
			f.do("183 INVITE", f.m.Ring(f.now, 183, "Session Progress", description))
			f.do("200 INVITE", f.m.Answer(f.now, description))
			early, late := f.last("183 INVITE"), f.last("200 INVITE")
			if string(early.Body) != string(late.Body) || early.Get("To") != late.Get("To") || len(early.List("Record-Route")) == 0 {
				t.Errorf("183:\n%s\n200:\n%s", early.Bytes, late.Bytes)
			}
			return f
		},
		"an incoming call without anything for us": func(t *testing.T) *flow {
			f := ringing(t)
			f.m.received.Body = []byte("v=0\r\n")
			f.do("488 INVITE, ended", f.m.Answer(f.now, description))
			return f
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := run(t)
			if at, ok := f.m.Deadline(); f.m.State() == Over && ok {
				t.Errorf("over, but waiting until %s", at)
			}
		})
	}
}
