package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fedge/check"
	"fedge/infinity"
	"fedge/plan"
	"fedge/result"
)

// planStart gives the plan command the two ways to come by a plan: from
// nothing, and from what a platform says of itself. Everything else the command
// does begins with a plan.
func planStart(cmd *cobra.Command) {
	var domain, dir string
	cmd.Flags().StringVar(&domain, "init", "", "print a commented plan to start from, for `DOMAIN`")
	cmd.Flags().StringVar(&dir, "import", "", "print a plan made from the management API's answers in `DIR` (see docs/import.md); what it says of them goes to stderr")
	args, runE := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, list []string) error {
		start := given(cmd, "init", "import")
		if start == "" {
			return args(cmd, list)
		}
		var wrong error
		if len(list) > 0 || strings.Contains(start, ",") {
			wrong = errors.New("--init DOMAIN and --import DIR make a plan: they go without a file, and one at a time")
		}
		if err := errors.Join(wrong, unheeded(cmd, start+" prints the plan alone: keep that as deployment.yaml, and ask simulator plan deployment.yaml for more",
			"zone", "powershell", "csr", "key", "settings", "firewall", "capacity", "since", "domain", "json")); err != nil {
			return usage(err)
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		switch {
		case cmd.Flags().Changed("init"):
			return initPlan(cmd.OutOrStdout(), domain)
		case cmd.Flags().Changed("import"):
			return importPlan(cmd, dir)
		}
		return runE(cmd, list)
	}
	cmd.Use += " | plan --init DOMAIN | plan --import DIR"
	cmd.Example += `
  simulator plan --init vc.example.com > deployment.yaml
  simulator plan --import answers > deployment.yaml`
}

func initPlan(w io.Writer, domain string) error {
	text, err := plan.Starter(domain)
	if err != nil {
		return usage(err)
	}
	_, err = io.WriteString(w, text)
	return err
}

// importPlan ends with 1 when the platform is against a required rule, and
// with 3 when the plan needs a person's hand before anything can be said.
func importPlan(cmd *cobra.Command, dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usage(fmt.Errorf("--import %s: there is no such directory; name the one that the answers were saved in", dir))
	}
	in, err := infinity.Read(os.DirFS(dir), time.Now())
	if err != nil {
		return usage(fmt.Errorf("--import %s: %w", dir, err))
	}
	text, err := in.YAML()
	if err != nil {
		return err
	}
	if _, err := cmd.OutOrStdout().Write(text); err != nil {
		return err
	}
	if err := in.Report.Text(cmd.ErrOrStderr()); err != nil {
		return err
	}
	for _, id := range in.Report.Rules() {
		if rule, known := check.Find(id); known && rule.Severity == result.Required {
			return &exit{code: fallsShort}
		}
	}
	if n := len(in.Report.Refused); n > 0 {
		return &exit{code: inconclusive, err: fmt.Errorf("the plan is not complete yet: %d things to mend, listed above", n)}
	}
	return nil
}
