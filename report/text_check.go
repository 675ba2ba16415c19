package report

import (
	"fmt"
	"strings"

	"fedge/result"
)

// head prints what every text begins with.
func (p *printer) head(what, of string, run result.Run) {
	p.line("%s %s: %s", p.paint(bold, what), of, p.word(string(run.Verdict)))
	if run.Verdict == result.Aborted {
		p.named(2, "partial", "interrupted: only what was seen until then is here, and the rest is not judged")
	}
	if run.Error != "" {
		p.named(2, "error", run.Error)
	}
}

// foot prints how to get the same again.
func (p *printer) foot(run result.Run) {
	p.gap()
	p.named(2, "took", seconds(run.TookSeconds))
	p.command(2, "again", again(run))
}

// again is the command for the same with the same variation; "" if none is known.
func again(run result.Run) string {
	if run.Command == "" || run.Seed == 0 {
		return run.Command
	}
	return fmt.Sprintf("%s --seed %d", run.Command, run.Seed)
}

func (p *printer) check(c *result.Check) {
	p.head("check", c.Domain, c.Run)
	p.findings(c)
	p.foot(c.Run)
}

// findings prints what is wrong in full, and what is right by its ids.
func (p *printer) findings(c *result.Check) {
	all := sections(c)
	sums := []string{"no rule was applied"}
	if len(all) > 0 {
		sums = nil
	}
	for _, s := range all {
		sums = append(sums, fmt.Sprintf("%d %s", s.Count(), s.Short()))
	}
	p.line("  calls in: %s, calls out: %s", p.word(string(c.Inbound)), p.word(string(c.Outbound)))
	p.line("  %s", strings.Join(sums, ", "))
	for _, hint := range []string{c.InboundHint, c.OutboundHint} {
		p.named(2, "hint", hint)
	}
	for _, name := range c.PassedOver {
		p.named(2, "no node", name)
	}
	for _, s := range all {
		p.gap()
		switch s.Kind {
		case broken, advised:
			p.line("  %s", p.paint(bold, s.Name))
			for _, r := range s.Rules {
				p.rule(r)
			}
		case unobserved:
			p.line("  %s", p.paint(bold, s.Name))
			p.causes(s)
		case waiting:
			p.margin(s, waits(s.Rules))
		case unseen:
			p.margin(s, plural(len(s.Rules), "rule", "rules")+"; they count neither way (--html FILE or --json FILE says what each would take)")
		default:
			p.margin(s, ids(s.Rules, c.Findings))
		}
	}
}

// causes prints what was not answered, and what cannot be judged for that.
func (p *printer) causes(s section) {
	for _, l := range wrap(s.Meaning(), p.width()-4) {
		p.line("    %s", l)
	}
	for _, c := range s.Causes() {
		for _, e := range c.Evidence {
			p.named(4, "seen", e)
		}
		p.named(4, "", c.More())
		p.named(4, "open", c.words())
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

// waits says which rules wait for which.
func waits(rules []rule) string {
	var order, parts []string
	by := make(map[string][]string)
	for _, r := range rules {
		if by[r.Why] == nil {
			order = append(order, r.Why)
		}
		by[r.Why] = append(by[r.Why], r.ID)
	}
	for _, why := range order {
		parts = append(parts, strings.Replace(why, "precondition", "for", 1)+": "+strings.Join(by[why], ", "))
	}
	return strings.Join(parts, "; ")
}

// ids lists rules by their ids alone, with a star if other findings of theirs
// went another way, and why if that is said.
func ids(rules []rule, all []result.Finding) string {
	total := make(map[string]int)
	for _, f := range all {
		total[f.ID]++
	}
	var parts []string
	starred := ""
	for _, r := range rules {
		id := r.ID
		if len(r.Subjects) < total[r.ID] {
			id += "*"
			starred = "; * not on all"
		}
		if r.Why != "" {
			id += " (" + r.Why + ")"
		}
		parts = append(parts, id)
	}
	return strings.Join(parts, ", ") + starred
}

// margin prints a section in a line or a few, with its name at the margin.
func (p *printer) margin(s section, text string) {
	const column = 16
	name := kinds[s.Kind].margin
	for _, l := range wrap(oneLine(text), p.width()-column-2) {
		p.line("  %s%s", p.paint(faint, fmt.Sprintf("%-*s", column, name)), l)
		name = ""
	}
}
