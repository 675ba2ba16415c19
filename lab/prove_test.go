//go:build mutants

package lab_test

import (
	"flag"
	"testing"

	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/lab"
	"fedge/mutant"
	"fedge/result"
)

// suite puts cases to a world's first signaling node.
func suite(t *testing.T, chosen []conformance.Case, seed int64) result.Conform {
	t.Helper()
	w := start(t, lab.Config{Short: true})
	target, err := w.Target(w.Plan.Signaling()[0])
	if err != nil {
		t.Fatal(err)
	}
	return conformance.Run(t.Context(), conformance.Config{Target: target, Cases: chosen, Seed: seed, Command: "simulator conform --lab", Destructive: true})
}

// runs is how often the clean edge is run through: once in the short form.
func runs() int {
	if testing.Short() {
		return 1
	}
	return 3
}

// TestProveClean (P1): the edge without a defect passes, in any order.
func TestProveClean(t *testing.T) {
	for seed := range int64(runs()) {
		got := suite(t, cases.All(), seed+1)
		for _, c := range got.Cases {
			if !passing(c) {
				t.Errorf("seed %d: %s: %s (%s): expected %s, got %s", seed+1, c.ID, c.Outcome, c.Class, c.Expected, c.Actual)
			}
		}
		if got.Preflight != "good" || len(got.Cases) != len(cases.All()) {
			t.Errorf("seed %d: preflight %s, %d cases", seed+1, got.Preflight, len(got.Cases))
		}
	}
}

// The proof in parts, for machines that have time for none of it at once.
var (
	part  = flag.Int("part", 0, "which part of the mutants to prove, from 0")
	parts = flag.Int("parts", 1, "of how many: they may run beside each other")
	every = flag.Int("every", 1, "prove one mutant in so many")
	after = flag.Int("after", 0, "beginning with this one")
)

// TestProveMutants (P2): every mutant is killed by each case that names it, in the
// way that the case expects, on a node that is otherwise alive.
func TestProveMutants(t *testing.T) {
	var score, must tally
	n := 0
	for _, c := range cases.All() {
		for _, m := range c.Mutants {
			if n++; n%*every != *after%*every || n / *every % *parts != *part {
				continue
			}
			ran := false // -run may choose among them
			killed := t.Run(c.ID+"/"+m.Name, func(t *testing.T) {
				ran = true
				proveKill(t, c, m)
			})
			if !ran {
				continue
			}
			score.add(killed)
			if c.Severity == conformance.Must {
				must.add(killed)
			}
		}
	}
	t.Logf("mutation score: %d of %d; of MUST: %d of %d", score.killed, score.all, must.killed, must.all)
}

// proveKill runs one case against one mutant.
func proveKill(t *testing.T, c conformance.Case, m conformance.Mutant) {
	if err := mutant.Activate(m.Name); err != nil {
		t.Fatal(err)
	}
	defer mutant.Activate("")
	got := suite(t, []conformance.Case{c}, 1)
	for again := 0; again < 2 && got.Cases[0].Outcome == result.CaseInconclusive; again++ { // this machine was too busy to tell
		got = suite(t, []conformance.Case{c}, 1)
	}
	if got.Preflight != "good" {
		t.Fatalf("preflight: %s; a node that is down is no kill", got.Preflight)
	}
	one := got.Cases[0]
	if one.Outcome != result.CaseFail && one.Outcome != result.CaseNonstrict {
		t.Fatalf("survives: %s is %s: %s", c.ID, one.Outcome, one.Actual)
	}
	if one.Class != string(m.Class) {
		t.Fatalf("killed by %s, not by %s: expected %s, got %s", one.Class, m.Class, one.Expected, one.Actual)
	}
}

// tally counts kills.
type tally struct{ killed, all int }

func (t *tally) add(killed bool) {
	t.all++
	if killed {
		t.killed++
	}
}
