package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadme runs every command that the README shows, so that none of them
// rots. A fault that is shown must be found; what measures a busy machine may
// say that no figure can be drawn.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?m)^    go run ./cmd/simulator ([^#\n]*)`).FindAllStringSubmatch(string(text), -1)
	if len(shown) < 6 {
		t.Fatalf("the README shows %d commands", len(shown))
	}
	t.Chdir("../..")
	out := t.TempDir()
	for _, line := range shown {
		args := strings.Fields(line[1])
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			want := []int{holds}
			switch {
			case slices.Contains(args, "--fault"):
				want = []int{fallsShort}
			case args[0] == "load" || args[0] == "demo":
				want = append(want, inconclusive)
			}
			if i := slices.Index(args, "--out"); i >= 0 {
				args[i+1] = out
			}
			code, stdout, stderr := typed(t, args...)
			if !slices.Contains(want, code) {
				t.Errorf("exit %d, want %v\n%s%s", code, want, stdout, stderr)
			}
		})
	}
}
