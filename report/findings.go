package report

import (
	"cmp"
	"slices"
	"strings"

	"fedge/result"
)

// rule is what one rule came to on all the subjects with the same outcome.
type rule struct {
	result.Finding // the first; Symptom and Fix only if all say the same
	Subjects       []subject
}

// subject is one finding and where the result has it.
type subject struct {
	result.Finding
	Index int
}

// section is a kind of outcome, in the order in which a reader wants them.
type section struct {
	Name  string
	Kind  kind
	Rules []rule
}

type kind int

// What a reader looks for, first things first.
const (
	broken     kind = iota // a required rule fails
	advised                // a recommended rule or a warning fails
	unobserved             // we could not look
	unchecked              // not checked, and nothing to worry about by itself
	passed
	inapplicable
)

// kinds are each kind's heading, its name after a count, and how a finding of
// it is told, as tally takes it.
var kinds = [...]struct {
	name, short string
	fields      []string
}{
	broken:       {"Fails", "fail", []string{"outcome=fail", "severity=required"}},
	advised:      {"Better to mend", "better to mend", []string{"outcome=fail", "severity!=required"}},
	unobserved:   {"Could not be observed", "not observed", []string{"outcome=not-checked", "why^=observation-failed"}},
	unchecked:    {"Not checked", "not checked", []string{"outcome=not-checked", "why!^=observation-failed"}},
	passed:       {"Passes", "pass", []string{"outcome=pass"}},
	inapplicable: {"Does not apply", "do not apply", []string{"outcome=not-applicable"}},
}

// Short is the section's name after a count.
func (s section) Short() string { return kinds[s.Kind].short }

// Fields tell a finding of this section.
func (s section) Fields() []string { return kinds[s.Kind].fields }

// Duty is the words between a rule's id and its title.
func (r rule) Duty() string {
	if r.Severity == result.Required {
		return "must hold:"
	}
	return "should hold:"
}

// Count is how many findings a section has.
func (s section) Count() (n int) {
	for _, r := range s.Rules {
		n += len(r.Subjects)
	}
	return n
}

// sections sorts findings for a reader. Empty sections are left out.
func sections(findings []result.Finding) []section {
	all := make([]section, len(kinds))
	for i, f := range findings {
		s := &all[kindOf(f)]
		at := slices.IndexFunc(s.Rules, func(r rule) bool { return r.ID == f.ID && r.Severity == f.Severity && r.Why == f.Why })
		if at < 0 {
			s.Rules = append(s.Rules, rule{Finding: f})
			at = len(s.Rules) - 1
		}
		r := &s.Rules[at]
		r.Subjects = append(r.Subjects, subject{f, i})
		if f.Symptom != r.Symptom {
			r.Symptom = ""
		}
		if f.Fix != r.Fix {
			r.Fix = ""
		}
	}
	var kept []section
	for k := range all {
		all[k].Name, all[k].Kind = kinds[k].name, kind(k)
		slices.SortStableFunc(all[k].Rules, func(a, b rule) int {
			if kind(k) > unobserved { // only looked up, by their ids
				return cmp.Compare(a.ID, b.ID)
			}
			return cmp.Or(cmp.Compare(weight(a.Severity), weight(b.Severity)), cmp.Compare(a.ID, b.ID))
		})
		if len(all[k].Rules) > 0 {
			kept = append(kept, all[k])
		}
	}
	return kept
}

func kindOf(f result.Finding) kind {
	switch f.Outcome {
	case result.RulePass:
		return passed
	case result.NotApplicable:
		return inapplicable
	case result.RuleFail:
		if f.Severity == result.Required {
			return broken
		}
		return advised
	}
	if strings.HasPrefix(f.Why, result.ObservationFailed) {
		return unobserved
	}
	return unchecked
}

func weight(s result.Severity) int {
	return slices.Index([]result.Severity{result.Required, result.Recommended, result.Warning}, s)
}
