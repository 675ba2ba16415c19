package report

import (
	"fmt"
	"strings"

	"fedge/result"
)

// caseOrder is how outcomes are counted out, the worst first.
var caseOrder = []result.CaseOutcome{
	result.CaseFail, result.CaseError, result.CaseInconclusive, result.CaseNonstrict,
	result.CasePass, result.CaseSkipped, result.CaseNotApplicable,
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
	p.line("  preflight: %s; %s", p.word(c.Preflight), strings.Join(sums, ", "))
	if c.Mutant != "" {
		p.line("  the target has a defect on purpose: %s", c.Mutant)
	}
	p.gap()
	width := 0
	for _, k := range c.Cases {
		width = max(width, len(k.ID))
	}
	for _, k := range c.Cases {
		p.line("  %s  %s  %s", p.outcome(k), fmt.Sprintf("%-*s", width, k.ID), k.Title)
		if k.Outcome == result.CasePass || k.Outcome == result.CaseSkipped || k.Outcome == result.CaseNotApplicable {
			continue
		}
		p.named(4, "demands", k.Severity+": "+k.Requirement)
		p.named(4, "class", k.Class)
		p.named(4, "expected", k.Expected)
		p.named(4, "actual", k.Actual)
		for _, note := range k.Notes {
			p.named(4, "note", note)
		}
		p.named(4, "written", strings.Join(k.Refs, "; "))
		p.named(4, "again", k.Reproduce)
	}
}

// outcome is a case's outcome in a column of its own.
func (p *printer) outcome(k result.Case) string {
	return p.paint(toneOf(string(k.Outcome)), fmt.Sprintf("%-14s", oneLine(string(k.Outcome))))
}
