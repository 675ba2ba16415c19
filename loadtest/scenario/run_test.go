package scenario

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/capture"
	"fedge/certs"
	"fedge/loadtest"
	"fedge/lync"
	"fedge/plan"
	"fedge/result"
	"fedge/sip/raw"
)

func run(t *testing.T, w *world) result.Load {
	t.Helper()
	load, err := Run(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	return load
}

func TestCallsAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		load := run(t, w)
		if load.Verdict != result.Pass || load.Attempts != 100 || load.SessionEstablishmentRatio != 1 || len(load.Failures) != 0 {
			t.Errorf("%s, %d attempts, ratio %v, %v, %+v", load.Verdict, load.Attempts, load.SessionEstablishmentRatio, load.Failures, load.Validity)
		}
		if load.Scenario != "test" || load.Trunks != 2 || w.target.links.Load() != 2 {
			t.Errorf("scenario %q over %d trunks, %d links", load.Scenario, load.Trunks, w.target.links.Load())
		}
		if acks, byes := w.target.acks.Load(), w.target.byes.Load(); acks != 100 || byes != 100 || !w.target.unique() || len(w.target.ids) != 100 {
			t.Errorf("the target saw %d calls, %d ACK, %d BYE", len(w.target.ids), acks, byes)
		}
		if load.SessionDisconnectDelaySeconds.N != 100 {
			t.Errorf("%d hang-ups were timed", load.SessionDisconnectDelaySeconds.N)
		}
		// The last call is planned at 1.98 s and held for 0.5 s.
		if load.TookSeconds < 2.4 || load.TookSeconds > 2.6 {
			t.Errorf("took %v s", load.TookSeconds)
		}
	})
}

func TestWithoutHoldAndWithATranscript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.config.Scenario.Hold = 0
		w.config.Org.Recorder = capture.New(64 << 20)
		load := run(t, w)
		if load.Verdict != result.Pass || w.target.byes.Load() != 100 {
			t.Errorf("%s, %d BYE, %v", load.Verdict, w.target.byes.Load(), load.Failures)
		}
		if n := len(w.config.Org.Recorder.Messages()); n != 500 { // INVITE, 200, ACK, BYE, 200
			t.Errorf("the transcript holds %d messages", n)
		}
	})
}

// TestOutcomes: what the target does, and what its calls come to.
func TestOutcomes(t *testing.T) {
	refuse := func(status int) func(*peer, *raw.Message) {
		return func(p *peer, m *raw.Message) { p.send(raw.Respond(m, status, "No", "target")) }
	}
	for _, tt := range []struct {
		name    string
		answer  func(*peer, *raw.Message)
		want    loadtest.Outcome
		verdict result.Verdict
	}{
		{"busy", refuse(486), loadtest.Busy, result.Fail},
		{"redirects", refuse(302), loadtest.Rejected3xx, result.Fail},
		{"not found", refuse(404), loadtest.Rejected4xx, result.Fail},
		{"overloaded", refuse(503), loadtest.Rejected5xx, result.Fail},
		{"declines", refuse(603), loadtest.Rejected6xx, result.Fail},
		{"silent", func(*peer, *raw.Message) {}, loadtest.Timeout, result.Fail},
		{"rings for ever", refuse(180), loadtest.Timeout, result.Fail},
		{"answers without audio", func(p *peer, m *raw.Message) {
			p.ok(m, strings.ReplaceAll(sdp, "m=audio 40000", "m=audio 0"))
		}, loadtest.Assertion, result.Fail},
		{"hangs up at once", func(p *peer, m *raw.Message) {
			p.ok(m, sdp)
			p.request(m, "BYE", 1)
		}, loadtest.Assertion, result.Fail},
		{"asks in the call", func(p *peer, m *raw.Message) {
			p.ok(m, sdp)
			p.request(m, "OPTIONS", 1)
		}, loadtest.OK, result.Pass},
		{"speaks no SIP", func(p *peer, m *raw.Message) {
			_ = p.Send([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), capture.Label{})
		}, loadtest.Parse, result.Fail},
		{"slams the link", func(p *peer, _ *raw.Message) { p.Abort() }, loadtest.Transport, result.Fail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, tt.answer)
				w.config.Scenario.Trunks = 1
				w.config.Org.Timers.Ring = 3 * time.Second
				load := run(t, w)
				if load.Verdict != tt.verdict {
					t.Errorf("verdict %s: %+v", load.Verdict, load.Validity)
				}
				if tt.want == loadtest.OK {
					if len(load.Failures) != 0 {
						t.Errorf("failures %v", load.Failures)
					}
				} else if got := load.Failures[tt.want.String()]; got+load.Failures["transport"] < 100 || got == 0 {
					t.Errorf("failures %v, want %s", load.Failures, tt.want)
				}
			})
		})
	}
}

// TestRequestDelayEndsWithTheFirstWord: RFC 6076 §4.3.1, not with the 200.
func TestRequestDelayEndsWithTheFirstWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(p *peer, m *raw.Message) {
			p.send(raw.Respond(m, 100, "Trying", ""))
			time.Sleep(time.Second)
			p.send(raw.Respond(m, 180, "Ringing", "target"))
			time.Sleep(time.Second)
			p.ok(m, sdp)
		})
		w.config.Scenario.Rate, w.config.Scenario.Duration = 1, time.Second
		load := run(t, w)
		if got := load.SessionRequestDelaySeconds.Max; load.Attempts != 1 || got == nil || *got < 0.99 || *got > 1.01 {
			t.Errorf("%d attempts, delay %v, %v", load.Attempts, got, load.Failures)
		}
	})
}

