//go:build interop

package scenario

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"sync"
	"testing"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/lync"
	"fedge/result"
)

// withSIPp is a configuration, and sipp's scripts made from its calls.
func withSIPp(t *testing.T, target string, port uint16) (Config, *sipp, tls.Certificate) {
	t.Helper()
	root, err := certs.NewAuthority("interop root", time.Now())
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
	c := Config{
		Scenario: Scenario{Name: "interop", Rate: 100, Duration: 3 * time.Second, Trunks: 2, Hold: 200 * time.Millisecond},
		Room:     "standup@vc.example.com",
		Org: lync.Config{
			Domain: "contoso.example", Edge: "sip.contoso.example", Certificate: issue("sip.contoso.example"), Roots: root.Pool(),
			Resolver: dns.Records{
				Services: map[string][]dns.SRV{dns.FederationName("vc.example.com"): {{Target: target, Port: port}}},
				Hosts:    map[string][]netip.Addr{target: {netip.MustParseAddr("127.0.0.1")}},
			},
		},
	}
	prepared := c
	if err := prepared.prepare(); err != nil {
		t.Fatal(err)
	}
	crew, err := prepared.crew()
	if err != nil {
		t.Fatal(err)
	}
	peer, _, err := findSIPp(t.TempDir(), crew)
	if err != nil {
		t.Fatal(err) // interop fails, it does not skip
	}
	return c, peer, issue(target)
}

// TestSIPpCallsSIPp: the scripts that the bench compares with do their calls.
func TestSIPpCallsSIPp(t *testing.T) {
	_, peer, _ := withSIPp(t, "sip.vc.example.com", 5061)
	c, err := peer.round(t.Context(), 100, 2*time.Second, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if c.calls != 200 || c.caller <= 0 || c.answerer <= 0 {
		t.Errorf("%+v", c)
	}
	t.Logf("sipp made %d calls: UAC %v, UAS %v of CPU", c.calls, c.caller, c.answerer)
}

// TestLoadAgainstSIPp: sipp, which we did not write, takes every call of a load
// run. Debian's has no TLS, so a few lines stand in front of it.
func TestLoadAgainstSIPp(t *testing.T) {
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	c, peer, certificate := withSIPp(t, "sip.vc.example.com", uint16(front.Addr().(*net.TCPAddr).Port))
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	uas := exec.CommandContext(t.Context(), peer.path, "-t", "tn", "-i", "127.0.0.1", "-p", port, "-nostdin", "-nd", "-max_socket", "100", "-sf", "uas.xml")
	uas.Dir = peer.dir
	if err := uas.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = uas.Process.Kill()
		_ = uas.Wait()
	}()
	if err := waitForListener(t.Context(), "127.0.0.1:"+port); err != nil {
		t.Fatal(err)
	}
	var pipes sync.WaitGroup
	defer pipes.Wait()
	pipes.Go(func() {
		unwrap(&pipes, front, &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAnyClientCert}, "127.0.0.1:"+port)
	})
	defer front.Close()

	load, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if load.Attempts < 200 || len(load.Failures) != 0 || load.SessionEstablishmentRatio != 1 {
		t.Errorf("%s: %d attempts, %v, ratio %v", load.Verdict, load.Attempts, load.Failures, load.SessionEstablishmentRatio)
	}
	if load.Verdict != result.Pass && load.Verdict != result.Invalid { // the machine may be busy
		t.Errorf("verdict %s", load.Verdict)
	}
	t.Logf("sipp answered %d calls; p50 from planned start %.2f ms", load.Attempts, *load.SessionRequestDelaySeconds.P50*1e3)
}

// unwrap accepts TLS and passes what is inside on, until the listener closes.
func unwrap(pipes *sync.WaitGroup, ln net.Listener, cfg *tls.Config, to string) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		outer := tls.Server(conn, cfg)
		inner, err := net.Dial("tcp", to)
		if err != nil {
			outer.Close()
			continue
		}
		for _, way := range [][2]net.Conn{{outer, inner}, {inner, outer}} {
			pipes.Go(func() {
				_, _ = io.Copy(way[0], way[1]) // either end may just go
				way[0].Close()
				way[1].Close()
			})
		}
	}
}
