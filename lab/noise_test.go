package lab_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"fedge/lab"
	"fedge/lync"
)

// TestNoise: whatever a stranger does to port 5061, it gets a clean close and
// the next call works.
func TestNoise(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	org := contoso(t, w)
	node := netip.AddrPortFrom(w.Plan.Signaling()[0].Address, lab.SIPPort)
	certificate := contosoCertificate(t, w)
	partner := func() *tls.Conn {
		c := tls.Client(dial(t, node), &tls.Config{ServerName: "sip." + lab.Domain, RootCAs: w.Roots, Certificates: []tls.Certificate{certificate}})
		if err := c.HandshakeContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, test := range []struct {
		name    string
		disturb func() net.Conn
		closes  bool // the node hangs up on it before the test ends
	}{
		{"64 KiB of noise instead of TLS", func() net.Conn {
			c := dial(t, node)
			noise := make([]byte, 64<<10)
			rand.Read(noise)
			c.Write(noise)
			return c
		}, true},
		{"64 KiB of noise instead of SIP", func() net.Conn {
			c := partner()
			noise := make([]byte, 64<<10)
			rand.Read(noise)
			c.Write(noise)
			return c
		}, true},
		{"plain SIP instead of TLS", func() net.Conn {
			c := dial(t, node)
			io.WriteString(c, "OPTIONS sip:x SIP/2.0\r\n\r\n")
			return c
		}, true},
		{"a client that stalls in the handshake", func() net.Conn {
			c := dial(t, node)
			c.Write([]byte{0x16, 0x03, 0x01, 0x02, 0x00, 0x01})
			return c
		}, false},
		{"a peer that asks and never reads", func() net.Conn {
			c := partner()
			c.SetWriteDeadline(time.Now().Add(2 * time.Second))
			question := []byte("OPTIONS sip:px01.vc.example.com SIP/2.0\r\nVia: SIP/2.0/TLS sip.contoso.example:5061;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n" +
				"From: <sip:o@contoso.example>;tag=1\r\nTo: <sip:px01.vc.example.com>\r\nCall-ID: mute\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
			for range 20_000 {
				if _, err := c.Write(question); err != nil {
					break
				}
			}
			return c
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := test.disturb()
			defer c.Close()
			if test.closes {
				c.SetReadDeadline(time.Now().Add(5 * time.Second))
				if _, err := io.Copy(io.Discard, c); isTimeout(err) {
					t.Error("the connection is still open after 5 s")
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			call, err := org.Call(ctx, lync.CallSpec{From: "anna", To: lab.Room, Node: node.Addr(), MediaNone: true})
			if err != nil {
				t.Fatal("the next call:", err)
			}
			if err := call.Hangup(ctx); err != nil {
				t.Error("hanging up:", err)
			}
		})
	}
}

func dial(t *testing.T, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func isTimeout(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}
