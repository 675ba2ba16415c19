package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestReproduce: what a result says to type for the same again is what was typed,
// also after a shell has read it.
func TestReproduce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"check", "deployment.yaml", "--as", "partner.yaml", "--trigger", "command ./dial.sh", "--json", "x.json", "--seed", "7"},
			"simulator check deployment.yaml --as partner.yaml --trigger 'command ./dial.sh'"},
		{[]string{"check", "my plan.yaml", "--trigger", "http http://127.0.0.1:80/?a=1&b=$(id)", "--strict"},
			"simulator check 'my plan.yaml' --strict --trigger 'http http://127.0.0.1:80/?a=1&b=$(id)'"},
		{[]string{"check", "vc.example.com", "--room", "o'hara@vc.example.com", "--only", "DNS-01,DNS-02", "--save", "x.yaml", "--quiet"},
			`simulator check vc.example.com --only DNS-01 --only DNS-02 --room 'o'\''hara@vc.example.com'`},
		{[]string{"check", "--lab", "--strict=false"}, "simulator check --lab --strict=false"},
		{[]string{"conform", "TLS-*", "@smoke", "--lab", "--repeat", "3"}, "simulator conform 'TLS-*' @smoke --lab --repeat 3"},
		{[]string{"load", "--builtin", "L1", "--lab", "--fail-if", "failures>0"}, "simulator load --builtin L1 --fail-if 'failures>0' --lab"},
		{[]string{"demo", "--open", "--out", "out put"}, "simulator demo --out 'out put'"},
	} {
		cmd, rest, err := newRoot().Find(test.args)
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Fatal(err)
		}
		got := reproduce(cmd)
		if got != test.want {
			t.Errorf("%q: %s, want %s", test.args, got, test.want)
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "simulator() { printf '%s\\n' \"$@\"; }; "+got).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", got, err, out)
		}
		for word := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
			if !slices.Contains(test.args, word) && !strings.Contains(strings.Join(test.args, ","), word) {
				t.Errorf("%s: a shell reads %q", got, word)
			}
		}
	}
}

// TestAgain: the command beside a case repeats it on what it was tried on.
func TestAgain(t *testing.T) {
	t.Parallel()
	var f conformFlags
	cmd, rest, err := newRoot().Find([]string{"conform", "TLS-*", "--target", "my node.yaml", "--as", "partner.yaml", "--trigger", "command ./dial.sh", "--repeat", "3", "--seed", "7"})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	if got, want := f.again(cmd), "simulator conform --as partner.yaml --target 'my node.yaml' --trigger 'command ./dial.sh' --seed 7"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
