package edge

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"unicode"
)

// TestLogIsSafe: what a peer writes comes into the log as text of one line,
// whatever a terminal would make of it (case catalogue §4.3 row 24: sipgo logs
// what it reads as it reads it).
func TestLogIsSafe(t *testing.T) {
	var log bytes.Buffer
	inWorld(t, func(w *world) {
		w.config = func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) }
		w.serve()
		p := w.dial(w.contoso)
		for i, user := range []string{"\u009b31mred", "a\u2028time=x", "%0d%0atime=x", "\u202eevil", "\xff\xfe", "$(reboot)"} {
			uri := "sip:" + user + "@vc.example.com"
			p.send(request("INVITE", uri, "log"+string(rune('a'+i)), 1, "<sip:"+user+"@contoso.example>;tag=1", "<"+uri+">").Length().Body("application/sdp", []byte(offer)))
			if status := p.next().Status(); status < 400 {
				t.Errorf("%q is answered %d", uri, status)
			}
		}
	})
	if !strings.Contains(log.String(), "call refused") {
		t.Fatalf("nothing is logged: %s", log.String())
	}
	for line := range strings.Lines(log.String()) {
		if !strings.HasPrefix(line, "time=") || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("the log holds %q", line)
		}
	}
}
