//go:build interop

package link

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/certs"
)

// openssl is a world whose certificates lie in files, and a way to run the
// program on them.
type openssl struct {
	*world
	dir string
	ctx context.Context
}

func newOpenSSL(t *testing.T) *openssl {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	o := &openssl{world: newWorld(t), dir: t.TempDir(), ctx: ctx}
	if err := os.WriteFile(o.file("ca.pem"), o.root.PEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{"server": o.server, "client": o.client} {
		if err := certs.Write(o.dir, name, cfg.TLS.Certificates[0]); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func (o *openssl) file(name string) string { return filepath.Join(o.dir, name) }

// start runs openssl and returns its input and output. It ends with the test.
func (o *openssl) start(args ...string) (io.WriteCloser, *bufio.Reader, *exec.Cmd) {
	o.t.Helper()
	cmd := exec.CommandContext(o.ctx, "openssl", args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		o.t.Fatalf("openssl (apt-get install openssl): %v", err)
	}
	return in, bufio.NewReader(out), cmd
}

// until reads lines up to one that contains text.
func until(t *testing.T, out *bufio.Reader, text string) (all []string) {
	t.Helper()
	for {
		line, err := out.ReadString('\n')
		all = append(all, strings.TrimSpace(line))
		if strings.Contains(line, text) {
			return all
		}
		if err != nil {
			t.Fatalf("no %q in what openssl says: %v\n%s", text, err, strings.Join(all, "\n"))
		}
	}
}

func TestOpenSSLClientCompletesMutualTLS(t *testing.T) {
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		t.Run(version, func(t *testing.T) {
			o := newOpenSSL(t)
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(o.ctx)
			identities, served := make(chan Identity, 1), make(chan error)
			go func() {
				served <- Serve(ctx, ln, o.server, Limits{}, func(_ context.Context, l *Link) {
					identities <- l.Peer()
					want(t, l, "OPTIONS\n")
					send(t, l, "SIP/2.0 200 OK\r\n")
				})
			}()
			in, out, cmd := o.start("s_client", "-connect", ln.Addr().String(), version, "-servername", serverName,
				"-verify_hostname", serverName, "-verify_return_error", "-CAfile", o.file("ca.pem"),
				"-cert", o.file("client.pem"), "-key", o.file("client-key.pem"), "-ign_eof")
			until(t, out, "Verify return code: 0 (ok)")
			io.WriteString(in, "OPTIONS\n")
			until(t, out, "SIP/2.0 200 OK")
			rest, _ := io.ReadAll(out) // our close_notify and FIN end it
			if err := cmd.Wait(); err != nil {
				t.Errorf("openssl: %v\n%s", err, rest)
			}
			if id := <-identities; id.Err != nil || !slices.Contains(id.Names(), clientName) {
				t.Errorf("identity: %q, %v", id.Names(), id.Err)
			}
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenSSLServerAcceptsDial(t *testing.T) {
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		t.Run(version, func(t *testing.T) {
			o := newOpenSSL(t)
			in, out, _ := o.start("s_server", "-accept", "127.0.0.1:0", version, "-Verify", "2", "-verify_return_error",
				"-CAfile", o.file("ca.pem"), "-cert", o.file("server.pem"), "-key", o.file("server-key.pem"))
			listening := until(t, out, "ACCEPT")
			_, at, _ := strings.Cut(listening[len(listening)-1], " ")
			addr, err := netip.ParseAddrPort(at)
			if err != nil {
				t.Fatal(err)
			}
			l, err := Dial(o.ctx, o.client, serverName, addr, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Abort()
			send(t, l, "INVITE sip:room@vc.example.com SIP/2.0\n")
			until(t, out, "INVITE sip:room@vc.example.com SIP/2.0")
			io.WriteString(in, "SIP/2.0 200 OK\n")
			want(t, l, "SIP/2.0 200 OK\n")
			l.Close()
			said := until(t, out, "DONE")
			if log := strings.Join(said, "\n"); strings.Contains(log, "rror") {
				t.Errorf("openssl complains:\n%s", log)
			}
		})
	}
}
