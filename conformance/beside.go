package conformance

import (
	"slices"
	"time"

	"fedge/result"
)

// Lesser keeps a mismatch that is against a clause of another weight than the
// case's, and lets the case go on to its other clauses: the case comes to the
// worst of all that it finds. Any other error comes back.
func (s *Stand) Lesser(severity Severity, err error) error {
	m, ok := AsMismatch(err)
	if !ok {
		return err
	}
	m.Severity = severity
	s.beside(m)
	return nil
}

// Weighed is Lesser for an error that says itself what its clause weighs, and
// gives back every other.
func (s *Stand) Weighed(err error) error {
	if m, ok := AsMismatch(err); ok && m.Severity != "" {
		return s.Lesser(m.Severity, m)
	}
	return err
}

// Weighing says what the clause weighs that an error is against.
func Weighing(severity Severity, err error) error {
	if m, ok := AsMismatch(err); ok {
		m.Severity = severity
	}
	return err
}

// Only is a verdict whose clause weighs less than the case.
func Only(severity Severity, verdict Verdict) Verdict {
	return func(r *Reaction) error { return Weighing(severity, verdict(r)) }
}

// beside keeps a mismatch that has a severity of its own; the first of each
// severity counts.
func (t *trial) beside(m *Mismatch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.ContainsFunc(t.found, func(before *Mismatch) bool { return before.Severity == m.Severity }) {
		t.found = append(t.found, m)
	}
}

// worst is what a case came to, with all that was found beside its verdict; late
// is how late we were ourselves.
func (t *trial) worst(c Case, verdict error, late time.Duration) (result.CaseOutcome, *Mismatch) {
	outcome, mismatch, excuses := leniently(c, verdict, late)
	t.mu.Lock()
	found := slices.Clone(t.found)
	t.mu.Unlock()
	for _, m := range found {
		other, _, why := leniently(c, m, late)
		if excuses == "" {
			excuses = why
		}
		if worst(outcome, other) != outcome {
			outcome, mismatch = other, m
		}
	}
	if excuses != "" {
		t.Note("%s", excuses)
	}
	return outcome, mismatch
}

// leniently is judge, but for what rests on time when we were late.
func leniently(c Case, verdict error, late time.Duration) (result.CaseOutcome, *Mismatch, string) {
	outcome, mismatch := judge(c, verdict)
	outcome, why := excuse(outcome, mismatch, late)
	return outcome, mismatch, why
}
