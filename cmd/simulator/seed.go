package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fedge/shell"
)

// seed is what varies the run: the one given, or one picked and printed so
// that the run can be repeated.
func seed(cmd *cobra.Command) int64 {
	given, _ := cmd.Flags().GetInt64("seed")
	if given != 0 {
		return given
	}
	picked := rand.Int64N(1<<31-1) + 1
	if err := cmd.Flags().Set("seed", fmt.Sprint(picked)); err == nil {
		progress(cmd)("seed %d (repeat with --seed %d)", picked, picked)
	}
	return picked
}

// reproduce is the command as typed, for a shell; the seed that makes it the same
// again is told beside it.
func reproduce(cmd *cobra.Command) string { return asTyped(cmd, cmd.Flags().Args()) }

// asTyped is the command with these arguments and the flags that were given, but
// for some: whoever pastes it into a shell runs what was run.
func asTyped(cmd *cobra.Command, args []string, but ...string) string {
	words := append(strings.Fields(cmd.CommandPath()), args...)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		many, several := f.Value.(pflag.SliceValue)
		switch {
		case slices.Contains(elsewhere, f.Name) || slices.Contains(but, f.Name):
		case f.Value.Type() == "bool" && f.Value.String() == "true":
			words = append(words, "--"+f.Name)
		case f.Value.Type() == "bool":
			words = append(words, "--"+f.Name+"=false")
		case several:
			for _, v := range many.GetSlice() {
				words = append(words, "--"+f.Name, v)
			}
		default:
			words = append(words, "--"+f.Name, f.Value.String())
		}
	})
	return shell.Line(words...)
}

// elsewhere are the flags that change where a result goes, not what it is; the
// seed is printed by itself.
var elsewhere = []string{"json", "junit", "html", "pcap", "keylog", "save", "open", "quiet", "verbose", "log-format", "seed"}
