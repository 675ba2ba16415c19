package tls

import (
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"strings"

	"fedge/conformance"
)

// renegotiation writes a ClientHello into a running TLS 1.2 connection. No
// library of ours does that, so the record is sealed here with the connection's
// own keys.
func renegotiation(ctx context.Context, s *conformance.Stand) error {
	c, err := s.Connect(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	heard, keys := &hearing{Conn: c}, &bytes.Buffer{}
	if _, err := s.Shake(ctx, heard, s.Target.Partner, func(t *tls.Config) {
		t.MinVersion, t.MaxVersion, t.KeyLogWriter = tls.VersionTLS12, tls.VersionTLS12, keys
		t.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	}); err != nil {
		return conformance.Preamble(err)
	}
	record, err := sealed(heard.read.Bytes(), keys, clientHello{name: s.Target.Pool, suites: []uint16{0xC02B, 0xC02F}}.message())
	if err != nil {
		return conformance.Preamble(err)
	}
	if _, err := c.Write(record); err != nil {
		return conformance.Preamble(err)
	}
	said, err := readSome(c, s.Target.Patience()/4)
	if err != nil {
		return err
	}
	switch {
	case has(said, handshakeRecord):
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "an alert, the end, or nothing", Actual: "a handshake record"}
	case has(said, alertRecord):
		s.Note("refused by an alert")
	default:
		s.Note("closed or ignored")
	}
	return nil
}

// sealed encrypts a handshake message as the client's first record after its
// Finished (RFC 5246 §6.3, RFC 5288 §3).
func sealed(heard []byte, log *bytes.Buffer, message []byte) ([]byte, error) {
	client, master, err := secrets(log)
	if err != nil {
		return nil, err
	}
	// The ServerHello is first: record header, message header, version, random.
	const at, size = 5 + 4 + 2, 32
	if len(heard) < at+size {
		return nil, fmt.Errorf("no ServerHello")
	}
	const keySize, ivSize = 16, 4
	block := prf(master, "key expansion", append(bytes.Clone(heard[at:at+size]), client...), 2*keySize+2*ivSize)
	aesBlock, err := aes.NewCipher(block[:keySize])
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(aesBlock)
	if err != nil {
		return nil, err
	}
	number := binary.BigEndian.AppendUint64(nil, 1) // the Finished was 0
	nonce := append(bytes.Clone(block[2*keySize:2*keySize+ivSize]), number...)
	additional := append(bytes.Clone(number), handshakeRecord, 3, 3, byte(len(message)>>8), byte(len(message)))
	return inRecord(handshakeRecord, gcm.Seal(number, nonce, message, additional)), nil
}

// secrets reads the client's random and the master secret from a key log.
func secrets(log *bytes.Buffer) (client, master []byte, err error) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 3 || words[0] != "CLIENT_RANDOM" {
			continue
		}
		if client, err = hex.DecodeString(words[1]); err != nil {
			return nil, nil, err
		}
		master, err = hex.DecodeString(words[2])
		return client, master, err
	}
	return nil, nil, fmt.Errorf("no secrets in the key log")
}

// prf is TLS 1.2's with SHA-256 (RFC 5246 §5).
func prf(secret []byte, label string, seed []byte, n int) []byte {
	seed = append([]byte(label), seed...)
	hash := func(data ...[]byte) []byte {
		h := hmac.New(sha256.New, secret)
		for _, d := range data {
			h.Write(d)
		}
		return h.Sum(nil)
	}
	var out []byte
	for a := hash(seed); len(out) < n; a = hash(a) {
		out = append(out, hash(a, seed)...)
	}
	return out[:n]
}

// hearing keeps what was read.
type hearing struct {
	net.Conn
	read bytes.Buffer
}

func (h *hearing) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	h.read.Write(p[:n])
	return n, err
}
