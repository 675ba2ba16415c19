//go:build interop

package certs_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/certs"
)

// TestOpenSSL has another implementation judge what was written: the chain in
// the file leads to the root, for the name, for both purposes.
func TestOpenSSL(t *testing.T) {
	root, intermediate := chain(t, time.Now())
	dir := t.TempDir()
	roots := write(t, dir, "ca.pem", root.PEM())
	names := []string{"sip.vc.example.com", "px01.vc.example.com"}
	for name, req := range map[string]certs.Request{
		"whole":  {CommonName: names[0], Names: names},
		"server": {CommonName: names[0], Names: names, ServerOnly: true},
		"alone":  {CommonName: names[0], Names: names, LeafOnly: true},
		"old":    {CommonName: names[0], Names: names, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().Add(-time.Hour)},
	} {
		if err := certs.Write(dir, name, issue(t, intermediate, req)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, file, host, purpose, want string }{
		{"whole chain", "whole", "px01.vc.example.com", "sslserver", "OK"},
		{"whole chain, as client", "whole", "px01.vc.example.com", "sslclient", "OK"},
		{"another host", "whole", "px02.vc.example.com", "sslserver", "hostname mismatch"},
		{"server only, as client", "server", "px01.vc.example.com", "sslclient", "unsuitable certificate purpose"},
		{"intermediate not sent", "alone", "px01.vc.example.com", "sslserver", "unable to get local issuer certificate"},
		{"expired", "old", "px01.vc.example.com", "sslserver", "certificate has expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(dir, c.file+".pem")
			out, _ := exec.CommandContext(t.Context(), "openssl", "verify", "-x509_strict", "-CAfile", roots, "-untrusted", file,
				"-verify_hostname", c.host, "-purpose", c.purpose, file).CombinedOutput()
			if !strings.Contains(string(out), c.want) {
				t.Errorf("openssl says %q, want %q", out, c.want)
			}
		})
	}
	out, err := exec.CommandContext(t.Context(), "openssl", "pkey", "-in", filepath.Join(dir, "whole-key.pem"), "-noout", "-text").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "prime256v1") {
		t.Errorf("openssl reads the key as %.80q, %v", out, err)
	}
}
