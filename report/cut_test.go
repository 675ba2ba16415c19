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

// A call's ladder is cut wherever it is shown, and the JSON has all of it; what
// was not even recorded is told everywhere.
func TestLaddersAreCut(t *testing.T) {
	var lines []result.Line
	for i := range 10_000 {
		lines = append(lines, result.Line{From: "us", To: "node", Label: fmt.Sprintf("%03d INVITE", i%1000), Text: fmt.Sprintf("message %d.", i)})
	}
	lines = append(lines, result.Line{Label: "7 not recorded", Text: "From here on 7 messages were not recorded."})
	r := Call(result.OneCall{Call: result.Call{Ladder: lines}})
	for format, write := range writers(r) {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "7 not recorded") {
			t.Errorf("%s does not say what was not recorded", format)
		}
		if format == "JSON" {
			if !strings.Contains(out.String(), "message 5000.") {
				t.Error("the JSON has not all")
			}
			continue
		}
		if out.Len() > 1<<20 || !strings.Contains(out.String(), "9,881 messages not shown") {
			t.Errorf("%s: %d bytes, and it does not say what is left out", format, out.Len())
		}
	}
}

// A transcript of nothing but that nothing was recorded is one.
func TestLadderOfNoMessages(t *testing.T) {
	var out bytes.Buffer
	if err := Ladder(&out, []result.Line{{Label: "7 not recorded"}}, Style{}); err != nil || !strings.Contains(out.String(), "7 not recorded") {
		t.Errorf("%v: %q", err, out.String())
	}
}
