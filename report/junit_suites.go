package report

import (
	"fmt"
	"strings"

	"fedge/result"
)

func checkSuite(c *result.Check) junitSuite {
	// Only --strict fails a run without a required rule's failing; then the
	// others are what failed it.
	strict := c.Verdict == result.Fail
	for _, f := range c.Findings {
		strict = strict && kindOf(f) != broken
	}
	cases := make([]junitCase, 0, len(c.Findings))
	for _, f := range c.Findings {
		cases = append(cases, findingCase(f, strict))
	}
	properties := []junitProperty{{"inbound", string(c.Inbound)}, {"outbound", string(c.Outbound)}}
	if c.OutboundHint != "" {
		properties = append(properties, junitProperty{"outbound_hint", c.OutboundHint})
	}
	return suiteOf("check "+c.Domain, c.Run, cases, properties...)
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
	case unchecked:
		c.Skipped = &junitProblem{Message: f.Why}
	case inapplicable:
		c.Skipped = &junitProblem{Message: "not applicable"}
	case passed:
		c.Out = text
	}
	return c
}

func conformSuite(c *result.Conform) junitSuite {
	cases := make([]junitCase, 0, len(c.Cases))
	for _, k := range c.Cases {
		cases = append(cases, caseCase(k))
	}
	return suiteOf("conform "+c.Target, c.Run, cases, junitProperty{"target", c.Target},
		junitProperty{"mutant", c.Mutant}, junitProperty{"preflight", c.Preflight})
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
	case result.CaseSkipped, result.CaseNotApplicable:
		c.Skipped = &junitProblem{Message: string(k.Outcome)}
	default: // inconclusive, error
		c.Error = problem
	}
	return c
}

func loadSuite(l *result.Load) junitSuite {
	cases := []junitCase{judged("load", "verdict", l.Verdict, l.TookSeconds, l.Error)}
	for _, v := range l.Validity {
		c := junitCase{Class: "load.validity", Name: v.Detector, Time: junitTime(0)}
		said := fmt.Sprintf("%s is %s, the limit is %s", v.Detector, inUnit(v.Value, v.Unit), inUnit(v.Limit, v.Unit))
		switch v.Outcome {
		case "ok":
			c.Out = said
		case "invalid":
			c.Error = &junitProblem{Type: "invalid", Message: said, Text: v.Detail}
		default:
			c.Skipped = &junitProblem{Message: strings.TrimSpace(v.Outcome + " " + v.Detail)}
		}
		cases = append(cases, c)
	}
	for _, o := range l.Objectives {
		cases = append(cases, judged("load.objective", "fail if "+o.FailIf, o.Outcome, 0, "measured "+orDash(o.Value, number)))
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
		suites = append(suites, checkSuite(d.Check))
	}
	if len(d.Calls) > 0 {
		suites = append(suites, callSuite(d.Run, d.Calls))
	}
	if d.Conform != nil {
		suites = append(suites, conformSuite(d.Conform))
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
	for _, l := range lines {
		fmt.Fprintf(&b, "+%s %s → %s %s\n", millis(l.AtSeconds), l.From, l.To, l.Label)
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
