package certs

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

const (
	blockCertificate = "CERTIFICATE"
	blockKey         = "PRIVATE KEY"
)

var errNoCertificate = errors.New("no certificate in it; it should have PEM blocks that begin -----BEGIN CERTIFICATE-----")

// ErrMismatch is wrapped when a certificate and a key do not belong together.
var ErrMismatch = errors.New("certificate and key do not belong together")

// Write puts a certificate with its chain into DIR/NAME.pem (for everybody to
// read) and its key into DIR/NAME-key.pem (for the owner alone).
func Write(dir, name string, c tls.Certificate) error {
	var chain []byte
	for _, der := range c.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: der})...)
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return fmt.Errorf("certs: writing the key of %s: %w", name, err)
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: key})
	if err := os.WriteFile(filepath.Join(dir, name+".pem"), chain, 0o644); err != nil {
		return fmt.Errorf("certs: writing the certificate of %s: %w", name, err)
	}
	if err := writeSecret(filepath.Join(dir, name+"-key.pem"), secret); err != nil {
		return fmt.Errorf("certs: writing the key of %s: %w", name, err)
	}
	return nil
}

// writeSecret keeps a key private even if a file with laxer rights was there.
func writeSecret(file string, data []byte) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// Read loads a certificate with its chain, and its key. Errors say which file
// is at fault and what to do about it; they wrap ErrMismatch when the two do
// not belong together.
func Read(certFile, keyFile string) (tls.Certificate, error) {
	none := tls.Certificate{}
	chain, err := readChain(certFile)
	if err != nil {
		return none, fmt.Errorf("certs: reading the certificate: %w", err)
	}
	key, err := readKey(keyFile)
	if err != nil {
		return none, fmt.Errorf("certs: reading the key: %w", err)
	}
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(chain[0].PublicKey) {
		return none, fmt.Errorf("certs: %s and %s: %w: the first certificate in the file must be the one made for this key; it is for %q",
			certFile, keyFile, ErrMismatch, chain[0].Subject.CommonName)
	}
	c := tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, one := range chain {
		c.Certificate = append(c.Certificate, one.Raw)
	}
	return c, nil
}

func readChain(file string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	for block := range blocks(data) {
		if block.Type != blockCertificate {
			continue
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", file, len(chain)+1, err)
		}
		chain = append(chain, one)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s: %w", file, errNoCertificate)
	}
	return chain, nil
}

// readKey takes the first key of a file, in any of the forms that openssl
// writes.
func readKey(file string) (crypto.Signer, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for block := range blocks(data) {
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
			return nil, fmt.Errorf("%s: the key is encrypted and nobody is here to ask for its password; decrypt it with openssl pkey", file)
		case strings.HasSuffix(block.Type, blockKey):
			key, err := parseKey(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			return key, nil
		}
	}
	return nil, fmt.Errorf("%s holds no key; it should have a PEM block that begins -----BEGIN PRIVATE KEY-----", file)
}

func parseKey(der []byte) (crypto.Signer, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("the key cannot be read: it is neither PKCS #8 nor PKCS #1 nor SEC 1")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T cannot sign", key)
	}
	return signer, nil
}

// blocks walks over the PEM blocks in data; text around them is skipped.
func blocks(data []byte) iter.Seq[*pem.Block] {
	return func(yield func(*pem.Block) bool) {
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			if !yield(block) {
				return
			}
		}
	}
}

// ReadRoots loads trust anchors from a PEM file with one or more certificates.
func ReadRoots(file string) (*x509.CertPool, error) {
	roots, err := readChain(file)
	if err != nil {
		return nil, fmt.Errorf("certs: reading the roots: %w", err)
	}
	pool := x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(root)
	}
	return pool, nil
}
