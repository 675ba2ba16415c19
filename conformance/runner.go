package conformance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fedge/capture"
	"fedge/result"
	"fedge/sip/link"
)

// Config says what to run and against whom.
type Config struct {
	Target      Target
	Cases       []Case
	Seed        int64 // order of the cases
	Parallel    int   // cases at once; 0: 8
	Repeat      int   // how often each case runs; 0: once
	Long        bool  // cases that wait for minutes run too
	Destructive bool  // cases that may harm a weak node run too
	Vary        Variation
	FailFast    bool   // after the first failure the rest is skipped
	Anyway      bool   // go on when the preflight fails: to prove the suite itself
	Mutant      string // for the record only
	Command     string // what reproduces the run, up to the pattern
	Dial        link.DialFunc
	Recorder    *capture.Recorder // of the whole run; nil: each case's transcript alone
	Progress    func(result.Case)

	reached func() error // whether the node, told to call us at home, gets there; asked once
}

// limits of one case.
const (
	caseTime       = 15 * time.Second
	transcriptSize = 4 << 20
	patience       = 35 * time.Second // with timers, unless told to be long
)

// Run puts the chosen cases to the target, in an order that the seed decides,
// and judges them. Nothing runs when the preflight fails.
func Run(ctx context.Context, c Config) result.Conform {
	began := time.Now()
	out := result.Conform{
		Run:    result.Run{Schema: result.ConformSchema, Seed: c.Seed, Started: began, Command: c.Command},
		Target: c.Target.Name, Mutant: c.Mutant, Preflight: "good", Counts: map[result.CaseOutcome]int{},
	}
	if err := c.preflight(ctx); err != nil {
		out.Preflight = err.Error()
		dial, ok := errors.AsType[*link.DialError](err)
		out.Unreached = ok && dial.Stage == link.Connect
		if !c.Anyway {
			if out.Verdict = result.Inconclusive; ctx.Err() != nil { // it is not the target that gave up
				out.Verdict, out.Unreached = result.Aborted, false
			}
			out.TookSeconds = time.Since(began).Seconds()
			return out
		}
	}
	c.reached = sync.OnceValue(func() error { return c.reaches(ctx) })
	out.Cases = c.all(ctx)
	for _, one := range out.Cases {
		out.Counts[one.Outcome]++
		if one.Flaky {
			out.Flaky++
		}
	}
	out.Verdict = overall(ctx, out.Cases)
	out.TookSeconds = time.Since(began).Seconds()
	return out
}

func (c Config) preflight(ctx context.Context) error {
	s := c.stand("preflight")
	defer s.close()
	if err := s.control(ctx); err != nil {
		return fmt.Errorf("the target does not answer a partner's OPTIONS: %w", err)
	}
	return nil
}

// all runs the cases, some at once, and returns them in the order of their IDs.
func (c Config) all(ctx context.Context) []result.Case {
	order := rand.New(rand.NewPCG(uint64(c.Seed), 0)).Perm(len(c.Cases))
	results := make([]result.Case, len(c.Cases))
	slots := make(chan struct{}, max(1, c.parallel()))
	var (
		wg     sync.WaitGroup
		said   sync.Mutex
		failed atomic.Bool
	)
	run := func(i int) {
		if failed.Load() {
			results[i] = c.Cases[i].blank(c.Command)
			results[i].Outcome, results[i].Notes = result.CaseSkipped, []string{"after a failure"}
			return
		}
		results[i] = c.repeated(ctx, c.Cases[i])
		if c.FailFast && (results[i].Outcome == result.CaseFail || results[i].Outcome == result.CaseError) {
			failed.Store(true)
		}
		if c.Progress != nil && ctx.Err() == nil {
			said.Lock()
			defer said.Unlock()
			c.Progress(results[i])
		}
	}
	turns, rest := c.turns(order)
	for _, i := range turns {
		run(i)
	}
	for _, i := range rest {
		if c.Cases[i].Alone { // nobody else begins before it is over
			wg.Wait()
			run(i)
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			run(i)
		})
	}
	wg.Wait()
	slices.SortFunc(results, func(a, b result.Case) int { return strings.Compare(a.ID, b.ID) })
	return results
}

func (c Config) parallel() int {
	if c.Parallel > 0 {
		return c.Parallel
	}
	return 8
}

func (c Config) stand(id string) *Stand {
	recorder := c.Recorder
	if recorder == nil {
		recorder = capture.NewTranscript(transcriptSize)
	}
	return &Stand{Target: c.Target, ID: id, trial: &trial{dial: c.Dial, recorder: recorder, vary: c.Vary, began: time.Now()}}
}

