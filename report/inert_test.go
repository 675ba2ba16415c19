package report

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"fedge/result"
)

// writers are all the ways out.
func writers(r *Report) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"text":        func(w io.Writer) error { return r.Text(w, Style{}) },
		"text, wide":  func(w io.Writer) error { return r.Text(w, Style{Width: 300}) },
		"text, small": func(w io.Writer) error { return r.Text(w, Style{Width: 10}) },
		"JSON":        r.JSON, "JUnit": r.JUnit, "HTML": r.HTML,
	}
}

// acting finds what a terminal would obey or what turns text around.
var acting = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x{7f}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]`)

func TestNothingAPeerSentActsOnTheReader(t *testing.T) {
	for kind, r := range everyKind() {
		for format, write := range writers(r) {
			t.Run(kind+"/"+format, func(t *testing.T) {
				var out bytes.Buffer
				if err := write(&out); err != nil {
					t.Fatal(err)
				}
				if at := acting.FindIndex(out.Bytes()); at != nil {
					t.Errorf("a control character gets out: %q", out.Bytes()[max(0, at[0]-40):at[1]])
				}
				if format != "JSON" && bytes.Contains(out.Bytes(), []byte("<script")) && !strings.HasPrefix(format, "text") {
					t.Error("markup gets out")
				}
				if bytes.Contains(out.Bytes(), []byte(key)) || bytes.Contains(out.Bytes(), []byte(key[:10])) {
					t.Error("an SRTP key gets out")
				}
				if strings.HasPrefix(format, "text") {
					for line := range strings.SplitSeq(out.String(), "\n") {
						if strings.HasPrefix(strings.TrimSpace(line), "PASS forged") && !strings.HasPrefix(line, "      ") {
							t.Errorf("a peer wrote a line of ours: %q", line)
						}
					}
				}
			})
		}
	}
}

func TestLadderAloneIsInertToo(t *testing.T) {
	var out bytes.Buffer
	if err := Ladder(&out, []result.Line{{From: "a\x1b[2J", To: "b\n", Label: hostile}}, Style{}); err != nil {
		t.Fatal(err)
	}
	if acting.Match(out.Bytes()) || strings.Count(out.String(), "\n") != 2 {
		t.Errorf("%q", out.String())
	}
}

func TestEscapes(t *testing.T) {
	tests := map[string]string{
		"plain":            "plain",
		"a\r\nb\n\tc":      "a\nb\n\tc",
		"a\rb\bc\fd":       `a\rb\bc\fd`,
		"\x1b[31m":         `\x1b[31m`,
		"\x00\x7f":         `\x00\x7f`,
		"\u0085\u009b":     `\x85\x9b`,
		"\u2028\u202e":     `\u2028\u202e`,
		"a\\u001b":         "a\\u001b", // a backslash that was there already
		"\\\x1b":           `\\x1b`,
		`"quoted" <b> & ü`: `"quoted" <b> & ü`,
		"日本語 é 🎥":          "日本語 é 🎥",
	}
	for in, want := range tests {
		raw, err := marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal(escapeControls(raw), &got); err != nil || got != want {
			t.Errorf("%q is shown as %q, %v; want %q", in, got, err, want)
		}
		var same string
		safe := escapeInJSON(raw)
		if err := json.Unmarshal(safe, &same); err != nil || same != in || acting.Match(bytes.TrimSpace(safe)) {
			t.Errorf("%q becomes %q in JSON, %v", in, same, err)
		}
	}
}

// The JSON says what the result says, but for the keys.
func TestJSONReadsBack(t *testing.T) {
	want := fixtureDemo()
	want.Check.Facts = nil // of no type
	var text bytes.Buffer
	if err := Demo(want).JSON(&text); err != nil {
		t.Fatal(err)
	}
	var got result.Demo
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, lines := range [][]result.Line{want.Calls[0].Ladder, want.Conform.Cases[1].Transcript} {
		lines[0].Text = strings.Replace(lines[0].Text, key, "(masked)", 1)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	var again bytes.Buffer
	if Demo(want).JSON(&again); !bytes.Equal(again.Bytes(), text.Bytes()) {
		t.Error("the same result must give the same bytes")
	}
}

func FuzzEscapeControls(f *testing.F) {
	for _, s := range []string{hostile, "\\u001b", "\xff\xfe", "a\r\r\n", `\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw, err := marshal(map[string]string{s: s})
		if err != nil {
			t.Fatal(err)
		}
		var shown, same map[string]string
		if err := json.Unmarshal(escapeControls(raw), &shown); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		for k, v := range shown {
			if acting.MatchString(k) || acting.MatchString(v) {
				t.Errorf("%q is shown as %q", s, v)
			}
		}
		if err := json.Unmarshal(escapeInJSON(raw), &same); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
	})
}
