package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"fedge/plan"
	"fedge/result"
)

// Judge draws a verdict from each rule of the catalogue that has one. It is
// pure: the same plan and facts give the same findings, in the catalogue's
// order.
//
// One cause gives one finding. A rule that cannot hold because another failed
// on the same subject is not-checked with "precondition ID"; what was not, or
// cannot be, observed is not-checked too and never passes.
//
// Certificate rules have one finding for each distinct certificate, its
// subject the nodes that show it; rules on what outbound calls carry have one
// for each distinct value; all other rules have one for each name or node. One
// that cannot be judged from outside has a single one: what it would take.
func Judge(p *plan.Plan, f Facts) []result.Finding {
	w := newWorld(p, f)
	var findings []result.Finding
	for _, r := range catalogue() {
		if !r.Implemented() {
			findings = append(findings, r.finding(w.hidden(r)))
			continue
		}
		for _, v := range w.verdicts(r.ID) {
			findings = append(findings, r.finding(v))
		}
	}
	return findings
}

// hidden is the word on a rule that nothing seen from outside can settle.
func (w *world) hidden(r Rule) verdict {
	const subject = "the deployment"
	if v, none := w.staysIn(subject); none && v.outcome == result.NotApplicable && r.Direction == Outbound {
		return v
	}
	return unseen(subject, result.NotVisible, r.Unjudged)
}

// world is what rules judge, and what they said of it so far.
type world struct {
	plan  *plan.Plan
	facts Facts
	rules map[string]Rule
	said  map[string][]verdict
}

func newWorld(p *plan.Plan, f Facts) *world {
	f.Endpoints = slices.Clone(f.Endpoints)
	for i, e := range f.Endpoints {
		if a := e.Address.Addr(); a.IsPrivate() && !p.IsPublic(a) { // whoever answers there is of the observer's own network
			f.Endpoints[i] = Endpoint{Address: e.Address, Node: e.Node, Refused: "not a public address"}
		}
	}
	w := &world{plan: p, facts: f, rules: make(map[string]Rule), said: make(map[string][]verdict)}
	for _, r := range catalogue() {
		w.rules[r.ID] = r
	}
	return w
}

// verdict is one rule's word on one subject.
type verdict struct {
	subject   string
	about     []string // further names that it concerns: hosts, nodes, domains
	outcome   result.Outcome
	why       string
	evidence  []string
	fix       string          // literal; empty: the catalogue's words
	symptom   string          // empty: the catalogue's
	severity  result.Severity // empty: the catalogue's
	direction Direction       // empty: the catalogue's
}

func pass(subject string, evidence ...string) verdict {
	return verdict{subject: subject, outcome: result.RulePass, evidence: evidence}
}

func fail(subject, fix string, evidence ...string) verdict {
	return verdict{subject: subject, outcome: result.RuleFail, fix: fix, evidence: evidence}
}

func blocked(subject, id string) verdict { return unseen(subject, "precondition "+id) }

func unseen(subject, why string, evidence ...string) verdict {
	return verdict{subject: subject, outcome: result.NotChecked, why: why, evidence: evidence}
}

func notApplicable(subject, why string) verdict {
	return verdict{subject: subject, outcome: result.NotApplicable, why: why}
}

// on says which further names a verdict concerns, for rules that depend on it.
func (v verdict) on(names ...string) verdict {
	v.about = append(v.about, names...)
	return v
}

// looking says what the partner sees, where that is not what the catalogue says.
func (v verdict) looking(symptom string) verdict {
	v.symptom = symptom
	return v
}

func (v verdict) concerns(name string) bool {
	return strings.EqualFold(v.subject, name) || slices.ContainsFunc(v.about, func(a string) bool { return strings.EqualFold(a, name) })
}

// verdicts asks a rule, once. A rule that asks for itself on the way gets
// nothing, so a mistake in the catalogue cannot hang a run.
func (w *world) verdicts(id string) []verdict {
	if said, asked := w.said[id]; asked {
		return said
	}
	w.said[id] = nil
	r, known := w.rules[id]
	if !known || !r.Implemented() {
		return nil
	}
	w.said[id] = r.judge(w)
	return w.said[id]
}

// fails tells whether a rule failed on name. A rule that only warned there, of
// something that breaks nothing yet, is no reason for anything else.
func (w *world) fails(id, name string) bool {
	return slices.ContainsFunc(w.verdicts(id), func(v verdict) bool {
		return v.outcome == result.RuleFail && (v.severity == "" || v.severity == result.Required) && v.concerns(name)
	})
}

// breaks tells whether a rule failed on name so that calls break.
func (w *world) breaks(id, name string) bool {
	return slices.ContainsFunc(w.verdicts(id), func(v verdict) bool {
		return v.outcome == result.RuleFail && cmp.Or(v.severity, w.rules[id].Severity) == result.Required && v.concerns(name)
	})
}

// needs is for a rule that makes sense on name only if others hold there. It
// returns the verdict to give when one failed, or was not checked itself: the
// reason is handed on, so that it names the root of the matter.
func (w *world) needs(subject, name string, ids ...string) (verdict, bool) {
	for _, id := range ids {
		if w.fails(id, name) {
			return blocked(subject, id), true
		}
	}
	for _, id := range ids {
		for _, v := range w.verdicts(id) {
			if v.outcome == result.NotChecked && v.concerns(name) {
				return unseen(subject, v.why, v.evidence...), true
			}
		}
	}
	return verdict{}, false
}

// finding puts a rule's verdict into the words of the result.
func (r Rule) finding(v verdict) result.Finding {
	f := result.Finding{
		ID: r.ID, Title: r.Title, Severity: r.Severity, Direction: string(r.Direction),
		Outcome: v.outcome, Why: v.why, Subject: v.subject, Evidence: v.evidence,
	}
	if v.severity != "" {
		f.Severity = v.severity
	}
	if v.direction != "" {
		f.Direction = string(v.direction)
	}
	if v.outcome == result.NotChecked {
		f.Fix = v.fix // what it takes to have it checked, if anybody can do that
	}
	if v.outcome == result.RuleFail {
		f.Symptom, f.Fix = cmp.Or(v.symptom, r.symptom()), cmp.Or(v.fix, r.Fix)
	}
	return f
}

// symptom is what the partner's side sees, with the ids in its trace.
func (r Rule) symptom() string {
	if len(r.Diagnostics) == 0 {
		return r.Symptom
	}
	ids := make([]string, len(r.Diagnostics))
	for i, id := range r.Diagnostics {
		ids[i] = fmt.Sprint(id)
	}
	return r.Symptom + " (ms-diagnostics " + strings.Join(ids, ", ") + ")"
}
