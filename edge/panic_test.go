package edge

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"fedge/dns"
	"fedge/media/session"
	"fedge/sip/raw"
)

// explosive is a resolver that panics for one name.
type explosive struct {
	dns.Resolver
	name string
}

func (r explosive) SRV(ctx context.Context, name string) ([]dns.SRV, error) {
	if name == dns.FederationName(r.name) {
		panic("boom")
	}
	return r.Resolver.SRV(ctx, name)
}

// alarmed collects what is logged at level Error.
type alarmed struct {
	mu    sync.Mutex
	lines []string
}

func (a *alarmed) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines = append(a.lines, string(b))
	return len(b), nil
}

// heard wants so many panics told in the log, with a trace, and counted.
func (a *alarmed) heard(w *world, want int) {
	w.t.Helper()
	w.settle()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.lines) != want {
		w.t.Errorf("%d alarms, want %d: %q", len(a.lines), want, a.lines)
	}
	for _, line := range a.lines {
		contains(w.t, "the alarm", line, "boom", "panic_test.go", "where=call")
	}
}

func withAlarms(w *world, change func(*Config)) *alarmed {
	a := new(alarmed)
	w.config = func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(a, &slog.HandlerOptions{Level: slog.LevelError}))
		change(c)
	}
	return a
}

// A call that panics while it is settled is refused with 500; others go on, and
// so does whoever asks the same again.
func TestSettlingPanics(t *testing.T) {
	inWorld(t, func(w *world) {
		alarms := withAlarms(w, func(c *Config) { c.Resolver = explosive{c.Resolver, "adatum.example"} })
		w.serve()
		p := w.dial(w.contoso)
		d := p.call("stand-up@vc.example.com", callID(1))
		for n := range 2 {
			p.send(request("INVITE", "sip:stand-up@vc.example.com", callID(2+n), 1, "<sip:eve@adatum.example>;tag=1", "<sip:stand-up@vc.example.com>"))
			p.want(500, "INVITE")
		}
		w.wantCalls(1)
		d.hangUp()
		w.wantCalls(0)
		alarms.heard(w, 2)
		p.close()
	})
}

// shaky is a media node that panics when a call changes.
type shaky struct{ *fakeMedia }

func (shaky) Update(context.Context, session.Update) (session.Answer, error) { panic("boom") }

// A call that panics while it is up is hung up, with its media given back.
func TestCallPanics(t *testing.T) {
	inWorld(t, func(w *world) {
		alarms := withAlarms(w, func(*Config) {})
		w.media = newFakeMedia(w, "px03.vc.example.com")
		w.pool.Join("px03.vc.example.com", "DMZ", 10, shaky{w.media})
		w.serve()
		p := w.dial(w.contoso)
		d, other := p.call("stand-up@vc.example.com", callID(1)), p.call("stand-up@vc.example.com", callID(2))
		d.send(d.within("INVITE").Body("application/sdp", []byte(offer)))
		bye := p.wantRequest("BYE")
		contains(t, "Reason", bye.Get("Reason"), "cause=500")
		p.send(raw.Respond(bye, 200, "OK", ""))
		p.want(481, "INVITE") // of a call that is over
		time.Sleep(time.Minute)
		w.wantCalls(1)
		if n := w.media.sessions(); n != 1 {
			t.Errorf("%d media sessions, want the other call's", n)
		}
		alarms.heard(w, 1)
		other.hangUp()
		p.close()
	})
}

// A call out that panics has failed, and leaves nothing.
func TestPlacingPanics(t *testing.T) {
	inWorld(t, func(w *world) {
		alarms := withAlarms(w, func(c *Config) { c.Resolver = explosive{c.Resolver, "adatum.example"} })
		w.serve()
		for range 2 {
			_, err := w.edge.Place(w.ctx, Place{Room: "stand-up", To: "sip:eve@adatum.example"})
			if !errors.Is(err, errPanicked) || !strings.Contains(err.Error(), "log") {
				t.Errorf("got %v", err)
			}
		}
		w.wantCalls(0)
		alarms.heard(w, 2)
	})
}

// What is guarded ends alone if it panics, and is told of; what does not panic
// is not.
func TestGuard(t *testing.T) {
	inWorld(t, func(w *world) {
		alarms := withAlarms(w, func(*Config) {})
		w.serve()
		for want, work := range []func(){func() {}, func() { panic("boom") }} {
			func() {
				defer w.edge.guard("call")
				work()
			}()
			alarms.heard(w, want)
		}
	})
}
