//go:build mutants

package lab_test

import (
	"slices"
	"testing"

	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/lab"
	"fedge/mutant"
	"fedge/result"
)

// TestProveUnclaimed (P2, the other half of a case): a target that does not claim
// a feature passes if its node, which is without it, declines it; the edge as it
// is, which has the feature, does not.
func TestProveUnclaimed(t *testing.T) {
	for _, test := range []struct {
		id, mutant string
		without    func(*conformance.Claims)
		class      conformance.Class // of the edge as it is
	}{
		{"DLG-013", "upd.none", func(c *conformance.Claims) { c.Update = false }, conformance.Content},
		{"TMR-001", "st.none", func(c *conformance.Claims) { c.SessionTimers = false }, conformance.Content},
		{"TXN-033", "rel.none", func(c *conformance.Claims) { c.Reliable = false }, conformance.Content},
	} {
		chosen := slices.DeleteFunc(cases.All(), func(c conformance.Case) bool { return c.ID != test.id })
		for name, want := range map[string]result.CaseOutcome{"": result.CaseFail, test.mutant: result.CasePass} {
			if err := mutant.Activate(name); err != nil {
				t.Fatal(err)
			}
			w := start(t, lab.Config{Short: true})
			target, err := w.Target(w.Plan.Signaling()[0])
			if err != nil {
				t.Fatal(err)
			}
			test.without(&target.Claims)
			got := conformance.Run(t.Context(), conformance.Config{Target: target, Cases: chosen, Seed: 1}).Cases[0]
			if got.Outcome != want || !got.Unclaimed || want == result.CaseFail && got.Class != string(test.class) {
				t.Errorf("%s against %q: %s (%s), want %s: expected %s, got %s", test.id, name, got.Outcome, got.Class, want, got.Expected, got.Actual)
			}
			t.Logf("%s against %q: %s: %s; %s", test.id, name, got.Outcome, got.Title, got.Actual)
			if err := mutant.Activate(""); err != nil {
				t.Fatal(err)
			}
		}
	}
}
