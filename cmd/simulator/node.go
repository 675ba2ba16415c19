package main

import (
	"context"
	"errors"
	"io"
	"net/netip"

	"github.com/spf13/cobra"

	"fedge/process"
)

// nodeCommand is `edge run` inside the simulator's own binary, so that a lab
// can start a process a node without a second program. Hidden: users run edge.
func nodeCommand() *cobra.Command {
	var (
		options  process.Options
		resolver string
	)
	cmd := &cobra.Command{
		Use:    "node",
		Short:  "Run nodes of a plan in this process (what `edge run` does)",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if options.Resolver, err = netip.ParseAddrPort(resolver); err != nil {
				return usage(err)
			}
			options.Log = logger(cmd)
			// A parent that drains us sends SIGTERM, one that is gone lets go of
			// our standard input: both are an orderly end.
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			go func() {
				io.Copy(io.Discard, cmd.InOrStdin())
				cancel()
			}()
			err = process.Run(ctx, options, cmd.OutOrStdout())
			if refused, ok := errors.AsType[*process.Refused](err); ok {
				return usage(refused)
			}
			if err == nil && cmd.Context().Err() != nil {
				return drained
			}
			return err
		},
	}
	cmd.Flags().StringVar(&options.Plan, "plan", "", "the deployment's plan")
	cmd.Flags().StringArrayVar(&options.Nodes, "node", nil, "a node's FQDN; repeat for several")
	cmd.Flags().StringVar(&resolver, "resolver", "", "ADDR:PORT of the name server")
	cmd.Flags().DurationVar(&options.Drain, "drain", 0, "how long calls may go on at the end")
	return cmd
}
