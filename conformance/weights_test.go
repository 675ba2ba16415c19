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

// TestWeights: cases whose clauses weigh differently are judged by the clause
// that the node disregards, not by the heaviest that they have.
func TestWeights(t *testing.T) {
	is := func(m *raw.Message, method, tag string) bool {
		return m.Method() == method && (m.Tag("To") == "nobody") == (tag != "")
	}
	gets := func(method, tag string, status int) func(*agent, *raw.Message) bool {
		return func(a *agent, m *raw.Message) bool {
			if is(m, method, tag) {
				a.say(m, status)
			}
			return is(m, method, tag)
		}
	}
	// What INVITE and OPTIONS for somebody who is not there get; 0: what is right.
	nobody := func(invite, options int) func(*agent, *raw.Message) bool {
		return func(a *agent, m *raw.Message) bool {
			status := map[string]int{"INVITE": invite, "OPTIONS": options}[m.Method()]
			if !strings.HasPrefix(m.RequestURI(), "sip:nobody") || status == 0 {
				return false
			}
			if status == 200 && m.Method() == "INVITE" {
				a.take(m)
			} else {
				a.say(m, status)
			}
			return true
		}
	}
	cancel := func(toCancel, toInvite int) func(*agent, *raw.Message) bool {
		return func(a *agent, m *raw.Message) bool {
			invite := a.ringing[m.CallID()]
			if m.Method() != "CANCEL" || invite == nil {
				return false
			}
			a.say(m, toCancel)
			switch {
			case toInvite == 200:
				a.take(invite)
			case toInvite > 0:
				a.say(invite, toInvite)
			}
			return true
		}
	}
	wants := func(seconds string, do func(*agent, *raw.Message)) func(*agent, *raw.Message) bool {
		return func(a *agent, m *raw.Message) bool {
			mine := m.Method() == "INVITE" && m.Get("Session-Expires") == seconds
			if mine {
				do(a, m)
			}
			return mine
		}
	}
	either := func(bends ...func(*agent, *raw.Message) bool) func(*agent, *raw.Message) bool {
		return func(a *agent, m *raw.Message) bool {
			return slices.ContainsFunc(bends, func(bend func(*agent, *raw.Message) bool) bool { return bend(a, m) })
		}
	}
	tooSmall := func(least string) func(*agent, *raw.Message) bool {
		return wants("60", func(a *agent, m *raw.Message) { a.say(m, 422, "Min-SE: "+least) })
	}
	ringing := func(t *conformance.Target) { t.Ringing = "ring@vc.example.com" }
	for _, test := range []struct {
		id, name string
		bend     func(*agent, *raw.Message) bool
		want     result.CaseOutcome
	}{
		{"TXN-011", "481", nil, result.CasePass},
		{"TXN-011", "403", gets("CANCEL", "", 403), result.CaseNonstrict},
		{"TXN-011", "silence", func(_ *agent, m *raw.Message) bool { return m.Method() == "CANCEL" }, result.CaseFail},

		{"DLG-006", "481 to all", nil, result.CasePass},
		{"DLG-006", "BYE taken", gets("BYE", "nobody", 200), result.CaseNonstrict},
		{"DLG-006", "no INFO", gets("INFO", "nobody", 405), result.CasePass},
		{"DLG-006", "INFO taken", gets("INFO", "nobody", 200), result.CaseNonstrict},
		{"DLG-006", "INVITE refused otherwise", gets("INVITE", "nobody", 404), result.CaseFail},
		{"DLG-006", "BYE taken, INVITE refused otherwise", either(gets("BYE", "nobody", 200), gets("INVITE", "nobody", 404)), result.CaseFail},

		{"RTE-006", "404 to both", nil, result.CasePass},
		{"RTE-006", "480 to both", nobody(480, 480), result.CaseNonstrict},
		{"RTE-006", "both taken", nobody(200, 200), result.CaseNonstrict},
		{"RTE-006", "404 and 200", nobody(404, 200), result.CaseFail},
		{"RTE-006", "480 and 404", nobody(480, 404), result.CaseFail},

		{"TXN-009", "200 and 487", nil, result.CasePass},
		{"TXN-009", "200, and the call is taken", cancel(200, 200), result.CaseNonstrict},
		{"TXN-009", "200, and silence", cancel(200, 0), result.CaseNonstrict},
		{"TXN-009", "405 and 487", cancel(405, 487), result.CaseFail},

		{"TXN-014", "200 and 487", nil, result.CasePass},
		{"TXN-014", "420 and 487", cancel(420, 487), result.CaseFail},
		{"TXN-014", "200, and the call is taken", cancel(200, 200), result.CaseNonstrict},

		{"SYN-032", "404 to CANCEL", gets("CANCEL", "", 404), result.CaseNonstrict},
		{"SYN-032", "420 to CANCEL", gets("CANCEL", "", 420), result.CaseFail},
		{"RTE-003", "a call for another domain taken", func(a *agent, m *raw.Message) bool {
			foreign := strings.Contains(m.RequestURI(), "victim.invalid") && m.Method() == "INVITE"
			if foreign {
				a.take(m)
			}
			return foreign
		}, result.CaseNonstrict},

		{"TMR-002", "422", either(tooSmall("90"), wants("90", func(a *agent, m *raw.Message) {
			a.take(m, "Session-Expires: 90;refresher=uas")
		})), result.CasePass},
		{"TMR-002", "taken as it is", wants("60", func(a *agent, m *raw.Message) { a.take(m, "Session-Expires: 60;refresher=uas") }), result.CaseNonstrict},
		{"TMR-002", "lengthened", wants("60", func(a *agent, m *raw.Message) { a.take(m, "Session-Expires: 90;refresher=uas") }), result.CaseFail},
		{"TMR-002", "a Min-SE of 60", tooSmall("60"), result.CaseFail},
		{"TMR-002", "422 whatever it wants", either(tooSmall("90"), wants("90", func(a *agent, m *raw.Message) { a.say(m, 422, "Min-SE: 90") })), result.CaseFail},
		{"TMR-002", "refused otherwise", wants("60", func(a *agent, m *raw.Message) { a.say(m, 488) }), result.CaseFail},
	} {
		chosen := slices.DeleteFunc(cases.All(), func(c conformance.Case) bool { return c.ID != test.id })
		synctest.Test(t, func(t *testing.T) {
			bent := agent{bend: test.bend}
			c := runAs(t, ringing, bent.behave, chosen...).Cases[0]
			if c.Outcome != test.want || c.Severity != "MUST" {
				t.Errorf("%s, %s: %s of a %s, want %s: expected %s, got %s %q", c.ID, test.name, c.Outcome, c.Severity, test.want, c.Expected, c.Actual, c.Notes)
			}
			if weaker := slices.ContainsFunc(c.Notes, func(note string) bool { return strings.HasPrefix(note, "what it falls short of here is a ") }); weaker != (test.want == result.CaseNonstrict) {
				t.Errorf("%s, %s: %s, notes %q", c.ID, test.name, c.Outcome, c.Notes)
			}
		})
	}
}
