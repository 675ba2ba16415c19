package certs_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fedge/certs"
)

var poolNames = []string{"sip.vc.example.com", "px01.vc.example.com", "vc.example.com"}

func request(t *testing.T, file string, kind certs.KeyKind) *certs.SigningRequest {
	t.Helper()
	r, err := certs.NewSigningRequest(file, certs.Request{CommonName: poolNames[0], Names: poolNames}, kind)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readRequest(t *testing.T, file string) *x509.CertificateRequest {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(rest) > 0 {
		t.Fatalf("%s holds %.60q", file, text)
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

func TestSigningRequest(t *testing.T) {
	for _, kind := range []certs.KeyKind{certs.RSA2048, certs.ECDSAP256} {
		t.Run(string(kind), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new")
			if err := certs.WriteRequests(dir, request(t, "pool", kind)); err != nil {
				t.Fatal(err)
			}
			csr := readRequest(t, filepath.Join(dir, "pool.csr"))
			if err := csr.CheckSignature(); err != nil {
				t.Error(err)
			}
			if csr.Subject.CommonName != poolNames[0] || !slices.Equal(csr.DNSNames, poolNames) {
				t.Errorf("it asks for %s, %v", csr.Subject.CommonName, csr.DNSNames)
			}
			asked := map[string]bool{}
			for _, e := range csr.Extensions {
				asked[e.Id.String()] = true
				var purposes []asn1.ObjectIdentifier
				if e.Id.String() != "2.5.29.37" {
					continue
				}
				if rest, err := asn1.Unmarshal(e.Value, &purposes); err != nil || len(rest) > 0 || len(purposes) != 2 ||
					purposes[0].String() != "1.3.6.1.5.5.7.3.1" || purposes[1].String() != "1.3.6.1.5.5.7.3.2" {
					t.Errorf("purposes %v, %v", purposes, err)
				}
			}
			if !asked["2.5.29.15"] || !asked["2.5.29.17"] || !asked["2.5.29.37"] {
				t.Errorf("extensions asked for: %v", asked)
			}
			switch k := csr.PublicKey.(type) {
			case *rsa.PublicKey:
				if kind != certs.RSA2048 || k.N.BitLen() != 2048 {
					t.Errorf("an RSA key of %d bits for %s", k.N.BitLen(), kind)
				}
			case *ecdsa.PublicKey:
				if kind != certs.ECDSAP256 {
					t.Errorf("an ECDSA key for %s", kind)
				}
			}
			info, err := os.Stat(filepath.Join(dir, "pool-key.pem"))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the key: %v, %v", info, err)
			}
		})
	}
}

func TestSigningRequestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		req  certs.Request
		kind certs.KeyKind
		want string
	}{
		"no common name":       {"a", certs.Request{}, certs.RSA2048, "common name is empty"},
		"a long common name":   {"a", certs.Request{CommonName: strings.Repeat("a", 65)}, certs.RSA2048, "64 is the limit"},
		"a wildcard":           {"a", certs.Request{CommonName: "a", Names: []string{"*.example.com"}}, certs.RSA2048, "no host name"},
		"an empty name":        {"a", certs.Request{CommonName: "a", Names: []string{""}}, certs.RSA2048, "no host name"},
		"a key nobody has":     {"a", certs.Request{CommonName: "a"}, "dsa-1024", "use one of"},
		"a file elsewhere":     {"../a", certs.Request{CommonName: "a"}, certs.RSA2048, "no name of a file"},
		"a file without name":  {"", certs.Request{CommonName: "a"}, certs.RSA2048, "no name of a file"},
		"the directory itself": {"..", certs.Request{CommonName: "a"}, certs.RSA2048, "no name of a file"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := certs.NewSigningRequest(c.file, c.req, c.kind); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestWriteRequestsKeeps: a key that is there is never lost, and a write that
// fails leaves nothing behind.
func TestWriteRequestsKeeps(t *testing.T) {
	a, b, c := request(t, "a", certs.ECDSAP256), request(t, "b", certs.ECDSAP256), request(t, "c", certs.ECDSAP256)
	listed := func(dir string) string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return strings.Join(names, " ")
	}
	t.Run("what is there", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "b-key.pem", []byte("precious"))
		if err := os.Symlink("nowhere", filepath.Join(dir, "c.csr")); err != nil {
			t.Fatal(err)
		}
		err := certs.WriteRequests(dir, a, b, c)
		for _, want := range []string{"b-key.pem is there already", "c.csr is there already", "move it away"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
		if got := listed(dir); got != "b-key.pem c.csr" {
			t.Errorf("left behind: %s", got)
		}
		if text, _ := os.ReadFile(filepath.Join(dir, "b-key.pem")); string(text) != "precious" {
			t.Errorf("the key is now %q", text)
		}
	})
	t.Run("the same file twice", func(t *testing.T) {
		dir := t.TempDir()
		if err := certs.WriteRequests(dir, a, b, a); err == nil {
			t.Error("no error")
		}
		if got := listed(dir); got != "" {
			t.Errorf("left behind: %s", got)
		}
	})
	t.Run("a directory that is a file", func(t *testing.T) {
		file := write(t, t.TempDir(), "file", nil)
		if err := certs.WriteRequests(file, a); err == nil || !strings.Contains(err.Error(), "signing requests") {
			t.Errorf("error %v", err)
		}
	})
}
