package conformance

import (
	"slices"
	"time"

	"fedge/result"
)

// expected takes known failures of the target into account. An entry that
// excuses nothing any more is stale: of a case that passes it fails the run, of
// one that does not apply it is told.
func (c Config) expected(one Case, out result.Case) result.Case {
	i := slices.IndexFunc(c.Target.Expected, func(e Expectation) bool { return e.ID == one.ID })
	if i < 0 {
		return out
	}
	known := c.Target.Expected[i]
	switch {
	case out.Outcome == result.CaseNotApplicable, out.Outcome == result.CaseWithdrawn:
		out.Stale = true
		out.Notes = append(out.Notes, "stale: the target's file expects it to fail ("+known.Reason+"), and it is not even asked; take it off the list")
	case out.Outcome == result.CasePass:
		out.Outcome, out.Class, out.Stale = result.CaseFail, string(Unexpected), true
		out.Expected, out.Actual = "a failure, as the target's file says: "+known.Reason, "it passes; take it off the list"
	case out.Outcome != result.CaseFail && out.Outcome != result.CaseNonstrict:
	case !known.excuses(out):
		out.Notes = append(out.Notes, "was expected to fail, but not in this way: "+known.Reason)
	case !known.Until.IsZero() && !time.Now().Before(known.Until):
		out.Notes = append(out.Notes, "was expected to fail until "+known.Until.Format(time.DateOnly)+": "+known.Reason)
	default:
		out.Outcome, out.Notes = result.CaseExpectedFail, append(out.Notes, known.Reason)
	}
	return out
}

// excuses tells whether a failure is the one that was expected. That a node which
// disregards a clause goes down over it is not, unless the entry says so.
func (e Expectation) excuses(out result.Case) bool {
	if out.Down {
		return e.Class == Availability
	}
	return e.Class == "" || e.Class == Class(out.Class)
}
