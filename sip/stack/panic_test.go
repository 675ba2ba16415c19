package stack

import (
	"strings"
	"testing"
	"time"

	"fedge/sip/gate"
	"fedge/sip/link"
)

// fallen counts the panics that were caught, by where.
func fallen(into map[string]int) func(string, any, []byte) {
	return func(where string, value any, trace []byte) {
		if value != "boom" || !strings.Contains(string(trace), "panic_test.go") {
			into[where]++
		}
		into[where]++
	}
}

// An owner that panics costs its request, not the link.
func TestOwnerPanics(t *testing.T) {
	caught := map[string]int{}
	handlers := Handlers{Panicked: fallen(caught), Invite: func(*Dialog) { panic("boom") }}
	run(t, Config{Handlers: handlers}, func(w *world) {
		w.stack.cfg.Handlers.Request = func(*ServerTx) { panic("boom") }
		p := w.partner("sip.contoso.example")
		c := p.caller()
		p.send(c.request("INVITE"))
		p.want("the caller hears of it", "SIP/2.0 500")
		p.send(c.ack())
		other := p.caller()
		other.callID += "2"
		p.send(other.request("OPTIONS"))
		p.want("and so does who asks", "SIP/2.0 500")
		if w.counts().Dialogs != 0 {
			t.Error("the dialog of the INVITE is left")
		}
		if caught["request"] != 2 || len(caught) != 1 {
			t.Errorf("caught %v", caught)
		}
	})
}

// A panic while a link is read costs the link; others go on.
func TestReaderPanics(t *testing.T) {
	caught := map[string]int{}
	run(t, Config{Handlers: Handlers{Panicked: fallen(caught)}}, func(w *world) {
		w.stack.cfg.Handlers.Refused = func(*link.Link, *gate.Reject) { panic("boom") }
		p, other := w.partner("sip.contoso.example"), w.partner("sip.fabrikam.example")
		d := other.caller().talking()
		p.send("OPTIONS sip:x SIP/3.0\r\nContent-Length: 0\r\n\r\n")
		if err := w.served(); err == nil || !strings.Contains(err.Error(), "panic") {
			t.Errorf("the link ends because of it, got %v", err)
		}
		c := other.caller()
		c.callID += "2"
		other.send(c.request("OPTIONS"))
		w.must("the other link is read, and nobody holds the lock", w.request().Respond(answer()))
		other.want("and answered", "SIP/2.0 200")
		d.Close()
		if caught["link"] != 1 || len(caught) != 1 {
			t.Errorf("caught %v", caught)
		}
	})
}

// brittle is a timer's owner that panics.
type brittle struct{ timer timer }

func (b *brittle) expire(time.Duration) { panic("boom") }

// A timer that panics is over; those due with it and after it expire.
func TestTimerPanics(t *testing.T) {
	caught := map[string]int{}
	run(t, Config{Handlers: Handlers{Panicked: fallen(caught)}}, func(w *world) {
		bad, good := &brittle{}, []*ticked{{}, {}}
		bad.timer.owner = bad
		w.stack.mu.Lock()
		for i, o := range good {
			o.timer.owner = o
			w.stack.timers.start(&o.timer, time.Duration(i+1)*time.Second)
		}
		w.stack.timers.start(&bad.timer, time.Second)
		w.stack.mu.Unlock()
		time.Sleep(time.Minute)
		w.stack.mu.Lock()
		defer w.stack.mu.Unlock()
		for i, o := range good {
			if o.timer.place != 0 {
				t.Errorf("timer %d still runs", i)
			}
		}
		if caught["timer"] != 1 || len(caught) != 1 {
			t.Errorf("caught %v", caught)
		}
	})
}
