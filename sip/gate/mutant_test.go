//go:build mutants

package gate

import (
	"strings"
	"testing"

	"fedge/mutant"
)

// TestMutants shows that each named defect of this package is the one that its
// name says, and no other.
func TestMutants(t *testing.T) {
	noFrom := strings.Replace(options("a"), "From:", "X:", 1)
	spaced := strings.Replace(options("a"), ";tag=1", "; tag = 1", 1)
	for _, c := range []struct {
		name     string
		segments []string
		pongs    int
		want     string
	}{
		{"frame.one-read", []string{options("a")}, 0, "OPTIONS a"},
		{"frame.one-read", []string{options("a") + options("b")}, 0, "OPTIONS a | OPTIONS b"},
		{"frame.one-read", strings.Split(options("a"), ""), 1, ""}, // what is left of it looks like a ping
		{"frame.first-only", strings.Split(options("a"), ""), 0, "OPTIONS a"},
		{"frame.first-only", []string{options("a") + options("b"), options("c")}, 0, "OPTIONS a | OPTIONS c"},
		{"ka.no-pong", []string{"\r\n\r\n" + options("a")}, 0, "OPTIONS a"},
		{"syn.mandatory", []string{options("a")}, 0, "OPTIONS a"},
		{"syn.mandatory", []string{noFrom}, 0, "OPTIONS a"},
		{"syn.mandatory", []string{strings.Replace(options("a"), "Via:", "X:", 1)}, 0, "via"},
		{"syn.lws-param", []string{options("a")}, 0, "OPTIONS a"},
		{"syn.lws-param", []string{spaced}, 0, "OPTIONS a"},
	} {
		if err := mutant.Activate(c.name); err != nil {
			t.Fatal(err)
		}
		got, pongs := read(t, Limits{}, c.segments...)
		if strings.Join(got, " | ") != c.want || pongs != c.pongs {
			t.Errorf("%s: got %q and %d pongs, want %q and %d", c.name, got, pongs, c.want, c.pongs)
		}
		mutant.Activate("")
	}
	mutant.Activate("syn.lws-param")
	defer mutant.Activate("")
	m, err := NewReader(&source{segments: []string{spaced}}, Limits{}, nil).Next()
	if err != nil || m.FromTag() != "" {
		t.Errorf("syn.lws-param: the tag among white space is found: %v", err)
	}
}
