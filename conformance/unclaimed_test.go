package conformance_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"fedge/conformance"
	"fedge/conformance/cases"
	"fedge/result"
	"fedge/sip/raw"
)

// TestUnclaimed: what a target does not claim it has to decline in the way that
// the protocol has for it; one that takes it after all, refuses it otherwise, or
// lists it, does not pass.
func TestUnclaimed(t *testing.T) {
	none := func(t *conformance.Target) {
		t.Claims.Update, t.Claims.SessionTimers, t.Claims.Reliable = false, false, false
	}
	requires := func(m *raw.Message) bool { return m.Method() == "INVITE" && m.Has("Require") }
	to := func(method string, do func(*agent, *raw.Message)) func(*agent, *raw.Message) bool {
		return func(a *agent, m *raw.Message) bool {
			if m.Method() != method || m.Has("Require") {
				return false
			}
			do(a, m)
			return true
		}
	}
	required := func(do func(*agent, *raw.Message)) func(*agent, *raw.Message) bool {
		return func(a *agent, m *raw.Message) bool {
			if requires(m) {
				do(a, m)
			}
			return requires(m)
		}
	}
	for _, test := range []struct {
		name  string
		ids   string
		bend  func(*agent, *raw.Message) bool
		want  result.CaseOutcome
		class conformance.Class
	}{
		{"all is declined", "DLG-013 TMR-001 TXN-033", nil, result.CasePass, ""},

		{"UPDATE is taken", "DLG-013", to("UPDATE", func(a *agent, m *raw.Message) { a.say(m, 200) }), result.CaseFail, conformance.Accepted},
		{"UPDATE gets 403", "DLG-013", to("UPDATE", func(a *agent, m *raw.Message) { a.say(m, 403) }), result.CaseFail, conformance.Status},
		{"UPDATE gets no answer", "DLG-013", to("UPDATE", func(*agent, *raw.Message) {}), result.CaseFail, conformance.Silence},
		{"405 without Allow", "DLG-013", to("UPDATE", func(a *agent, m *raw.Message) { a.say(m, 405) }), result.CaseFail, conformance.Content},
		{"405 whose Allow names it", "DLG-013", to("UPDATE", func(a *agent, m *raw.Message) { a.say(m, 405, "Allow: UPDATE, "+served) }), result.CaseFail, conformance.Content},
		{"501 with Allow", "DLG-013", to("UPDATE", func(a *agent, m *raw.Message) { a.say(m, 501, "Allow: "+served) }), result.CasePass, ""},
		{"501 without Allow: for who does not know the method's name", "DLG-013", to("UPDATE", func(a *agent, m *raw.Message) { a.say(m, 501) }), result.CaseNonstrict, conformance.Content},
		{"OPTIONS list it", "DLG-013", to("OPTIONS", func(a *agent, m *raw.Message) { a.say(m, 200, "Allow: "+served+", UPDATE") }), result.CaseFail, conformance.Content},
		{"the call's 200 lists it", "DLG-013", to("INVITE", func(a *agent, m *raw.Message) { a.take(m, "Allow: UPDATE") }), result.CaseFail, conformance.Content},
		{"UPDATE ends the call", "DLG-013", to("UPDATE", func(a *agent, m *raw.Message) {
			delete(a.calls, m.CallID())
			a.say(m, 405, "Allow: "+served)
		}), result.CaseFail, conformance.Status},

		{"what is required is passed over", "TMR-001 TXN-033", required(func(a *agent, m *raw.Message) { a.take(m) }), result.CaseFail, conformance.Accepted},
		{"421 instead of 420", "TMR-001 TXN-033", required(func(a *agent, m *raw.Message) { a.say(m, 421) }), result.CaseFail, conformance.Status},
		{"no answer", "TMR-001 TXN-033", required(func(*agent, *raw.Message) {}), result.CaseFail, conformance.Silence},
		{"420 without Unsupported", "TMR-001 TXN-033", required(func(a *agent, m *raw.Message) { a.say(m, 420) }), result.CaseFail, conformance.Content},
		{"420 for something else", "TMR-001 TXN-033", required(func(a *agent, m *raw.Message) { a.say(m, 420, "Unsupported: nope") }), result.CaseFail, conformance.Content},
		{"OPTIONS support both", "TMR-001 TXN-033", to("OPTIONS", func(a *agent, m *raw.Message) { a.say(m, 200, "Supported: 100REL, timer") }), result.CaseFail, conformance.Content},
		{"the call's 200 supports both", "TMR-001 TXN-033", to("INVITE", func(a *agent, m *raw.Message) { a.take(m, "k: timer,100rel") }), result.CaseFail, conformance.Content},
		{"a session timer runs all the same", "TMR-001", to("INVITE", func(a *agent, m *raw.Message) { a.take(m, "Session-Expires: 1800;refresher=uas") }), result.CaseFail, conformance.Content},
		{"rings reliably all the same", "TXN-033", required(func(a *agent, m *raw.Message) { a.say(m, 180, "Require: 100rel", "RSeq: 1") }), result.CaseFail, conformance.Accepted},
	} {
		ids := strings.Fields(test.ids)
		chosen := slices.DeleteFunc(cases.All(), func(c conformance.Case) bool { return !slices.Contains(ids, c.ID) })
		synctest.Test(t, func(t *testing.T) {
			got := runAs(t, none, agent{bend: test.bend}.behave, chosen...)
			if len(got.Cases) != len(ids) {
				t.Fatalf("%d cases", len(got.Cases))
			}
			for _, c := range got.Cases {
				if c.Outcome != test.want || c.Class != string(test.class) {
					t.Errorf("%s, %s: %s (%s), want %s (%s): expected %s, got %s", test.name, c.ID, c.Outcome, c.Class, test.want, test.class, c.Expected, c.Actual)
				}
				if !c.Unclaimed || c.Severity != "MUST" || !strings.HasSuffix(c.Title, "declined") || !strings.Contains(strings.Join(c.Notes, " "), "does not claim") {
					t.Errorf("%s, %s: not said which half was tested: %+v", test.name, c.ID, c)
				}
			}
		})
	}
}

// TestUnclaimedAndMore: a target that lacks something else besides is not put to
// the other half; one that claims the feature is held to it.
func TestUnclaimedAndMore(t *testing.T) {
	chosen := slices.DeleteFunc(cases.All(), func(c conformance.Case) bool { return c.Unclaimed == nil })
	if len(chosen) != 3 {
		t.Fatalf("%d cases have another half", len(chosen))
	}
	for name, test := range map[string]struct {
		claim func(*conformance.Target)
		want  map[string]result.CaseOutcome
	}{
		"without media": {func(t *conformance.Target) { t.Claims = conformance.Claims{} }, map[string]result.CaseOutcome{
			"DLG-013": result.CaseNotApplicable, "TMR-001": result.CaseNotApplicable, "TXN-033": result.CaseNotApplicable,
		}},
		"claims what it does not have": {func(*conformance.Target) {}, map[string]result.CaseOutcome{
			"DLG-013": result.CaseNonstrict, "TMR-001": result.CaseFail, "TXN-033": result.CaseFail,
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			for _, c := range runAs(t, test.claim, agent{}.behave, chosen...).Cases {
				if c.Outcome != test.want[c.ID] || c.Unclaimed {
					t.Errorf("%s, %s: %s, want %s; unclaimed %t", name, c.ID, c.Outcome, test.want[c.ID], c.Unclaimed)
				}
			}
		})
	}
}
