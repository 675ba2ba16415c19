package conformance

import (
	"errors"
	"testing"
	"time"

	"fedge/result"
)

// TestLesser: a case comes to the worst of its clauses, each by its own word.
func TestLesser(t *testing.T) {
	status, silence, content := Fault(Status, "487", "200"), Fault(Silence, "487", "nothing"), Fault(Content, "a tag", "none")
	ours := errors.New("out of memory")
	for _, test := range []struct {
		name    string
		lesser  []error // against a SHOULD, in a MUST case
		verdict error
		late    time.Duration
		want    result.CaseOutcome
		class   Class
	}{
		{"nothing", nil, nil, 0, result.CasePass, ""},
		{"no mismatch", []error{nil}, nil, 0, result.CasePass, ""},
		{"a SHOULD alone", []error{status}, nil, 0, result.CaseNonstrict, Status},
		{"the first of two", []error{status, content}, nil, 0, result.CaseNonstrict, Status},
		{"a MUST after it", []error{status}, content, 0, result.CaseFail, Content},
		{"the state not reached after it", []error{status}, Preamble(ours), 0, result.CaseInconclusive, ""},
		{"our own trouble after it", []error{status}, ours, 0, result.CaseError, ""},
		{"silence while we were late", []error{silence}, nil, time.Second, result.CaseInconclusive, Silence},
		{"a MUST after silence while we were late", []error{silence}, content, time.Second, result.CaseFail, Content},
	} {
		s := &Stand{trial: &trial{}}
		for _, one := range test.lesser {
			if m, ok := AsMismatch(one); ok { // each trial its own
				one = Fault(m.Class, m.Expected, m.Actual)
			}
			if err := s.Lesser(Should, one); err != nil {
				t.Errorf("%s: %v comes back", test.name, err)
			}
		}
		outcome, m := s.worst(Case{Severity: Must}, test.verdict, test.late)
		class := Class("")
		if m != nil {
			class = m.Class
		}
		if outcome != test.want || class != test.class {
			t.Errorf("%s: %s (%s), want %s (%s)", test.name, outcome, class, test.want, test.class)
		}
	}
	if err := (&Stand{trial: &trial{}}).Lesser(Should, ours); err != ours {
		t.Errorf("what is no mismatch comes back as %v", err)
	}
}
