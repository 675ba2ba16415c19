package certs_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
)

// at is the moment that these tests take place.
var at = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// chain makes the usual root and intermediate.
func chain(t *testing.T, at time.Time) (root, intermediate *certs.Authority) {
	t.Helper()
	root, err := certs.NewAuthority("Lab Root", at)
	if err != nil {
		t.Fatal(err)
	}
	intermediate, err = root.Intermediate("Lab Intermediate")
	if err != nil {
		t.Fatal(err)
	}
	return root, intermediate
}

func issue(t *testing.T, by *certs.Authority, req certs.Request) tls.Certificate {
	t.Helper()
	c, err := by.Issue(req)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// verify judges a chain as a partner does who knows nothing but the root.
func verify(c tls.Certificate, root *certs.Authority, name string, usage x509.ExtKeyUsage) error {
	sent := x509.NewCertPool()
	for _, der := range c.Certificate[1:] {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		sent.AddCert(one)
	}
	_, err := c.Leaf.Verify(x509.VerifyOptions{
		DNSName: name, Roots: root.Pool(), Intermediates: sent, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	return err
}

func TestVerify(t *testing.T) {
	root, intermediate := chain(t, at)
	const server, client = x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth
	pool := certs.Request{CommonName: "sip.vc.example.com", Names: []string{"sip.vc.example.com", "px01.vc.example.com", "198.51.100.40"}}
	with := func(change func(*certs.Request)) certs.Request {
		req := pool
		change(&req)
		return req
	}
	for _, c := range []struct {
		name  string
		by    *certs.Authority
		req   certs.Request
		host  string
		usage x509.ExtKeyUsage
		want  any // nil, or a pointer to the error's type
	}{
		{"the pool's name", intermediate, pool, "sip.vc.example.com", server, nil},
		{"a node's name", intermediate, pool, "px01.vc.example.com", server, nil},
		{"an address", intermediate, pool, "198.51.100.40", server, nil},
		{"as a client", intermediate, pool, "px01.vc.example.com", client, nil},
		{"from the root itself", root, pool, "sip.vc.example.com", server, nil},
		{"a name it does not have", intermediate, pool, "px02.vc.example.com", server, new(x509.HostnameError)},
		{"the common name alone is no name", intermediate, with(func(r *certs.Request) { r.Names = nil }), "sip.vc.example.com", server, new(x509.HostnameError)},
		{"server only, as a server", intermediate, with(func(r *certs.Request) { r.ServerOnly = true }), "sip.vc.example.com", server, nil},
		{"server only, as a client", intermediate, with(func(r *certs.Request) { r.ServerOnly = true }), "sip.vc.example.com", client, new(x509.CertificateInvalidError)},
		{"client only, as a client", intermediate, with(func(r *certs.Request) { r.ClientOnly = true }), "sip.vc.example.com", client, nil},
		{"client only, as a server", intermediate, with(func(r *certs.Request) { r.ClientOnly = true }), "sip.vc.example.com", server, new(x509.CertificateInvalidError)},
		{"for neither, as a server", intermediate, with(func(r *certs.Request) { r.ServerOnly, r.ClientOnly = true, true }), "sip.vc.example.com", server, new(x509.CertificateInvalidError)},
		{"for neither, as a client", intermediate, with(func(r *certs.Request) { r.ServerOnly, r.ClientOnly = true, true }), "sip.vc.example.com", client, new(x509.CertificateInvalidError)},
		{"a short RSA key", intermediate, with(func(r *certs.Request) { r.RSA = 1024 }), "sip.vc.example.com", server, nil},
		{"intermediate not sent", intermediate, with(func(r *certs.Request) { r.LeafOnly = true }), "sip.vc.example.com", server, new(x509.UnknownAuthorityError)},
		{"expired", intermediate, with(func(r *certs.Request) { r.NotBefore, r.NotAfter = at.AddDate(-1, 0, 0), at.Add(-time.Minute) }), "sip.vc.example.com", server, new(x509.CertificateInvalidError)},
		{"not yet valid", intermediate, with(func(r *certs.Request) { r.NotBefore = at.Add(time.Minute) }), "sip.vc.example.com", server, new(x509.CertificateInvalidError)},
		{"ends with its last second", intermediate, with(func(r *certs.Request) { r.NotAfter = at }), "sip.vc.example.com", server, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := verify(issue(t, c.by, c.req), root, c.host, c.usage)
			if c.want == nil && err != nil {
				t.Errorf("refused: %v", err)
			}
			if c.want != nil && !errors.As(err, c.want) {
				t.Errorf("error %v, want a %T", err, c.want)
			}
		})
	}
}

func TestSelfSigned(t *testing.T) {
	root, _ := chain(t, at)
	own, err := certs.SelfSigned(certs.Request{CommonName: "node", RSA: 1024}, at)
	if err != nil {
		t.Fatal(err)
	}
	if f := certs.Describe(own.Leaf); !f.SelfSigned || f.Authority || f.KeyType != "RSA" || f.KeyBits != 1024 {
		t.Errorf("self-signed %v, an authority %v, %s %d; want a self-signed leaf with RSA 1024", f.SelfSigned, f.Authority, f.KeyType, f.KeyBits)
	}
	if err := verify(own, root, "node", x509.ExtKeyUsageServerAuth); err == nil {
		t.Error("it verifies")
	}
	if _, err := certs.SelfSigned(certs.Request{}, at); err == nil {
		t.Error("one without a name is made")
	}
}

func TestAnotherRootIsNotTrusted(t *testing.T) {
	_, intermediate := chain(t, at)
	other, _ := chain(t, at) // of the same name
	leaf := issue(t, intermediate, certs.Request{CommonName: "a.example", Names: []string{"a.example"}})
	if err := verify(leaf, other, "a.example", x509.ExtKeyUsageServerAuth); err == nil {
		t.Error("a root that merely has the same name was believed")
	}
}

func TestDefaults(t *testing.T) {
	_, intermediate := chain(t, at)
	leaf := issue(t, intermediate, certs.Request{CommonName: "a.example"}).Leaf
	if !leaf.NotBefore.Before(at) || leaf.NotBefore.Before(at.AddDate(0, 0, -1)) {
		t.Errorf("it begins %v; a little before %v was due", leaf.NotBefore, at)
	}
	if left := leaf.NotAfter.Sub(at); left < 90*24*time.Hour || left > 398*24*time.Hour {
		t.Errorf("it lives %v; public authorities may give 398 days", left)
	}
	if leaf.IsCA || !leaf.BasicConstraintsValid {
		t.Error("a leaf must say that it is no authority")
	}
}

func TestRefusedRequests(t *testing.T) {
	_, intermediate := chain(t, at)
	for _, c := range []struct {
		name string
		req  certs.Request
		want string
	}{
		{"no common name", certs.Request{}, "common name is empty"},
		{"longer than other programs take", certs.Request{CommonName: strings.Repeat("a", 65)}, "64 is the limit"},
		{"an empty name", certs.Request{CommonName: "a", Names: []string{""}}, "empty"},
		{"end before begin", certs.Request{CommonName: "a", NotBefore: at, NotAfter: at.Add(-time.Hour)}, "before it begins"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := intermediate.Issue(c.req); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	if _, err := certs.NewAuthority("", at); err == nil {
		t.Error("an authority without a name was made")
	}
}

// TestBubble holds that certificates are of their own time: a fake clock starts
// in 2000 and both sides of a handshake believe it.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root, intermediate := chain(t, time.Now())
		leaf := issue(t, intermediate, certs.Request{CommonName: "a.example", Names: []string{"a.example"}})
		here, there := net.Pipe()
		server := tls.Server(there, &tls.Config{Certificates: []tls.Certificate{leaf}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: root.Pool()})
		client := tls.Client(here, &tls.Config{Certificates: []tls.Certificate{leaf}, RootCAs: root.Pool(), ServerName: "a.example"})
		done := make(chan error)
		go func() {
			_, err := io.WriteString(server, "proved")
			done <- err
		}()
		got := make([]byte, 6)
		if _, err := io.ReadFull(client, got); err != nil || string(got) != "proved" {
			t.Errorf("read %q, %v", got, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = here.Close()
		_ = there.Close()
	})
}

func TestFiles(t *testing.T) {
	root, intermediate := chain(t, at)
	dir := t.TempDir()
	leaf := issue(t, intermediate, certs.Request{CommonName: "a.example", Names: []string{"a.example"}})
	// A file with wider rights must not lend them to the key.
	if err := os.WriteFile(filepath.Join(dir, "a-key.pem"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := certs.Write(dir, "a", leaf); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "a-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %v", info.Mode().Perm())
	}
	back, err := certs.Read(filepath.Join(dir, "a.pem"), filepath.Join(dir, "a-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Certificate) != 2 || !back.Leaf.Equal(leaf.Leaf) {
		t.Errorf("read back %d certificates, leaf %v", len(back.Certificate), back.Leaf.Subject)
	}
	if err := verify(back, root, "a.example", x509.ExtKeyUsageServerAuth); err != nil {
		t.Error(err)
	}

	roots := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(roots, root.PEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	pool, err := certs.ReadRoots(roots)
	if err != nil {
		t.Fatal(err)
	}
	if !pool.Equal(root.Pool()) {
		t.Error("the roots read back are not the root written")
	}
}

func TestReadAnyKeyForm(t *testing.T) {
	dir := t.TempDir()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "old.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, rsaKey.Public(), rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile := write(t, dir, "rsa.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	pkcs1 := write(t, dir, "rsa-key.pem", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}))
	if _, err := certs.Read(certFile, pkcs1); err != nil {
		t.Error(err)
	}

	_, intermediate := chain(t, at)
	leaf := issue(t, intermediate, certs.Request{CommonName: "a.example"})
	if err := certs.Write(dir, "a", leaf); err != nil {
		t.Fatal(err)
	}
	der, err = x509.MarshalECPrivateKey(leaf.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	// openssl ecparam puts the curve's parameters before the key.
	sec1 := write(t, dir, "ec-key.pem", slices.Concat(
		pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
	if _, err := certs.Read(filepath.Join(dir, "a.pem"), sec1); err != nil {
		t.Error(err)
	}
}

func TestReadErrors(t *testing.T) {
	root, intermediate := chain(t, at)
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		if err := certs.Write(dir, name, issue(t, intermediate, certs.Request{CommonName: name + ".example"})); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	write(t, dir, "text.pem", []byte("ceci n'est pas un certificat\n"))
	write(t, dir, "broken.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1, 2, 3}}))
	write(t, dir, "broken-key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1, 2, 3}}))
	write(t, dir, "locked-key.pem", pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{1, 2, 3}}))
	leaf, err := os.ReadFile(in("a.pem"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "upside-down.pem", append(root.PEM(), leaf...))

	for _, c := range []struct {
		name, cert, key string
		want            []string
		is              error
	}{
		{"no such certificate", "none.pem", "a-key.pem", []string{"reading the certificate", "none.pem"}, os.ErrNotExist},
		{"no such key", "a.pem", "none.pem", []string{"reading the key", "none.pem"}, os.ErrNotExist},
		{"another's key", "a.pem", "b-key.pem", []string{"a.pem", "b-key.pem", `it is for "a.example"`}, certs.ErrMismatch},
		{"leaf not first", "upside-down.pem", "a-key.pem", []string{`it is for "Lab Root"`}, certs.ErrMismatch},
		{"files swapped", "a-key.pem", "a.pem", []string{"a-key.pem", "no certificate"}, nil},
		{"text", "text.pem", "a-key.pem", []string{"text.pem", "no certificate"}, nil},
		{"no certificate inside the block", "broken.pem", "a-key.pem", []string{"broken.pem", "certificate 1"}, nil},
		{"no key inside the block", "a.pem", "broken-key.pem", []string{"broken-key.pem", "cannot be read"}, nil},
		{"no key at all", "a.pem", "a.pem", []string{"a.pem holds no key"}, nil},
		{"a password", "a.pem", "locked-key.pem", []string{"locked-key.pem", "encrypted", "openssl pkey"}, nil},
		{"a directory", ".", "a-key.pem", []string{"reading the certificate"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := certs.Read(in(c.cert), in(c.key))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %q is not %q", err, c.is)
			}
		})
	}
	for _, file := range []string{"none.pem", "text.pem", "a-key.pem"} {
		if _, err := certs.ReadRoots(in(file)); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("roots from %s: error %v", file, err)
		}
	}
}

func TestErrorsHoldNoKey(t *testing.T) {
	_, intermediate := chain(t, at)
	dir := t.TempDir()
	if err := certs.Write(dir, "a", issue(t, intermediate, certs.Request{CommonName: "a.example"})); err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(filepath.Join(dir, "a-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(secret)
	broken := write(t, dir, "broken-key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: block.Bytes[:len(block.Bytes)-1]}))
	_, err = certs.Read(filepath.Join(dir, "a.pem"), broken)
	if err == nil {
		t.Fatal("a shortened key was read")
	}
	if text := err.Error(); strings.Contains(text, strings.Split(string(secret), "\n")[1][:20]) {
		t.Errorf("the error shows the key: %s", text)
	}
}

func TestDescribe(t *testing.T) {
	root, intermediate := chain(t, at)
	leaf := issue(t, intermediate, certs.Request{
		CommonName: "sip.vc.example.com", Names: []string{"sip.vc.example.com", "px01.vc.example.com", "198.51.100.40"},
	}).Leaf
	facts := certs.Describe(leaf)
	if len(facts.SHA256) != 64 || facts.Serial == "" {
		t.Errorf("fingerprint %q, serial %q", facts.SHA256, facts.Serial)
	}
	facts.SHA256, facts.Serial = "", ""
	got, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "common_name": "sip.vc.example.com",
  "names": [
    "sip.vc.example.com",
    "px01.vc.example.com",
    "198.51.100.40"
  ],
  "issuer": "CN=Lab Intermediate,O=fedge lab",
  "not_before": "2026-11-23T11:00:00Z",
  "not_after": "2027-11-23T12:00:00Z",
  "usages": [
    "serverAuth",
    "clientAuth"
  ],
  "key_usages": [
    "digitalSignature"
  ],
  "key_type": "ECDSA",
  "key_bits": 256,
  "signature_algorithm": "ECDSA-SHA256",
  "self_signed": false,
  "authority": false,
  "serial": "",
  "sha256": ""
}`
	if string(got) != want {
		t.Errorf("facts:\n%s\nwant:\n%s", got, want)
	}
	if facts := certs.Describe(root.Certificate()); !facts.SelfSigned || !facts.Authority {
		t.Errorf("the root: %+v", facts)
	}
}

func TestDescribeForeign(t *testing.T) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// A factory certificate: a self-signed leaf, with a usage nobody knows.
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0xbeef), Subject: pkix.Name{CommonName: "node.local"},
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 311, 20, 2, 2}},
		URIs:               []*url.URL{{Scheme: "sip", Opaque: "vc.example.com"}},
		ExtraExtensions:    []pkix.Extension{{Id: []int{1, 2, 3, 4, 5}, Critical: true, Value: []byte{5, 0}}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	facts := certs.Describe(parsed)
	if !facts.SelfSigned || facts.Authority || facts.Serial != "beef" || facts.KeyType != "Ed25519" || facts.KeyBits != 256 ||
		!slices.Equal(facts.Usages, []string{"1.3.6.1.4.1.311.20.2.2"}) || facts.Names == nil ||
		!slices.Equal(facts.URIs, []string{"sip:vc.example.com"}) || !slices.Equal(facts.Critical, []string{"1.2.3.4.5"}) {
		t.Errorf("facts: %+v", facts)
	}
}

func BenchmarkIssue(b *testing.B) {
	root, err := certs.NewAuthority("Lab Root", at)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := root.Issue(certs.Request{CommonName: "a.example"}); err != nil {
			b.Fatal(err)
		}
	}
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestNameless: a certificate that verifies and names nobody.
func TestNameless(t *testing.T) {
	authority, err := certs.NewAuthority("root", at)
	if err != nil {
		t.Fatal(err)
	}
	leaf := issue(t, authority, certs.Request{Nameless: true}).Leaf
	if leaf.Subject.CommonName != "" || len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.URIs) != 0 {
		t.Errorf("it names %s %v", leaf.Subject, leaf.DNSNames)
	}
}
