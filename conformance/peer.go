package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"fedge/capture"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// Peer is one connection to the target, spoken to in bytes.
type Peer struct {
	link   *link.Link
	reader *raw.Reader
	step   time.Duration
	trial  *trial
	held   chan raw.Event // was read before the case got the connection
}

// queue is how many pieces may wait to be sent: a whole message, byte by byte.
const queue = 8 << 10

// Dial connects to the target as the given identity and proves the target's
// name. Tweak, if not nil, changes the TLS settings first. A target that cannot
// be reached or refuses the handshake is a *link.DialError: the case decides
// what that means.
func (s *Stand) Dial(ctx context.Context, as Identity, tweak func(*tls.Config)) (*Peer, error) {
	return s.dialBy(ctx, as, tweak, s.dial)
}

func (s *Stand) dialBy(ctx context.Context, as Identity, tweak func(*tls.Config), dial link.DialFunc) (*Peer, error) {
	settings := s.tlsConfig(as)
	if tweak != nil {
		tweak(settings)
	}
	ctx, cancel := context.WithTimeout(ctx, s.Target.step())
	defer cancel()
	l, err := link.Dial(ctx, link.Config{
		Local: as.Host, TLS: settings, Roots: s.Target.Roots, Recorder: s.recorder, Queue: queue,
	}, s.Target.Pool, s.Target.Address, dial)
	if err != nil {
		return nil, err
	}
	return s.adopt(l, s.Target.step()), nil
}

func (s *Stand) tlsConfig(as Identity) *tls.Config {
	settings := &tls.Config{RootCAs: s.Target.Roots, MinVersion: tls.VersionTLS12}
	if len(as.Certificate.Certificate) > 0 {
		// Sent whatever authorities the node hints at: some cases offer what it
		// must refuse (RFC 8446 §4.4.2.4).
		settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &as.Certificate, nil
		}
	}
	return settings
}

// Identity of the target, as its certificate shows it.
func (p *Peer) Identity() link.Identity { return p.link.Peer() }

// State is what the handshake agreed on.
func (p *Peer) State() tls.ConnectionState { return p.link.State() }

// Send hands bytes to the target, labelled for the transcript.
func (p *Peer) Send(b []byte, label string) error {
	return p.link.Send(b, labelled(b, label))
}

// SendEach sends every piece in TLS records of its own.
func (p *Peer) SendEach(label string, pieces ...[]byte) error {
	for i, piece := range pieces {
		text := ""
		if i == 0 {
			text = label
		}
		if err := p.link.SendAlone(piece, capture.Label{Text: text}); err != nil {
			return err
		}
	}
	return nil
}

// Ask sends a request and returns its final response, whatever its status.
func (p *Peer) Ask(ctx context.Context, request []byte) (*raw.Message, error) {
	m, err := raw.Parse(request)
	if err != nil {
		return nil, fmt.Errorf("conformance: our own request does not parse: %w", err)
	}
	if err := p.Send(request, m.Label()); err != nil {
		return nil, p.lost("a final response to "+m.Label(), err)
	}
	return p.Await(ctx, "a final response to "+m.Label(), raw.And(raw.Final(), raw.InCall(m.CallID()), sameCSeq(m)))
}

// Await returns the first message that want matches. What else the target says
// meanwhile is none of the case's business: its own OPTIONS are answered, the
// rest is passed over and stays in the transcript.
func (p *Peer) Await(ctx context.Context, what string, want raw.Match) (*raw.Message, error) {
	if err := p.until(ctx, p.step); err != nil {
		return nil, err
	}
	for {
		e, err := p.next()
		if err != nil {
			return nil, p.lost(what, err)
		}
		if e.Message == nil {
			p.link.Received([]byte("\r\n"), capture.Label{Text: keepAlive(e.KeepAlive)})
			continue
		}
		p.received(e.Message)
		if want(e.Message) {
			return e.Message, nil
		}
		if err := p.answerProbe(e.Message); err != nil {
			return nil, p.lost(what, err)
		}
	}
}

// AwaitPong waits for the single CRLF that answers a ping.
func (p *Peer) AwaitPong(ctx context.Context) error {
	if err := p.until(ctx, p.step); err != nil {
		return err
	}
	for {
		e, err := p.next()
		if err != nil {
			return p.lost("CRLF in answer to CRLF CRLF", err)
		}
		if e.Message != nil {
			p.received(e.Message)
			continue
		}
		p.link.Received([]byte("\r\n"), capture.Label{Text: keepAlive(e.KeepAlive)})
		return nil
	}
}

// until sets how long reads may take from now on.
func (p *Peer) until(ctx context.Context, d time.Duration) error {
	at := time.Now().Add(d)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(at) {
		at = deadline
	}
	return p.link.SetReadDeadline(at)
}

// received is where every message of the target's goes by.
func (p *Peer) received(m *raw.Message) {
	p.trial.saw(m)
	p.link.Received(m.Bytes, labelled(m.Bytes, m.Label()))
}

// answerProbe answers an OPTIONS of the target's, so that it goes on trusting
// us; one of our own that comes back is no question.
func (p *Peer) answerProbe(m *raw.Message) error {
	if m.Method() != "OPTIONS" || strings.HasPrefix(m.CallID(), callIDPrefix) {
		return nil
	}
	return p.Send(raw.Respond(m, 200, "OK", "probe").Length().Bytes(), "200 OPTIONS")
}

// lost says that what was awaited did not come, and in which way.
func (p *Peer) lost(what string, err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Mismatch{Class: Silence, Expected: what, Actual: fmt.Sprintf("nothing within %s", p.step), Span: p.step}
	case gone(err):
		return &Mismatch{Class: Closed, Expected: what, Actual: "the connection was closed"}
	}
	if frame, ok := errors.AsType[*raw.FrameError](err); ok {
		return &Mismatch{Class: Content, Expected: what, Actual: frame.Error()}
	}
	return fmt.Errorf("conformance: waiting for %s: %w", what, err)
}

// cut tells whether the far end has closed a connection that we write to.
func cut(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// gone tells whether an error means that the far end closed: which of FIN,
// RST, close_notify or a fatal alert it used makes no difference to a verdict.
func gone(err error) bool {
	if _, alert := errors.AsType[tls.AlertError](err); alert {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		cut(err) || errors.Is(err, link.ErrClosed) ||
		strings.Contains(err.Error(), "remote error: tls:")
}

func sameCSeq(m *raw.Message) raw.Match {
	n, method := m.CSeq()
	return raw.ForCSeq(n, method)
}

func labelled(b []byte, text string) capture.Label {
	label := capture.Label{Text: text}
	if m, err := raw.Parse(b); err == nil {
		label.CallID, label.CSeq = m.CallID(), m.Get("CSeq")
	}
	return label
}

func keepAlive(k raw.KeepAlive) string {
	if k == raw.Ping {
		return "CRLF CRLF"
	}
	return "CRLF"
}
