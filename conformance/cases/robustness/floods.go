package robustness

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"fedge/conformance"
	"fedge/sip/link"
)

func floods() []conformance.Case {
	return []conformance.Case{{
		ID:          "ROB-010",
		Title:       "More connections than there is room for",
		Requirement: "Connections are bounded in all and for each address; what is beyond is closed, other addresses are served, and so is everybody once there is room again.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.3.2.4", "RFC 5390 §6"},
		Needs:       conformance.Needs{Variant: true},
		Destructive: true,
		Mutants:     conformance.Kills("con.accept-dies", conformance.Availability),
		// sipgo's Serve returns after one failed Accept. That a node survives to be
		// out of descriptors its own tests show: here it would hit us too.
		Run: varied(conformance.Variant{Links: link.Limits{Total: total, PerAddress: perAddress}}, crowd),
	}, {
		ID:          "ROB-011",
		Title:       "Connections without a handshake",
		Requirement: "A connection whose TLS handshake does not come, or stops half-way, is closed after a bounded time.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.3.2.4"},
		Needs:       conformance.Needs{Variant: true},
		Destructive: true,
		Mutants:     conformance.Kills("tls.no-hs-timeout", conformance.Accepted),
		Run:         varied(conformance.Variant{Bounds: conformance.Bounds{Handshake: bound}}, silent),
	}, {
		ID:          "ROB-012",
		Title:       "Handshakes without end",
		Requirement: "While one address does nothing but handshakes, calls that are up are served and others get in.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §26.3.2.4", "RFC 5390 §6"},
		Needs:       conformance.Needs{Variant: true, Media: true},
		Destructive: true,
		Mutants:     conformance.Kills("tls.hs-serial", conformance.Availability),
		Run:         varied(conformance.Variant{}, handshakes),
	}}
}

// how many connections the node of ROB-010 takes.
const (
	total      = 20
	perAddress = 12
)

func crowd(ctx context.Context, s *conformance.Stand) error {
	ours := s.Target.Instruments.Addresses
	if len(ours) < 2 {
		return conformance.Preamble(conformance.ErrNotThere)
	}
	first, err := press(ctx, s, func() (net.Conn, error) { return s.Connect(ctx) }, 2*perAddress, perAddress)
	if err != nil {
		return err
	}
	if err := elsewhere(ctx, s); err != nil {
		return err
	}
	rest := total - perAddress
	second, err := press(ctx, s, func() (net.Conn, error) { return s.ConnectFrom(ctx, ours[1]) }, 2*rest, rest)
	if err != nil {
		return err
	}
	for _, c := range append(first, second...) {
		c.Close()
	}
	for deadline := time.Now().Add(patience); ; { // the node has to notice
		err := served(ctx, s)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		if err := s.Wait(ctx, s.T1()); err != nil {
			return err
		}
	}
}

// press opens n connections of which the node may keep no more than most. It
// returns those that it keeps.
func press(ctx context.Context, s *conformance.Stand, connect func() (net.Conn, error), n, most int) (kept []net.Conn, err error) {
	for range n {
		c, err := connect()
		if dial, ok := errors.AsType[*link.DialError](err); ok {
			return kept, conformance.Unavailable("a node that listens", dial)
		}
		if err != nil {
			return kept, err
		}
		kept = append(kept, c)
	}
	var open []net.Conn
	for deadline := time.Now().Add(patience); ; {
		open = open[:0]
		for _, c := range kept {
			c.SetReadDeadline(time.Now().Add(time.Millisecond)) // of a connection that is there
			if _, err := io.CopyN(io.Discard, c, 1); conformance.IsTimeout(err) {
				open = append(open, c)
			}
		}
		if len(open) <= most {
			return open, nil
		}
		if time.Now().After(deadline) {
			return open, &conformance.Mismatch{Class: conformance.Accepted,
				Expected: fmt.Sprintf("of %d connections no more than %d kept", n, most), Actual: fmt.Sprint(len(open)), Span: patience}
		}
		if err := s.Wait(ctx, 10*time.Millisecond); err != nil {
			return open, err
		}
	}
}

// elsewhere wants another address of ours to be served.
func elsewhere(ctx context.Context, s *conformance.Stand) error {
	p, _, err := s.DialFrom(ctx, s.Target.Partner)
	if err != nil {
		return conformance.Unavailable("another address served", err)
	}
	defer p.Abort()
	return alive(ctx, s, p)
}

// silent opens connections that say nothing, or begin to say something.
func silent(ctx context.Context, s *conformance.Stand) error {
	beginnings := []string{"", "\x16", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"} // of a ClientHello (RFC 8446 §5.1)
	var all []net.Conn
	for i := range 48 {
		c, err := s.Connect(ctx)
		if err != nil {
			return conformance.Preamble(err)
		}
		if _, err := io.WriteString(c, beginnings[i%len(beginnings)]); err != nil {
			return conformance.Preamble(err)
		}
		all = append(all, c)
	}
	if err := served(ctx, s); err != nil {
		return err
	}
	began := time.Now()
	for _, c := range all {
		if _, err := conformance.ReadAll(ctx, c, max(bound, patience-time.Since(began))); err != nil {
			return about(err, "a connection without a handshake closed after %s", bound)
		}
	}
	return served(ctx, s)
}

// handshakes has many at a time do nothing else, while a call goes on.
func handshakes(ctx context.Context, s *conformance.Stand) error {
	return conformance.Talking(func(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
		const crowd = 24
		flood, end := context.WithCancel(ctx)
		var crew sync.WaitGroup
		defer crew.Wait()
		defer end()
		connected := make(chan struct{}, crowd)
		for range crowd {
			crew.Go(func() {
				once := sync.OnceFunc(func() { connected <- struct{}{} })
				for flood.Err() == nil {
					shake(flood, s.Target.Address, &tls.Config{RootCAs: s.Target.Roots, ServerName: s.Target.Pool, Certificates: []tls.Certificate{s.Target.Partner.Certificate}}, once)
				}
			})
		}
		// Whoever came before the crowd would not have to wait behind it.
		for range crowd {
			select {
			case <-connected:
			case <-ctx.Done():
				return conformance.Preamble(ctx.Err())
			}
		}
		if err := s.Wait(ctx, bound/10); err != nil {
			return conformance.Preamble(err)
		}
		for until := time.Now().Add(bound); time.Now().Before(until); {
			answer, err := call.Request(ctx, "OPTIONS")
			if err != nil {
				return about(err, "OPTIONS in the call answered meanwhile")
			}
			if err := conformance.Gets(answer, 200); err != nil {
				return err
			}
			if err := served(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})(ctx, s)
}

// shake makes one connection for its own sake, and tells when it is about to
// speak TLS; what comes of that is no verdict.
func shake(ctx context.Context, at netip.AddrPort, settings *tls.Config, connected func()) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", at.String())
	if err != nil {
		return
	}
	defer c.Close()
	connected()
	_ = tls.Client(c, settings).HandshakeContext(ctx)
}
