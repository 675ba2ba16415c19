package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"fedge/sip/link"
	"fedge/sip/raw"
)

// Connect opens a bare TCP connection to the target, for cases that speak below
// TLS. It ends with the case. What is said on it is not in the transcript.
func (s *Stand) Connect(ctx context.Context) (net.Conn, error) {
	dial := s.dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	ctx, cancel := context.WithTimeout(ctx, s.Target.step())
	defer cancel()
	c, err := dial(ctx, "tcp", s.Target.Address.String())
	if err != nil {
		return nil, &link.DialError{Remote: s.Target.Pool, Addr: s.Target.Address, Stage: link.Connect, Err: err}
	}
	s.after(func() { c.Close() })
	return c, nil
}

// Shake does the handshake of Dial on a bare connection, for cases that look at
// how TLS itself ends. Tweak as in Dial.
func (s *Stand) Shake(ctx context.Context, c net.Conn, as Identity, tweak func(*tls.Config)) (*tls.Conn, error) {
	settings := s.tlsConfig(as)
	settings.ServerName = s.Target.Pool
	if tweak != nil {
		tweak(settings)
	}
	ctx, cancel := context.WithTimeout(ctx, s.Target.step())
	defer cancel()
	conn := tls.Client(c, settings)
	return conn, conn.HandshakeContext(ctx)
}

// ReadAll reads a bare connection until the far end closes it, and says what
// came. Staying open for longer than limit is a Mismatch.
func ReadAll(ctx context.Context, c net.Conn, limit time.Duration) ([]byte, error) {
	at := time.Now().Add(limit)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(at) {
		at = deadline
	}
	if err := c.SetReadDeadline(at); err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	var all []byte
	for buf := make([]byte, 4096); ; {
		n, err := c.Read(buf)
		if all = append(all, buf[:n]...); len(all) > 1<<20 {
			return all, &Mismatch{Class: Accepted, Expected: "the connection closed", Actual: "more than a MiB of answer"}
		}
		if IsTimeout(err) {
			return all, &Mismatch{Class: Accepted, Expected: "the connection closed", Actual: fmt.Sprintf("still open after %s", limit), Span: limit}
		}
		if err != nil {
			return all, nil // FIN, RST and close_notify are one class
		}
	}
}

// IsTimeout tells whether a deadline of ours ended a read or write.
func IsTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// Pongs is how many CRLF the target has sent between messages so far, those
// that came in pairs counted twice.
func (p *Peer) Pongs() int { return p.reader.Pongs() + 2*p.reader.Pings() }

// Abort drops the connection at once: the target sees an end without
// close_notify, and a reset if it had sent what was not read.
func (p *Peer) Abort() { p.link.Abort() }

// Close says goodbye in TLS and TCP.
func (p *Peer) Close() error { return p.link.Close() }

// HalfClose ends our direction alone, once what is queued has been written.
func (p *Peer) HalfClose() error { return p.link.CloseWrite() }

// Addr is our end of the connection.
func (p *Peer) Addr() netip.AddrPort { return p.link.LocalAddr() }

// Closes waits for the target to close, at most for limit and a step's time. A
// final response meanwhile is a Mismatch, and so is staying open.
func (p *Peer) Closes(ctx context.Context, limit time.Duration) error {
	step := p.step
	p.step += limit
	defer func() { p.step = step }()
	m, err := p.Await(ctx, "the connection closed", raw.Final())
	if err == nil {
		return &Mismatch{Class: Accepted, Expected: "the connection closed, nothing else answered", Actual: m.Label()}
	}
	mismatch, ok := errors.AsType[*Mismatch](err)
	switch {
	case ok && (mismatch.Class == Closed || mismatch.Class == Content):
		return nil
	case ok && mismatch.Class == Silence:
		return &Mismatch{Class: Accepted, Expected: "the connection closed", Actual: "it stays open: " + mismatch.Actual, Span: mismatch.Span}
	}
	return err
}

// DialName is Dial with a name of the case's choosing to be verified and sent as
// SNI; an address sends none.
func (s *Stand) DialName(ctx context.Context, name string, as Identity, tweak func(*tls.Config)) (*Peer, error) {
	other := *s
	other.Target.Pool = name
	return other.Dial(ctx, as, tweak)
}

// AwaitKeepAlive waits at most for limit until the target pings, or asks for
// OPTIONS, of its own accord.
func (p *Peer) AwaitKeepAlive(ctx context.Context, limit time.Duration) error {
	if err := p.until(ctx, limit); err != nil {
		return err
	}
	for {
		e, err := p.next()
		switch {
		case IsTimeout(err):
			return &Mismatch{Class: Silence, Expected: "a ping, or OPTIONS", Actual: fmt.Sprintf("nothing within %s", limit), Span: limit}
		case err != nil:
			return p.lost("a ping, or OPTIONS", err)
		case e.Message == nil:
			return nil
		}
		p.received(e.Message)
		if e.Message.Method() == "OPTIONS" {
			return nil
		}
	}
}

// AsMismatch finds what a node did wrong in an error.
func AsMismatch(err error) (*Mismatch, bool) { return errors.AsType[*Mismatch](err) }
