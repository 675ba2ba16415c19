package report

import (
	"slices"
	"strings"
)

// cause is something that could not be observed, and the rules that wait for
// it: a silent name server keeps dozens of rules from being judged, and is one
// thing to mend.
type cause struct {
	Evidence []string // of the first finding
	Rules    []rule
	alike    [][]string // the evidence of all, each once
}

// Causes sorts a section's findings by what was seen in place of an answer, in
// the order of their rules.
func (s section) Causes() (causes []cause) {
	for _, r := range s.Rules {
		for _, of := range r.Subjects {
			at := slices.IndexFunc(causes, func(c cause) bool { return slices.EqualFunc(c.Evidence, of.Evidence, sameTrouble) })
			if at < 0 {
				causes = append(causes, cause{Evidence: of.Evidence})
				at = len(causes) - 1
			}
			causes[at].add(r, of)
		}
	}
	return causes
}

func (c *cause) add(r rule, of subject) {
	if !slices.ContainsFunc(c.alike, func(seen []string) bool { return slices.Equal(seen, of.Evidence) }) {
		c.alike = append(c.alike, of.Evidence)
	}
	at := slices.IndexFunc(c.Rules, func(known rule) bool { return known.ID == r.ID })
	if at < 0 {
		c.Rules = append(c.Rules, rule{Finding: r.Finding})
		at = len(c.Rules) - 1
	}
	c.Rules[at].Subjects = append(c.Rules[at].Subjects, of)
}

// sameTrouble tells whether two questions, such as "px01.vc.example.com A", met
// the same end at the same name server.
func sameTrouble(a, b string) bool {
	_, endA, _ := strings.Cut(a, ": ")
	_, endB, _ := strings.Cut(b, ": ")
	return a == b || endA == endB && strings.Contains(endA, "(from ")
}

// byNameServer tells whether it is a question to a name server that came to
// nothing: "px01 A: no answer in time (from 192.0.2.53:53)".
func (c cause) byNameServer() bool {
	return slices.ContainsFunc(c.Evidence, func(line string) bool {
		_, end, failed := strings.Cut(line, ": ")
		return failed && strings.Contains(end, "(from ")
	})
}

// More says how many other questions met the same end; empty if none did.
func (c cause) More() string {
	if len(c.alike) < 2 {
		return ""
	}
	return "and in the same way " + plural(len(c.alike)-1, "other question", "other questions")
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
