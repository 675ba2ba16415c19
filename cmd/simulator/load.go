package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fedge/lab"
	"fedge/loadtest"
	"fedge/loadtest/scenario"
	"fedge/lync"
	"fedge/plan"
	"fedge/report"
	"fedge/sip/link"
)

// loadFlags are load's own.
type loadFlags struct {
	lab     labFlags
	out     outputs
	builtin string
	plan    string
	as      string
	rate    float64
	lasts   time.Duration
	failIf  []string
	mine    bool
}

func loadCommand() *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use:   "load [SCENARIO.yaml]",
		Short: "Place many calls and say how fast they were answered",
		Long: `load places calls at planned times (Poisson by default) and measures each from
its planned start. A run in which the generator was the limit is invalid and
yields no figure. Load goes to loopback, to the lab, or to a target that you
confirm; nowhere else.`,
		Example: `  simulator load --builtin L1 --lab
  simulator load --builtin L4 --lab --rate 200 --for 30s --fail-if 'session_request_delay_seconds.p99>0.2'
  simulator load busy-hour.yaml --plan deployment.yaml --as partner.yaml --i-own-this-target`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.lab.flags(cmd)
	f.out.flags(cmd, false)
	flags := cmd.Flags()
	flags.StringVar(&f.builtin, "builtin", "", "one of our own scenarios: "+strings.Join(scenario.Builtins(), ", "))
	flags.StringVar(&f.plan, "plan", "", "the deployment to load, `FILE`")
	flags.StringVar(&f.as, "as", "", "be the partner that `FILE` describes")
	flags.Float64Var(&f.rate, "rate", 0, "calls a second, instead of the scenario's")
	flags.DurationVar(&f.lasts, "for", 0, "how long to start calls, instead of the scenario's")
	flags.StringArrayVar(&f.failIf, "fail-if", nil, "threshold `METRIC>VALUE`; repeat for several")
	flags.BoolVar(&f.mine, "i-own-this-target", false, "load may leave this machine")
	return cmd
}

func (f *loadFlags) run(cmd *cobra.Command, args []string) error {
	s, err := f.scenario(args)
	wrong := errors.Join(err, lab.Refused(f.lab.faults), f.out.ready(), f.counts(cmd), f.lab.faultless(cmd))
	c := scenario.Config{Scenario: s, Seed: seed(cmd), Guard: scenario.Guard{Confirmed: f.mine}, Tool: tool()}
	for _, text := range f.failIf {
		t, err := loadtest.ParseThreshold(text)
		wrong = errors.Join(wrong, err)
		c.Thresholds = append(c.Thresholds, t)
	}
	if wrong != nil {
		return usage(wrong)
	}
	switch {
	case f.lab.on && f.plan == "" && f.as == "":
		w, err := world(cmd, lab.Config{Faults: f.lab.faults, Program: selfAsNode()})
		if err != nil {
			return err
		}
		defer w.Close()
		if err := w.LoadConfig(&c); err != nil {
			return err
		}
	case !f.lab.on && f.plan != "" && f.as != "":
		if err := f.elsewhere(&c); err != nil {
			return usage(err)
		}
	default:
		return usage(errors.New("say what to load: --lab, or --plan FILE with --as FILE"))
	}
	said := progress(cmd)
	c.Progress = func(p loadtest.Progress) { said("%s", second(p)) }
	r, err := scenario.Run(cmd.Context(), c)
	if err != nil {
		return loadError(err)
	}
	r.Command = reproduce(cmd)
	if err := f.out.write(cmd, report.Load(r)); err != nil {
		return err
	}
	return verdict(r.Verdict)
}

// counts refuses numbers that make no load; taken as they are, they would leave
// the scenario's own, and nobody would notice.
func (f *loadFlags) counts(cmd *cobra.Command) error {
	var wrong []error
	if cmd.Flags().Changed("rate") && !(f.rate > 0) {
		wrong = append(wrong, fmt.Errorf("--rate %g: more than no call a second", f.rate))
	}
	if cmd.Flags().Changed("for") && f.lasts <= 0 {
		wrong = append(wrong, fmt.Errorf("--for %s: calls start for a while, such as 30s", f.lasts))
	}
	return errors.Join(wrong...)
}

func (f *loadFlags) scenario(args []string) (s scenario.Scenario, err error) {
	switch {
	case f.builtin != "" && len(args) == 0:
		s, err = scenario.Builtin(f.builtin)
	case f.builtin == "" && len(args) == 1:
		s, err = scenario.Load(args[0])
	default:
		err = errors.New("say which calls to place: --builtin L1, or a scenario file")
	}
	if err != nil {
		return s, err
	}
	if f.rate > 0 {
		s.Rate = f.rate
	}
	if f.lasts > 0 {
		s.Duration = f.lasts
	}
	return s, s.Check()
}

// elsewhere aims at a deployment that is not our lab.
func (f *loadFlags) elsewhere(c *scenario.Config) error {
	p, err := plan.Load(f.plan)
	if err != nil {
		return err
	}
	if c.Org, err = partnerFile(f.as); err != nil {
		return err
	}
	c.Org.Listen = lync.Config{}.Listen // load only places calls
	c.Room = scenario.PickRoom(p, c.Scenario.Media)
	return nil
}

// second is one line of progress.
func second(p loadtest.Progress) string {
	return fmt.Sprintf("%4.0fs  %6.1f/s due, %6.1f/s begun, %5d up, p50 %v, p99 %v, %d failed, %d dropped",
		p.Elapsed.Seconds(), p.Offered, p.Achieved, p.InFlight,
		p.P50.Round(10*time.Microsecond), p.P99.Round(10*time.Microsecond), p.Failed, p.Dropped)
}

// loadError sorts why a run could not begin.
func loadError(err error) error {
	switch {
	case scenario.Refused(err):
		return usage(fmt.Errorf("%w; say --i-own-this-target if it is yours", err))
	case scenario.Unreachable(err):
		return &exit{code: unreachable, err: err}
	}
	if _, ok := errors.AsType[*lync.Diagnostic](err); ok {
		return &exit{code: fallsShort, err: err}
	}
	if _, ok := errors.AsType[*link.DialError](err); ok {
		return &exit{code: fallsShort, err: err}
	}
	return &exit{code: harness, err: err}
}
