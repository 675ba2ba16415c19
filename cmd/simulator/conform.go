package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fedge/certs"
	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/lab"
	"fedge/mutant"
	"fedge/report"
	"fedge/result"
	"fedge/spelling"
)

// conformFlags are conform's own.
type conformFlags struct {
	lab         labFlags
	out         outputs
	list        bool
	explain     string
	defect      string
	target      string
	as          string
	trigger     string
	long        bool
	repeat      int
	parallel    int
	destructive bool
	failFast    bool
}

func conformCommand() *cobra.Command {
	var f conformFlags
	cmd := &cobra.Command{
		Use:   "conform [PATTERN…]",
		Short: "Put the requirements of SIP federation to a node, one by one",
		Long: `conform plays a federated partner that goes through the requirements of SIP
federation case by case: what a node must answer, must refuse, and must survive.
A positive control stands before and after each case, so that silence never
passes for refusal.

The node is the lab's own edge, or yours: --target FILE says where it is and what
it claims (examples/target.yaml), --as FILE who we are. Cases that need more than
your network gives (a trigger, zones or certificates of ours) are not applicable,
and say so.`,
		Example: `  simulator conform --lab
  simulator conform 'TLS-*' --lab --repeat 3
  simulator conform @smoke --target node.yaml --as contoso.yaml
  simulator conform --target node.yaml --as contoso.yaml --html conform.html
  simulator conform --list
  simulator conform --explain CON-017`,
		RunE: func(cmd *cobra.Command, args []string) error {
			all := cases.All()
			if f.list {
				return listCases(cmd.OutOrStdout(), all)
			}
			if f.explain != "" {
				return explainCase(cmd.OutOrStdout(), all, f.explain)
			}
			chosen, err := conformance.Select(all, spelledOut(args))
			if err := errors.Join(err, lab.Refused(f.lab.faults), f.out.ready(), f.counts(cmd), f.aim(cmd), f.known(all)); err != nil {
				return usage(err)
			}
			if f.target != "" {
				return f.runTarget(cmd, chosen)
			}
			return f.runLab(cmd, chosen)
		},
	}
	f.lab.flags(cmd)
	f.out.flags(cmd, true)
	flags := cmd.Flags()
	flags.BoolVar(&f.list, "list", false, "list every case, with its source and its mutants")
	flags.StringVar(&f.explain, "explain", "", "say what a case (`ID`) demands and where that is written")
	flags.StringVar(&f.defect, "mutant", "", "switch a `NAME`d defect of the lab's edge on (needs a binary built with -tags mutants)")
	flags.StringVar(&f.target, "target", "", "the node that `FILE` describes")
	flags.StringVar(&f.as, "as", "", "the partner that `FILE` describes, which the node federates with")
	flags.StringVar(&f.trigger, "trigger", "", triggerUsage+"; default: the target file's trigger")
	flags.BoolVar(&f.long, "long", false, "wait for timers of minutes; the lab's nodes have those of the RFCs, not short ones")
	flags.IntVar(&f.repeat, "repeat", 1, "run each case `N` times; one that comes to different outcomes is flaky")
	flags.IntVar(&f.parallel, "parallel", 0, "run `N` cases at once (default 8)")
	flags.BoolVar(&f.failFast, "fail-fast", false, "skip the rest after the first failure")
	flags.BoolVar(&f.destructive, "allow-destructive", false, "run cases that may harm a weak node (always, in the lab)")
	return cmd
}

// counts refuses numbers that make no run: none, or fewer.
func (f *conformFlags) counts(cmd *cobra.Command) error {
	var wrong []error
	if f.repeat < 1 {
		wrong = append(wrong, fmt.Errorf("--repeat %d: a case runs at least once", f.repeat))
	}
	if cmd.Flags().Changed("parallel") && f.parallel < 1 {
		wrong = append(wrong, fmt.Errorf("--parallel %d: at least one case runs at a time; without the flag it is 8", f.parallel))
	}
	return errors.Join(wrong...)
}

// aim refuses two targets, none, and what does not go with the one.
func (f *conformFlags) aim(cmd *cobra.Command) error {
	err := f.lab.faultless(cmd, "mutant")
	if f.lab.on && f.target == "" {
		err = unheeded(cmd, "the lab brings its own: leave this out, or name a node with --target FILE instead of --lab", "as", "trigger")
	}
	if f.target != "" && f.trigger != "" {
		_, wrong := triggerOf(io.Discard, f.trigger)
		err = errors.Join(err, wrong)
	}
	if f.lab.on == (f.target != "") {
		err = errors.Join(err, errors.New("say what to test: --lab, or --target FILE with --as FILE"))
	}
	return err
}

// known refuses a defect that no case is there for: a binary has none but those,
// and one that is mistyped would be missed by the whole suite.
func (f *conformFlags) known(all []conformance.Case) error {
	if f.defect == "" || !mutant.Built {
		return nil
	}
	return unknownMutant(f.defect, all)
}

func unknownMutant(name string, all []conformance.Case) error {
	var names []string
	for _, c := range all {
		for _, m := range c.Mutants {
			names = append(names, m.Name)
		}
	}
	if slices.Contains(names, name) {
		return nil
	}
	meant := ""
	if near := spelling.Nearest(name, names); near != "" {
		meant = " (did you mean " + near + "?)"
	}
	return fmt.Errorf("unknown mutant %s%s; simulator conform --list shows them all, beside the cases that catch them", name, meant)
}

