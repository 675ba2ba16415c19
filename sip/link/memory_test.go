package link

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"
)

// TestPipeIsAProperConn lets the Go project judge the connections.
func TestPipeIsAProperConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		c1, c2 = pipe(netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:2"))
		return c1, c2, func() { c1.Close(); c2.Close() }, nil
	})
}

func TestHalfCloseLeavesTheOtherDirection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe(netip.AddrPort{}, netip.AddrPort{})
		a.Write([]byte("last words"))
		a.(*end).CloseWrite()
		got, err := io.ReadAll(b)
		if string(got) != "last words" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		b.Write([]byte("answer"))
		b.Close()
		if got, _ := io.ReadAll(a); string(got) != "answer" {
			t.Errorf("read %q after the half close", got)
		}
		if _, err := a.Write([]byte("x")); err == nil {
			t.Error("writing after CloseWrite must fail")
		}
	})
}

// A writer without a reader waits at the window, as on a socket.
func TestPipeHoldsAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pipe(netip.AddrPort{}, netip.AddrPort{})
		a.SetWriteDeadline(time.Now().Add(time.Minute))
		n, err := a.Write(make([]byte, 2*window))
		var timeout net.Error
		if n != window || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("wrote %d, %v; want %d and a timeout", n, err, window)
		}
	})
}

func TestNetworkGivesAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork()
		ln := n.Listen(netip.MustParseAddrPort("198.51.100.1:0"))
		at := ln.Addr().(*net.TCPAddr).AddrPort()
		if at.Port() == 0 || at.Addr() != netip.MustParseAddr("198.51.100.1") {
			t.Fatalf("listening on %s", at)
		}
		c, err := n.From(netip.MustParseAddr("192.0.2.7"))(t.Context(), "tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		s, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if c.LocalAddr().String() != s.RemoteAddr().String() || c.RemoteAddr().String() != at.String() || addrPort(c.LocalAddr()).Addr().String() != "192.0.2.7" {
			t.Errorf("%s→%s and %s→%s", c.LocalAddr(), c.RemoteAddr(), s.LocalAddr(), s.RemoteAddr())
		}
		// Closing the listener frees the address; who waited is reset.
		waiting, err := n.Dial(t.Context(), "tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		ln.Close()
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
		if _, err := waiting.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a connection nobody accepted: %v", err)
		}
		n.Listen(at).Close()
		if _, err := n.Dial(t.Context(), "tcp", "not an address"); err == nil {
			t.Error("an address must be one")
		}
	})
}
