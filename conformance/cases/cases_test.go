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
