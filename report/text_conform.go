package report

import (
	"fmt"
	"slices"
	"strings"

	"fedge/result"
)

// caseOrder is how outcomes are counted out, the worst first.
var caseOrder = []result.CaseOutcome{
	result.CaseFail, result.CaseError, result.CaseInconclusive, result.CaseNonstrict,
	result.CaseExpectedFail, result.CasePass, result.CaseSkipped, result.CaseNotApplicable, result.CaseWithdrawn,
}

// settled tells whether a case leaves nothing to look into.
func settled(k *result.Case) bool {
	switch k.Outcome {
	case result.CasePass, result.CaseSkipped, result.CaseNotApplicable, result.CaseWithdrawn:
		return !k.Flaky
	}
	return false
}

func (p *printer) conform(c *result.Conform) {
	p.head("conform", c.Target, c.Run)
	p.cases(c)
	p.foot(c.Run)
}

func (p *printer) cases(c *result.Conform) {
	var sums []string
	for _, o := range caseOrder {
		if n := c.Counts[o]; n > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", n, o))
		}
	}
	if c.Flaky > 0 {
		sums = append(sums, fmt.Sprintf("%d flaky: repeated, they came to different outcomes", c.Flaky))
	}
	p.line("  preflight: %s; %s", p.word(c.Preflight), strings.Join(sums, ", "))
	if ran := applicable(c.Cases); ran < len(c.Cases) {
		p.line("  %d of %d cases applicable", ran, len(c.Cases))
	}
	if c.Mutant != "" {
		p.line("  the target has a defect on purpose: %s", c.Mutant)
	}
	p.gap()
	for i := range c.Cases {
		if !settled(&c.Cases[i]) {
			p.unsettled(&c.Cases[i])
		}
	}
	p.areas(c.Cases)
	p.unclaimed(c.Cases)
	p.excuses(c.Cases)
}

// unclaimed names the cases that were put to the target the other way round.
func (p *printer) unclaimed(cases []result.Case) {
	var ids []string
	for _, k := range cases {
		if k.Unclaimed {
			ids = append(ids, k.ID)
		}
	}
	if ids != nil {
		p.line("  the target has to decline what it does not claim: of these, that was tested")
		p.named(4, "cases", strings.Join(ids, ", "))
	}
}

// applicable counts the cases that were put to the target.
func applicable(cases []result.Case) (n int) {
	for i := range cases {
		switch cases[i].Outcome {
		case result.CaseSkipped, result.CaseNotApplicable, result.CaseWithdrawn:
		default:
			n++
		}
	}
	return n
}

// unsettled is a case that somebody should look into.
func (p *printer) unsettled(k *result.Case) {
	p.line("  %s  %s  %s", p.outcome(*k), k.ID, k.Title)
	p.named(4, "demands", k.Severity+": "+k.Requirement)
	p.named(4, "class", k.Class)
	p.named(4, "expected", k.Expected)
	p.named(4, "actual", k.Actual)
	if k.Flaky {
		p.named(4, "flaky", "repeated, it came to different outcomes; this is the worst")
	}
	for _, note := range k.Notes {
		p.named(4, "note", note)
	}
	p.named(4, "written", strings.Join(k.Refs, "; "))
	p.command(4, "again", k.Reproduce)
}

// areas says how many cases of each area pass, of those that were run.
func (p *printer) areas(cases []result.Case) {
	var (
		order []string
		sums  []string
		ran   = map[string]int{}
		good  = map[string]int{}
	)
	for _, k := range cases {
		name := area(k.ID)
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
		switch k.Outcome {
		case result.CaseSkipped, result.CaseNotApplicable, result.CaseWithdrawn:
			continue
		case result.CasePass:
			good[name]++
		}
		ran[name]++
	}
	for _, name := range order {
		if ran[name] == 0 {
			continue
		}
		sums = append(sums, fmt.Sprintf("%s %d of %d", name, good[name], ran[name]))
	}
	p.named(2, "passes", strings.Join(sums, ", "))
}

// excuses lists the cases that were not run, by reason.
func (p *printer) excuses(cases []result.Case) {
	var order []string
	ids := map[string][]string{}
	for _, k := range cases {
		switch k.Outcome {
		case result.CaseSkipped, result.CaseNotApplicable, result.CaseWithdrawn:
			why := strings.Join(append([]string{string(k.Outcome)}, k.Notes...), ": ")
			if ids[why] == nil {
				order = append(order, why)
			}
			ids[why] = append(ids[why], k.ID)
		}
	}
	for _, why := range order {
		p.line("  %s", oneLine(why))
		p.named(4, "cases", strings.Join(ids[why], ", "))
	}
}

// outcome is a case's outcome in a column of its own.
func (p *printer) outcome(k result.Case) string {
	return p.paint(toneOf(string(k.Outcome)), fmt.Sprintf("%-14s", oneLine(string(k.Outcome))))
}
