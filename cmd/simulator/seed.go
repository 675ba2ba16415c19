package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

// reproduce is the command as typed, with the seed that makes it the same again.
func reproduce(cmd *cobra.Command) string {
	var text strings.Builder
	text.WriteString(cmd.CommandPath())
	for _, arg := range cmd.Flags().Args() {
		text.WriteString(" " + arg)
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		many, several := f.Value.(pflag.SliceValue)
		switch {
		case slices.Contains(elsewhere, f.Name):
		case f.Value.Type() == "bool":
			text.WriteString(" --" + f.Name)
		case several:
			for _, v := range many.GetSlice() {
				text.WriteString(" --" + f.Name + " " + v)
			}
		default:
			text.WriteString(" --" + f.Name + " " + f.Value.String())
		}
	})
	return text.String()
}

// elsewhere are the flags that change where a result goes, not what it is; the
// seed is printed by itself.
var elsewhere = []string{"json", "junit", "html", "pcap", "keylog", "save", "quiet", "verbose", "log-format", "seed"}
