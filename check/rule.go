package check

import (
	"fmt"
	"slices"
	"strings"

	"fedge/result"
)

// Direction says which calls a rule's failure breaks. A deployment that only
// takes calls is judged by less than one that also places them.
type Direction string

const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
	Both     Direction = "both"
)

// Rule is one condition that a deployment must meet before its rollout: the
// words about it, and the pure function that judges it.
type Rule struct {
	ID          string          `json:"id"` // DNS-01; permanent
	Title       string          `json:"title"`
	Severity    result.Severity `json:"severity"`
	Direction   Direction       `json:"direction"`
	Source      string          `json:"source"`                    // where the condition is written
	Symptom     string          `json:"symptom"`                   // what users and the partner's Edge see when it does not hold
	Diagnostics []int           `json:"ms_diagnostics,omitempty"`  // ids in the partner's own trace
	Fix         string          `json:"fix"`                       // what mending it looks like
	PlanOnly    bool            `json:"plan_only,omitempty"`       // it fails by the plan alone, whatever is observed
	Shadow      string          `json:"shadow,omitempty"`          // why it never fails itself, though it judges; empty for all that do
	Beside      string          `json:"beside,omitempty"`          // which other rules speak in its place, and when
	Unjudged    string          `json:"not_implemented,omitempty"` // what a verdict would need that does not show from outside; empty for a rule that judges

	judge func(*world) []verdict
}

// Implemented tells whether the rule judges anything, or stands in the list
// with the reason why not.
func (r Rule) Implemented() bool { return r.judge != nil }

// Basis says in a few words what a rule's verdict rests on, or what it would
// need that does not show from outside.
func (r Rule) Basis() string {
	switch {
	case !r.Implemented():
		return "not visible: " + r.Unjudged
	case r.Shadow != "":
		return "from the plan; never fails itself: " + r.Shadow
	case r.PlanOnly:
		return "from the plan"
	}
	return "observed"
}

// Rules is the whole catalogue in its order: every rule there is, also those
// that cannot be judged yet.
func Rules() []Rule { return catalogue() }

// Find finds a rule by its id, in any case.
func Find(id string) (Rule, bool) {
	for _, r := range catalogue() {
		if strings.EqualFold(r.ID, id) {
			return r, true
		}
	}
	return Rule{}, false
}

// Explain says in a few lines what an id means, why it matters and what to do.
// It knows the rules (DNS-04) and the ms-diagnostics ids of a partner's trace
// (1009); ok is false for any other.
func Explain(id string) (text string, ok bool) {
	if r, found := Find(id); found {
		return r.explain(), true
	}
	if d, found := diagnostic(id); found {
		return d.explain(), true
	}
	return "", false
}

func (r Rule) explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", r.ID, r.Title)
	fmt.Fprintf(&b, "  severity   %s, %s\n", r.Severity, calls(r.Direction))
	fmt.Fprintf(&b, "  source     %s\n", r.Source)
	fmt.Fprintf(&b, "  if wrong   %s\n", r.Symptom)
	for _, d := range diagnostics() {
		if slices.Contains(r.Diagnostics, d.id) {
			fmt.Fprintf(&b, "             ms-diagnostics %d: %s\n", d.id, d.reason)
		}
	}
	fmt.Fprintf(&b, "  to mend    %s\n", r.Fix)
	if r.Unjudged != "" {
		fmt.Fprintf(&b, "  not judged %s\n", r.Unjudged)
	} else {
		fmt.Fprintf(&b, "  judged     %s\n", r.Basis())
	}
	if r.Beside != "" {
		fmt.Fprintf(&b, "  beside     %s\n", r.Beside)
	}
	return b.String()
}

func calls(d Direction) string {
	if d == Both {
		return "inbound and outbound calls"
	}
	return string(d) + " calls"
}
