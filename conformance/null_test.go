package conformance_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path"
	"slices"
	"strings"
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
// controls around each case see to that. What such a node does satisfy, by
// right, is listed in testdata, node by node.
func TestNullTargets(t *testing.T) {
	allowed := nullPasses(t)
	used := make([]bool, len(allowed))
	for name, behave := range nullNodes() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := runAgainst(t, behave, cases.All()...)
				if got.Verdict == result.Pass {
					t.Errorf("the run passes: %+v", got.Counts)
				}
				for _, c := range got.Cases {
					if c.Outcome == result.CaseError {
						t.Errorf("%s %s: the harness failed: %s", name, c.ID, c.Actual)
					}
					if c.Outcome != result.CasePass {
						continue
					}
					i := slices.IndexFunc(allowed, func(a nullPass) bool { return a.matches(name, c.ID) })
					if i < 0 {
						t.Errorf("PASSES %s %s, and testdata/null-passes.txt does not say that it may", name, c.ID)
						continue
					}
					used[i] = true
				}
			})
		})
	}
	for i, a := range allowed {
		if !used[i] {
			t.Errorf("%s: nothing passes by testdata/null-passes.txt line %q; take it out", a.id, a.node+" "+a.id)
		}
	}
}

// nullPass is a line of testdata/null-passes.txt: which null nodes may pass
// which case.
type nullPass struct{ node, id string }

func (a nullPass) matches(node, id string) bool {
	return a.id == id && slices.ContainsFunc(strings.Split(a.node, ","), func(pattern string) bool {
		there, err := path.Match(pattern, node)
		return err == nil && there
	})
}

// nullNodes are nodes that know one answer at most. The later ones get through
// the control with OPTIONS, and know nothing else.
func nullNodes() map[string]func(net.Conn) {
	nodes := map[string]func(net.Conn){
		"black-hole": func(net.Conn) {},
		"echo":       func(c net.Conn) { io.Copy(c, c) },
		"close":      func(c net.Conn) { c.Close() },
		"no-sip":     func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") },
		"noise":      noise,
		"replay":     replay,
		"alive-then-silent": func(c net.Conn) {
			answerAll(c, func(m *raw.Message) int { return map[bool]int{true: 200}[m.Method() == "OPTIONS"] })
		},
		"alive-then-close": func(c net.Conn) {
			answerAll(c, func(m *raw.Message) int { return map[bool]int{true: 200, false: -1}[m.Method() == "OPTIONS"] })
		},
	}
	for _, status := range []int{200, 400, 403, 404, 405, 481, 501, 503} {
		nodes[fmt.Sprintf("always-%d", status)] = func(c net.Conn) {
			answerAll(c, func(*raw.Message) int { return status })
		}
		nodes[fmt.Sprintf("alive-then-%d", status)] = func(c net.Conn) {
			answerAll(c, func(m *raw.Message) int {
				if m.Method() == "OPTIONS" {
					return 200
				}
				return status
			})
		}
	}
	delete(nodes, "alive-then-200") // it is always-200
	return nodes
}

// nullPasses reads the list: lines "NODE[,NODE…] CASE", NODE a pattern, and
// comments that say why.
func nullPasses(t *testing.T) (out []nullPass) {
	t.Helper()
	text, err := os.ReadFile("testdata/null-passes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if fields := strings.Fields(line); len(fields) == 2 {
			out = append(out, nullPass{fields[0], fields[1]})
		} else if len(fields) > 0 {
			t.Errorf("testdata/null-passes.txt: %q is not NODE CASE", line)
		}
	}
	return out
}

// TestBreach: a request of the node's that lacks what every request has to have
// fails a case that is about something else, also one that only recommends.
func TestBreach(t *testing.T) {
	look := func(ctx context.Context, s *conformance.Stand) error {
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return err
		}
		_, err = p.Ask(ctx, s.Options(s.Target.Partner))
		return err
	}
	sees := conformance.Case{ID: "XXX-001", Severity: conformance.May, Run: look, Basic: true}
	for hops, want := range map[string]result.CaseOutcome{"Max-Forwards: 70\r\n": result.CasePass, "": result.CaseFail} {
		synctest.Test(t, func(t *testing.T) {
			got := runAgainst(t, func(c net.Conn) {
				io.WriteString(c, "OPTIONS sip:sip.contoso.example SIP/2.0\r\nVia: SIP/2.0/TLS px01.vc.example.com;branch=z9hG4bK1\r\n"+hops+
					"From: <sip:px01.vc.example.com>;tag=1\r\nTo: <sip:sip.contoso.example>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
				answerAll(c, func(m *raw.Message) int { return map[bool]int{true: 200}[m.IsRequest()] })
			}, sees).Cases[0]
			if got.Outcome != want || want == result.CaseFail && (got.Class != string(conformance.Content) || got.Actual != "no Max-Forwards") {
				t.Errorf("with %q: %s, %s: expected %s, got %s", hops, got.Outcome, got.Class, got.Expected, got.Actual)
			}
		})
	}
}

// runAgainst puts cases to a TLS server that behaves as given, and claims
// everything.
func runAgainst(t *testing.T, behave func(net.Conn), chosen ...conformance.Case) result.Conform {
	t.Helper()
	return runAs(t, func(*conformance.Target) {}, behave, chosen...)
}

// runAs is runAgainst for a target that is described otherwise.
func runAs(t *testing.T, edit func(*conformance.Target), behave func(net.Conn), chosen ...conformance.Case) result.Conform {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer synctest.Wait()
	defer cancel()
	network := link.NewNetwork()
	at := netip.MustParseAddrPort("192.0.2.1:5061")
	target, server := parties(t, at)
	edit(&target)
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
		Target: target, Cases: chosen, Seed: 1, Parallel: 32, Dial: network.Dial, Anyway: true, Destructive: true,
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
		Claims:  conformance.Claims{FromAuthorisation: true, ClientCertificate: true, Media: true, SessionTimers: true, Update: true, Reliable: true, EndsCalls: true, OwnDomain: true},
	}
	return target, &tls.Config{
		Certificates: []tls.Certificate{issue("sip.vc.example.com")}, ClientAuth: tls.RequestClientCert,
	}
}

// answerAll gives every request the status that choose names, and knows nothing
// else; 0 is no answer, -1 the end of the connection.
func answerAll(c net.Conn, choose func(*raw.Message) int) {
	for r := raw.NewReader(c, raw.Limits{}); ; {
		m, err := r.Next()
		if err != nil {
			return
		}
		status := choose(m)
		if status < 0 {
			c.Close()
			return
		}
		if m.Method() == "ACK" || status == 0 {
			continue
		}
		if _, err := c.Write(raw.Respond(m, status, "Whatever", "tag").Length().Bytes()); err != nil {
			return
		}
	}
}

// noise answers bytes that are no SIP, as many as it gets.
func noise(c net.Conn) {
	random, buffer := rand.NewChaCha8([32]byte{1}), make([]byte, 4<<10)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		random.Read(buffer[:n])
		if _, err := c.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// replay answers the first request, and then gives that answer again to all
// that comes.
func replay(c net.Conn) {
	var said []byte
	for r := raw.NewReader(c, raw.Limits{}); ; {
		m, err := r.Next()
		if err != nil {
			return
		}
		if said == nil {
			said = raw.Respond(m, 200, "OK", "tag").Length().Bytes()
		}
		if _, err := c.Write(said); err != nil {
			return
		}
	}
}
