//go:build mutants

package lab_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/lab"
	"fedge/result"
	"fedge/sip/raw"
)

// TestProveVariations (P5): what a standard leaves open about how the node
// speaks must change no verdict.
func TestProveVariations(t *testing.T) {
	for name, vary := range map[string]conformance.Variation{
		"compact header names": renamed(map[string]string{
			"Via": "v", "From": "f", "To": "t", "Call-ID": "i", "Contact": "m", "Content-Length": "l", "Content-Type": "c", "Supported": "k",
		}),
		"long header names in capitals": func(m *raw.Message) []byte {
			return heads(m, func(name, value string) string { return strings.ToUpper(name) + ": " + value })
		},
		"space around the colon": func(m *raw.Message) []byte {
			return heads(m, func(name, value string) string { return name + " \t:  " + value })
		},
		"folded values": func(m *raw.Message) []byte {
			return heads(m, func(name, value string) string { return name + ":\r\n " + value })
		},
		"white space in media types": func(m *raw.Message) []byte { // RFC 3261 §25.1: SLASH
			return heads(m, func(name, value string) string {
				if name == "Content-Type" || name == "Accept" {
					value = strings.ReplaceAll(value, "/", " /\t")
				}
				return name + ": " + value
			})
		},
		"headers the other way round":      reversed,
		"an unknown header":                func(m *raw.Message) []byte { return withHeader(m, "X-Unheard-Of: it; is=legal") },
		"another reason phrase":            reason,
		"100 before every INVITE's answer": trying,
		"option tags in capitals":          values(capitals),
		"parameters the other way round":   values(turned),
		"white space where it may be":      values(spaced),
		"none where it need not be":        values(tight),
		"a line for each of a list":        unlisted,
		"numbers, names and comments":      values(adorned),
		"no reason phrase":                 speechless,
		"more in descriptions":             described,
	} {
		if testing.Short() && !slices.Contains([]string{"folded values", "compact header names", "white space where it may be"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := start(t, lab.Config{Short: true})
			target, err := w.Target(w.Plan.Signaling()[0])
			if err != nil {
				t.Fatal(err)
			}
			got := conformance.Run(t.Context(), conformance.Config{
				Target: target, Cases: cases.All(), Seed: 1, Command: "simulator conform --lab", Vary: vary, Destructive: true,
			})
			if got.Preflight != "good" {
				t.Fatal(got.Preflight)
			}
			for _, c := range got.Cases {
				if !passing(c) {
					t.Errorf("%s: %s (%s): expected %s, got %s", c.ID, c.Outcome, c.Class, c.Expected, c.Actual)
				}
			}
		})
	}
}

// passing tells whether a case's outcome is no news on an edge without defects.
func passing(c result.Case) bool {
	return c.Outcome == result.CasePass || c.Outcome == result.CaseWithdrawn
}

// heads rewrites every header line of a message.
func heads(m *raw.Message, line func(name, value string) string) []byte {
	var b bytes.Buffer
	b.WriteString(m.StartLine + "\r\n")
	for _, h := range m.Headers {
		b.WriteString(line(h.Name, h.Value) + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(m.Body)
	return b.Bytes()
}

func renamed(names map[string]string) conformance.Variation {
	return func(m *raw.Message) []byte {
		return heads(m, func(name, value string) string {
			if short := names[name]; short != "" {
				name = short
			}
			return name + ": " + value
		})
	}
}

// reversed turns the order of headers round, but for the order within each
// name, which means something (RFC 3261 §7.3.1).
func reversed(m *raw.Message) []byte {
	var names []string
	lines := map[string][]string{}
	for _, h := range m.Headers {
		if lines[h.Name] == nil {
			names = append(names, h.Name)
		}
		lines[h.Name] = append(lines[h.Name], h.Name+": "+h.Value)
	}
	slices.Reverse(names)
	var out strings.Builder
	out.WriteString(m.StartLine + "\r\n")
	for _, name := range names {
		out.WriteString(strings.Join(lines[name], "\r\n") + "\r\n")
	}
	return append([]byte(out.String()+"\r\n"), m.Body...)
}

func withHeader(m *raw.Message, line string) []byte {
	end := bytes.Index(m.Bytes, []byte("\r\n")) + 2
	return slices.Concat(m.Bytes[:end], []byte(line+"\r\n"), m.Bytes[end:])
}

// reason is nobody's to read but a human's (RFC 3261 §7.2).
func reason(m *raw.Message) []byte {
	if m.Status() == 0 {
		return m.Bytes
	}
	end := bytes.Index(m.Bytes, []byte("\r\n"))
	return slices.Concat(fmt.Appendf(nil, "SIP/2.0 %d So be it", m.Status()), m.Bytes[end:])
}

// trying puts a 100 before what answers an INVITE; it may come at any time
// (RFC 3261 §17.2.1).
func trying(m *raw.Message) []byte {
	if _, method := m.CSeq(); method != "INVITE" || m.Status() < 180 {
		return m.Bytes
	}
	return append(raw.Respond(m, 100, "Trying", "").Length().Bytes(), m.Bytes...)
}
