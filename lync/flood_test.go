package lync

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/capture"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// flooding sends what next gives for as long as the link takes it, as fast as
// the other end reads.
func flooding(l *link.Link, next func() []byte) {
	for l.Send(next(), capture.Label{}) == nil {
		l.Pace()
	}
}

// TestFloods: whatever a node floods a link with, the call ends at once and says
// why, and what is kept of it is bounded.
func TestFloods(t *testing.T) {
	always := func(text string) func(*node, *raw.Message) func() []byte {
		return func(*node, *raw.Message) func() []byte { return func() []byte { return []byte(text) } }
	}
	of := func(b func(n *node, m *raw.Message) *raw.Builder) func(*node, *raw.Message) func() []byte {
		return func(n *node, m *raw.Message) func() []byte {
			text := b(n, m).Length().Bytes()
			return func() []byte { return text }
		}
	}
	for name, test := range map[string]struct {
		next func(*node, *raw.Message) func() []byte
		says string
	}{
		"responses to nothing": {always("SIP/2.0 200 OK\r\nVia: x\r\nContent-Length: 0\r\n\r\n"), "that belong to no call"},
		"large ones":           {always("SIP/2.0 200 OK\r\nVia: x\r\nContent-Length: 50000\r\n\r\n" + strings.Repeat("x", 50000)), "that belong to no call"},
		"keep-alives":          {always("\r\n\r\n"), "that belong to no call"},
		"ACK of nothing":       {always("ACK sip:x SIP/2.0\r\nCall-ID: none\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n"), "that belong to no call"},
		"requests of no call":  {always("BYE sip:x SIP/2.0\r\nTo: <sip:x>;tag=1\r\nCall-ID: none\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n"), "that belong to no call"},
		"ringing": {of(func(n *node, m *raw.Message) *raw.Builder {
			return raw.Respond(m, 180, "Ringing", "nodetag")
		}), "for one call"},
		"responses in the call to nothing": {of(func(n *node, m *raw.Message) *raw.Builder {
			return raw.NewResponse(200, "OK").Header("Via", "SIP/2.0/TLS x;branch=z9hG4bKx").Header("Call-ID", m.CallID()).Header("CSeq", "7 INFO")
		}), "for one call"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.config.Recorder = capture.NewTranscript(64 << 20)
				w.node.script = func(l *link.Link, m *raw.Message) {
					if m.Method() == "INVITE" {
						flooding(l, test.next(w.node, m))
					}
				}
				o := w.start()
				began := time.Now()
				_, err := o.Call(t.Context(), spec)
				var failed *FailedError
				var flood *Flood
				if !errors.As(err, &failed) || !errors.As(err, &flood) || !errors.Is(err, ErrLinkLost) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("the call's end does not say what the node did: %v", err)
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("the call was over after %s", took)
				}
				o.Stop()
				kept := 0
				for _, m := range w.config.Recorder.Messages() {
					kept += len(m.Bytes) + floodEach
				}
				if kept > 3*floodAtOnce || len(o.Unexpected()) > journalRoom {
					t.Errorf("%d bytes of transcript, %d entries in the journal", kept, len(o.Unexpected()))
				}
			})
		})
	}
}

// TestTalkativeNodes: keep-alives, and questions whether we are there, every
// second for a day are no flood.
func TestTalkativeNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := w.start()
		c, err := o.Call(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.node.silent.Store(true)
		l := w.node.link()
		for range 24 * 60 * 60 {
			time.Sleep(time.Second)
			l.Send([]byte("\r\n\r\n"), capture.Label{})
			l.Send([]byte("SIP/2.0 200 OK\r\nVia: x\r\nContent-Length: 0\r\n\r\n"), capture.Label{})
		}
		synctest.Wait()
		if c.Why() != "" || l.Err() != nil {
			t.Errorf("the call is over: %s, %v", c.Why(), l.Err())
		}
		w.node.silent.Store(false)
		if err := c.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestGarbage: what cannot be cut into messages ends the call at once, too, and
// is not taken for a handshake that failed.
func TestGarbage(t *testing.T) {
	for name, test := range map[string]struct{ text, says string }{
		"line feeds":  {strings.Repeat("\n", 1000), "line feeds and no message"},
		"a long line": {strings.Repeat("x", 1000), "head longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.node.script = func(l *link.Link, m *raw.Message) { flooding(l, func() []byte { return []byte(test.text) }) }
				o := w.start()
				began := time.Now()
				_, err := o.Call(t.Context(), spec)
				var failed *FailedError
				if !errors.As(err, &failed) || !errors.Is(err, ErrLinkLost) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%v", err)
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("the call was over after %s", took)
				}
			})
		})
	}
}
