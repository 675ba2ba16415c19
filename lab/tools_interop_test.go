//go:build interop

package lab_test

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/capture"
	"fedge/lab"
	"fedge/lync"
)

// run runs a program that nobody here wrote and returns all it printed.
func run(t *testing.T, stdin io.Reader, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = stdin
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestInteropDNS: dig reads the records, named-checkzone accepts the zone.
func TestInteropDNS(t *testing.T) {
	w := start(t, lab.Config{})
	server := []string{"@" + w.Resolver.Addr().String(), "-p", "5353", "+short"}
	for _, test := range []struct{ question, want string }{
		{"_sipfederationtls._tcp.vc.example.com SRV", "1 100 5061 sip.vc.example.com."},
		{"sip.vc.example.com A", w.Plan.Signaling()[1].PublicAddr().String()},
		{"px03.vc.example.com A +tcp", w.Plan.MediaNodes()[0].PublicAddr().String()},
	} {
		out, err := run(t, nil, "dig", append(server, strings.Fields(test.question)...)...)
		if err != nil || !strings.Contains(out, test.want) {
			t.Errorf("dig %s: %v: %q, want %q", test.question, err, out, test.want)
		}
	}
	zone := filepath.Join(t.TempDir(), "zone")
	if err := os.WriteFile(zone, []byte(w.Plan.Zone()), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, nil, "named-checkzone", lab.Domain, zone); err != nil || !strings.Contains(out, "OK") {
		t.Errorf("named-checkzone: %v: %s", err, out)
	}
}

// TestInteropOpenSSL: with the partner's certificate openssl completes mutual
// TLS and gets an answer; without one it gets no SIP.
func TestInteropOpenSSL(t *testing.T) {
	w := start(t, lab.Config{})
	node := netip.AddrPortFrom(w.Plan.Signaling()[0].Address, lab.SIPPort)
	options := "OPTIONS sip:px01.vc.example.com SIP/2.0\r\nVia: SIP/2.0/TLS sip.contoso.example:5061;branch=z9hG4bKopenssl\r\n" +
		"Max-Forwards: 70\r\nFrom: <sip:o@contoso.example>;tag=1\r\nTo: <sip:px01.vc.example.com>\r\nCall-ID: openssl\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
	client := []string{"s_client", "-connect", node.String(), "-servername", "sip.vc.example.com", "-CAfile", filepath.Join(w.Dir, "ca.pem"),
		"-verify_hostname", "sip.vc.example.com", "-verify_return_error"}
	host := filepath.Join(w.Dir, "sip."+lab.Contoso)
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		with, _ := run(t, lines(t, options), "openssl", append(client, version, "-cert", host+".pem", "-cert_chain", host+".pem", "-key", host+"-key.pem", "-quiet", "-no_ign_eof")...)
		if !strings.Contains(with, "SIP/2.0 200 OK") || !strings.Contains(with, "z9hG4bKopenssl") {
			t.Errorf("%s with a certificate:\n%s", version, with)
		}
		without, _ := run(t, lines(t, options), "openssl", append(client, version)...)
		if strings.Contains(without, "SIP/2.0 ") {
			t.Errorf("%s without a certificate SIP is answered:\n%s", version, without)
		}
	}
}

// lines is standard input that stays open a while after its text: s_client ends
// at the end of its input, before any answer can come.
func lines(t *testing.T, text string) io.Reader {
	t.Helper()
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, text)
		<-time.After(time.Second)
		w.Close()
	}()
	return r
}

// TestInteropTshark: a recorded call opens with its keys, holds INVITE and 200
// and nothing malformed; without keys there is no SIP to be seen.
func TestInteropTshark(t *testing.T) {
	w := start(t, lab.Config{})
	rec := capture.New(64 << 20)
	org, err := w.Organisation(t.Context(), lab.Contoso, rec)
	if err != nil {
		t.Fatal(err)
	}
	defer org.Stop()
	// Without video: tshark cannot know that feedback which comes alone is
	// SRTCP, and calls its ciphertext malformed. In clear it reads our feedback
	// well: see the tests of media/rtp.
	call, err := org.Call(t.Context(), lync.CallSpec{From: "anna", To: lab.Room, Tone: 440})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.Listen(t.Context(), 500*time.Millisecond); err != nil {
		t.Error(err)
	}
	if err := call.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
	for _, keys := range []bool{true, false} {
		var file bytes.Buffer
		if err := rec.Pcapng(&file, keys); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "call.pcapng")
		if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		decode := []string{"-r", name, "-d", "tls.port==5061,sip"}
		out, err := run(t, nil, "tshark", append(decode, "-Y", "sip", "-T", "fields", "-e", "sip.Method", "-e", "sip.Status-Code")...)
		if err != nil && !strings.Contains(out, "Running as user") {
			t.Fatalf("tshark: %v: %s", err, out)
		}
		has := strings.Contains(out, "INVITE") && strings.Contains(out, "200")
		if has != keys {
			t.Errorf("keys %v: tshark sees SIP: %v\n%s", keys, has, out)
		}
		// What of SRTCP is encrypted may look like anything, also like a
		// report that is too short: tshark is not to read it.
		bad, _ := run(t, nil, "tshark", append(decode, "--disable-protocol", "rtcp", "-Y", "_ws.malformed || tcp.analysis.lost_segment", "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info")...)
		for line := range strings.Lines(bad) {
			if !strings.HasPrefix(line, "Running as user") && strings.TrimSpace(line) != "" {
				t.Errorf("keys %v: tshark objects: %s", keys, line)
			}
		}
	}
}
