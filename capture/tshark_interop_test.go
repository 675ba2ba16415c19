//go:build interop

package capture_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/capture"
	"fedge/certs"
	"fedge/sip/link"
)

const invite = "INVITE sip:room@vc.example.com SIP/2.0\r\n" +
	"Via: SIP/2.0/TLS 192.0.2.1:49152;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n" +
	"From: <sip:alice@contoso.example>;tag=1\r\nTo: <sip:room@vc.example.com>\r\n" +
	"Call-ID: c1\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@contoso.example>\r\nContent-Length: 0\r\n\r\n"

const answer = "SIP/2.0 200 OK\r\n" +
	"Via: SIP/2.0/TLS 192.0.2.1:49152;branch=z9hG4bK1\r\n" +
	"From: <sip:alice@contoso.example>;tag=1\r\nTo: <sip:room@vc.example.com>;tag=2\r\n" +
	"Call-ID: c1\r\nCSeq: 1 INVITE\r\nContact: <sip:px01.vc.example.com:5061;transport=tls>\r\nContent-Length: 0\r\n\r\n"

// call records an INVITE and its 200 over one link in memory, many other
// messages on the same link, and some RTP.
func call(t *testing.T, version uint16) *capture.Recorder {
	t.Helper()
	root, err := certs.NewAuthority("test root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := root.Issue(certs.Request{CommonName: "px01.vc.example.com", Names: []string{"px01.vc.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	network, at := link.NewNetwork(), netip.MustParseAddrPort("198.51.100.40:5061")
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	ln := network.Listen(at)
	go func() {
		cfg := link.Config{TLS: &tls.Config{Certificates: []tls.Certificate{leaf}, MaxVersion: version}}
		served <- link.Serve(ctx, ln, cfg, link.Limits{}, func(_ context.Context, l *link.Link) {
			for range 20 {
				if _, err := io.ReadFull(l, make([]byte, len(invite))); err != nil {
					return
				}
				l.Send([]byte(answer), capture.Label{})
			}
			io.Copy(io.Discard, l)
		})
	}()
	rec := capture.New(1 << 20)
	cfg := link.Config{Local: "sip.contoso.example", TLS: &tls.Config{RootCAs: root.Pool()}, Recorder: rec}
	l, err := link.Dial(t.Context(), cfg, "px01.vc.example.com", at, network.From(netip.MustParseAddr("192.0.2.1")))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		l.Send([]byte(invite), capture.Label{Text: "INVITE", CallID: "c1", CSeq: "1 INVITE"})
		if _, err := io.ReadFull(l, make([]byte, len(answer))); err != nil {
			t.Fatal(err)
		}
	}
	rtp := append([]byte{0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4}, bytes.Repeat([]byte{0xff}, 160)...)
	rec.Datagram(time.Now(), netip.MustParseAddrPort("192.0.2.1:50000"), netip.MustParseAddrPort("198.51.100.42:40000"), rtp)
	l.Close()
	cancel()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	return rec
}

// tshark lists the packets that a display filter keeps.
func tshark(t *testing.T, file, filter string, fields ...string) []string {
	t.Helper()
	args := []string{"-r", file, "-Y", filter, "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.CommandContext(t.Context(), "tshark", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark (apt-get install tshark): %v\n%s", err, &stderr)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

func TestTsharkDecryptsWithKeysAndOnlyWithKeys(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			rec := call(t, version)
			write := func(name string, keys bool) string {
				file := filepath.Join(t.TempDir(), name)
				f, err := os.Create(file)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if err := rec.Pcapng(f, keys); err != nil {
					t.Fatal(err)
				}
				return file
			}
			open, shut := write("keys.pcapng", true), write("nokeys.pcapng", false)

			if got := tshark(t, open, `sip.Method == "INVITE"`, "sip.r-uri"); len(got) != 20 || got[0] != "sip:room@vc.example.com" {
				t.Errorf("with keys, INVITEs: %q", got)
			}
			if got := tshark(t, open, "sip.Status-Code == 200", "sip.CSeq"); len(got) != 20 || got[0] != "1 INVITE" {
				t.Errorf("with keys, 200s: %q", got)
			}
			if got := tshark(t, shut, "sip", "frame.number"); len(got) != 0 {
				t.Errorf("without keys there is SIP: %q", got)
			}
			if got := tshark(t, shut, "tls.handshake.type == 1", "tls.handshake.extensions_server_name"); len(got) != 1 || got[0] != "px01.vc.example.com" {
				t.Errorf("without keys, the client hello: %q", got)
			}
			for _, file := range []string{open, shut} {
				for _, bad := range []string{"_ws.malformed", "tcp.analysis.flags", "tcp.checksum.status == 0", "udp.checksum.status == 0", "tls.alert_message.level == 2"} {
					if got := tshark(t, file, bad, "frame.number", "_ws.expert.message"); len(got) != 0 {
						t.Errorf("%s: %q", bad, got)
					}
				}
				if got := tshark(t, file, "udp.dstport == 40000", "udp.length"); len(got) != 1 || got[0] != "180" {
					t.Errorf("RTP: %q", got)
				}
				if got := tshark(t, file, "tcp.flags.syn == 1 || tcp.flags.fin == 1", "tcp.flags.str"); len(got) != 4 {
					t.Errorf("beginning and end: %q", got)
				}
			}
		})
	}
}
