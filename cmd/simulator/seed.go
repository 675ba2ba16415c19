package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/spf13/cobra"
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
