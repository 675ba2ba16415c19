//go:build interop

package check

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
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
	"fedge/lync"
	"fedge/plan"
)

// openssl is a directory of certificates and the program that uses them.
type openssl struct {
	t   *testing.T
	ctx context.Context
	dir string
}

func (o openssl) file(name string) string { return filepath.Join(o.dir, name) }

func newOpenSSL(t *testing.T, root *certs.Authority) openssl {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	o := openssl{t, ctx, t.TempDir()}
	must(t, os.WriteFile(o.file("ca.pem"), root.PEM(), 0o600))
	return o
}

// serve runs s_server and returns where it listens. It ends with the test.
func (o openssl) serve(args ...string) string {
	o.t.Helper()
	cmd := exec.CommandContext(o.ctx, "openssl", append([]string{"s_server", "-accept", "127.0.0.1:0", "-cert", o.file("node.pem"),
		"-key", o.file("node-key.pem")}, args...)...)
	in, err := cmd.StdinPipe() // it ends when this does
	must(o.t, err)
	out, err := cmd.StdoutPipe()
	must(o.t, err)
	must(o.t, cmd.Start())
	o.t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	said := bufio.NewScanner(out)
	for said.Scan() {
		if _, at, found := strings.Cut(said.Text(), "ACCEPT "); found {
			go func() { // so that it never waits for us to read
				for said.Scan() {
				}
			}()
			return at
		}
	}
	o.t.Fatal("openssl s_server does not say where it listens")
	return ""
}

// TestInteropServer checks openssl's own server as if it were a node: the facts
// must be what it was told to be, and what openssl's verifier says of the chain
// must be what ours says.
func TestInteropServer(t *testing.T) {
	root, err := certs.NewAuthority("Public Root", time.Now())
	must(t, err)
	under, err := root.Intermediate("Public CA 1")
	must(t, err)
	tests := []struct {
		name    string
		request certs.Request
		args    []string
		asks    bool     // for a client certificate
		want    []string // the certificate rules that fail on it
	}{
		{"good", certs.Request{}, nil, true, nil},
		{"leaf only", certs.Request{LeafOnly: true}, nil, true, []string{"CRT-07"}},
		{"expired", certs.Request{NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}, nil, true, []string{"CRT-11"}},
		{"for servers only", certs.Request{ServerOnly: true}, nil, true, []string{"CRT-09"}},
		{"TLS 1.3 alone", certs.Request{}, []string{"-tls1_3"}, true, []string{"CRT-13"}},
		{"TLS 1.1 too", certs.Request{}, []string{"-cipher", "ALL:@SECLEVEL=0", "-min_protocol", "TLSv1.1"}, true, []string{"CRT-13"}},
		{"AES-CBC with SHA-256 alone", certs.Request{RSA: 2048}, []string{"-no_tls1_3", "-cipher", "ECDHE-RSA-AES128-SHA256"}, true, nil},
		{"AES-CBC with SHA-384 alone", certs.Request{RSA: 2048}, []string{"-no_tls1_3", "-cipher", "ECDHE-RSA-AES256-SHA384"}, true, nil},
		{"TLS 1.0 too, by RSA key exchange", certs.Request{RSA: 2048}, []string{"-cipher", "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=0", "-min_protocol", "TLSv1"}, true, []string{"CRT-13"}},
		{"TLS 1.0 too, by DHE", certs.Request{RSA: 2048}, []string{"-cipher", "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA:@SECLEVEL=0", "-min_protocol", "TLSv1"}, true, []string{"CRT-13"}},
		{"no client certificate asked for", certs.Request{}, nil, false, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := newOpenSSL(t, root)
			p := thePlan()
			p.Nodes, p.Partners = p.Nodes[:1], nil
			r := test.request
			r.CommonName, r.Names = pool, p.Names()
			c, err := under.Issue(r)
			must(t, err)
			must(t, certs.Write(o.dir, "node", c))
			args := slices.Clone(test.args)
			if test.asks {
				args = append(args, "-verify", "3", "-CAfile", o.file("ca.pem"))
			}
			if len(c.Certificate) > 1 { // in node.pem there is the leaf, too
				chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[1]})
				must(t, os.WriteFile(o.file("chain.pem"), chain, 0o600))
				args = append(args, "-cert_chain", o.file("chain.pem"))
			}
			at := o.serve(args...)
			cfg := Config{Plan: p, Roots: root.Pool(), Timeout: 10 * time.Second, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, at)
			}}
			ob := &observer{cfg: cfg, at: time.Now()}
			f := Facts{At: ob.at, Unplaced: "not here", Endpoints: []Endpoint{ob.endpoint(o.ctx, callers{}, ob.planned()[0], []string{pool})}}
			var got []string
			for _, g := range Judge(p, f) {
				if g.Outcome == "fail" && strings.HasPrefix(g.ID, "CRT") && g.ID != "CRT-14" {
					got = append(got, g.ID)
				}
				if g.ID == "CRT-14" && (g.Outcome == "fail") == test.asks {
					t.Errorf("it asks for a client certificate: %t, and CRT-14: %s", test.asks, g.Outcome)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("failed: %q, want %q; %+v", got, test.want, f.Endpoints[0])
			}
			for _, h := range f.Endpoints[0].Handshakes {
				if h.Trust != nil {
					o.agrees(c, *h.Trust)
				}
			}
		})
	}
}

