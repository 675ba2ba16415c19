package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"fedge/sip/link"
)

// Listening says how an Edge of ours listens.
type Listening struct {
	Host        string          // its name, for the transcript
	Address     netip.Addr      // one of ours; zero: the first
	Port        uint16          // 0: any
	Certificate tls.Certificate // what it proves itself with
	Tweak       func(*tls.Config)
	Calls       bool           // only a connection on which a call begins counts: others are answered, and kept from the case
	Raw         func(net.Conn) // instead of TLS: gets each connection, which is closed when it returns
}

// Edge is a listener of ours that the node may call.
type Edge struct {
	at       netip.AddrPort
	accepted chan *Peer
	refused  chan error
	count    atomic.Int64
	dialling time.Duration
	close    func() // ends it, and its connections, before the case does
}

// waiting bounds the connections of a node's that a case has not looked at.
const waiting = 64

// Listen opens an Edge until the case ends. The node is asked for a certificate
// and Peer.Identity says what it proved; Tweak may demand more.
func (s *Stand) Listen(ctx context.Context, l Listening) (*Edge, error) {
	ln, err := s.listener(l)
	if err != nil {
		return nil, err
	}
	at := ln.Addr().(*net.TCPAddr).AddrPort()
	e := &Edge{
		at:       netip.AddrPortFrom(at.Addr().Unmap(), at.Port()),
		accepted: make(chan *Peer, waiting), refused: make(chan error, waiting),
		dialling: s.Target.Instruments.Dialling,
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var serving sync.WaitGroup
	e.close = sync.OnceFunc(func() {
		cancel()
		ln.Close()
		serving.Wait()
	})
	s.after(e.close)
	counted := &countingListener{ln, &e.count}
	serving.Go(func() {
		if l.Raw != nil {
			serveRaw(ctx, counted, l.Raw)
			return
		}
		e.serve(ctx, s, counted, l)
	})
	return e, nil
}

func (s *Stand) listener(l Listening) (net.Listener, error) {
	ours := s.Target.Instruments
	if !l.Address.IsValid() {
		if len(ours.Addresses) == 0 {
			return nil, ErrNotThere
		}
		l.Address = ours.Addresses[0]
	}
	at := netip.AddrPortFrom(l.Address, l.Port)
	open := ours.Listen
	if open == nil {
		open = func(at netip.AddrPort) (net.Listener, error) { return net.Listen("tcp", at.String()) }
	}
	ln, err := open(at)
	if err != nil {
		return nil, fmt.Errorf("conformance: listening on %s: %w", at, err)
	}
	return ln, nil
}

func (e *Edge) serve(ctx context.Context, s *Stand, ln net.Listener, listening Listening) {
	settings := &tls.Config{
		MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert, ClientCAs: s.Target.Roots,
		Certificates: []tls.Certificate{listening.Certificate},
	}
	if listening.Tweak != nil {
		listening.Tweak(settings)
	}
	cfg := link.Config{
		Local: listening.Host, TLS: settings, Roots: s.Target.Roots, Recorder: s.recorder, Queue: queue,
		Refused: func(_ netip.AddrPort, err error) { offer(e.refused, err) },
	}
	link.Serve(ctx, ln, cfg, link.Limits{}, func(ctx context.Context, l *link.Link) {
		p := s.adopt(l, s.Target.step())
		if listening.Calls && !p.called(ctx) {
			return
		}
		if offer(e.accepted, p) {
			<-ctx.Done()
		}
	})
}

// AddrPort is where the Edge listens.
func (e *Edge) AddrPort() netip.AddrPort { return e.at }

// Count is how many TCP connections it took.
func (e *Edge) Count() int { return int(e.count.Load()) }

// Accept waits for a connection of the node's whose handshake is done.
func (e *Edge) Accept(ctx context.Context) (*Peer, error) { return e.AcceptWithin(ctx, 0) }

// AcceptWithin is Accept after a timer of the node's has run out.
func (e *Edge) AcceptWithin(ctx context.Context, timer time.Duration) (*Peer, error) {
	limit := timer + e.dialling + acceptTime
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case p := <-e.accepted:
		return p, nil
	case err := <-e.refused:
		return nil, &Mismatch{Class: Handshake, Expected: "a connection of the node's", Actual: err.Error()}
	case <-ctx.Done():
		return nil, &Mismatch{Class: Silence, Expected: "a connection of the node's", Actual: fmt.Sprintf("none within %s", limit), Span: limit}
	}
}

// Refused waits for a handshake that failed, whoever broke it off, and returns
// why. A handshake that succeeds instead, or none at all, is a Mismatch.
func (e *Edge) Refused(ctx context.Context) (why error, mismatch error) {
	ctx, cancel := context.WithTimeout(ctx, acceptTime)
	defer cancel()
	const want = "a handshake that the node breaks off"
	select {
	case err := <-e.refused:
		return err, nil
	case <-e.accepted:
		return nil, &Mismatch{Class: Accepted, Expected: want, Actual: "one that it finished"}
	case <-ctx.Done():
		return nil, &Mismatch{Class: Silence, Expected: want, Actual: fmt.Sprintf("none within %s", acceptTime), Span: acceptTime}
	}
}

// offer hands v over unless nobody has looked for long; then it is dropped.
func offer[T any](to chan T, v T) bool {
	select {
	case to <- v:
		return true
	default:
		return false
	}
}

// serveRaw gives every connection to behave until ctx is done.
func serveRaw(ctx context.Context, ln net.Listener, behave func(net.Conn)) {
	var crew sync.WaitGroup
	defer crew.Wait()
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		crew.Go(func() {
			stop := context.AfterFunc(ctx, func() { c.Close() })
			defer stop()
			defer c.Close()
			behave(c)
		})
	}
}

// countingListener counts what it accepts.
type countingListener struct {
	net.Listener
	n *atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.n.Add(1)
	}
	return c, err
}
