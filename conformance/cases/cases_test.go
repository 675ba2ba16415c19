package cases_test

import (
	"regexp"
	"strings"
	"testing"

	"fedge/conformance"
	"fedge/conformance/cases"
)

// TestCatalogue holds what every case must bring: a permanent ID, a sentence, a
// reference, and a mutant that it is seen to catch. Several cases may catch the
// same.
func TestCatalogue(t *testing.T) {
	id := regexp.MustCompile(`^[A-Z0-9]{2,3}-([0-9]{3}|[a-z0-9-]+)$`)
	seen := map[string]bool{}
	for _, c := range cases.All() {
		if !id.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("%s: not an ID, or not its only case", c.ID)
		}
		seen[c.ID] = true
		if c.Title == "" || !strings.HasSuffix(strings.TrimSuffix(c.Requirement, ")"), ".") || len(c.Refs) == 0 || (c.Run == nil) != (c.Withdrawn != "") {
			t.Errorf("%s: wants a title, a requirement in one sentence, a reference, and a body unless it is withdrawn", c.ID)
		}
		if c.Severity != conformance.Must && c.Severity != conformance.Should && c.Severity != conformance.May {
			t.Errorf("%s: severity %q", c.ID, c.Severity)
		}
		if (len(c.Mutants) == 0) != (c.Withdrawn != "" || c.Observation != "") {
			t.Errorf("%s: a case never seen to fail is no case: it wants a mutant, or a word why there is none", c.ID)
		}
	}
}

// TestCatalogueIsWhole: every case of an area is there, and few make no sense or
// only record.
func TestCatalogueIsWhole(t *testing.T) {
	there, excused := map[string]int{}, map[string]int{}
	for _, c := range cases.All() {
		area, _, _ := strings.Cut(c.ID, "-")
		there[area]++
		if c.Withdrawn != "" || c.Observation != "" {
			excused[area]++
		}
	}
	for area, want := range map[string]int{
		"DNS": 27, "TLS": 36, "CON": 39, "TOR": 49, "V6": 11, "SYN": 37, "TXN": 35, "DLG": 20, "RTE": 17,
		"IDN": 15, "TRU": 20, "TMR": 8, "OVL": 12, "ROB": 22, "SEC": 22,
	} {
		if there[area] != want {
			t.Errorf("%s has %d cases, the catalogue %d", area, there[area], want)
		}
		if 20*excused[area] > want {
			t.Errorf("%s: %d of %d cases are withdrawn or only record; 5 %% at most", area, excused[area], want)
		}
	}
}
