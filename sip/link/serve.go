package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"
)

// Why an accepted connection was dropped before its handshake.
var (
	ErrTooMany            = errors.New("link: too many connections")
	ErrTooManyFromAddress = errors.New("link: too many connections from this address")
)

// Limits bounds what Serve takes on. The zero value of each is its default.
type Limits struct {
	Total      int           // connections, those in the handshake included; 1,000
	PerAddress int           // of those, from one IP address; 250
	Handshake  time.Duration // from accept to the handshake's end; 10 s
}

func (l Limits) withDefaults() Limits {
	if l.Total <= 0 {
		l.Total = 1000
	}
	if l.PerAddress <= 0 {
		l.PerAddress = 250
	}
	if l.Handshake <= 0 {
		l.Handshake = 10 * time.Second
	}
	return l
}

// Serve accepts connections from ln and runs serve on a goroutine of its own
// for each that completes the handshake in time. When serve returns the link is
// closed. Connections beyond the limits are dropped before the handshake.
//
// When ctx is done, the listener and every link are closed. When ln is closed
// by somebody else, links live on until their serve returns, which is how a
// node drains. Either way Serve returns, nil, once the last serve has; only a
// listener that fails for good gives an error.
func Serve(ctx context.Context, ln net.Listener, cfg Config, lim Limits, serve func(context.Context, *Link)) error {
	s := &server{cfg: cfg.withDefaults(), lim: lim.withDefaults(), serve: serve, held: make(map[netip.Addr]int)}
	s.tls = s.cfg.tlsConfig()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer s.running.Wait()
	return s.accept(ctx, ln)
}

// server is the state of one Serve.
type server struct {
	cfg     Config
	lim     Limits
	tls     *tls.Config
	serve   func(context.Context, *Link)
	running sync.WaitGroup

	mu    sync.Mutex
	total int
	held  map[netip.Addr]int
}

// How long accept waits after an error, growing from the first to the second.
const (
	backoffFirst = 5 * time.Millisecond
	backoffLast  = time.Second
)

// accept survives what passes: a process out of file descriptors, a peer that
// was gone before we looked.
func (s *server) accept(ctx context.Context, ln net.Listener) error {
	backoff := backoffFirst
	for failures := 0; ; {
		raw, err := ln.Accept()
		switch {
		case err == nil:
			backoff, failures = backoffFirst, 0
			s.admit(ctx, raw)
			continue
		case ctx.Err() != nil, errors.Is(err, net.ErrClosed):
			return nil
		}
		if failures++; failures > 1000 {
			ln.Close()
			return fmt.Errorf("link: accepting on %s: %w", ln.Addr(), err)
		}
		s.cfg.Log.Warn("cannot accept a connection, will try again", "on", ln.Addr().String(), "in", backoff, "err", err)
		select {
		case <-time.After(backoff):
		case <-ctx.Done():
		}
		backoff = min(2*backoff, backoffLast)
	}
}

// admit starts a goroutine for a connection that is within the limits.
func (s *server) admit(ctx context.Context, raw net.Conn) {
	from := addrPort(raw.RemoteAddr())
	if err := s.hold(from.Addr()); err != nil {
		raw.Close()
		s.refuse(from, err)
		return
	}
	s.running.Go(func() {
		defer s.release(from.Addr())
		s.run(ctx, raw)
	})
}

// run takes one connection from its handshake to its end.
func (s *server) run(ctx context.Context, raw net.Conn) {
	defer s.guard(raw)
	l, err := s.handshake(ctx, raw)
	if err != nil {
		raw.Close()
		s.refuse(addrPort(raw.RemoteAddr()), err)
		return
	}
	defer l.Abort() // nothing is left to end unless serve panics
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	s.serve(ctx, l)
	stop()
	l.Close() // waits, also for a Close that ctx began
}

// guard, deferred, lets a panic of who judges certificates, or reads the link,
// end this connection alone: the wire must not be able to end a process.
func (s *server) guard(raw net.Conn) {
	value := recover()
	if value == nil {
		return
	}
	raw.Close()
	s.cfg.Log.Error("panic", "where", "connection", "value", fmt.Sprint(value), "trace", string(debug.Stack()))
	s.refuse(addrPort(raw.RemoteAddr()), fmt.Errorf("link: a panic: %v", value))
}

func (s *server) handshake(ctx context.Context, raw net.Conn) (*Link, error) {
	ctx, cancel := context.WithTimeout(ctx, s.lim.Handshake)
	defer cancel()
	id := newID()
	raw = tapped(s.cfg.Recorder, id, raw, false)
	conn, began := tls.Server(raw, s.tls), time.Now()
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close() // the tap notes it
		return nil, fmt.Errorf("link: handshake: %w", err)
	}
	l := newLink(s.cfg, id, raw, conn, "")
	l.shook = time.Since(began)
	return l, nil
}

// hold counts a connection in, or says which limit is in its way.
func (s *server) hold(from netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= s.lim.Total {
		return ErrTooMany
	}
	if s.held[from] >= s.lim.PerAddress {
		return ErrTooManyFromAddress
	}
	s.total++
	s.held[from]++
	return nil
}

func (s *server) release(from netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.held[from]--; s.held[from] == 0 {
		delete(s.held, from)
	}
}

func (s *server) refuse(from netip.AddrPort, err error) {
	s.cfg.Log.Debug("connection refused", "peer", from, "err", err)
	if s.cfg.Refused != nil {
		s.cfg.Refused(from, err)
	}
}
