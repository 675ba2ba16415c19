package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fedge/capture"
	"fedge/sip/raw"
)

// acceptTime is how long the node may take to connect to us, or its trigger to
// tell how a call went: it covers its own fail-over.
const acceptTime = 5 * time.Second

// Quiet expects that no message comes for a while. Keep-alives do not count,
// and a probe of the node's is answered.
func (p *Peer) Quiet(ctx context.Context, d time.Duration) error {
	if err := p.until(ctx, d); err != nil {
		return err
	}
	for {
		e, err := p.next()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return p.lost(fmt.Sprintf("silence for %s, on an open connection", d), err)
		case e.Message == nil:
			p.link.Received([]byte("\r\n"), capture.Label{Text: keepAlive(e.KeepAlive)})
			continue
		}
		p.received(e.Message)
		if e.Message.Method() != "OPTIONS" {
			return &Mismatch{Class: Accepted, Expected: fmt.Sprintf("silence for %s", d), Actual: e.Message.StartLine}
		}
		if err := p.answerProbe(e.Message); err != nil {
			return p.lost("silence", err)
		}
	}
}

// Respond answers a request of the node's. Edit, if not nil, adds to it before
// the length is set.
func (p *Peer) Respond(m *raw.Message, status int, reason string, edit func(*raw.Builder)) error {
	b := raw.Respond(m, status, reason, "fedge")
	if edit != nil {
		edit(b)
	}
	_, method := m.CSeq()
	if err := p.Send(b.Length().Bytes(), fmt.Sprintf("%d %s", status, method)); err != nil {
		return p.lost("to be heard", err)
	}
	return nil
}

// T1 is the node's (RFC 3261 §17.1.1.1).
func (s *Stand) T1() time.Duration {
	if s.Target.T1 > 0 {
		return s.Target.T1
	}
	return 500 * time.Millisecond
}

// Second is how long the node takes for a second of a protocol field:
// Session-Expires, Retry-After. A lab with short timers scales them like T1.
func (s *Stand) Second() time.Duration { return 2 * s.T1() }
