package main

import (
	"time"

	"github.com/spf13/cobra"

	"fedge/lab"
	"fedge/loadtest/scenario"
)

// benchCommand is `make bench`. Hidden: it measures fedge, not a deployment.
func benchCommand() *cobra.Command {
	var (
		bench scenario.Bench
	)
	cmd := &cobra.Command{
		Use:    "bench",
		Short:  "Measure what a call costs the edge and the simulator, beside sip-tester in the same run",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := world(cmd, lab.Config{Program: selfAsNode()})
			if err != nil {
				return err
			}
			defer w.Close()
			bench.Load = scenario.Config{Seed: seed(cmd), Tool: tool(), Scenario: scenario.Scenario{Media: scenario.MediaNone}}
			if err := w.LoadConfig(&bench.Load); err != nil {
				return err
			}
			said := progress(cmd)
			bench.Progress = func(what string) { said("%s", what) }
			r, err := bench.Run(cmd.Context())
			if err != nil {
				return err
			}
			if _, err := r.WriteTo(cmd.OutOrStdout()); err != nil {
				return err
			}
			return verdict(r.Verdict)
		},
	}
	cmd.Flags().Float64Var(&bench.Rate, "rate", 1000, "calls a second")
	cmd.Flags().DurationVar(&bench.Duration, "for", 6*time.Second, "length of a round")
	cmd.Flags().IntVar(&bench.Rounds, "rounds", 5, "rounds, interleaved with sip-tester's")
	cmd.Flags().BoolVar(&bench.MustSIPp, "must-sipp", false, "fail when sip-tester is missing")
	return cmd
}
