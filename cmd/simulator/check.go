package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fedge/capture"
	"fedge/check"
	"fedge/lab"
	"fedge/plan"
	"fedge/report"
	"fedge/result"
	"fedge/spelling"
)

// checkFlags are check's own.
type checkFlags struct {
	lab       labFlags
	nat       bool
	out       outputs
	list      bool
	explain   string
	resolvers []string
	ca        string
	as        string
	trigger   string
	only      []string
	skip      []string
	strict    bool
	domain    domainFlags
}

func checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check PLAN | DOMAIN",
		Short: "Compare what a deployment shows the world with its plan, rule by rule",
		Long: `check looks at a deployment as a federated partner does (DNS, TCP, TLS, SIP, and a
call from every node) and judges it by the rules of the deployment guide. Each
finding says what was seen, what the partner's users notice, and what to change.

For a DOMAIN without a plan, one is inferred from DNS and the certificates shown;
what was concluded, and what cannot be seen from outside, goes to stderr. --save
keeps that plan: fill in what it marks FILL IN (rooms, names that were not seen),
and check the file.`,
		Example: `  simulator check --lab
  simulator check --lab --fault srv-wrong-port
  simulator check --lab --nat
  simulator check deployment.yaml --as partner.yaml --html check.html
  simulator check deployment.yaml --as partner.yaml --trigger http
  simulator check deployment.yaml --as partner.yaml --trigger 'command ./dial.sh'
  simulator check vc.example.com --save deployment.yaml
  simulator check --explain DNS-04`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.list:
				return listRules(cmd.OutOrStdout())
			case f.explain != "":
				return explainRule(cmd.OutOrStdout(), f.explain)
			}
			return f.check(cmd, args)
		},
	}
	f.lab.flags(cmd)
	f.out.flags(cmd, true)
	f.domain.flags(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.nat, "nat", false, "put the lab's nodes behind a static one-to-one NAT")
	flags.BoolVar(&f.list, "list", false, "list every rule, with severity and source")
	flags.StringVar(&f.explain, "explain", "", "say what a rule (`ID`) demands, and what happens otherwise")
	flags.StringArrayVar(&f.resolvers, "resolver", nil, "ask the name server at `ADDR:PORT`; repeat for several; default: that of --as, the plan's, the system's")
	flags.StringVar(&f.ca, "ca", "", "roots that partners trust, PEM `FILE`; default: those of --as, the plan's, the system's")
	flags.StringVar(&f.as, "as", "", "look as the partner that `FILE` describes")
	flags.StringVar(&f.trigger, "trigger", "", triggerUsage+"; http alone asks the admin address that the plan has of each node; goes with --as")
	flags.StringSliceVar(&f.only, "only", nil, "report on these rules alone (`ID`,…)")
	flags.StringSliceVar(&f.skip, "skip", nil, "do not report on these rules (`ID`,…)")
	flags.BoolVar(&f.strict, "strict", false, "recommended rules and warnings fail too")
	return cmd
}

// check finds out what to look at. All that is wrong with what was typed, and
// with the plan, is said at once.
func (f *checkFlags) check(cmd *cobra.Command, args []string) error {
	byDomain := !f.lab.on && len(args) == 1 && isDomain(args[0])
	wrong := errors.Join(f.rules(), lab.Refused(f.lab.faults),
		f.out.ready(destination{"--save", f.domain.save, false}), f.lab.faultless(cmd, "nat"))
	if f.domain.given() && !byDomain {
		wrong = errors.Join(wrong, errors.New("--save and --room go with a DOMAIN, as in simulator check vc.example.com --save deployment.yaml"))
	}
	if f.lab.on {
		wrong = errors.Join(wrong, unheeded(cmd, "the lab brings its own: leave this out, or check a PLAN or a DOMAIN instead of --lab", "resolver", "ca", "as", "trigger"))
	} else {
		wrong = errors.Join(wrong, f.triggerable(byDomain))
	}
	switch {
	case f.lab.on && len(args) == 0 && wrong == nil:
		return f.checkLab(cmd)
	case !f.lab.on && len(args) == 1 && !byDomain:
		return f.checkPlan(cmd, args[0], wrong)
	case byDomain && wrong == nil:
		return f.checkDomain(cmd, args[0])
	case f.lab.on == (len(args) > 0) || len(args) > 1:
		wrong = errors.Join(wrong, errors.New("say what to check: a plan (simulator check deployment.yaml), a domain (simulator check vc.example.com), or --lab"))
	}
	return usage(wrong)
}

