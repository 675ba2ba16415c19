package conformance_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/result"
	"fedge/sip/raw"
)

// TestFelled: a node that is not there after a case fails it, whatever the clause
// weighs that it has disregarded, and an expected failure does not excuse that.
func TestFelled(t *testing.T) {
	chosen := slices.DeleteFunc(cases.All(), func(c conformance.Case) bool { return c.ID != "TXN-011" })
	for _, test := range []struct {
		name    string
		falls   bool
		excused conformance.Class // "-": not on the list
		want    result.CaseOutcome
	}{
		{"a SHOULD", false, "-", result.CaseNonstrict},
		{"a SHOULD, known", false, "", result.CaseExpectedFail},
		{"down", true, "-", result.CaseFail},
		{"down, though a failure is known", true, "", result.CaseFail},
		{"down, as is known", true, conformance.Availability, result.CaseExpectedFail},
	} {
		synctest.Test(t, func(t *testing.T) {
			var down atomic.Bool
			bent := agent{bend: func(a *agent, m *raw.Message) bool {
				if m.Method() == "CANCEL" {
					a.say(m, 403)
					down.Store(test.falls)
				}
				return m.Method() == "CANCEL" || down.Load()
			}}
			expects := func(target *conformance.Target) {
				if test.excused != "-" {
					target.Expected = []conformance.Expectation{{ID: "TXN-011", Reason: "403", Class: test.excused}}
				}
			}
			c := runAs(t, expects, bent.behave, chosen...).Cases[0]
			if c.Outcome != test.want || c.Down != test.falls {
				t.Errorf("%s: %s, down %t; want %s: expected %s, got %s %q", test.name, c.Outcome, c.Down, test.want, c.Expected, c.Actual, c.Notes)
			}
		})
	}
}
