package main

import (
	"strings"
	"testing"

	"fedge/conformance/cases"
)

// TestUnknownMutant: a defect that there is not would be caught by nobody.
func TestUnknownMutant(t *testing.T) {
	for name, want := range map[string]string{
		"dlg.bye-unanswered": "", "dlg.bye-unanswerd": "did you mean dlg.bye-unanswered?", "nope": "conform --list",
	} {
		err := unknownMutant(name, cases.All())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
