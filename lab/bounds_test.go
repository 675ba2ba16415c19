package lab_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/lab"
	"fedge/result"
)

// TestBounded: a check of what does not answer takes no longer than a user
// waits, and says what it was that did not answer. A step is given a quarter of
// its usual patience here, and the whole all of its 15 s: this machine may be
// busy.
func TestBounded(t *testing.T) {
	t.Parallel()
	const limit = 15 * time.Second
	for _, test := range []struct {
		fault string
		says  string // in the evidence of what was not seen, or failed
	}{
		{"dns-silent", "no answer in time"},
		{"swallow-syn", "no answer in time"},
		{"port-says-nothing", "accepts TCP and never answers in TLS"},
	} {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			w := start(t, lab.Config{Faults: []string{test.fault}})
			began := time.Now()
			r := checked(t, w, patience(test.fault))
			if took := time.Since(began); took > limit {
				t.Errorf("it took %v; the limit is %v", took, limit)
			} else {
				t.Log(took)
			}
			said := slices.ContainsFunc(r.Findings, func(f result.Finding) bool {
				return (f.Outcome == result.RuleFail || f.Why == result.ObservationFailed) && strings.Contains(strings.Join(f.Evidence, "\n"), test.says)
			})
			if !said {
				t.Errorf("no finding says %q", test.says)
			}
			for _, f := range r.Findings {
				if f.Outcome == result.RulePass && strings.HasPrefix(f.ID, "DNS-") && test.fault == "dns-silent" && f.ID != "DNS-08" {
					t.Errorf("%s on %s passes, with nothing seen: %v", f.ID, f.Subject, f.Evidence)
				}
			}
		})
	}
}
