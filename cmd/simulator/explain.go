package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fedge/check"
	"fedge/conformance/cases"
)

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "Say what a rule, a case or an ms-diagnostics id means and what to do",
		Example: `  simulator explain DNS-04     a deployment rule
  simulator explain CON-017    a conformance case
  simulator explain 1009       an ms-diagnostics id from a Lync trace`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("explain takes one id: simulator explain 1009"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			id := strings.ToUpper(args[0])
			if text, ok := check.Explain(id); ok {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
				return err
			}
			return explainCase(cmd.OutOrStdout(), cases.All(), id)
		},
	}
}
