package conformance

import (
	"context"
	"testing"
	"time"

	"fedge/result"
)

// TestExcuse: when we were late ourselves, nothing that rests on time is held
// against the node, and all else is.
func TestExcuse(t *testing.T) {
	for _, test := range []struct {
		name    string
		outcome result.CaseOutcome
		class   Class
		late    time.Duration
		want    result.CaseOutcome
	}{
		{"silence while we were late", result.CaseFail, Silence, 51 * time.Millisecond, result.CaseInconclusive},
		{"silence while we were in time", result.CaseFail, Silence, 50 * time.Millisecond, result.CaseFail},
		{"open for too long, while we were late", result.CaseFail, Accepted, time.Second, result.CaseInconclusive},
		{"a SHOULD missed while we were late", result.CaseNonstrict, Closed, time.Second, result.CaseInconclusive},
		{"another status, however late", result.CaseFail, Status, time.Second, result.CaseFail},
		{"another content, however late", result.CaseFail, Content, time.Second, result.CaseFail},
	} {
		got, why := excuse(test.outcome, &Mismatch{Class: test.class}, test.late)
		if got != test.want || (why != "") != (test.want == result.CaseInconclusive) {
			t.Errorf("%s: %s (%q), want %s", test.name, got, why, test.want)
		}
	}
	if got, _ := excuse(result.CasePass, nil, time.Second); got != result.CasePass {
		t.Errorf("what passes although we were late: %s", got)
	}
}

// TestOverallOfFlaky: a case that fails now and then draws no verdict; one that
// fails each time does.
func TestOverallOfFlaky(t *testing.T) {
	fail := result.Case{Outcome: result.CaseFail}
	flaky := result.Case{Outcome: result.CaseFail, Flaky: true}
	for _, test := range []struct {
		name  string
		cases []result.Case
		want  result.Verdict
	}{
		{"flaky", []result.Case{flaky, {Outcome: result.CasePass}}, result.Inconclusive},
		{"flaky, and another that fails", []result.Case{flaky, fail}, result.Fail},
		{"flaky among what passes", []result.Case{{Outcome: result.CasePass, Flaky: true}}, result.Inconclusive},
		{"none", []result.Case{{Outcome: result.CasePass}}, result.Pass},
	} {
		if got := overall(context.Background(), test.cases); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