func (f *conformFlags) runLab(cmd *cobra.Command, chosen []conformance.Case) error {
	if f.defect != "" {
		if err := mutant.Activate(f.defect); err != nil {
			return usage(err)
		}
	}
	w, err := world(cmd, lab.Config{Faults: f.lab.faults, Short: !f.long})
	if err != nil {
		return err
	}
	defer w.Close()
	target, err := w.Target(w.Plan.Signaling()[0])
	if err != nil {
		return err
	}
	f.destructive = true
	return f.run(cmd, target, chosen)
}

// runTarget puts the cases to somebody's node on a real network.
func (f *conformFlags) runTarget(cmd *cobra.Command, chosen []conformance.Case) error {
	if slices.Contains(conformance.Presets(), f.target) {
		return usage(fmt.Errorf("the preset %[1]s says what such a node claims, not where it is: write a file with `preset: %[1]s` and its address; examples/target.yaml shows one", f.target))
	}
	if f.as == "" {
		return usage(errors.New("--target needs --as FILE: the partner that the node federates with, with its certificate"))
	}
	target, err := conformance.LoadTarget(f.target, cases.All())
	as, wrong := partnerFile(f.as)
	pull, unheard := f.triggerFor(cmd, target)
	if err := errors.Join(err, wrong, unheard); err != nil {
		return usage(err)
	}
	if pull != nil && as.Listen.IsValid() {
		if err := free(as.Listen, f.as); err != nil {
			return usage(err)
		}
	}
	if target.Roots == nil {
		target.Roots = as.Roots
	}
	target.Partner = conformance.Identity{Domain: as.Domain, Host: as.Edge, Certificate: as.Certificate}
	target.MediaFrom = cmp.Or(as.MediaPublic, as.MediaAddress)
	target.Stranger, err = certs.SelfSigned(certs.Request{CommonName: as.Edge, Names: []string{as.Edge}}, time.Now())
	if err != nil {
		return err
	}
	if pull != nil {
		target.Instruments.Place = func(ctx context.Context, call conformance.Place) (conformance.Placed, error) {
			return pull(ctx, target.Node, call)
		}
	}
	if as.Address.IsValid() {
		target.Instruments.Addresses, target.Instruments.Home = []netip.Addr{as.Address}, as.Listen
	}
	target.Instruments.Dialling = dialling(cmp.Or(f.trigger, target.Trigger.How))
	return f.run(cmd, target, chosen)
}

// triggerFor is what --trigger says, or else the target's file; nil: neither.
func (f *conformFlags) triggerFor(cmd *cobra.Command, target conformance.Target) (trigger, error) {
	if f.trigger != "" {
		return triggerOf(cmd.ErrOrStderr(), f.trigger)
	}
	return pulled(cmd.ErrOrStderr(), target.Trigger), nil
}

func (f *conformFlags) run(cmd *cobra.Command, target conformance.Target, chosen []conformance.Case) error {
	rec := f.out.recorder()
	said := progress(cmd)
	r := conformance.Run(cmd.Context(), conformance.Config{
		Target: target, Cases: chosen, Seed: seed(cmd), Command: f.again(cmd), Recorder: rec, Mutant: f.defect,
		Repeat: f.repeat, Parallel: f.parallel, Long: f.long, Destructive: f.destructive, FailFast: f.failFast,
		Progress: func(c result.Case) { said("%-14s %-14s %s", c.ID, c.Outcome, c.Title) },
	})
	r.Tool, r.Command = tool(), reproduce(cmd)
	if err := f.out.packets(cmd, rec); err != nil {
		return err
	}
	if err := f.out.write(cmd, report.Conform(r)); err != nil {
		return err
	}
	if r.Unreached {
		return &exit{code: unreachable}
	}
	return verdict(r.Verdict)
}

// spelledOut replaces the pattern @smoke by the cases that it stands for.
func spelledOut(patterns []string) []string {
	var out []string
	for _, p := range patterns {
		if p == "@smoke" {
			out = append(out, cases.Smoke()...)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// again is the command that repeats one case, up to its id.
func (f *conformFlags) again(cmd *cobra.Command) string {
	return fmt.Sprintf("%s --seed %d", asTyped(cmd, nil, "repeat", "parallel", "fail-fast"), seed(cmd))
}

func listCases(w io.Writer, all []conformance.Case) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CASE\tSEVERITY\tTITLE\tSOURCE\tCATCHES")
	for _, c := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.ID, c.Severity, c.Title, strings.Join(c.Refs, ", "), catches(c))
	}
	return table.Flush()
}

// catches names the defects that a case is proved to find, or why there are none.
func catches(c conformance.Case) string {
	switch {
	case c.Withdrawn != "":
		return "withdrawn: " + c.Withdrawn
	case c.Observation != "":
		return "records only: " + c.Observation
	}
	var mutants []string
	for _, m := range c.Mutants {
		mutants = append(mutants, m.Name)
	}
	return strings.Join(mutants, ", ")
}

// declined is what a case demands of a target that does not claim the feature.
func declined(c conformance.Case) string {
	if c.Unclaimed == nil {
		return ""
	}
	return fmt.Sprintf("  unclaimed %s %s\n  written   %s\n", conformance.Must, c.Unclaimed.Requirement, strings.Join(c.Unclaimed.Refs, "; "))
}

func explainCase(w io.Writer, all []conformance.Case, id string) error {
	for _, c := range all {
		if strings.EqualFold(c.ID, id) {
			_, err := fmt.Fprintf(w, "%s  %s\n\n  demands   %s %s\n  written   %s\n  needs     %s\n%s  catches   %s\n  to run it simulator conform %s --lab\n",
				c.ID, c.Title, c.Severity, c.Requirement, strings.Join(c.Refs, "; "), c.Needs, declined(c), catches(c), c.ID)
			return err
		}
	}
	return usage(fmt.Errorf("no case %q%s; --list shows them all", id, spelling.Meant(id, caseIDs())))
}
