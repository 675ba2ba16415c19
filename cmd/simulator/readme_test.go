package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadme runs the commands that the README shows, so that none of them rots:
// here those that are over in a moment, by `make interop` the others. A fault
// that is shown must be found.
func TestReadme(t *testing.T) {
	for _, args := range shown(t) {
		if !slices.Contains(long, args[0]) {
			typeIt(t, args)
		}
	}
}

// long are the commands that take their time: they place calls and stay in them,
// or go through the whole suite, which the lab does in its own tests.
var long = []string{"demo", "load", "call", "conform"}

// shown are the simulator's commands in the README.
func shown(t *testing.T) (commands [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range regexp.MustCompile(`(?m)^    go run ./cmd/simulator ([^#\n]*)`).FindAllStringSubmatch(string(text), -1) {
		commands = append(commands, strings.Fields(line[1]))
	}
	if len(commands) < 6 {
		t.Fatalf("the README shows %d commands", len(commands))
	}
	return commands
}

// typeIt runs a command of the README's where its reader would.
func typeIt(t *testing.T, args []string) {
	t.Run(strings.Join(args, " "), func(t *testing.T) {
		t.Chdir("../..")
		want := holds
		if slices.Contains(args, "--fault") {
			want = fallsShort
		}
		if i := slices.Index(args, "--out"); i >= 0 {
			args[i+1] = t.TempDir()
		}
		code, stdout, stderr := typed(t, args...)
		for tried := 1; code == inconclusive && args[0] == "load" && tried < 3; tried++ {
			t.Logf("the machine was busy, and the trial invalid:\n%s", stdout)
			code, stdout, stderr = typed(t, args...)
		}
		if code != want {
			t.Errorf("exit %d, want %d\n%s%s", code, want, stdout, stderr)
		}
	})
}
