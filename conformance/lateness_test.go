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
	inTime := func(class Class) *Mismatch { return &Mismatch{Class: class, Timed: true} }
	whenever := func(class Class) *Mismatch { return &Mismatch{Class: class} }
	for _, test := range []struct {
		name     string
		outcome  result.CaseOutcome
		mismatch *Mismatch
		late     time.Duration
		want     result.CaseOutcome
	}{
		{"silence while we were late", result.CaseFail, whenever(Silence), 51 * time.Millisecond, result.CaseInconclusive},
		{"silence while we were in time", result.CaseFail, whenever(Silence), 50 * time.Millisecond, result.CaseFail},
		{"two seconds of silence while we were 400 ms late", result.CaseFail, &Mismatch{Class: Silence, Span: 2 * time.Second}, 400 * time.Millisecond, result.CaseFail},
		{"two seconds of silence while we were later", result.CaseFail, &Mismatch{Class: Silence, Span: 2 * time.Second}, 401 * time.Millisecond, result.CaseInconclusive},
		{"a moment of silence while we were late", result.CaseFail, &Mismatch{Class: Silence, Span: 100 * time.Millisecond}, 51 * time.Millisecond, result.CaseInconclusive},
		{"open for two seconds, while we were late", result.CaseFail, &Mismatch{Class: Accepted, Span: 2 * time.Second}, time.Second, result.CaseInconclusive},
		{"open for too long, while we were late", result.CaseFail, inTime(Accepted), time.Second, result.CaseInconclusive},
		{"closed before two minutes, while we were late", result.CaseFail, inTime(Closed), time.Second, result.CaseInconclusive},
		{"a SHOULD missed while we were late", result.CaseNonstrict, inTime(Accepted), time.Second, result.CaseInconclusive},
		{"a 200 to what must be refused, however late", result.CaseFail, whenever(Accepted), time.Second, result.CaseFail},
		{"closed instead of an answer, however late", result.CaseFail, whenever(Closed), time.Second, result.CaseFail},
		{"down afterwards, however late", result.CaseFail, whenever(Availability), time.Second, result.CaseFail},
		{"another status, however late", result.CaseFail, whenever(Status), time.Second, result.CaseFail},
		{"another content, however late", result.CaseFail, whenever(Content), time.Second, result.CaseFail},
	} {
		got, why := excuse(test.outcome, test.mismatch, test.late)
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
