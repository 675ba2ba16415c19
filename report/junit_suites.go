package report

import (
	"fmt"
	"strings"

	"fedge/result"
)

// checkSuites are one suite for each area of the rules, in their order.
func checkSuites(c *result.Check) (suites []junitSuite) {
	// Only --strict fails a run without a required rule's failing; then the
	// others are what failed it.
	strict := c.Verdict == result.Fail
	for _, f := range c.Findings {
		strict = strict && kindOf(f) != broken
	}
	properties := []junitProperty{{"inbound", string(c.Inbound)}, {"outbound", string(c.Outbound)}}
	if c.InboundHint != "" {
		properties = append(properties, junitProperty{"inbound_hint", c.InboundHint})
	}
	if c.OutboundHint != "" {
		properties = append(properties, junitProperty{"outbound_hint", c.OutboundHint})
	}
	areas, cases := byArea(c.Findings, func(f result.Finding) (string, junitCase) { return f.ID, findingCase(f, strict) })
	for _, a := range areas {
		suites = append(suites, suiteOf("check "+c.Domain+" "+a, c.Run, cases[a], properties...))
	}
	return suites
}

// byArea makes cases and sorts them by the areas of their ids, in the order in
// which these come; with nothing to sort there is one area without a name, so
// that the run itself is not lost.
func byArea[T any](all []T, of func(T) (id string, c junitCase)) (areas []string, cases map[string][]junitCase) {
	cases = make(map[string][]junitCase)
	for _, one := range all {
		id, c := of(one)
		a := area(id)
		if cases[a] == nil {
			areas = append(areas, a)
		}
		cases[a] = append(cases[a], c)
	}
	if len(areas) == 0 {
		areas = []string{""}
	}
	return areas, cases
}

func findingCase(f result.Finding, strict bool) junitCase {
	c := junitCase{
		Class: "check." + area(f.ID), Name: strings.TrimSpace(f.ID + " " + f.Title + " " + parenthesised(f.Subject)), Time: junitTime(0),
		Properties: &junitProperties{[]junitProperty{{"id", f.ID}, {"severity", string(f.Severity)}, {"direction", f.Direction}}},
	}
	text := strings.Join(present(paragraph("seen: ", f.Evidence...), prefixed("symptom: ", f.Symptom), prefixed("fix: ", f.Fix)), "\n")
	problem := &junitProblem{Type: string(f.Severity), Message: f.Title, Text: text}
	switch kindOf(f) {
	case broken:
		c.Failure = problem
	case advised:
		if strict {
			c.Failure = problem
		} else {
			c.Out = string(f.Severity) + ": " + text
		}
	case unobserved:
		c.Error = &junitProblem{Type: result.ObservationFailed, Message: f.Why, Text: text}
	case waiting, unseen:
		c.Skipped = &junitProblem{Message: strings.Join(present(f.Why, strings.Join(f.Evidence, "; ")), ": ")}
	case inapplicable:
		c.Skipped = &junitProblem{Message: strings.Join(present("not applicable", f.Why), ": ")}
	case passed:
		c.Out = text
	}
	return c
}

// conformSuites are one suite for each area of the cases, in their order.
func conformSuites(c *result.Conform) (suites []junitSuite) {
	areas, cases := byArea(c.Cases, func(k result.Case) (string, junitCase) { return k.ID, caseCase(k) })
	for _, a := range areas {
		suites = append(suites, suiteOf("conform "+c.Target+" "+a, c.Run, cases[a], junitProperty{"target", c.Target},
			junitProperty{"mutant", c.Mutant}, junitProperty{"preflight", c.Preflight}))
	}
	return suites
}

