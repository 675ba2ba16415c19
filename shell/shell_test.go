package shell

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		want  string
		words []string
	}{
		{"simulator check --lab --fault srv-wrong-port", []string{"simulator", "check", "--lab", "--fault", "srv-wrong-port"}},
		{"--trigger 'command ./dial.sh'", []string{"--trigger", "command ./dial.sh"}},
		{"--trigger 'http http://127.0.0.1:9/x?a=1&b=2'", []string{"--trigger", "http http://127.0.0.1:9/x?a=1&b=2"}},
		{`--as 'anna'\''s file.yaml'`, []string{"--as", "anna's file.yaml"}},
		{"conform 'TLS-*' @smoke", []string{"conform", "TLS-*", "@smoke"}},
		{"--fail-if 'session_request_delay_seconds.p99>0.2'", []string{"--fail-if", "session_request_delay_seconds.p99>0.2"}},
		{"--room meet.alice@vc.example.com --resolver 127.0.0.1:53", []string{"--room", "meet.alice@vc.example.com", "--resolver", "127.0.0.1:53"}},
		{"--resolver '[2001:db8::1]:53'", []string{"--resolver", "[2001:db8::1]:53"}},
		{"--json '' '~/x' Müller.yaml", []string{"--json", "", "~/x", "Müller.yaml"}},
		{"'a  b' 'c\td' '$HOME' '`id`' '#' '{a,b}' '\\' '!'", []string{"a  b", "c\td", "$HOME", "`id`", "#", "{a,b}", `\`, "!"}},
		{"'two\nlines' '\u00a0'", []string{"two\nlines", "\u00a0"}},
	} {
		got := Line(test.words...)
		if got != test.want {
			t.Errorf("%q: %s, want %s", test.words, got, test.want)
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-c", `printf '%s\0' `+got).Output()
		if err != nil {
			t.Fatal(err)
		}
		if read := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"); !slices.Equal(read, test.words) {
			t.Errorf("%s: a shell reads %q, want %q", got, read, test.words)
		}
	}
}
