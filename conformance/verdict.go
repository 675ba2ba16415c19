package conformance

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"fedge/result"
)

// Mismatch is the node's fault: it answered, or did not, against the
// requirement.
type Mismatch struct {
	Class    Class
	Expected string
	Actual   string
	Severity Severity      // of the clause that it is against; "": the case's
	Timed    bool          // it rests on time; silence always does
	Span     time.Duration // how long was waited for what did not come; 0: a moment, or no time at all
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("%s: expected %s, got %s", m.Class, m.Expected, m.Actual)
}

// Fault is a Mismatch in words.
func Fault(class Class, expected, actual string) error {
	return &Mismatch{Class: class, Expected: expected, Actual: actual}
}

// Surprise means that the preamble did not reach the state that the case
// needs; no verdict about the requirement can be drawn.
type Surprise struct{ Err error }

func (s *Surprise) Error() string { return "while getting ready: " + s.Err.Error() }
func (s *Surprise) Unwrap() error { return s.Err }

// Preamble marks an error of the steps that only reach the state under test.
// A Mismatch there is a Surprise.
func Preamble(err error) error {
	if err == nil {
		return nil
	}
	return &Surprise{Err: err}
}

// Lack means that the target shows by what it says that it does not have what
// the requirement is about, and need not have it: the case does not apply.
type Lack struct{ What string }

func (l *Lack) Error() string { return "the target lacks " + l.What }

// worse orders outcomes; a verdict only ever moves right.
var worse = map[result.CaseOutcome]int{
	result.CasePass: 0, result.CaseNotApplicable: 1, result.CaseNonstrict: 2, result.CaseInconclusive: 3,
	result.CaseFail: 4, result.CaseError: 5,
}

// judge turns what Run returned into an outcome.
func judge(c Case, err error) (result.CaseOutcome, *Mismatch) {
	if err == nil {
		return result.CasePass, nil
	}
	if _, ok := errors.AsType[*Lack](err); ok {
		return result.CaseNotApplicable, nil
	}
	if _, ok := errors.AsType[*Surprise](err); ok {
		return result.CaseInconclusive, nil
	}
	m, ok := errors.AsType[*Mismatch](err)
	if !ok && cut(err) { // while we were sending
		m, ok = &Mismatch{Class: Closed, Expected: "the connection open for what is sent", Actual: err.Error()}, true
	}
	if ok {
		if cmp.Or(m.Severity, c.Severity) == Must {
			return result.CaseFail, m
		}
		return result.CaseNonstrict, m
	}
	return result.CaseError, nil
}

// worst is the worse of two outcomes.
func worst(a, b result.CaseOutcome) result.CaseOutcome {
	if worse[b] > worse[a] {
		return b
	}
	return a
}
