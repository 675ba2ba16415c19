package certs_test

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/certs"
)

func TestRevoked(t *testing.T) {
	at := time.Now()
	root, intermediate := chain(t, at)
	bad := issue(t, intermediate, certs.Request{CommonName: "sip.contoso.example"})
	good := issue(t, intermediate, certs.Request{CommonName: "sip.contoso.example"})
	list := func(by *certs.Authority, c *x509.Certificate) string {
		text, err := by.Revoke(at, c)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "crl.pem")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	impostor, err := certs.NewAuthority(intermediate.Certificate().Subject.CommonName, at)
	if err != nil {
		t.Fatal(err)
	}
	of := func(leaf *x509.Certificate) []*x509.Certificate {
		return []*x509.Certificate{leaf, intermediate.Certificate(), root.Certificate()}
	}
	for _, test := range []struct {
		what    string
		file    string
		chain   []*x509.Certificate
		revoked bool
	}{
		{"a leaf on its issuer's list", list(intermediate, bad.Leaf), of(bad.Leaf), true},
		{"another one", list(intermediate, bad.Leaf), of(good.Leaf), false},
		{"an intermediate on the root's list", list(root, intermediate.Certificate()), of(good.Leaf), true},
		{"a list of somebody's with the issuer's name", list(impostor, bad.Leaf), of(bad.Leaf), false},
		{"nobody", list(intermediate, bad.Leaf), nil, false},
	} {
		revoked, err := certs.ReadRevoked(test.file)
		if err != nil {
			t.Fatal(err)
		}
		if err := revoked.Check(test.chain); errors.Is(err, certs.ErrRevoked) != test.revoked {
			t.Errorf("%s: %v", test.what, err)
		}
	}
	if err := (*certs.Revoked)(nil).Check(of(bad.Leaf)); err != nil {
		t.Errorf("without lists: %v", err)
	}
}

func TestReadRevokedErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "crl.pem")
	for text, want := range map[string]string{
		"nothing": "BEGIN X509 CRL",
		"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n": "cannot be read",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := certs.ReadRevoked(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := certs.ReadRevoked(file + ".gone"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
