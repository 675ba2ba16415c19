package conformance

import "context"

// Unclaimed is the other half of a case about a feature: what a target owes that
// does not claim it, so that "no" is put to the test like "yes". All of it is
// MUST.
type Unclaimed struct {
	Title       string
	Requirement string
	Refs        []string
	Run         func(ctx context.Context, s *Stand) error
}

// facing is the half of a case that the target is put to, and why it is the
// other one; "": the case itself.
func (t Target) facing(c Case) (half Case, why string) {
	missing, claimed := t.meets(c.Needs)
	if _, rest := t.meets(c.Needs.besidesFeatures()); claimed || !rest || c.Unclaimed == nil {
		return c, ""
	}
	u := c.Unclaimed
	c.Title, c.Requirement, c.Refs, c.Run, c.Severity = u.Title, u.Requirement, u.Refs, u.Run, Must
	c.Needs, c.Lasts = c.Needs.besidesFeatures(), 0
	return c, missing + ": tested is that it declines what it does not claim"
}

// besidesFeatures is what is needed of a target that may decline the rest.
func (n Needs) besidesFeatures() Needs {
	n.SessionTimers, n.Update, n.Reliable = false, false, false
	return n
}