// TestLostLinkComesBack: the calls on it fail, a new link is opened, and the
// next calls are fine.
func TestLostLinkComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slammed := false
		w := newWorld(t, nil)
		w.target.answer = func(p *peer, m *raw.Message) {
			w.target.mu.Lock()
			first := !slammed && len(w.target.ids) == 20
			slammed = slammed || first
			w.target.mu.Unlock()
			if first {
				p.Abort()
				return
			}
			p.ok(m, sdp)
		}
		w.config.Scenario.Trunks = 1
		w.config.Scenario.Duration = 10 * time.Second
		load := run(t, w)
		failed := load.Failures["transport"]
		if failed < 20 || failed > 80 || loadtest.Failed(&load) != failed || w.target.links.Load() != 2 {
			t.Errorf("%v, %d links", load.Failures, w.target.links.Load())
		}
		if load.Attempts != 500 {
			t.Errorf("%d attempts", load.Attempts)
		}
	})
}

func TestInterruptHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.config.Scenario.Hold = 10 * time.Minute
		w.config.Scenario.Duration = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), 1990*time.Millisecond)
		defer cancel()
		load, err := Run(ctx, w.config)
		if err != nil || load.Verdict != result.Aborted || load.Attempts != 100 || w.target.byes.Load() != 100 {
			t.Errorf("%v, %s, %d attempts, %d BYE", err, load.Verdict, load.Attempts, w.target.byes.Load())
		}
		if load.TookSeconds > 3 || len(load.Failures) != 0 {
			t.Errorf("took %v s, %v", load.TookSeconds, load.Failures)
		}
	})
}

func TestRunRefusesToBegin(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		edit                 func(*testing.T, *world)
		refused, unreachable bool
		want                 string
	}{
		{"a scenario that is none", func(_ *testing.T, w *world) { w.config.Scenario.Rate = -1 }, false, false, "rate"},
		{"no room", func(_ *testing.T, w *world) { w.config.Room = "" }, false, false, "room"},
		{"somebody else's node", func(_ *testing.T, w *world) {
			w.config.Nodes = []netip.Addr{netip.MustParseAddr("198.51.100.40")}
		}, true, false, "--i-own-this-target"},
		{"nobody there", func(_ *testing.T, w *world) {
			w.config.Nodes = []netip.Addr{netip.MustParseAddr("127.0.0.41")}
		}, false, true, "refused"},
		{"a certificate that proves nothing", func(t *testing.T, w *world) {
			other, err := certs.NewAuthority("other root", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			w.config.Org.Roots = other.Pool()
		}, false, false, "certificate"},
		{"no such domain", func(_ *testing.T, w *world) { w.config.Room = "a@nobody.example" }, false, false, "SRV"},
		{"an organisation without a certificate", func(_ *testing.T, w *world) { w.config.Org.Certificate = tls.Certificate{} }, false, false, "Certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				tt.edit(t, w)
				_, err := Run(t.Context(), w.config)
				if err == nil || !strings.Contains(err.Error(), tt.want) || Refused(err) != tt.refused || Unreachable(err) != tt.unreachable {
					t.Errorf("%v: refused %t, unreachable %t", err, Refused(err), Unreachable(err))
				}
				if len(w.target.ids) != 0 {
					t.Error("calls were made")
				}
			})
		})
	}
}

func TestUnplaced(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx  context.Context
		err  error
		want loadtest.Outcome
	}{
		{t.Context(), &lync.RefusedError{Status: 404}, loadtest.Rejected4xx},
		{t.Context(), fmt.Errorf("x: %w", &lync.RefusedError{Status: 600}), loadtest.Busy},
		{t.Context(), &lync.Diagnostic{ID: lync.DiagNoSRV}, loadtest.TLS},
		{t.Context(), errors.New("no answer"), loadtest.Timeout},
		{stopped, errors.New("no answer"), loadtest.Cancelled},
	} {
		if got := unplaced(tt.ctx, tt.err); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, got, tt.want)
		}
	}
}

func TestPickRoom(t *testing.T) {
	p := &plan.Plan{Rooms: []plan.Room{
		{Name: "locked", Aliases: []string{"locked@vc.example.com"}, PIN: "1234"},
		{Name: "standup", Aliases: []string{"standup@vc.example.com", "s@vc.example.com"}},
		{Name: "load", Aliases: []string{"load@vc.example.com"}, Media: plan.MediaNone},
	}}
	for media, want := range map[string]string{
		MediaAudio: "standup@vc.example.com", MediaNone: "load@vc.example.com", "": "load@vc.example.com",
	} {
		if got := PickRoom(p, media); got != want {
			t.Errorf("for %q: %q, want %q", media, got, want)
		}
	}
	if got := PickRoom(&plan.Plan{}, MediaNone); got != "" {
		t.Errorf("a plan without rooms has %q", got)
	}
}
