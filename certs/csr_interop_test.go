//go:build interop

package certs_test

import (
	"crypto/x509"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fedge/certs"
)

// TestOpenSSLSigns has openssl verify the requests and issue certificates from
// them with a CA of its own, which then load and hold what was asked for.
func TestOpenSSLSigns(t *testing.T) {
	for _, kind := range certs.KeyKinds() {
		t.Run(string(kind), func(t *testing.T) {
			dir := t.TempDir()
			in := func(name string) string { return filepath.Join(dir, name) }
			openssl := func(args ...string) string {
				t.Helper()
				out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput()
				if err != nil {
					t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
				}
				return string(out)
			}
			if err := certs.WriteRequests(dir, request(t, "pool", kind)); err != nil {
				t.Fatal(err)
			}
			said := openssl("req", "-verify", "-noout", "-text", "-in", in("pool.csr"))
			for _, want := range []string{
				"self-signature verify OK", "Subject: CN = " + poolNames[0], "DNS:" + strings.Join(poolNames, ", DNS:"),
				"TLS Web Server Authentication, TLS Web Client Authentication", "Digital Signature",
			} {
				if !strings.Contains(said, want) {
					t.Errorf("openssl does not say %q:\n%s", want, said)
				}
			}
			t.Logf("%s", strings.SplitN(said, "\n", 2)[0])
			openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=OpenSSL CA", "-days", "30", "-keyout", in("ca-key.pem"), "-out", in("ca.pem"))
			openssl("x509", "-req", "-in", in("pool.csr"), "-copy_extensions", "copyall", "-CA", in("ca.pem"), "-CAkey", in("ca-key.pem"), "-days", "30", "-out", in("pool.pem"))
			c, err := certs.Read(in("pool.pem"), in("pool-key.pem"))
			if err != nil {
				t.Fatal(err)
			}
			facts := certs.Describe(c.Leaf)
			if facts.CommonName != poolNames[0] || !slices.Equal(facts.Names, poolNames) || !slices.Equal(facts.Usages, []string{"serverAuth", "clientAuth"}) {
				t.Errorf("issued: %+v", facts)
			}
			roots, err := certs.ReadRoots(in("ca.pem"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range poolNames {
				if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}
