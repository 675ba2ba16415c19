package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestLogIsInert logs what a peer may write, as values and errors: one line comes
// of it, in which nothing steers a terminal.
func TestLogIsInert(t *testing.T) {
	const hostile = "eve\x1b[31m \u009b2J\u0090q \u202etxt\x7f \"},{\"\r\nlevel=ERROR forged <script>"
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := options{logFormat: format}.logger(&out)
		log.Info("call refused", "peer", hostile, "error", errors.New(hostile), "names", []string{hostile})
		text := out.String()
		if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
			t.Errorf("%s: %d lines: %q", format, strings.Count(text, "\n"), text)
		}
		if at := strings.IndexAny(text, "\x1b\u009b\u0090\u202e\x7f\r"); at >= 0 {
			t.Errorf("%s: %q at %d of %q", format, text[at], at, text)
		}
		if format == "text" {
			continue
		}
		var line struct {
			Time                    time.Time
			Level, Msg, Peer, Error string
			Names                   []string
		}
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Level != "INFO" || line.Msg != "call refused" ||
			line.Time.IsZero() || !strings.HasPrefix(line.Peer, "eve\x1b[31m ") || line.Peer != line.Error || len(line.Names) != 1 {
			t.Errorf("%v: %+v", err, line)
		}
	}
}

// TestErrorsAreInert: what ends the command is printed as it is, but for what
// steers a terminal.
func TestErrorsAreInert(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"run", "--plan", "\x1b[2Jnone.yaml", "--node", "px01.vc.example.com"}, &out, &errs)
	if code != badUsage || strings.ContainsRune(errs.String(), '\x1b') || !strings.Contains(errs.String(), `\x1b[2Jnone.yaml`) {
		t.Errorf("exit %d: %q", code, errs.String())
	}
}
