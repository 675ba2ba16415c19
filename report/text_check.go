package report

import (
	"fmt"
	"strings"

	"fedge/result"
)

// head prints what every text begins with.
func (p *printer) head(what, of string, run result.Run) {
	p.line("%s %s: %s", p.paint(bold, what), of, p.word(string(run.Verdict)))
	if run.Error != "" {
		p.named(2, "error", run.Error)
	}
}

// foot prints how to get the same again.
func (p *printer) foot(run result.Run) {
	p.gap()
	again := run.Command
	if again != "" && run.Seed != 0 && !strings.Contains(again, "--seed") {
		again += fmt.Sprintf(" --seed %d", run.Seed)
	}
	p.named(2, "took", seconds(run.TookSeconds))
	p.named(2, "again", again)
}

func (p *printer) check(c *result.Check) {
	p.head("check", c.Domain, c.Run)
	p.findings(c)
	p.foot(c.Run)
}

// findings prints what is wrong in full, and what is right by its ids.
func (p *printer) findings(c *result.Check) {
	all := sections(c.Findings)
	sums := []string{"no rule was applied"}
	if len(all) > 0 {
		sums = nil
	}
	for _, s := range all {
		sums = append(sums, fmt.Sprintf("%d %s", s.Count(), s.Short()))
	}
	p.line("  calls in: %s, calls out: %s; %s", p.word(string(c.Inbound)), p.word(string(c.Outbound)), strings.Join(sums, ", "))
	p.named(2, "hint", c.OutboundHint)
	for _, s := range all {
		p.gap()
		if s.Kind > unobserved {
			p.ids(s)
			continue
		}
		p.line("  %s", p.paint(bold, s.Name))
		for _, r := range s.Rules {
			p.rule(r)
		}
	}
}

// rule prints what is wrong, where it was seen, and what to do.
func (p *printer) rule(r rule) {
	word := string(r.Outcome)
	if kindOf(r.Finding) == advised {
		word = string(r.Severity)
	}
	p.line("  %s  %s  %s", p.paint(bold, oneLine(r.ID)), p.word(word), r.Title)
	p.named(4, "symptom", r.Symptom)
	for _, s := range r.Subjects {
		p.line("    %s", s.Subject)
		p.named(6, "why", s.Why)
		for _, e := range s.Evidence {
			p.named(6, "seen", e)
		}
		if r.Symptom == "" {
			p.named(6, "symptom", s.Symptom)
		}
		if r.Fix == "" {
			p.named(6, "fix", s.Fix)
		}
	}
	p.named(4, "fix", r.Fix)
}

// ids prints a section's rules by their ids alone.
func (p *printer) ids(s section) {
	var ids []string
	for _, r := range s.Rules {
		id := r.ID
		if r.Why != "" {
			id += " (" + r.Why + ")"
		}
		ids = append(ids, id)
	}
	const column = 16
	for i, l := range wrap(oneLine(strings.Join(ids, ", ")), p.width()-column-2) {
		name := ""
		if i == 0 {
			name = s.Name
		}
		p.line("  %s%s", p.paint(faint, fmt.Sprintf("%-*s", column, name)), l)
	}
}
