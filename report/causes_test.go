package report

import (
	"strings"
	"testing"

	"fedge/result"
)

// A name server that is silent is one thing to mend, however many questions it
// left unanswered; what went wrong elsewhere stays apart.
func TestCausesAreToldOnce(t *testing.T) {
	unobserved := func(id, subject string, evidence ...string) result.Finding {
		return result.Finding{ID: id, Severity: result.Required, Outcome: result.NotChecked, Why: result.ObservationFailed, Subject: subject, Evidence: evidence}
	}
	all := sections(&result.Check{Findings: []result.Finding{
		unobserved("DNS-01", "vc.example.com", "vc.example.com SRV: no answer in time (from 192.0.2.53:53)"),
		unobserved("DNS-09", "px01", "px01 A: no answer in time (from 192.0.2.53:53)"),
		unobserved("DNS-09", "px02", "px02 A: no answer in time (from 192.0.2.53:53)"),
		unobserved("DNS-10", "px01", "px01 A: no answer in time (from 192.0.2.53:53)"),
		unobserved("DNS-10", "px02", "px02 A: no answer in time (from 198.51.100.53:53)"),
		unobserved("FQD-01", "px01", "no call from px01 arrived"),
		unobserved("FQD-01", "px02", "no call from px02 arrived"),
	}})
	causes := all[0].Causes()
	if len(all) != 1 || len(causes) != 4 {
		t.Fatalf("%d sections, %d causes", len(all), len(causes))
	}
	first := causes[0]
	if first.words() != "DNS-01, DNS-09, DNS-10 of vc.example.com, px01, px02" || first.More() != "and in the same way 2 other questions" {
		t.Errorf("%q, %q", first.words(), first.More())
	}
	found := 0
	for _, c := range causes {
		for _, r := range c.Rules {
			found += len(r.Subjects)
		}
	}
	if found != 7 || causes[1].More() != "" {
		t.Errorf("%d of 7 findings; %q", found, causes[1].More())
	}
}

// TestAdvice: another name server helps only whom one did not answer.
func TestAdvice(t *testing.T) {
	t.Parallel()
	for evidence, advised := range map[string]bool{
		"px01 A: no answer in time (from 192.0.2.53:53)":          true,
		"sip.vc.example.com A 198.51.100.40 (from 192.0.2.53:53)": false,
		"INVITE sip:meet@vc.example.com: 503 Service Unavailable": false,
		"the node, asked to call sip:x: POST: connection refused": false,
	} {
		c := &result.Check{Findings: []result.Finding{{ID: "X-01", Outcome: result.NotChecked, Why: result.ObservationFailed, Subject: "x", Evidence: []string{evidence}}}}
		if meaning := sections(c)[0].Meaning(); strings.Contains(meaning, "--resolver") != advised {
			t.Errorf("%s: %s", evidence, meaning)
		}
	}
}
