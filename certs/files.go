package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const (
	blockCertificate = "CERTIFICATE"
	blockKey         = "PRIVATE KEY"
)

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
// is at fault and what to do; ErrMismatch tells that the two do not belong
// together.
func Read(certFile, keyFile string) (tls.Certificate, error) {
	chain, err := os.ReadFile(certFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certs: reading the certificate: %w", err)
	}
	secret, err := os.ReadFile(keyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certs: reading the key: %w", err)
	}
	c, err := tls.X509KeyPair(chain, secret)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certs: %s, %s: %w", certFile, keyFile, err)
	}
	return c, nil
}

// ReadRoots loads trust anchors from a PEM file with one or more certificates.
func ReadRoots(file string) (*x509.CertPool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certs: reading the roots: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("certs: %s holds no certificate; it should have PEM blocks that begin -----BEGIN CERTIFICATE-----", file)
	}
	return pool, nil
}
