package report

import (
	"slices"
	"strings"

	"fedge/result"
)

// headline says in a sentence what came of it.
func (r *Report) headline() string {
	switch {
	case r.check != nil:
		return readiness(r.check)
	case r.conform != nil:
		return verdictWords(r.conform.Verdict)
	case r.load != nil && r.load.Verdict == result.Aborted && r.load.Invalid():
		return "Interrupted, and invalid: no figure may be drawn from this run"
	case r.load != nil:
		return verdictWords(r.load.Verdict)
	case r.call != nil && r.call.Verdict == result.Pass:
		return "The call works"
	case r.call != nil && r.call.Verdict == result.Fail:
		return "The call fails"
	case r.call != nil:
		return verdictWords(r.call.Verdict)
	case len(r.demo.Faults) > 0 && r.demo.Verdict == result.Fail:
		return "Broken on purpose, and it shows"
	case r.demo.Verdict == result.Invalid: // of fails and invalids the former would win
		return "Nothing fails, but one part was invalid and says nothing"
	}
	return verdictWords(r.demo.Verdict)
}

// verdictWords say a verdict in a sentence, as the exit codes do.
func verdictWords(v result.Verdict) string {
	switch v {
	case result.Pass:
		return "All that was asked holds"
	case result.Fail:
		return "The system under test falls short"
	case result.Invalid:
		return "Invalid: no figure may be drawn from this run"
	case result.Inconclusive:
		return "Inconclusive: no verdict may be drawn"
	case result.Aborted:
		return "Interrupted: what was measured until then is here"
	}
	return "The harness itself failed"
}

// noFigure says what made a run invalid; nothing of one that is not.
func noFigure(l *result.Load) string {
	if !l.Invalid() {
		return ""
	}
	var names []string
	for _, v := range l.Objections() {
		names = append(names, v.Detector)
	}
	return strings.Join(present("no figure may be drawn from this run", strings.Join(names, ", ")), ": ")
}

// readiness says a check's verdict in a sentence, for whoever answers for the
// deployment.
func readiness(c *result.Check) string {
	in, out := c.Inbound == result.Fail, c.Outbound == result.Fail
	switch {
	case c.Verdict == result.Fail && !slices.ContainsFunc(c.Findings, func(f result.Finding) bool { return kindOf(f) == broken }):
		return "Every required rule holds; --strict asks for the recommended ones too"
	case c.Verdict == result.Pass && c.Inbound == result.Pass && c.Outbound == result.Pass:
		return "Ready for calls in and out, as far as can be seen from here"
	case c.Verdict == result.Pass && c.Inbound == result.Pass:
		return "Ready for calls in, as far as can be seen from here"
	case c.Verdict == result.Pass:
		return "Nothing speaks against calls, and none was tried"
	case c.Verdict == result.Fail && in && out:
		return "Not ready for calls in or out"
	case c.Verdict == result.Fail && in:
		return "Not ready for calls in"
	case c.Verdict == result.Fail && out:
		return "Not ready for calls out"
	}
	return verdictWords(c.Verdict)
}

// nextCommands says what to do now: first about what is wrong, then onward.
func nextCommands(p page) []next {
	var all []next
	if id := worst(p); id != "" {
		all = append(all, next{"simulator explain " + id, "what " + id + " means, why it matters, and what to do about it"})
	}
	if p.Run.Command != "" {
		why := "the same again, with the same variation"
		if p.Run.Verdict == result.Fail {
			why = "the same again, once it is mended"
		}
		if p.Kind == "load" && p.Load.Invalid() {
			why = "the same again, once what made it invalid is gone"
		}
		all = append(all, next{again(*p.Run), why})
	}
	if p.Check != nil && !strings.Contains(p.Run.Command, "--lab") && p.Demo == nil {
		// Somebody's own deployment: what is known of it is the plan.
		all = append(all,
			next{"simulator plan deployment.yaml --zone", "the records to publish; --settings, --firewall and --csr print the rest of what the plan asks for"},
			next{"simulator conform @smoke --target node.yaml --as partner.yaml", "what a federation edge must do, case by case, of a node of yours; examples/target.yaml is a node.yaml to start from"})
	}
	all = append(all,
		next{"simulator check your-domain.example", "the same check of your own deployment, from outside; nothing there is changed"},
		next{"simulator lab --list-faults", "what can be broken in the lab, one thing at a time, to see how it is found"},
		next{"simulator conform --lab", "what a federation edge must do, case by case"},
	)
	return all[:3]
}

// worst is the id that a reader should look up first.
func worst(p page) string {
	if p.Check != nil && len(p.Check.Sections) > 0 && p.Check.Sections[0].Kind == broken {
		return p.Check.Sections[0].Rules[0].ID
	}
	if p.Conform != nil {
		for _, k := range p.Conform.Cases {
			if k.Outcome == result.CaseFail {
				return k.ID
			}
		}
	}
	return ""
}
