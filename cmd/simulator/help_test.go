package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpShowsHow: every command has examples, and what they show can be typed:
// the command is there, and its flags are.
func TestHelpShowsHow(t *testing.T) {
	var commands []*cobra.Command
	for _, cmd := range newRoot().Commands() {
		if !cmd.Hidden && cmd.Name() != "help" {
			commands = append(commands, cmd)
		}
	}
	comment := regexp.MustCompile(`\s{2,}\S.*$| > \S+$`)
	words := regexp.MustCompile(`'[^']*'|\S+`)
	for _, cmd := range append(commands, newRoot()) {
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s: no examples, or no word of what it is for", cmd.Name())
		}
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			line, ours := strings.CutPrefix(strings.TrimSpace(line), "simulator ")
			if !ours {
				continue
			}
			var args []string
			for _, word := range words.FindAllString(comment.ReplaceAllString(line, ""), -1) {
				args = append(args, strings.Trim(word, "'"))
			}
			meant, rest, err := newRoot().Find(args)
			if err != nil {
				t.Errorf("%s: %q: %v", cmd.Name(), line, err)
				continue
			}
			if err := meant.ParseFlags(rest); err != nil {
				t.Errorf("%s: %q: %v", cmd.Name(), line, err)
			}
		}
	}
}