// agrees compares our two verdicts on a chain with those of openssl verify:
// as of now, and whatever the dates.
func (o openssl) agrees(c tls.Certificate, ours Trust) {
	o.t.Helper()
	verify := func(more ...string) bool {
		args := append([]string{"verify", "-CAfile", o.file("ca.pem")}, more...)
		if len(c.Certificate) > 1 {
			args = append(args, "-untrusted", o.file("node.pem"))
		}
		return exec.CommandContext(o.ctx, "openssl", append(args, o.file("node.pem"))...).Run() == nil
	}
	if theirs := verify(); theirs != (ours.Error == "") {
		o.t.Errorf("openssl verifies: %t; we say %q", theirs, ours.Error)
	}
	if theirs := verify("-no_check_time"); theirs != ours.Anchored {
		o.t.Errorf("openssl verifies without dates: %t; we: %t", theirs, ours.Anchored)
	}
}

// TestInteropCaller has openssl's client call the partner's Edge, as a node
// would: the request and the certificate must arrive as they were sent.
func TestInteropCaller(t *testing.T) {
	root, err := certs.NewAuthority("Public Root", time.Now())
	must(t, err)
	o := newOpenSSL(t, root)
	p := thePlan()
	p.Nodes, p.Partners = p.Nodes[:1], nil
	c, err := root.Issue(certs.Request{CommonName: pool, Names: p.Names()})
	must(t, err)
	must(t, certs.Write(o.dir, "node", c))
	edge, err := root.Issue(certs.Request{CommonName: partnerEdge, Names: []string{partnerEdge}})
	must(t, err)
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	at := netip.MustParseAddrPort(ln.Addr().String())
	said := ""
	ob := &observer{at: time.Now(), cfg: Config{
		Plan: p, Roots: root.Pool(), Timeout: 10 * time.Second,
		As: lync.Config{Domain: "contoso.example", Edge: partnerEdge, Certificate: edge, Listener: ln},
		Trigger: func(ctx context.Context, _ plan.Node, to string) error {
			cmd := exec.CommandContext(ctx, "openssl", "s_client", "-connect", at.String(), "-servername", partnerEdge, "-verify_return_error",
				"-CAfile", o.file("ca.pem"), "-verify_hostname", partnerEdge, "-cert", o.file("node.pem"), "-key", o.file("node-key.pem"), "-quiet", "-no_ign_eof")
			in, err := cmd.StdinPipe()
			must(t, err)
			out, err := cmd.StdoutPipe()
			must(t, err)
			must(t, cmd.Start())
			fmt.Fprintf(in, "INVITE %s SIP/2.0\r\nVia: SIP/2.0/TLS %s:5061;branch=z9hG4bK1\r\nFrom: <sip:meet.alice@%s>;tag=1\r\nTo: <%[1]s>\r\n"+
				"Call-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:meet.alice@%[2]s;transport=tls>\r\nContent-Length: 0\r\n\r\n", to, px01, domain)
			said, err = bufio.NewReader(out).ReadString('\n')
			in.Close()
			cmd.Wait()
			return err
		},
	}}
	calls, why, _ := ob.outbound(o.ctx)
	if why != "" || len(calls) != 1 || !calls[0].Arrived {
		t.Fatalf("%q, %+v", why, calls)
	}
	call := calls[0]
	if said != "SIP/2.0 486 Busy Here\r\n" {
		t.Errorf("openssl reads %q", said)
	}
	if call.Distrust != "" || len(call.Chain) == 0 || call.Chain[0].CommonName != pool || !call.Trust.Anchored {
		t.Errorf("%q, %+v", call.Distrust, call.Chain)
	}
	f := Facts{At: ob.at, Observer: "contoso.example", Outbound: calls}
	for _, g := range Judge(p, f) {
		if strings.HasPrefix(g.ID, "DOM") && g.ID != "DOM-03" && g.Direction != string(Inbound) && g.Outcome != "pass" { // none called in
			t.Errorf("%s: %s %q", g.ID, g.Outcome, g.Evidence)
		}
	}
}
