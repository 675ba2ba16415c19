package conformance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"fedge/capture"
	"fedge/result"
	"fedge/sip/link"
)

// Config says what to run and against whom.
type Config struct {
	Target   Target
	Cases    []Case
	Seed     int64  // order of the cases
	Parallel int    // cases at once; 0: 4
	Mutant   string // for the record only
	Command  string // what reproduces the run, up to the pattern
	Dial     link.DialFunc
	Recorder *capture.Recorder // of the whole run; nil: each case's transcript alone
	Progress func(result.Case)
}

// limits of one case.
const (
	caseTime       = 15 * time.Second
	transcriptSize = 4 << 20
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
		out.Verdict = result.Inconclusive
		out.TookSeconds = time.Since(began).Seconds()
		return out
	}
	out.Cases = c.all(ctx)
	for _, one := range out.Cases {
		out.Counts[one.Outcome]++
	}
	out.Verdict = overall(ctx, out.Counts)
	out.TookSeconds = time.Since(began).Seconds()
	return out
}

// Select lists the cases that match one of the patterns.
func Select(cases []Case, patterns []string) ([]Case, error) {
	if len(patterns) == 0 {
		return cases, nil
	}
	var chosen []Case
	for _, pattern := range patterns {
		before := len(chosen)
		for _, one := range cases {
			matches, err := path.Match(pattern, one.ID)
			if err != nil {
				return nil, fmt.Errorf("conformance: pattern %q: %w", pattern, err)
			}
			if matches && !slices.ContainsFunc(chosen, func(x Case) bool { return x.ID == one.ID }) {
				chosen = append(chosen, one)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("conformance: no case matches %q; --list shows them all", pattern)
		}
	}
	return chosen, nil
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
		wg   sync.WaitGroup
		said sync.Mutex
	)
	for _, i := range order {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			results[i] = c.one(ctx, c.Cases[i])
			if c.Progress != nil {
				said.Lock()
				defer said.Unlock()
				c.Progress(results[i])
			}
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
	return 4
}

func (c Config) stand(id string) *Stand {
	recorder := c.Recorder
	if recorder == nil {
		recorder = capture.New(transcriptSize)
	}
	return &Stand{Target: c.Target, ID: id, dial: c.Dial, recorder: recorder, began: time.Now()}
}

// one runs a case between two controls.
func (c Config) one(ctx context.Context, one Case) result.Case {
	out := result.Case{
		ID: one.ID, Title: one.Title, Requirement: one.Requirement, Severity: string(one.Severity),
		Refs: one.Refs, Reproduce: c.Command + " " + one.ID, Outcome: result.CasePass,
	}
	if missing, ok := c.Target.meets(one.Needs); !ok {
		out.Outcome, out.Notes = result.CaseNotApplicable, []string{missing}
		return out
	}
	if ctx.Err() != nil {
		out.Outcome, out.Notes = result.CaseSkipped, []string{"interrupted"}
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, caseTime)
	defer cancel()
	s := c.stand(one.ID)
	defer s.close()
	verdictOf := one.verdict(ctx, s)
	outcome, mismatch := judge(one, verdictOf)
	out.Outcome = worst(out.Outcome, outcome)
	if mismatch != nil {
		out.Class, out.Expected, out.Actual = string(mismatch.Class), mismatch.Expected, mismatch.Actual
	} else if verdictOf != nil {
		out.Actual = verdictOf.Error()
	}
	out.TookSeconds = time.Since(s.began).Seconds()
	out.Transcript, out.Notes = s.transcript(), append(out.Notes, s.notes...)
	return out
}

// verdict is what the case and the controls around it came to. The control
// before is preamble; the one after is the case's own doing.
func (one Case) verdict(ctx context.Context, s *Stand) error {
	if err := s.control(ctx); err != nil {
		return Preamble(fmt.Errorf("control before the case: %w", err))
	}
	err := one.Run(ctx, s)
	if _, ours := errors.AsType[*Surprise](err); ours {
		return err
	}
	if after := s.control(ctx); after != nil && err == nil {
		return &Mismatch{Class: Availability, Expected: "the node to be alive after the case", Actual: after.Error()}
	}
	return err
}

// overall is the run's verdict.
func overall(ctx context.Context, counts map[result.CaseOutcome]int) result.Verdict {
	switch {
	case ctx.Err() != nil:
		return result.Aborted
	case counts[result.CaseError] > 0:
		return result.Error
	case counts[result.CaseFail] > 0:
		return result.Fail
	case counts[result.CaseInconclusive] > 0:
		return result.Inconclusive
	}
	return result.Pass
}