// known refuses ids that are no rule's, all of a flag's at once: a typing error
// must not pass as "none of the rules asked for failed".
func known(flag string, ids []string) error {
	var wrong []string
	for _, id := range ids {
		if _, ok := check.Find(id); !ok {
			wrong = append(wrong, fmt.Sprintf("no rule %q%s", id, spelling.Meant(id, ruleIDs())))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s; --list shows them all", flag, strings.Join(wrong, "; "))
}

// rules refuses ids that are no rule's, and to leave no rule: nothing would fail
// then, whatever was seen.
func (f *checkFlags) rules() error {
	if err := errors.Join(known("--only", f.only), known("--skip", f.skip)); err != nil {
		return err
	}
	for _, r := range check.Rules() {
		is := func(id string) bool { return strings.EqualFold(id, r.ID) }
		if (len(f.only) == 0 || slices.ContainsFunc(f.only, is)) && !slices.ContainsFunc(f.skip, is) {
			return nil
		}
	}
	return errors.New("--only and --skip leave no rule to report on: name one in --only that --skip does not have")
}

func (f *checkFlags) checkLab(cmd *cobra.Command) error {
	w, err := world(cmd, lab.Config{Faults: f.lab.faults, NAT: f.nat})
	if err != nil {
		return err
	}
	defer w.Close()
	c, err := w.CheckConfig()
	if err != nil {
		return err
	}
	return f.run(cmd, c, reproduce(cmd))
}

func (f *checkFlags) checkPlan(cmd *cobra.Command, file string, wrong error) error {
	p, err := plan.Load(file)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no file %s, and it is no SIP domain either%s", file, meant(file))
	}
	if err := errors.Join(wrong, err); err != nil {
		return usage(err)
	}
	v, err := f.viewpoint(p)
	if err != nil {
		return usage(err)
	}
	c := v.config(p)
	if c.Trigger, c.CallWait, err = f.calling(cmd, p); err != nil {
		return usage(err)
	}
	return f.run(cmd, c, reproduce(cmd))
}

func (f *checkFlags) run(cmd *cobra.Command, c check.Config, command string) error {
	if c.Recorder == nil {
		c.Recorder = f.out.recorder()
	}
	c.Only, c.Skip, c.Strict = f.only, f.skip, f.strict
	said := progress(cmd)
	c.Progress = func(what string) { said("%s", what) }
	return f.leave(cmd, runCheck(cmd, c, command), c.Recorder)
}

// leave writes the result where it was asked for, and ends with its exit code.
func (f *checkFlags) leave(cmd *cobra.Command, r result.Check, rec *capture.Recorder) error {
	if err := f.out.packets(cmd, rec); err != nil {
		return err
	}
	if err := f.out.write(cmd, report.Check(r)); err != nil {
		return err
	}
	if code := check.ExitCode(r); code != holds {
		return &exit{code: code}
	}
	return nil
}

// runCheck checks, and signs the result.
func runCheck(cmd *cobra.Command, c check.Config, command string) result.Check {
	c.As.Seed = seed(cmd)
	return signed(check.Run(cmd.Context(), c), c.As.Seed, command)
}

// signed says who made a result, and how to have it made again.
func signed(r result.Check, seed int64, command string) result.Check {
	r.Tool, r.Seed, r.Command = tool(), seed, command
	return r
}

func listRules(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RULE\tSEVERITY\tWHAT MUST HOLD\tSOURCE\tCHECKED")
	for _, r := range check.Rules() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Severity, r.Title, r.Source, r.Basis())
	}
	return table.Flush()
}

func explainRule(w io.Writer, id string) error {
	text, ok := check.Explain(strings.ToUpper(id))
	if !ok {
		return usage(fmt.Errorf("no rule %q%s; --list shows them all", id, spelling.Meant(id, ruleIDs())))
	}
	for _, f := range lab.Faults() {
		if slices.ContainsFunc(f.Rules(), func(rule string) bool { return strings.EqualFold(rule, id) }) {
			text += fmt.Sprintf("  to see it  simulator check --lab --fault %s\n", f.Name)
		}
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
