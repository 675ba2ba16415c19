package tls

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"fedge/conformance"
	"fedge/sip/link"
)

// versions are the cases about versions, suites and extensions.
func versions() []conformance.Case {
	return []conformance.Case{{
		ID:          "TLS-006",
		Title:       "TLS 1.2 accepted",
		Requirement: "A partner that speaks TLS 1.2 at most, as every Lync and Skype for Business Edge does, is served.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5246", "RFC 9325 §3.1.1"},
		Mutants:     conformance.Kills("tls.only13", conformance.Handshake),
		Run:         version(tls.VersionTLS12),
	}, {
		ID:          "TLS-007",
		Title:       "TLS 1.3 accepted",
		Requirement: "A partner that speaks TLS 1.3 alone is served.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 8446", "RFC 9325 §3.1.1"},
		Mutants:     conformance.Kills("tls.only12", conformance.Handshake),
		Run:         version(tls.VersionTLS13),
	}, {
		ID:          "TLS-008",
		Title:       "TLS 1.0 and 1.1 refused",
		Requirement: "A client that speaks nothing newer than TLS 1.1 is refused in the handshake.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 8996 §2", "RFC 8996 §5"},
		Mutants:     conformance.Kills("tls.allow10", conformance.Accepted),
		Run:         outdated,
	}, {
		ID:          "TLS-009",
		Title:       "Weak suites refused",
		Requirement: "A client that offers no suite but with RC4, DES, 3DES, export keys, no encryption or no authentication is refused in the handshake; that 3DES is, is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 7465 §2", "RFC 9325 §4.1"},
		Mutants:     conformance.Kills("tls.weak", conformance.Accepted),
		Run:         weak,
	}, {
		ID:          "TLS-030",
		Title:       "An unknown ALPN",
		Requirement: "A client that offers a protocol by ALPN that the node does not know is served all the same: SIP has no protocol of its own there that clients must offer.",
		Severity:    conformance.May,
		Refs:        []string{"RFC 7301 §3.2"},
		Mutants:     conformance.Kills("tls.alpn-fatal", conformance.Handshake),
		Run:         alpn,
	}}
}

func version(v uint16) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		p, err := s.Dial(ctx, s.Target.Partner, func(t *tls.Config) { t.MinVersion, t.MaxVersion = v, v })
		if err != nil {
			return refused("a handshake with "+tls.VersionName(v), err)
		}
		return answered(ctx, s, p)
	}
}

func outdated(ctx context.Context, s *conformance.Stand) error {
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		p, err := s.Dial(ctx, s.Target.Partner, func(t *tls.Config) { t.MinVersion, t.MaxVersion = v, v })
		if err == nil {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: tls.VersionName(v) + " refused", Actual: "a handshake with " + tls.VersionName(p.State().Version)}
		}
		if err := onlyRefused(err); err != nil {
			return err
		}
	}
	return nil
}

// weakSuites by what is wrong with them.
func weakSuites() map[string][]uint16 {
	return map[string][]uint16{
		"RC4":               {0x0004, 0x0005, 0xC007, 0xC011, 0xC002, 0xC00C},
		"DES":               {0x0009},
		"3DES":              {0x000A, 0xC008, 0xC012, 0x0016},
		"export keys":       {0x0003, 0x0006, 0x0008, 0x000B, 0x000E, 0x0011, 0x0014},
		"no encryption":     {0x0001, 0x0002, 0x003B, 0xC006, 0xC010},
		"no authentication": {0x0018, 0x001B, 0x0034, 0x003A, 0x006C, 0x00A6, 0xC018, 0xC019},
	}
}

func weak(ctx context.Context, s *conformance.Stand) error {
	for what, suites := range weakSuites() {
		c, err := s.Connect(ctx)
		if err != nil {
			return conformance.Preamble(err)
		}
		if _, err := c.Write(clientHello{name: s.Target.Pool, suites: suites}.record()); err != nil {
			return conformance.Preamble(err)
		}
		said, err := conformance.ReadAll(ctx, c, s.Target.Patience())
		if has(said, handshakeRecord) {
			taken := &conformance.Mismatch{Class: conformance.Accepted, Expected: "an alert to a client that offers " + what + " alone", Actual: "a ServerHello"}
			if what != "3DES" {
				return taken
			}
			if err := s.Lesser(conformance.Should, taken); err != nil { // RFC 9325 §4.1: less than 128 bits SHOULD NOT
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("offering %s alone: %w", what, err)
		}
	}
	return nil
}

func alpn(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, func(t *tls.Config) { t.NextProtos = []string{"h2"} })
	if dial, ok := errors.AsType[*link.DialError](err); ok && dial.Stage == link.Handshake {
		return &conformance.Mismatch{Class: conformance.Handshake, Expected: "a handshake", Actual: dial.Err.Error()}
	}
	if err != nil {
		return conformance.Preamble(err)
	}
	return answered(ctx, s, p)
}
