package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"fedge/check"
	"fedge/conformance/cases"
	"fedge/spelling"
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
			return explain(cmd.OutOrStdout(), args[0])
		},
	}
}

// explain tells all that an id stands for: people mix up a rule, DNS-04, and a
// case, DNS-004.
func explain(w io.Writer, id string) error {
	same := spelling.Same(id, ids())
	if len(same) == 0 {
		same = []string{id}
	}
	said := false
	for _, one := range same {
		if explainRule(w, one) == nil || explainCase(w, cases.All(), one) == nil {
			said = true
		}
	}
	if !said {
		return usage(fmt.Errorf("nothing is called %q%s; check --list and conform --list show what there is", id, spelling.Meant(id, ids())))
	}
	return nil
}

// ids are all that can be explained, except those of a partner's trace.
func ids() []string { return append(ruleIDs(), caseIDs()...) }

func ruleIDs() (list []string) {
	for _, r := range check.Rules() {
		list = append(list, r.ID)
	}
	return list
}

func caseIDs() (list []string) {
	for _, c := range cases.All() {
		list = append(list, c.ID)
	}
	return list
}
