package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"fedge/capture"
	"fedge/certs"
	"fedge/dns"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// hostile is a node of vc.example.com that proves its name and then does what it
// likes, and the files of the partner that calls it.
type hostile struct{ partner, plan string }

// newHostile runs a node on loopback which does this with every request.
func newHostile(t *testing.T, asked func(l *link.Link, m *raw.Message)) hostile {
	t.Helper()
	root, err := certs.NewAuthority("test root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issue := func(name string, more ...string) tls.Certificate {
		c, err := root.Issue(certs.Request{CommonName: name, Names: append(more, name)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var ln net.Listener
	for n := range 254 { // whose 5061 is free: a plan has no other port
		if ln, err = net.Listen("tcp4", fmt.Sprintf("127.3.%d.40:5061", 1+(os.Getpid()+n)%254)); err == nil {
			break
		}
	}
	if ln == nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	cfg := link.Config{TLS: &tls.Config{Certificates: []tls.Certificate{issue("sip.vc.example.com", "px01.vc.example.com")}, ClientAuth: tls.RequireAnyClientCert}}
	go func() {
		served <- link.Serve(serving, ln, cfg, link.Limits{}, func(_ context.Context, l *link.Link) {
			for r := raw.NewReader(l, raw.Limits{}); ; {
				m, err := r.Next()
				if err != nil {
					return
				}
				if m.IsRequest() && m.Method() != "ACK" {
					asked(l, m)
				}
			}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	address := ln.Addr().(*net.TCPAddr).IP
	zone, err := dns.ParseZone(fmt.Sprintf(`$ORIGIN vc.example.com.
@ 3600 IN SOA ns.vc.example.com. host.vc.example.com. 1 2 3 4 5
sip IN A %[1]s
px01 IN A %[1]s
_sipfederationtls._tcp IN SRV 1 100 5061 sip
`, address))
	if err != nil {
		t.Fatal(err)
	}
	server, err := dns.Serve(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"), zone)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	dir := t.TempDir()
	contoso := issue("sip.contoso.example")
	if err := certs.Write(dir, "contoso", contoso); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"root.pem": string(root.PEM()),
		"contoso.yaml": fmt.Sprintf(`domain: contoso.example
edge: sip.contoso.example
certificate: contoso.pem
key: contoso-key.pem
roots: root.pem
listen: 127.0.0.1:5061
resolver: %s
`, server.Addr()),
		"deployment.yaml": fmt.Sprintf(`domains: [{name: vc.example.com, pool: sip.vc.example.com}]
outbound: false
verify: true
public_ranges: [127.0.0.0/8]
resolver: %s
locations: [{name: dmz}]
nodes:
  - {name: px01.vc.example.com, address: %s, roles: [signaling, media], location: dmz}
rooms: [{name: alice, aliases: [meet.alice@vc.example.com]}]
partners: [{domain: contoso.example}]
`, server.Addr(), address),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return hostile{filepath.Join(dir, "contoso.yaml"), filepath.Join(dir, "deployment.yaml")}
}

// TestFloodedCall: a node that answers a call with responses to nothing, and more
// of them for as long as they are taken, is cut off. The call ends, says why, and
// what it leaves behind can be opened.
func TestFloodedCall(t *testing.T) {
	t.Parallel()
	stray := []byte(strings.Repeat("SIP/2.0 200 OK\r\nVia: x\r\nContent-Length: 0\r\n\r\n", 100))
	h := newHostile(t, func(l *link.Link, _ *raw.Message) {
		for l.Send(stray, capture.Label{}) == nil {
			l.Pace()
		}
	})
	dir := t.TempDir()
	files := map[string]int64{"call.json": 4 << 20, "call.xml": 1 << 20, "call.html": 1 << 20, "call.pcapng": 4 << 20}
	code, stdout, stderr := typed(t, "call", "meet.alice@vc.example.com", "--as", h.partner, "--json", filepath.Join(dir, "call.json"),
		"--junit", filepath.Join(dir, "call.xml"), "--html", filepath.Join(dir, "call.html"), "--pcap", filepath.Join(dir, "call.pcapng"))
	if code != fallsShort || !strings.Contains(stderr, "the node floods the link and was cut off") || !strings.Contains(stdout, "messages not shown") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if len(stdout) > 64<<10 {
		t.Errorf("%d bytes for a terminal", len(stdout))
	}
	for name, most := range files {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 || info.Size() > most {
			t.Errorf("%s: %v, %d bytes", name, err, info.Size())
		}
	}
}

// TestFloodedCheckAndLoad: they end by their own timers, and judge nothing well
// that drowned.
func TestFloodedCheckAndLoad(t *testing.T) {
	t.Parallel()
	stray := []byte(strings.Repeat("SIP/2.0 200 OK\r\nVia: x\r\nContent-Length: 0\r\n\r\n", 100))
	h := newHostile(t, func(l *link.Link, _ *raw.Message) {
		for l.Send(stray, capture.Label{}) == nil {
			l.Pace()
		}
	})
	code, stdout, stderr := typed(t, "check", h.plan, "--as", h.partner)
	if code == holds || !strings.Contains(stdout, "floods the link") {
		t.Errorf("check: exit %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, stderr = typed(t, "load", "--builtin", "L1", "--for", "1s", "--plan", h.plan, "--as", h.partner)
	if code == holds || !strings.Contains(stdout, "load L1") {
		t.Errorf("load: exit %d\n%s%s", code, stdout, stderr)
	}
}

// TestNothingAPeerSaysSteersTheTerminal: neither stream has a control character
// that a node put into its reason phrase.
func TestNothingAPeerSaysSteersTheTerminal(t *testing.T) {
	t.Parallel()
	acting := regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x{7f}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]`)
	h := newHostile(t, func(l *link.Link, m *raw.Message) {
		refusal := raw.Respond(m, 404, "\x1b[31mEvil\x1b[2J \u009b2J \u202efdp", "tag").Length()
		l.Send(refusal.Bytes(), capture.Label{})
	})
	for _, args := range [][]string{
		{"call", "meet.alice@vc.example.com", "--as", h.partner},
		{"call", "meet.alice@vc.example.com", "--as", h.partner, "-v"},
		{"check", h.plan, "--as", h.partner, "-v"},
		{"check", h.plan, "--as", h.partner, "-v", "--log-format", "json"},
	} {
		code, stdout, stderr := typed(t, args...)
		if code != fallsShort || !strings.Contains(stdout+stderr, `\x1b[31mEvil`) {
			t.Errorf("%s: exit %d, and the node's reason is not told:\n%s%s", args, code, stdout, stderr)
		}
		for _, text := range []string{stdout, stderr} {
			if at := acting.FindStringIndex(text); at != nil {
				t.Errorf("%s: a control character gets out: %q", args, text[max(0, at[0]-40):at[1]])
			}
		}
	}
}
