package conformance

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"fedge/result"
)

func TestJudge(t *testing.T) {
	mismatch := &Mismatch{Class: Status, Expected: "200", Actual: "500"}
	for _, test := range []struct {
		name     string
		severity Severity
		err      error
		want     result.CaseOutcome
	}{
		{"nothing wrong passes", Must, nil, result.CasePass},
		{"a mismatch of a MUST fails", Must, mismatch, result.CaseFail},
		{"wrapped, it still fails", Must, fmt.Errorf("case: %w", mismatch), result.CaseFail},
		{"a SHOULD missed is nonstrict", Should, mismatch, result.CaseNonstrict},
		{"and so is the SHOULD of a MUST case", Must, &Mismatch{Class: Status, Severity: Should}, result.CaseNonstrict},
		{"a MAY as well", Must, &Mismatch{Class: Status, Severity: May}, result.CaseNonstrict},
		{"the MUST of a SHOULD case fails", Should, &Mismatch{Class: Content, Severity: Must}, result.CaseFail},
		{"a mismatch in the preamble says nothing about the requirement", Must, Preamble(mismatch), result.CaseInconclusive},
		{"the far end closed while we wrote", Must, fmt.Errorf("write: %w", syscall.EPIPE), result.CaseFail},
		{"any other error is ours", Must, errors.New("out of memory"), result.CaseError},
	} {
		if got, _ := judge(Case{Severity: test.severity}, test.err); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestWorst: an outcome only ever gets worse.
func TestWorst(t *testing.T) {
	order := []result.CaseOutcome{
		result.CasePass, result.CaseNonstrict, result.CaseInconclusive, result.CaseFail, result.CaseError,
	}
	for i, a := range order {
		for j, b := range order {
			if got, want := worst(a, b), order[max(i, j)]; got != want {
				t.Errorf("worst(%s, %s) = %s, want %s", a, b, got, want)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	all := []Case{{ID: "CON-001"}, {ID: "CON-002"}, {ID: "TLS-001"}}
	for _, test := range []struct {
		patterns []string
		want     string
		fails    bool
	}{
		{nil, "[CON-001 CON-002 TLS-001]", false},
		{[]string{"CON-*"}, "[CON-001 CON-002]", false},
		{[]string{"TLS-001", "*-001"}, "[TLS-001 CON-001]", false},
		{[]string{"CON-*", "CON-001"}, "[CON-001 CON-002]", false},
		{[]string{"TSL-001"}, "", true},
		{[]string{"["}, "", true},
	} {
		chosen, err := Select(all, test.patterns)
		if (err != nil) != test.fails {
			t.Errorf("%v: error %v", test.patterns, err)
			continue
		}
		var ids []string
		for _, c := range chosen {
			ids = append(ids, c.ID)
		}
		if got := fmt.Sprint(ids); !test.fails && got != test.want {
			t.Errorf("%v: %s, want %s", test.patterns, got, test.want)
		}
	}
}

// TestSelectNamesAll: every pattern that is wrong is named, with what may have
// been meant.
func TestSelectNamesAll(t *testing.T) {
	all := []Case{{ID: "CON-001"}, {ID: "CON-002"}, {ID: "TLS-001"}}
	_, err := Select(all, []string{"TSL-1", "CON-001", "foo", "["})
	for _, want := range []string{`"TSL-1", did you mean TLS-001?`, `"foo"`, `"["`, "--list"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

func TestMediaLines(t *testing.T) {
	sections := MediaLines([]byte("v=0\r\na=session\r\nm=audio 9 RTP/SAVP 0\r\na=crypto:1 x\r\na=crypto:2 y\r\nm=video 0 RTP/SAVP 122\r\n"))
	if len(sections) != 2 || sections[0].Kind != "audio" || sections[1].Port != "0" {
		t.Fatalf("sections %+v", sections)
	}
	if got := fmt.Sprint(sections[0].Attributes("crypto")); got != "[1 x 2 y]" {
		t.Errorf("crypto lines %s", got)
	}
}
