package tls

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"fedge/conformance"
)

// strangers are the cases about who does not do as TLS wants.
func strangers() []conformance.Case {
	return []conformance.Case{{
		ID:          "TLS-029",
		Title:       "Renegotiation refused",
		Requirement: "A ClientHello within a TLS 1.2 connection begins no new handshake: it is refused by an alert, the connection closed, or ignored.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5746 §4.4", "RFC 9325 §3.5"},
		Mutants:     conformance.Kills("tls.reneg", conformance.Accepted),
		Run:         renegotiation,
	}, {
		ID:          "TLS-032",
		Title:       "No 0-RTT",
		Requirement: "Data that comes before the handshake is over is not answered.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 8446 §8", "RFC 8446 §4.2.10", "RFC 9325 §3.6"},
		Mutants:     conformance.Kills("tls.0rtt", conformance.Accepted),
		Run:         earlyData,
	}, {
		ID:          "TLS-033",
		Title:       "Handshake timeout",
		Requirement: "Who connects and does not finish the handshake is dropped in bounded time, whether silent or sending a byte now and then.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.1.5", "RFC 4732 §2"},
		Needs:       conformance.Needs{Variant: true},
		Mutants:     conformance.Kills("tls.no-hs-timeout", conformance.Accepted),
		Run:         dawdling,
	}, {
		ID:          "TLS-034",
		Title:       "Plain SIP on the TLS port",
		Requirement: "SIP in the clear on the TLS port is not answered, and the connection is closed.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.2.1", "RFC 8446 §5.1"},
		Mutants:     conformance.Kills("tls.accept-plain", conformance.Accepted),
		Run:         inTheClear("SIP", func(s *conformance.Stand) []byte { return s.Options(s.Target.Partner) }),
	}, {
		ID:          "TLS-035",
		Title:       "HTTP on the TLS port",
		Requirement: "HTTP on the TLS port is closed, and harms nobody.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 8446 §5.1", "RFC 3261 §26.1.5"},
		Mutants:     conformance.Kills("tls.http-crash", conformance.Availability),
		Run: inTheClear("HTTP", func(s *conformance.Stand) []byte {
			return []byte("GET / HTTP/1.1\r\nHost: " + s.Target.Node + "\r\n\r\n")
		}),
	}}
}

// inTheClear says something without TLS, and wants no word in the clear for it.
func inTheClear(what string, say func(*conformance.Stand) []byte) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		c, err := s.Connect(ctx)
		if err != nil {
			return conformance.Preamble(err)
		}
		if _, err := c.Write(say(s)); err != nil {
			return conformance.Preamble(err)
		}
		said, err := conformance.ReadAll(ctx, c, s.Target.Patience())
		if strings.Contains(string(said), "SIP/2.0") || strings.Contains(string(said), "HTTP/1") && what == "SIP" {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: "no answer to " + what + " in the clear", Actual: string(said)}
		}
		return err
	}
}

// short is a bound that a case can wait for.
const short = 300 * time.Millisecond

func dawdling(ctx context.Context, s *conformance.Stand) error {
	v, err := s.Variant(ctx, conformance.Variant{Bounds: conformance.Bounds{Handshake: short}})
	if err != nil {
		return conformance.Preamble(err)
	}
	hello := clientHello{name: v.Target.Pool, suites: []uint16{0xC02B, 0xC02F}}.record()
	for what, trickle := range map[string][]byte{"silent": nil, "half a ClientHello": hello[:len(hello)/2]} {
		c, err := v.Connect(ctx)
		if err != nil {
			return conformance.Preamble(err)
		}
		stop := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range trickle {
				select {
				case <-stop:
					return
				case <-time.After(short / 10):
				}
				if _, err := c.Write(trickle[i : i+1]); err != nil {
					return
				}
			}
		}()
		_, err = conformance.ReadAll(ctx, c, short+v.Target.Patience())
		close(stop)
		<-done
		if m, ok := conformance.AsMismatch(err); ok {
			m.Expected = "the connection closed to who is " + what
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// earlyData sends data behind a ClientHello that announces it. Whoever does not
// know the session cannot read it, and says nothing by it.
func earlyData(ctx context.Context, s *conformance.Stand) error {
	c, err := s.Connect(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	flight := clientHello{name: s.Target.Pool, suites: []uint16{0x1301, 0x1302, 0x1303}, early: true}.record()
	flight = append(flight, inRecord(dataRecord, append(s.Options(s.Target.Partner), random(17)...))...)
	if _, err := c.Write(flight); err != nil {
		return conformance.Preamble(err)
	}
	said, err := readSome(c, s.Target.Patience())
	if err != nil {
		return err
	}
	if len(said) > 0 && said[0] == dataRecord {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "a ServerHello, an alert or the end", Actual: "data before any ServerHello"}
	}
	return nil
}

// readSome reads what comes first: nothing and the end of the connection are as
// good as anything.
func readSome(c net.Conn, limit time.Duration) ([]byte, error) {
	if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return nil, err
	}
	buf := make([]byte, 16<<10)
	n, err := c.Read(buf)
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() || errors.Is(err, io.EOF) {
		return nil, nil
	}
	return buf[:n], nil
}
