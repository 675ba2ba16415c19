package inert

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"the node refused the call with 404 Not Found": "the node refused the call with 404 Not Found",
		"two\nlines\tand a tab":                        "two\nlines\tand a tab",
		"Привет, 会议室 🎥 é":                              "Привет, 会议室 🎥 é",
		"\x1b[31mEvil\x1b[2J":                          `\x1b[31mEvil\x1b[2J`,
		"\rsimulator: pass":                            `\x0dsimulator: pass`,
		"C1 \u009b2J and DEL \x7f":                     `C1 \u009b2J and DEL \u007f`,
		"\u202etxt.exe\u2066\u200f\ufeff":              `\u202etxt.exe\u2066\u200f\ufeff`,
		"no UTF-8: \x9b2J":                             `no UTF-8: \x9b2J`,
		"a line \u2028 of some":                        `a line \u2028 of some`,
	} {
		if got := Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What is written in pieces comes out as what is written at once, wherever the
// pieces end.
func TestWriterTakesPieces(t *testing.T) {
	const text = "Привет \x1b[2J 🎥 \u009b2J \x9b ende\n"
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := Writer(&out)
		for rest := text; rest != ""; {
			n, err := w.Write([]byte(rest[:min(size, len(rest))]))
			if err != nil || n != min(size, len(rest)) {
				t.Fatalf("%d, %v", n, err)
			}
			rest = rest[n:]
		}
		if out.String() != Text(text) {
			t.Errorf("in pieces of %d: %q", size, out.String())
		}
	}
}

// A line of JSON says the same afterwards.
func TestWriterKeepsJSON(t *testing.T) {
	const hostile = "eve\x1b[31m \u009b2J \u202etxt\x7f \u2028 \"},{\"\r\n"
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(Writer(&out), nil)).Info("refused", "peer", hostile)
	var line struct{ Peer string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Peer != hostile {
		t.Errorf("%v: %q", err, out.String())
	}
}
