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
	text := cmd.CommandPath()
	for _, arg := range cmd.Flags().Args() {
		text += " " + arg
	}
	var flags strings.Builder
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case slices.Contains([]string{"json", "junit", "html", "pcap", "keylog", "quiet", "verbose", "log-format", "seed"}, f.Name):
		case f.Value.Type() == "bool":
			flags.WriteString(" --" + f.Name)
		default:
			if many, ok := f.Value.(pflag.SliceValue); ok {
				for _, v := range many.GetSlice() {
					flags.WriteString(" --" + f.Name + " " + v)
				}
				return
			}
			flags.WriteString(" --" + f.Name + " " + f.Value.String())
		}
	})
	return text + flags.String()
}
