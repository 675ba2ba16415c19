package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// KeyKind says what key a signing request is made with.
type KeyKind string

const (
	// RSA2048 is what every Access Edge takes: its usual suites are ECDHE-RSA.
	RSA2048   KeyKind = "rsa-2048"
	RSA3072   KeyKind = "rsa-3072"
	RSA4096   KeyKind = "rsa-4096"
	ECDSAP256 KeyKind = "ecdsa-p256" // smaller and faster; old Edges have no suite for it
)

// KeyKinds lists them, the usual one first.
func KeyKinds() []KeyKind { return []KeyKind{RSA2048, RSA3072, RSA4096, ECDSAP256} }

// SigningRequest is a request (PKCS #10, RFC 2986) for an authority to sign,
// with the key that it is made for.
type SigningRequest struct {
	File string // NAME of NAME.csr and NAME-key.pem
	csr  []byte
	key  []byte
}

// NewSigningRequest makes a key and a request for a certificate with the common
// name and the names of req; the rest of req is the authority's to decide. It
// asks for serverAuth and clientAuth, for a node that calls out is a client
// (rule CRT-09), unless req.ServerOnly.
func NewSigningRequest(file string, req Request, kind KeyKind) (*SigningRequest, error) {
	problem := func(err error) (*SigningRequest, error) {
		return nil, fmt.Errorf("certs: requesting a certificate for %q: %w", req.CommonName, err)
	}
	if file == "" || file[0] == '.' || filepath.Base(file) != file {
		return problem(fmt.Errorf("%q is no name of a file", file))
	}
	if err := checkCommonName(req.CommonName); err != nil {
		return problem(err)
	}
	template := &x509.CertificateRequest{Subject: pkix.Name{CommonName: req.CommonName}}
	for _, name := range req.Names {
		if name == "" || strings.ContainsAny(name, "* \t\r\n") {
			return problem(fmt.Errorf("%q is no host name", name))
		}
		template.DNSNames = append(template.DNSNames, name)
	}
	key, err := newKey(kind)
	if err != nil {
		return problem(err)
	}
	if template.ExtraExtensions, err = wishes(kind, req.ServerOnly); err != nil {
		return problem(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		return problem(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return problem(err)
	}
	return &SigningRequest{
		File: file,
		csr:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
		key:  pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: secret}),
	}, nil
}

func newKey(kind KeyKind) (crypto.Signer, error) {
	switch kind {
	case RSA2048, "":
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	case ECDSAP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return nil, fmt.Errorf("there is no key %q; use one of %v", kind, KeyKinds())
}

// wishes are the extensions asked for besides the names (RFC 5280 §4.2.1.3 and
// §4.2.1.12).
func wishes(kind KeyKind, serverOnly bool) ([]pkix.Extension, error) {
	bits := asn1.BitString{Bytes: []byte{0xa0}, BitLength: 3} // digitalSignature, keyEncipherment
	if kind == ECDSAP256 {
		bits = asn1.BitString{Bytes: []byte{0x80}, BitLength: 1}
	}
	usage, err := asn1.Marshal(bits)
	if err != nil {
		return nil, err
	}
	purposes := []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 1}} // serverAuth
	if !serverOnly {
		purposes = append(purposes, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}) // clientAuth
	}
	extended, err := asn1.Marshal(purposes)
	if err != nil {
		return nil, err
	}
	return []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: usage},
		{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Value: extended},
	}, nil
}

// WriteRequests puts each request into DIR/FILE.csr (for everybody to read) and
// its key into DIR/FILE-key.pem (for the owner alone). It never replaces a
// file: whatever is there already is named, all at once, and then nothing is
// written; and when writing fails half-way, what was written is taken back.
func WriteRequests(dir string, requests ...*SigningRequest) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("certs: writing signing requests: %w", err)
	}
	var there []error
	for _, r := range requests {
		for _, file := range r.files(dir) {
			if _, err := os.Lstat(file); err == nil {
				there = append(there, fmt.Errorf("%s is there already and a key must not be lost: move it away, or use another directory", file))
			}
		}
	}
	if len(there) > 0 {
		return fmt.Errorf("certs: writing signing requests: %w", errors.Join(there...))
	}
	var written []string
	defer func() {
		if err != nil {
			for _, file := range written {
				err = errors.Join(err, os.Remove(file))
			}
		}
	}()
	for _, r := range requests {
		for i, file := range r.files(dir) {
			mode, data := os.FileMode(0o600), r.key
			if i == 1 {
				mode, data = 0o644, r.csr
			}
			created, err := create(file, mode, data)
			if created {
				written = append(written, file)
			}
			if err != nil {
				return fmt.Errorf("certs: writing signing requests: %w", err)
			}
		}
	}
	return nil
}

// files names the key's file and the request's.
func (r *SigningRequest) files(dir string) [2]string {
	return [2]string{filepath.Join(dir, r.File+"-key.pem"), filepath.Join(dir, r.File+".csr")}
}

// create writes a file that was not there, not even as a link.
func create(file string, mode os.FileMode, data []byte) (created bool, err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return false, err
	}
	_, err = f.Write(data)
	return true, errors.Join(err, f.Close())
}
