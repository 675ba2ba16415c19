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
	Cut   bool // an interrupt ended the check
}

type kind int

// What a reader looks for, first things first.
const (
	broken     kind = iota // a required rule fails
	advised                // a recommended rule or a warning fails
	unobserved             // we could not look
	waiting                // another rule has to hold first
	unseen                 // nothing that shows to whoever looks from outside
	passed
	inapplicable
)

// kinds are how each kind is headed, called after a count and at a terminal's
// margin, what it means to a reader, and how a finding of it is told, as tally
// takes it.
var kinds = [...]struct {
	name, short, margin, meaning string
	fields                       []string
}{
	broken: {"Fails", "fail", "Fails", "Until this is mended calls fail, all of them or those that meet it. Begin at the top: one mistake often has several effects.",
		[]string{"outcome=fail", "severity=required"}},
	advised: {"Better to mend", "better to mend", "Better to mend", "Calls work today. Mend it when you can.",
		[]string{"outcome=fail", "severity!=required"}},
	unobserved: {"Could not be observed", "not observed", "Not observed",
		"Asked, and not answered as it should be: about these no verdict may be drawn. Each says what came instead: see to that, and check again.",
		[]string{"outcome=not-checked", "why^=observation-failed"}},
	waiting: {"Waits for what is above", "wait for what is above", "Waits", "Cannot be judged while the rule that is named fails. Mend that, and check again.",
		[]string{"outcome=not-checked", "why!^=observation-failed", "why!^=not-visible"}},
	unseen: {"Not visible from here", "not visible from here", "Not visible",
		"Does not show to whoever looks from here, so it neither passes nor fails. Each says what it would take: go through them once, with the platform's settings open.",
		[]string{"outcome=not-checked", "why^=not-visible"}},
	passed:       {"Passes", "pass", "Passes", "", []string{"outcome=pass"}},
	inapplicable: {"Does not apply", "do not apply", "Does not apply", "The plan does not ask for it.", []string{"outcome=not-applicable"}},
}

// Short is the section's name after a count.
func (s section) Short() string { return kinds[s.Kind].short }

// Meaning says what a reader is to make of the section.
func (s section) Meaning() string {
	if s.Cut && s.Kind == unobserved { // nobody failed to answer then
		return "The interrupt came before this was asked, or before it was answered: about these no verdict may be drawn. Check again, and let it come to its end."
	}
	if s.Kind == unobserved && slices.ContainsFunc(s.Causes(), cause.byNameServer) {
		return kinds[s.Kind].meaning + " Where a name server did not answer, another may (--resolver)."
	}
	return kinds[s.Kind].meaning
}

// Fields tell a finding of this section.
func (s section) Fields() []string { return kinds[s.Kind].fields }

// Folded tells whether a reader has to open the section to see it.
func (s section) Folded() bool { return s.Kind > unobserved }

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

// sections sorts a check's findings for a reader. Empty sections are left out.
func sections(c *result.Check) []section {
	all := make([]section, len(kinds))
	for i, f := range c.Findings {
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
		all[k].Name, all[k].Kind, all[k].Cut = kinds[k].name, kind(k), c.Verdict == result.Aborted
		slices.SortStableFunc(all[k].Rules, func(a, b rule) int {
			if kind(k) > unobserved { // only looked up, by their ids
				return cmp.Compare(a.ID, b.ID)
			}
			// Otherwise as judged: what others rest on comes first.
			return cmp.Compare(weight(a.Severity), weight(b.Severity))
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
	if strings.HasPrefix(f.Why, result.NotVisible) {
		return unseen
	}
	return waiting
}

func weight(s result.Severity) int {
	return slices.Index([]result.Severity{result.Required, result.Recommended, result.Warning}, s)
}