func caseCase(k result.Case) junitCase {
	c := junitCase{
		Class: "conform." + area(k.ID), Name: k.ID + " " + k.Title, Time: junitTime(k.TookSeconds),
		Properties: &junitProperties{[]junitProperty{{"id", k.ID}, {"severity", k.Severity}, {"refs", strings.Join(k.Refs, "; ")}}},
		Out:        transcript(k.Transcript),
	}
	text := strings.Join(present(prefixed("requirement: ", k.Requirement), prefixed("expected: ", k.Expected),
		prefixed("actual: ", k.Actual), paragraph("note: ", k.Notes...), prefixed("reproduce: ", k.Reproduce)), "\n")
	problem := &junitProblem{Type: string(k.Outcome), Message: k.Actual, Text: text}
	switch k.Outcome {
	case result.CasePass:
	case result.CaseNonstrict:
		c.Out = strings.Join(present("nonstrict", text, c.Out), "\n")
	case result.CaseFail:
		problem.Type = k.Class
		c.Failure = problem
	case result.CaseSkipped, result.CaseNotApplicable, result.CaseWithdrawn, result.CaseExpectedFail:
		c.Skipped = &junitProblem{Message: strings.Join(append([]string{string(k.Outcome)}, k.Notes...), ": ")}
	default: // inconclusive, error
		c.Error = problem
	}
	return c
}

func loadSuite(l *result.Load) junitSuite {
	cases := []junitCase{judged("load", "verdict", l.Verdict, l.TookSeconds, strings.Join(present(l.Error, noFigure(l)), "; "))}
	for _, v := range l.Validity {
		c := junitCase{Class: "load.validity", Name: v.Detector, Time: junitTime(0)}
		said := fmt.Sprintf("%s is %s, the limit is %s", v.Detector, inUnit(v.Value, v.Unit), inUnit(v.Limit, v.Unit))
		switch v.Outcome {
		case "ok":
			c.Out = said
		case "invalid":
			c.Error = &junitProblem{Type: "invalid", Message: said, Text: strings.Join(present(v.Detail, v.Fix), "\n")}
		default:
			c.Skipped = &junitProblem{Message: strings.TrimSpace(v.Outcome + " " + v.Detail)}
		}
		cases = append(cases, c)
	}
	for _, o := range l.Objectives {
		cases = append(cases, judged("load.objective", "fail if "+o.FailIf, o.Outcome, 0, "measured: "+measured(o)))
	}
	return suiteOf("load "+l.Scenario, l.Run, cases)
}

func callSuite(run result.Run, calls []result.Call) junitSuite {
	cases := make([]junitCase, 0, len(calls))
	for _, c := range calls {
		k := judged("call."+c.Direction, strings.TrimSpace(c.Name+" "+c.From+" → "+c.To), c.Verdict, 0, c.Detail)
		if k.Out = strings.Join(present(k.Out, transcript(c.Ladder)), "\n"); run.Verdict == "" {
			run.Verdict = c.Verdict
		}
		cases = append(cases, k)
	}
	return suiteOf("calls", run, cases)
}

func demoSuites(d *result.Demo) []junitSuite {
	steps := make([]junitCase, 0, len(d.Steps))
	for _, s := range d.Steps {
		steps = append(steps, judged("demo", s.Name, s.Verdict, s.TookSeconds, s.Detail))
	}
	suites := []junitSuite{suiteOf("demo", d.Run, steps, junitProperty{"faults", strings.Join(d.Faults, ", ")})}
	if d.Check != nil {
		suites = append(suites, checkSuites(d.Check)...)
	}
	if len(d.Calls) > 0 {
		suites = append(suites, callSuite(d.Run, d.Calls))
	}
	if d.Conform != nil {
		suites = append(suites, conformSuites(d.Conform)...)
	}
	if d.Load != nil {
		suites = append(suites, loadSuite(d.Load))
	}
	return suites
}

// area is the family of an id: DNS of DNS-01.
func area(id string) string {
	before, _, _ := strings.Cut(id, "-")
	return before
}

// transcript is a call's messages as text.
func transcript(lines []result.Line) string {
	var b strings.Builder
	first, next := legible.gap(len(lines))
	for i, l := range lines {
		if i == first {
			fmt.Fprintln(&b, notShown(next-first))
		}
		if i >= first && i < next {
			continue
		}
		way := l.From + " → " + l.To + " "
		if l.From == "" && l.To == "" { // nobody's message: something to be said
			way = ""
		}
		fmt.Fprintf(&b, "+%s %s%s\n", millis(l.AtSeconds), way, l.Label)
		if l.Text != "" {
			fmt.Fprintf(&b, "%s\n", strings.TrimRight(l.Text, "\n"))
		}
	}
	return b.String()
}

func paragraph(prefix string, lines ...string) string {
	if len(lines) == 0 {
		return ""
	}
	return prefix + strings.Join(lines, "\n"+prefix)
}

func parenthesised(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}
