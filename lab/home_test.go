//go:build mutants

package lab_test

import (
	"net/netip"
	"testing"

	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/lab"
	"fedge/mutant"
	"fedge/result"
)

// TestProveAtHome (P2, on a real network): cases in which the node calls us see
// the same where nothing is ours but the partner that we are: no zones, no
// authority, an address that DNS has.
func TestProveAtHome(t *testing.T) {
	n := 0
	for _, c := range cases.All() {
		if !c.Needs.Called || c.Lasts > 0 && testing.Short() {
			continue
		}
		for i, m := range append([]conformance.Mutant{{}}, c.Mutants...) {
			n++
			t.Run(c.ID+"/"+m.Name, func(t *testing.T) {
				if err := mutant.Activate(m.Name); err != nil {
					t.Fatal(err)
				}
				defer mutant.Activate("")
				got := atHome(t, c)
				if i == 0 && !passing(got) {
					t.Errorf("%s: expected %s, got %s", got.Outcome, got.Expected, got.Actual)
				}
				if i > 0 && (got.Outcome != result.CaseFail && got.Outcome != result.CaseNonstrict || got.Class != string(m.Class)) {
					t.Errorf("survives: %s (%s): expected %s, got %s", got.Outcome, got.Class, got.Expected, got.Actual)
				}
			})
		}
	}
	if n < 20 {
		t.Errorf("%d runs: few cases are of use on a real network", n)
	}
}

// atHome puts a case to a world's node as the partner that DNS knows.
func atHome(t *testing.T, c conformance.Case) result.Case {
	t.Helper()
	w := start(t, lab.Config{Short: true})
	target, err := w.Target(w.Plan.Signaling()[0])
	if err != nil {
		t.Fatal(err)
	}
	us, err := w.Partner(lab.Contoso, nil)
	if err != nil {
		t.Fatal(err)
	}
	i := &target.Instruments
	i.Zones, i.Issue = conformance.Zones{}, nil
	i.Home, i.Addresses = us.Listen, []netip.Addr{us.Address}
	return conformance.Run(t.Context(), conformance.Config{Target: target, Cases: []conformance.Case{c}, Seed: 1}).Cases[0]
}
