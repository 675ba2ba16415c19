package report

import (
	"strings"
	"testing"

	"fedge/result"
)

// The headline never says more than was seen, and names what fails.
func TestReadiness(t *testing.T) {
	broken := []result.Finding{{Outcome: result.RuleFail, Severity: result.Required}}
	advised := []result.Finding{{Outcome: result.RuleFail, Severity: result.Recommended}}
	for _, test := range []struct {
		all, in, out result.Verdict
		findings     []result.Finding
		want         string
	}{
		{result.Pass, result.Pass, result.Pass, nil, "Ready for calls in and out, as far as can be seen from here"},
		{result.Pass, result.Pass, "not-tried", nil, "Ready for calls in, as far as can be seen from here"},
		{result.Pass, result.Pass, "not-applicable", advised, "Ready for calls in, as far as can be seen from here"},
		{result.Pass, "not-tried", "not-tried", nil, "Nothing speaks against calls, and none was tried"},
		{result.Fail, result.Fail, result.Fail, broken, "Not ready for calls in or out"},
		{result.Fail, result.Fail, result.Pass, broken, "Not ready for calls in"},
		{result.Fail, result.Pass, result.Fail, broken, "Not ready for calls out"},
		{result.Fail, result.Fail, result.Fail, advised, "Every required rule holds; --strict asks for the recommended ones too"},
		{result.Inconclusive, result.Inconclusive, result.Pass, nil, "Inconclusive: no verdict may be drawn"},
		{result.Aborted, "", "", nil, "Interrupted: what was measured until then is here"},
	} {
		c := result.Check{Run: result.Run{Verdict: test.all}, Inbound: test.in, Outbound: test.out, Findings: test.findings}
		if got := readiness(&c); got != test.want {
			t.Errorf("%s, in %s, out %s: %q, want %q", test.all, test.in, test.out, got, test.want)
		}
	}
}

// What to do next is about what was looked at: nobody who has checked a
// deployment of their own is told to begin with one.
func TestNextOfAnOwnDeployment(t *testing.T) {
	own := fixtureCheck()
	own.Command = "simulator check deployment.yaml --as partner.yaml"
	for command, want := range map[string]bool{own.Command: false, fixtureCheck().Command: true} {
		c := fixtureCheck()
		c.Verdict, c.Command, c.Findings = result.Pass, command, nil
		var page strings.Builder
		if err := Check(c).HTML(&page); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(page.String(), "simulator check your-domain.example"); got != want {
			t.Errorf("%s: begin with a deployment of your own: %t", command, got)
		}
	}
}