// repeated runs a case as often as asked; the worst run is its result. What was
// only inconclusive has one more try. Runs that disagree make it flaky.
func (c Config) repeated(ctx context.Context, one Case) result.Case {
	one, other := c.Target.facing(one)
	if out, runs := c.excused(ctx, one); !runs {
		return c.expected(one, out)
	}
	out := c.one(ctx, one)
	if out.Outcome == result.CaseInconclusive && ctx.Err() == nil {
		out = c.one(ctx, one)
	}
	if ctx.Err() != nil { // what it came to may be the interrupt's doing
		return one.interrupted(c.Command)
	}
	for range c.Repeat - 1 {
		next := c.one(ctx, one)
		if ctx.Err() != nil {
			break
		}
		flaky := out.Flaky || next.Outcome != out.Outcome
		if worst(out.Outcome, next.Outcome) != out.Outcome {
			out = next
		}
		out.Flaky = flaky
	}
	if other != "" {
		out.Unclaimed, out.Notes = true, append(out.Notes, other)
	}
	return c.expected(one, out)
}

// excused says why a case is not run at all.
func (c Config) excused(ctx context.Context, one Case) (out result.Case, runs bool) {
	out = one.blank(c.Command)
	if one.Withdrawn != "" {
		out.Outcome, out.Notes = result.CaseWithdrawn, []string{one.Withdrawn}
		return out, false
	}
	if missing, ok := c.Target.meets(one.Needs); !ok {
		out.Outcome, out.Notes = result.CaseNotApplicable, []string{missing}
		return out, false
	}
	if one.Destructive && !c.Destructive {
		out.Outcome, out.Notes = result.CaseSkipped, []string{"may harm the target: --allow-destructive runs it"}
		return out, false
	}
	if waits := time.Duration(one.Lasts) * c.stand(one.ID).Second(); waits > patience && !c.Long {
		out.Outcome, out.Notes = result.CaseSkipped, []string{"its timers take longer here than a run should: --long waits for them"}
		return out, false
	}
	if ctx.Err() != nil {
		return one.interrupted(c.Command), false
	}
	if one.Needs.Called && c.Target.Instruments.atHome() {
		if err := c.reached(); err != nil {
			out.Outcome = result.CaseInconclusive
			out.Actual = fmt.Sprintf("told to call sip:busy@%s, the node did not get to %s: %v", c.Target.Partner.Domain, c.Target.Instruments.Home, err)
			return out, false
		}
	}
	return out, true
}

// blank is a case's result before anything happened.
func (one Case) blank(command string) result.Case {
	return result.Case{
		ID: one.ID, Title: one.Title, Requirement: one.Requirement, Severity: string(one.Severity),
		Refs: one.Refs, Reproduce: command + " " + one.ID, Outcome: result.CasePass,
	}
}

// interrupted is the result of a case that was not begun, or not ended, when the
// run was.
func (one Case) interrupted(command string) result.Case {
	out := one.blank(command)
	out.Outcome, out.Notes = result.CaseSkipped, []string{"interrupted"}
	return out
}

// one runs a case between two controls.
func (c Config) one(ctx context.Context, one Case) result.Case {
	out := one.blank(c.Command)
	s := c.stand(one.ID)
	ctx, cancel := context.WithTimeout(ctx, caseTime+time.Duration(one.Lasts)*s.Second()+c.dialling(one))
	defer cancel()
	defer s.close()
	watched, unwatch := context.WithCancel(ctx)
	late := lateness(watched)
	verdictOf := one.verdict(ctx, s)
	unwatch()
	by := <-late
	outcome, mismatch := s.worst(one, verdictOf, by)
	out.Down = s.down(one, by)
	if s.ranOut(ctx, mismatch) {
		outcome = result.CaseInconclusive
	}
	out.Outcome = worst(out.Outcome, outcome)
	switch {
	case mismatch != nil:
		out.Class, out.Expected, out.Actual = string(mismatch.Class), mismatch.Expected, mismatch.Actual
		if word := mismatch.Severity; word != "" && word != one.Severity {
			s.Note("what it falls short of here is a %s, whatever else the case demands", word)
		}
	case outcome == result.CaseNotApplicable:
		s.Note("%v", verdictOf)
	case verdictOf != nil:
		out.Actual = verdictOf.Error()
	}
	out.TookSeconds = time.Since(s.began).Seconds()
	out.Transcript, out.Notes = s.transcript(), append(out.Notes, s.notes...)
	return out
}

// verdict is what the case and the controls around it came to. The control
// before is preamble; the one after is the case's own doing.
func (one Case) verdict(ctx context.Context, s *Stand) error {
	if err := s.controls(ctx, one); err != nil {
		return Preamble(fmt.Errorf("control before the case: %w", err))
	}
	err := one.Run(ctx, s)
	if _, ours := errors.AsType[*Surprise](err); ours {
		return err
	}
	after := s.controls(ctx, one)
	if after == nil || err != nil && ctx.Err() != nil { // we had no time left to tell
		return err
	}
	return s.fell(Unavailable("the node to be alive after the case", after), err)
}
