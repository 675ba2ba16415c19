//go:build interop

package stack

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"os/exec"
	"sync"
	"testing"
	"time"

	"fedge/certs"
	"fedge/sip/link"
)

// TestSipp lets Debian's sip-tester, a SIP program that shares nothing with us,
// call the stack over TLS. Debian builds it without TLS, so a relay that knows
// nothing of SIP puts its TCP stream into a link.
func TestSipp(t *testing.T) {
	for _, c := range []struct {
		name     string
		scenario []string
		answer   bool // or let it ring
		hangUp   bool
	}{
		{"its own caller", []string{"-sn", "uac"}, true, false},
		{"CANCEL", []string{"-sf", "testdata/sipp/cancel.xml"}, false, false},
		{"hold and BYE of ours", []string{"-sf", "testdata/sipp/hangup.xml"}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var calls sync.WaitGroup
			var s *Stack
			own := func(d *Dialog) {
				defer d.Close()
				d.Respond(Response{Status: 180})
				if c.answer {
					d.Respond(answer())
				}
				for e := range d.Events() {
					if e.Kind == Requested {
						e.Tx.Respond(answer())
					}
					if e.Kind == Ended {
						e.Tx.Respond(Response{Status: 200})
					}
					if e.Final() {
						return
					}
					if e.Kind == Confirmed && e.Message.CSeq() == 2 && c.hangUp {
						d.Request(t.Context(), "BYE", Outgoing{})
					}
				}
			}
			s = New(Config{Host: "px01.vc.example.com", Product: "fedge", Handlers: Handlers{Invite: func(d *Dialog) {
				calls.Go(func() { own(d) })
			}}})
			to, settings := serve(t, s)
			port := relay(t, to, settings)
			args := append(c.scenario, "127.0.0.1:"+port, "-t", "t1", "-i", "127.0.0.1", "-m", "200", "-r", "100", "-l", "50", "-nostdin", "-timeout", "60s")
			out, err := exec.Command("sipp", args...).CombinedOutput()
			if err != nil {
				t.Errorf("sipp: %v\n%s", err, out)
			}
			calls.Wait()
			if n := s.Counts().Dialogs; n != 0 {
				t.Errorf("%d dialogs left", n)
			}
		})
	}
}

// serve listens for TLS on loopback and returns the address and what to dial
// it with.
func serve(t *testing.T, s *Stack) (string, *tls.Config) {
	t.Helper()
	ca, err := certs.NewAuthority("Test root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue(certs.Request{CommonName: node, Names: []string{node}})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() {
		served <- link.Serve(ctx, ln, link.Config{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}, link.Limits{}, func(ctx context.Context, l *link.Link) { s.Serve(ctx, l) })
	}()
	t.Cleanup(func() { stop(); <-served })
	return ln.Addr().String(), &tls.Config{RootCAs: ca.Pool(), ServerName: node}
}

// relay joins each TCP connection to a TLS connection, byte for byte.
func relay(t *testing.T, to string, settings *tls.Config) (port string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			plain, err := ln.Accept()
			if err != nil {
				return
			}
			secure, err := tls.Dial("tcp", to, settings)
			if err != nil {
				t.Errorf("relay: %v", err)
				plain.Close()
				continue
			}
			running.Go(func() { io.Copy(secure, plain); secure.CloseWrite() })
			running.Go(func() { io.Copy(plain, secure); plain.Close() })
		}
	})
	t.Cleanup(func() { ln.Close(); running.Wait() })
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port
}
