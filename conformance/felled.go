package conformance

import (
	"time"

	"fedge/result"
)

// fell keeps that the node was not there after the case, whatever the case came
// to: a MUST, as nothing holds of a node that is down.
func (t *trial) fell(unavailable, verdict error) error {
	m, ok := AsMismatch(unavailable)
	if !ok {
		return verdict
	}
	m.Severity = Must
	t.gone = m
	if verdict == nil {
		return m
	}
	t.beside(m)
	return verdict
}

// down tells whether the case has felled the node; late is how late we were.
func (t *trial) down(c Case, late time.Duration) bool {
	if t.gone == nil {
		return false
	}
	outcome, _, _ := leniently(c, t.gone, late)
	if outcome != result.CaseFail {
		return false
	}
	t.Note("after the case the node was not there: %s", t.gone.Actual)
	return true
}
