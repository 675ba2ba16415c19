package report

import (
	"slices"
	"strings"
)

// cause is something that could not be observed, and the rules that wait for
// it: a silent name server keeps dozens of rules from being judged, and is one
// thing to mend.
type cause struct {
	Evidence []string
	Rules    []rule
}

// Causes sorts a section's findings by what was seen in place of an answer, in
// the order of their rules.
func (s section) Causes() (causes []cause) {
	for _, r := range s.Rules {
		for _, of := range r.Subjects {
			at := slices.IndexFunc(causes, func(c cause) bool { return slices.Equal(c.Evidence, of.Evidence) })
			if at < 0 {
				causes = append(causes, cause{Evidence: of.Evidence})
				at = len(causes) - 1
			}
			c := &causes[at]
			if last := len(c.Rules) - 1; last < 0 || c.Rules[last].ID != r.ID {
				c.Rules = append(c.Rules, rule{Finding: r.Finding})
			}
			same := &c.Rules[len(c.Rules)-1]
			same.Subjects = append(same.Subjects, of)
		}
	}
	return causes
}

// Count is how many findings have the cause.
func (c cause) Count() (n int) {
	for _, r := range c.Rules {
		n += len(r.Subjects)
	}
	return n
}

// words are the rules and on what they could not be judged, in a line.
func (c cause) words() string {
	var ids, subjects []string
	for _, r := range c.Rules {
		ids = append(ids, r.ID)
		for _, s := range r.Subjects {
			if !slices.Contains(subjects, s.Subject) {
				subjects = append(subjects, s.Subject)
			}
		}
	}
	return strings.Join(ids, ", ") + " of " + strings.Join(subjects, ", ")
}
