package check

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"fedge/result"
)

// open answers hellos that offer the node's suite, up to the end of what a server
// says first, and refuses all others.
func (n *node) open(ctx context.Context, ln net.Listener) {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Write(n.opening(conn))
		conn.Close()
	}
}

func (n *node) opening(conn io.Reader) []byte {
	refusal := []byte{typeAlert, 3, 3, 0, 2, 2, 40}
	header := make([]byte, 5)
	if _, err := io.ReadFull(conn, header); err != nil {
		return nil
	}
	body := make([]byte, binary.BigEndian.Uint16(header[3:]))
	if _, err := io.ReadFull(conn, body); err != nil || len(body) < 43 {
		return nil
	}
	highest, suites := binary.BigEndian.Uint16(body[4:]), body[39+int(body[38]):]
	suites = suites[2:][:binary.BigEndian.Uint16(suites)]
	var offered []uint16
	for ; len(suites) > 1; suites = suites[2:] {
		offered = append(offered, binary.BigEndian.Uint16(suites))
	}
	if highest < n.soleVersion || !slices.Contains(offered, n.sole) {
		return refusal
	}
	return serverFlight(n.soleVersion, n.sole, n.certificate.Certificate...)
}

// serverFlight is what a server says first, in records of 100 bytes.
func serverFlight(version, suite uint16, chain ...[]byte) (records []byte) {
	sized24 := func(content []byte) []byte {
		return append([]byte{byte(len(content) >> 16), byte(len(content) >> 8), byte(len(content))}, content...)
	}
	hello := append(binary.BigEndian.AppendUint16(nil, version), make([]byte, 33)...)
	hello = append(binary.BigEndian.AppendUint16(hello, suite), 0)
	var list []byte
	for _, c := range chain {
		list = append(list, sized24(c)...)
	}
	said := slices.Concat([]byte{serverHello}, sized24(hello), []byte{serverCertificate}, sized24(sized24(list)),
		[]byte{certificateRequest}, sized24([]byte{1, 1, 0, 0, 0, 0}), []byte{serverHelloDone, 0, 0, 0})
	for piece := range slices.Chunk(said, 100) {
		records = append(records, sized16([]byte{typeHandshake, 3, 3}, piece)...)
	}
	return records
}

// TestFlight: what a server says first is read as far as it goes, and nothing
// that is no such thing is taken for it.
func TestFlight(t *testing.T) {
	good := serverFlight(tls.VersionTLS12, ecdheRSACBC384, make([]byte, 300), []byte{1})
	alert := []byte{typeAlert, 3, 3, 0, 2, 2, 40}
	for name, test := range map[string]struct {
		said []byte
		want error // nil: the server chose
		done bool
	}{
		"all of it":             {good, nil, true},
		"a warning before it":   {slices.Concat([]byte{typeAlert, 3, 3, 0, 2, 1, 112}, good), nil, true},
		"cut off":               {good[:200], nil, false},
		"an alert after a word": {slices.Concat(good[:105], alert), nil, false},
		"an alert":              {alert, tls.AlertError(40), false},
		"nothing":               {nil, io.EOF, false},
		"another protocol":      {[]byte("SIP/2.0 400 Bad Request\r\n\r\n"), tls.RecordHeaderError{}, false},
		"a certificate first":   {[]byte{typeHandshake, 3, 3, 0, 4, serverCertificate, 0, 0, 0}, errFlight, false},
		"too short":             {[]byte{typeHandshake, 3, 3, 0, 6, serverHello, 0, 0, 2, 3, 3}, errFlight, false},
		"no end to a message":   {bytes.Repeat([]byte{typeHandshake, 3, 3, 0, 5, serverHello, 5, 0, 0, 0}, 1<<16), errFlight, false},
	} {
		t.Run(name, func(t *testing.T) {
			var f flight
			err := f.read(bytes.NewReader(test.said))
			if _, other := test.want.(tls.RecordHeaderError); other != errors.As(err, new(tls.RecordHeaderError)) || !other && !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			if test.want == nil && (f.version != tls.VersionTLS12 || f.suite != ecdheRSACBC384 || f.done != test.done || f.done && (len(f.chain) != 2 || !f.asked)) {
				t.Errorf("%+v", f)
			}
		})
	}
}

// FuzzFlight: whatever a server says, reading it ends and nothing breaks.
func FuzzFlight(f *testing.F) {
	f.Add(serverFlight(tls.VersionTLS12, ecdheRSACBC384, []byte{1, 2, 3}))
	f.Fuzz(func(_ *testing.T, said []byte) {
		var first flight
		first.read(bytes.NewReader(said))
	})
}

// TestSuiteThatGoLacks: what crypto/tls cannot speak is neither accused nor passed,
// and what shows in clear is judged all the same.
func TestSuiteThatGoLacks(t *testing.T) {
	for name, test := range map[string]struct {
		suite, version uint16
		outcome        result.Outcome
		says           string
	}{
		"ECDHE with AES-CBC and SHA-384": {ecdheRSACBC384, tls.VersionTLS12, result.NotChecked, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, which this check has not"},
		"TLS 1.0 with DHE alone":         {0x0033, tls.VersionTLS10, result.RuleFail, "TLS 1.0 was accepted, with TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.nodes[px02].sole, s.nodes[px02].soleVersion = test.suite, test.version
				var c result.Check
				s.play(func(ctx context.Context) { c = Run(ctx, s.cfg) })
				want := []string{}
				if test.outcome == result.RuleFail {
					want = append(want, "CRT-13 "+px02)
				}
				if got := failed(c.Findings); !slices.Equal(got, want) {
					t.Errorf("failed: %q, want %q", got, want)
				}
				judged := 0
				for _, f := range c.Findings {
					if f.ID == "CRT-13" && f.Subject == px02 && (f.Outcome != test.outcome || !strings.Contains(strings.Join(f.Evidence, "\n"), test.says)) {
						t.Errorf("%s %s: %q", f.ID, f.Outcome, f.Evidence)
					}
					if f.Subject == px02 && f.Outcome == result.RulePass && slices.Contains([]string{"CRT-13", "LOC-07", "CRT-14"}, f.ID) {
						t.Errorf("%s passes: %q", f.ID, f.Evidence)
					}
					if f.ID == "CRT-03" && f.Subject == all && f.Outcome == result.RulePass {
						judged++
					}
				}
				if judged != 1 {
					t.Errorf("the certificate of %s was not judged", px02)
				}
			})
		})
	}
}
