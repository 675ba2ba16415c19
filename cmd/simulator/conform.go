package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fedge/capture"
	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/lab"
	"fedge/mutant"
	"fedge/report"
	"fedge/result"
)

func conformCommand() *cobra.Command {
	var (
		l       labFlags
		out     outputs
		list    bool
		explain string
		defect  string
	)
	cmd := &cobra.Command{
		Use:   "conform [PATTERN…]",
		Short: "Put the requirements of SIP federation to a node, one by one",
		Example: `  simulator conform --lab
  simulator conform 'TLS-*' --lab
  simulator conform --list
  simulator conform --explain CON-017`,
		RunE: func(cmd *cobra.Command, args []string) error {
			all := cases.All()
			if list {
				return listCases(cmd.OutOrStdout(), all)
			}
			if explain != "" {
				return explainCase(cmd.OutOrStdout(), all, explain)
			}
			chosen, err := conformance.Select(all, args)
			if err != nil {
				return usage(err)
			}
			if !l.on {
				return usage(errors.New("say what to test: --lab"))
			}
			if defect != "" {
				if err := mutant.Activate(defect); err != nil {
					return usage(err)
				}
			}
			return conform(cmd, l, out, chosen, defect)
		},
	}
	l.flags(cmd)
	out.flags(cmd, true)
	cmd.Flags().BoolVar(&list, "list", false, "list every case, with its source and its mutants")
	cmd.Flags().StringVar(&explain, "explain", "", "say what a case (`ID`) demands and where that is written")
	cmd.Flags().StringVar(&defect, "mutant", "", "switch a `NAME`d defect of the lab's edge on (needs a binary built with -tags mutants)")
	return cmd
}

func conform(cmd *cobra.Command, l labFlags, out outputs, chosen []conformance.Case, defect string) error {
	w, err := world(cmd, lab.Config{Faults: l.faults, Short: true})
	if err != nil {
		return err
	}
	defer w.Close()
	said := progress(cmd)
	rec := out.recorder()
	r, err := runSuite(cmd, w, chosen, rec, func(c result.Case) { said("%-12s %-14s %s", c.ID, c.Outcome, c.Title) })
	if err != nil {
		return err
	}
	r.Mutant = defect
	if err := out.packets(cmd, rec); err != nil {
		return err
	}
	if err := out.write(cmd, report.Conform(r)); err != nil {
		return err
	}
	return verdict(r.Verdict)
}

// runSuite puts cases to the world's first signaling node.
func runSuite(cmd *cobra.Command, w *lab.World, chosen []conformance.Case, rec *capture.Recorder, each func(result.Case)) (result.Conform, error) {
	target, err := w.Target(w.Plan.Signaling()[0])
	if err != nil {
		return result.Conform{}, err
	}
	r := conformance.Run(cmd.Context(), conformance.Config{
		Target: target, Cases: chosen, Seed: seed(cmd), Command: "simulator conform --lab", Recorder: rec, Progress: each,
	})
	r.Tool = tool()
	return r, nil
}

func listCases(w io.Writer, all []conformance.Case) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CASE\tSEVERITY\tTITLE\tSOURCE\tCATCHES")
	for _, c := range all {
		var mutants []string
		for _, m := range c.Mutants {
			mutants = append(mutants, m.Name)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.ID, c.Severity, c.Title, strings.Join(c.Refs, ", "), strings.Join(mutants, ", "))
	}
	return table.Flush()
}

func explainCase(w io.Writer, all []conformance.Case, id string) error {
	for _, c := range all {
		if strings.EqualFold(c.ID, id) {
			_, err := fmt.Fprintf(w, "%s  %s\n\n%s %s\nSource: %s\n", c.ID, c.Title, c.Severity, c.Requirement, strings.Join(c.Refs, "; "))
			return err
		}
	}
	return usage(fmt.Errorf("no case %q%s; --list shows them all", id, meant(id, caseIDs())))
}
