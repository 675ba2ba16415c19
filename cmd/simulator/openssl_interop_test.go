//go:build interop

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fedge/lab"
)

// deployed is a deployment in a directory, made as docs/plan.md says: records
// in BIND, certificates of openssl's, nodes of cmd/edge. No part of the lab is
// in it.
type deployed struct {
	t       *testing.T
	dir     string
	network string // its loopback network, 127.2.N
	edge    string // the command
}

func (d *deployed) in(name string) string { return filepath.Join(d.dir, name) }

// say runs a program in the directory, and returns what it prints.
func (d *deployed) say(program string, args ...string) string {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), program, args...)
	cmd.Dir = d.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// deploy plans, publishes and asks for certificates; nothing is installed or
// running yet.
func deploy(t *testing.T, edge string) *deployed {
	t.Helper()
	d := &deployed{t: t, dir: t.TempDir(), edge: edge, network: claimed(t)}
	bind := unused(t)
	code, starter, stderr := typed(t, "plan", "--init", lab.Domain)
	if code != holds {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	address := regexp.MustCompile(`address: 198\.51\.100\.(\d+) .*`)
	put(t, d.in("deployment.yaml"), address.ReplaceAllString(starter, "address: "+d.network+".$1\n  admin: "+d.network+".$1:9061")+fmt.Sprintf(`
public_ranges: [127.0.0.0/8]
resolver: %s
certificates: {roots: root.pem, certificate: sip.vc.example.com.pem, key: sip.vc.example.com-key.pem}
partners: [{domain: contoso.example}]
`, bind))
	code, zone, stderr := typed(t, "plan", d.in("deployment.yaml"), "--zone")
	if code != holds {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	partner := replaced(t, "partner.zone", "NAMESERVER", bind.Addr().String(), "RECORDS", "sip IN A "+d.network+".31\n_sipfederationtls._tcp IN SRV 0 0 5061 sip")
	named(t, bind, map[string]string{lab.Domain: zone, lab.Contoso: partner})
	put(t, d.in("contoso.yaml"), fmt.Sprintf(`domain: contoso.example
edge: sip.contoso.example
certificate: sip.contoso.example.pem
key: sip.contoso.example-key.pem
roots: root.pem
listen: %[1]s.31:5061
public: %[1]s.32
resolver: %s
`, d.network, bind))
	if code, _, stderr := typed(t, "plan", d.in("deployment.yaml"), "--csr", d.in("requests")); code != holds {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	return d
}

// claimed is a loopback network that nobody else takes as long as the test runs.
func claimed(t *testing.T) string {
	t.Helper()
	for n := range 254 {
		network := fmt.Sprintf("127.2.%d", 1+(os.Getpid()+n)%254)
		if held, err := net.Listen("tcp4", network+".1:5061"); err == nil {
			t.Cleanup(func() { held.Close() })
			return network
		}
	}
	t.Fatal("every network 127.2.N is taken")
	return ""
}

// authority makes a root and an issuing authority below it. extensions are of
// what it issues; copies says which of those that are asked for it grants.
func (d *deployed) authority(copies, extensions string) {
	d.t.Helper()
	put(d.t, d.in("ca.cnf"), replaced(d.t, "openssl-ca.cnf", "DIR", d.dir, "COPY", copies, "MORE", extensions))
	put(d.t, d.in("index.txt"), "")
	d.say("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=Example/CN=Example Root", "-days", "365", "-keyout", "root-key.pem", "-out", "root.pem",
		"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
	d.say("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=Example/CN=Example Issuing", "-keyout", "issuing-key.pem", "-out", "issuing.csr")
	d.say("openssl", "x509", "-req", "-in", "issuing.csr", "-CA", "root.pem", "-CAkey", "root-key.pem", "-days", "180", "-out", "issuing.pem", "-extfile", "ca.cnf", "-extensions", "between")
}

// issue has the authority issue what a request asks for, and installs it with
// its chain.
func (d *deployed) issue(request, name string, chain ...string) {
	d.t.Helper()
	d.say("openssl", "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", request, "-out", "issued.pem")
	var all bytes.Buffer
	for _, file := range append([]string{"issued.pem"}, chain...) {
		text, err := os.ReadFile(d.in(file))
		if err != nil {
			d.t.Fatal(err)
		}
		all.Write(text)
	}
	put(d.t, d.in(name+".pem"), all.String())
}

// partner is contoso's certificate, which is always right.
func (d *deployed) partner() {
	d.t.Helper()
	d.say("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=sip.contoso.example", "-keyout", "sip.contoso.example-key.pem", "-out", "contoso.csr")
	put(d.t, d.in("contoso.ext"), "subjectAltName=DNS:sip.contoso.example\nextendedKeyUsage=serverAuth,clientAuth\n")
	d.say("openssl", "x509", "-req", "-in", "contoso.csr", "-CA", "root.pem", "-CAkey", "root-key.pem", "-days", "30", "-out", "sip.contoso.example.pem", "-extfile", "contoso.ext")
}

// run runs all nodes of the deployment, in one process.
func (d *deployed) run() {
	args := []string{"run", "--plan", d.in("deployment.yaml"), "--drain", "1s", "--admin-open"}
	for _, name := range []string{"px01", "px02", "px03"} {
		args = append(args, "--node", name+"."+lab.Domain)
	}
	server(d.t, regexp.MustCompile(`^ready`), d.edge, args...)
}

// TestInteropOpenSSLCA: a certificate that openssl's CA issues from the plan's
// request passes, in nodes that find their way by BIND; what administrators get
// wrong with openssl is found, and nothing else.
func TestInteropOpenSSLCA(t *testing.T) {
	edge := filepath.Join(t.TempDir(), "edge")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", edge, "fedge/cmd/edge").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const every = "px01.vc.example.com, px02.vc.example.com, px03.vc.example.com"
	for _, test := range []struct {
		name       string
		copies     string
		extensions string
		chain      []string
		code       int
		failed     []string
	}{
		{"as asked for", "copy", "", []string{"issuing.pem"}, holds, []string{}},
		{"the root is sent, too", "copy", "", []string{"issuing.pem", "root.pem"}, holds, []string{}},
		{"the leaf is installed alone", "copy", "", nil, fallsShort, []string{"required CRT-07 on " + every}},
		{"the chain is upside down", "copy", "", []string{"root.pem", "issuing.pem"}, fallsShort, []string{"required CRT-07 on " + every}},
		{"openssl ca copies nothing unless told to", "none", "", []string{"issuing.pem"}, fallsShort,
			[]string{"recommended CRT-04 on " + every, "required CRT-02 on " + every, "required CRT-03 on " + every}},
		{"the authority gives serverAuth alone", "copy", "extendedKeyUsage = serverAuth", []string{"issuing.pem"}, fallsShort,
			[]string{"required CRT-09 on " + every}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, edge)
			const name = "sip.vc.example.com"
			t.Log(d.say("openssl", "req", "-verify", "-noout", "-subject", "-in", filepath.Join("requests", name+".csr")))
			d.authority(test.copies, test.extensions)
			d.issue(filepath.Join("requests", name+".csr"), name, test.chain...)
			if err := os.Rename(d.in(filepath.Join("requests", name+"-key.pem")), d.in(name+"-key.pem")); err != nil {
				t.Fatal(err)
			}
			t.Log(d.say("openssl", "x509", "-noout", "-issuer", "-subject", "-ext", "subjectAltName,extendedKeyUsage", "-in", name+".pem"))
			d.partner()
			d.run()
			c := checked(t, d.in("deployment.yaml"), d.in("contoso.yaml"))
			if got := c.failed(); !slices.Equal(got, test.failed) || c.code != test.code {
				t.Errorf("exit %d, failed %q; want %d, %q", c.code, got, test.code, test.failed)
			}
		})
	}
}
