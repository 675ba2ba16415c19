package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"fedge/plan"
)

func planCommand() *cobra.Command {
	zone := false
	cmd := &cobra.Command{
		Use:   "plan PLAN",
		Short: "Derive from a deployment's plan what to publish",
		Long: `plan reads a deployment.yaml, refuses what contradicts itself (everything that is
wrong at once, with line and column), and prints what follows from it.`,
		Example: `  simulator plan deployment.yaml --zone > vc.example.com.zone
  named-checkzone vc.example.com vc.example.com.zone`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("plan takes one file: simulator plan deployment.yaml --zone"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := plan.Load(args[0])
			if err != nil {
				return usage(err)
			}
			if zone {
				_, err = io.WriteString(cmd.OutOrStdout(), p.Zone())
				return err
			}
			return summary(cmd.OutOrStdout(), p)
		},
	}
	cmd.Flags().BoolVar(&zone, "zone", false, "the DNS records to publish, as a BIND zone")
	return cmd
}

// summary says in a few lines what the plan is, for a user who gave no option.
func summary(w io.Writer, p *plan.Plan) error {
	for _, d := range p.Domains {
		fmt.Fprintf(w, "%s: calls arrive at %s\n", d.Name, d.Pool)
	}
	for _, n := range p.Nodes {
		fmt.Fprintf(w, "  %-28s %-15s %v, location %s\n", n.Name, n.PublicAddr(), n.Roles, n.Location)
	}
	_, err := fmt.Fprintf(w, "%d rooms, %d partners; outbound calls: %v, From: %s\nprint the records to publish with --zone\n",
		len(p.Rooms), len(p.Partners), p.Outbound, p.From)
	return err
}
