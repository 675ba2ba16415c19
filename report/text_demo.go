package report

import (
	"fmt"
	"strings"

	"fedge/result"
)

// demo prints the whole, each part as short as it allows; the page has the rest.
func (p *printer) demo(d *result.Demo) {
	p.head("demo", plural(len(d.World), "host", "hosts"), d.Run)
	if len(d.Faults) > 0 {
		p.line("  broken on purpose: %s", strings.Join(d.Faults, ", "))
	}
	p.gap()
	for _, s := range d.Steps {
		p.line("  %s  %s", p.paint(toneOf(string(s.Verdict)), fmt.Sprintf("%-12s", oneLine(string(s.Verdict)))), s.Name)
		for _, l := range wrap(oneLine(s.Detail), p.width()-16) {
			p.line("                %s", l)
		}
	}
	if d.Check != nil {
		p.gap()
		p.line("%s %s: %s", p.paint(bold, "check"), d.Check.Domain, p.word(string(d.Check.Verdict)))
		p.findings(d.Check)
	}
	if len(d.Calls) > 0 {
		p.gap()
		p.line("%s", p.paint(bold, "calls"))
	}
	for _, c := range d.Calls {
		p.line("  %s  %s", p.paint(toneOf(string(c.Verdict)), fmt.Sprintf("%-12s", oneLine(string(c.Verdict)))), c.Name)
		p.named(16, "from", c.From+" to "+c.To)
		p.named(16, "answer", strings.Join(present(answer(&c), prefixed("by ", c.Node), prefixed("media from ", c.MediaNode)), ", "))
		p.named(16, "detail", c.Detail)
	}
	if d.Conform != nil {
		p.gap()
		p.line("%s %s: %s", p.paint(bold, "conform"), d.Conform.Target, p.word(string(d.Conform.Verdict)))
		p.cases(d.Conform)
	}
	if d.Load != nil {
		p.gap()
		p.line("%s %s: %s", p.paint(bold, "load"), d.Load.Scenario, p.word(string(d.Load.Verdict)))
		p.figures(d.Load)
	}
	p.foot(d.Run)
}
