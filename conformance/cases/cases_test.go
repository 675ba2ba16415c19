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

// TestWords holds cases to the word of the clause that they are about, where it
// has been got wrong before.
func TestWords(t *testing.T) {
	words := map[string]conformance.Severity{
		"DLG-011": conformance.Must,   // RFC 3261 §14.2: MUST return a 500, MUST include Retry-After
		"DLG-014": conformance.Must,   // RFC 3311 §5.2: MUST reject with 491
		"OVL-003": conformance.Must,   // RFC 3261 §21.5.4: MUST act as if 500
		"OVL-002": conformance.Should, // RFC 3261 §21.5.4: SHOULD NOT forward any other requests
		"CON-037": conformance.Must,   // RFC 3261 §12.1.1: Contact MUST be a SIPS URI
		"TXN-014": conformance.Must,   // RFC 3261 §8.2.2.3: MUST be ignored
		"SYN-037": conformance.Must,   // RFC 3261 §8.2.6.1: MUST be copied
		"TMR-006": conformance.Must,   // RFC 4028 §9, table 2; RFC 3261 §8.2.4
		"TMR-005": conformance.Should, // RFC 4028 §10: SHOULD send a BYE
		"DLG-008": conformance.Should, // RFC 3261 §12.2.2: SHOULD be prepared to receive
		"DLG-016": conformance.Should, // RFC 3261 §12.2.1.2: SHOULD terminate the dialog
		"DNS-006": conformance.Should, // RFC 3263 §4.3: SHOULD create a new request
		"DNS-007": conformance.Should,
		"DNS-013": conformance.May,    // RFC 2308 §7.1: MAY cache a server failure
		"TLS-027": conformance.Should, // RFC 8446 §9.2: servers MAY require server_name
		"TLS-035": conformance.Must,   // RFC 8446 §5.1: MUST terminate the connection
		"SYN-024": conformance.May,    // RFC 3261 §8.2.2: SHOULD ignore malformed fields
	}
	for _, c := range cases.All() {
		if want, held := words[c.ID]; held && c.Severity != want {
			t.Errorf("%s is a %s, its clause says %s", c.ID, c.Severity, want)
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
