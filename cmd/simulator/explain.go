package main

import (
	"errors"
	"fmt"
	"strconv"
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
			said := false
			for _, near := range nearMisses(id) {
				if text, ok := check.Explain(near); ok {
					said = true
					fmt.Fprintln(cmd.OutOrStdout(), text)
				}
				if explainCase(cmd.OutOrStdout(), cases.All(), near) == nil {
					said = true
				}
			}
			if !said {
				return usage(fmt.Errorf("nothing is called %q; check --list and conform --list show what there is", args[0]))
			}
			return nil
		},
	}
}

// nearMisses are an id and the same with its number written the other way: a
// rule is DNS-04, a case DNS-004, and people mix them up.
func nearMisses(id string) []string {
	area, number, found := strings.Cut(id, "-")
	n, err := strconv.Atoi(number)
	if !found || err != nil {
		return []string{id}
	}
	out := []string{fmt.Sprintf("%s-%02d", area, n), fmt.Sprintf("%s-%03d", area, n)}
	if out[0] == out[1] {
		return out[:1]
	}
	return out
}
