package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"fedge/result"
)

// A page shows the first and the last messages of a case that passed, and says
// what it leaves out; of one that failed it shows more.
func TestTranscriptsAreCut(t *testing.T) {
	for _, test := range []struct {
		outcome result.CaseOutcome
		shown   []int
		hidden  []int
		omitted string
	}{
		{result.CasePass, []int{0, 1, 198, 199}, []int{2, 197}, "196 messages not shown"},
		{result.CaseFail, []int{0, 59, 140, 199}, []int{60, 139}, "80 messages not shown"},
	} {
		c := result.Conform{Counts: map[result.CaseOutcome]int{test.outcome: 1}, Cases: []result.Case{{ID: "TXN-030", Outcome: test.outcome}}}
		for i := range 200 {
			c.Cases[0].Transcript = append(c.Cases[0].Transcript, result.Line{From: "us", To: "node", Label: "OPTIONS", Text: fmt.Sprintf("message %d.\n%s", i, strings.Repeat("é", 20<<10))})
		}
		var page bytes.Buffer
		if err := Conform(c).HTML(&page); err != nil {
			t.Fatal(err)
		}
		for _, i := range test.shown {
			if !strings.Contains(page.String(), fmt.Sprintf("message %d.", i)) {
				t.Errorf("%s: message %d is not shown", test.outcome, i)
			}
		}
		for _, i := range test.hidden {
			if strings.Contains(page.String(), fmt.Sprintf("message %d.", i)) {
				t.Errorf("%s: message %d is shown", test.outcome, i)
			}
		}
		for _, want := range []string{test.omitted, "bytes more are in the JSON, at cases.0.transcript.199.text"} {
			if !strings.Contains(page.String(), want) {
				t.Errorf("%s: the page does not say %q", test.outcome, want)
			}
		}
	}
}
