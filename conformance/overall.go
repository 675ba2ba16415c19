package conformance

import (
	"context"

	"fedge/result"
)

// overall is the run's verdict. A case that is flaky draws none, whatever the
// worst of its runs was; what fails each time falls short all the same.
func overall(ctx context.Context, cases []result.Case) result.Verdict {
	failed, doubtful, broken := false, false, false
	for i := range cases {
		switch k := &cases[i]; {
		case k.Outcome == result.CaseError:
			broken = true
		case k.Flaky, k.Outcome == result.CaseInconclusive:
			doubtful = true
		case k.Outcome == result.CaseFail:
			failed = true
		}
	}
	switch {
	case ctx.Err() != nil:
		return result.Aborted
	case broken:
		return result.Error
	case failed:
		return result.Fail
	case doubtful:
		return result.Inconclusive
	}
	return result.Pass
}
