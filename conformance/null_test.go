package conformance_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/result"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// TestNullTargets puts the suite to nodes that do nothing right. Silence, a
// closed door and one answer to everything must never pass for conformance: the
// controls around each case see to that.
func TestNullTargets(t *testing.T) {
	// What a node that answers 200 to everything does satisfy, by right: these
	// ask for no more than TLS, framing and an answer.
	allowed := map[string]map[string]bool{
		"always 200": {
			"TLS-001": true, "TLS-006": true, "CON-001": true, "CON-002": true, "TOR-zeromf": true,
			"TXN-002": true, "TXN-003": true, "TXN-004": true, "TXN-006": true, "TXN-027": true,
			// Its framing and its keep-alives are right.
			"CON-003": true, "CON-004": true, "CON-005": true, "CON-009": true, "CON-014": true, "CON-015": true,
			"CON-016": true, "CON-020": true, "CON-021": true, "CON-022": true,
		},
	}
	for name, behave := range map[string]func(net.Conn){
		"black hole":     func(net.Conn) {},
		"echo":           func(c net.Conn) { io.Copy(c, c) },
		"close at once":  func(c net.Conn) { c.Close() },
		"always 200":     func(c net.Conn) { answerAll(c, 200) },
		"always 400":     func(c net.Conn) { answerAll(c, 400) },
		"always 403":     func(c net.Conn) { answerAll(c, 403) },
		"always 503":     func(c net.Conn) { answerAll(c, 503) },
		"not even a SIP": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := runAgainst(t, behave)
				if got.Verdict == result.Pass {
					t.Errorf("the run passes: %+v", got.Counts)
				}
				for _, c := range got.Cases {
					if c.Outcome == result.CasePass && !allowed[name][c.ID] {
						t.Errorf("%s passes against a node that is %s", c.ID, name)
					}
					if c.Outcome == result.CaseError {
						t.Errorf("%s: the harness failed: %s", c.ID, c.Actual)
					}
				}
			})
		})
	}
}

// runAgainst puts the whole suite to a TLS server that behaves as given.
func runAgainst(t *testing.T, behave func(net.Conn)) result.Conform {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer synctest.Wait()
	defer cancel()
	network := link.NewNetwork()
	at := netip.MustParseAddrPort("192.0.2.1:5061")
	target, server := parties(t, at)
	ln := network.Listen(at)
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			conn := tls.Server(c, server)
			context.AfterFunc(ctx, func() { conn.Close() })
			go func() {
				if conn.HandshakeContext(ctx) == nil {
					behave(conn)
				}
			}()
		}
	}()
	return conformance.Run(ctx, conformance.Config{
		Target: target, Cases: cases.All(), Seed: 1, Parallel: 1, Dial: network.Dial,
	})
}

// parties makes a target description and the TLS settings of the node behind
// it; certificates are issued on the bubble's clock.
func parties(t *testing.T, at netip.AddrPort) (conformance.Target, *tls.Config) {
	t.Helper()
	root, err := certs.NewAuthority("root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string) tls.Certificate {
		c, err := root.Issue(certs.Request{CommonName: name, Names: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	target := conformance.Target{
		Name: "null", Node: "px01.vc.example.com", Address: at, Pool: "sip.vc.example.com", Domain: "vc.example.com",
		Alias: "meet.alice@vc.example.com", Roots: root.Pool(), Stranger: issue("sip.contoso.example"),
		Partner: conformance.Identity{Domain: "contoso.example", Host: "sip.contoso.example", Certificate: issue("sip.contoso.example")},
		Claims:  conformance.Claims{FromAuthorisation: true, ClientCertificate: true, Media: true},
	}
	return target, &tls.Config{
		Certificates: []tls.Certificate{issue("sip.vc.example.com")}, ClientAuth: tls.RequestClientCert,
	}
}

// answerAll gives every request the same status and knows nothing else.
func answerAll(c net.Conn, status int) {
	for r := raw.NewReader(c, raw.Limits{}); ; {
		m, err := r.Next()
		if err != nil {
			return
		}
		if m.Method() == "ACK" {
			continue
		}
		if _, err := c.Write(raw.Respond(m, status, "Whatever", "tag").Length().Bytes()); err != nil {
			return
		}
	}
}
