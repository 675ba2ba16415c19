package report

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"fedge/result"
)

func junit(t *testing.T, r *Report) junitSuites {
	t.Helper()
	var out bytes.Buffer
	if err := r.JUnit(&out); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, out.Bytes())
	}
	return got
}

// became says what CI will say of a testcase.
func became(c junitCase) string {
	switch {
	case c.Failure != nil:
		return "failure " + c.Failure.Type
	case c.Error != nil:
		return "error " + c.Error.Type
	case c.Skipped != nil:
		return "skipped " + c.Skipped.Message
	}
	return "pass"
}

func TestJUnitOfEachKind(t *testing.T) {
	tests := map[string]struct {
		report *Report
		want   map[string]string // the class's or the name's beginning
	}{
		"check": {Check(fixtureCheck()), map[string]string{
			"DNS-01 the federation SRV record of the SIP domain exists (_sipfederationtls._tcp.vc.example.com)": "pass",
			"DNS-02 the SRV port is 5061 (_sipfederationtls._tcp.vc.example.com)":                               "failure required",
			"DNS-12 no AAAA record where the deployment has no IPv6 (px02.vc.example.com)":                      "pass",
			"FQD-02 Contact names the node (px01.vc.example.com)":                                               "skipped precondition DNS-02",
			"NET-04 media ports are open (firewall)":                                                            "skipped not-visible",
			"NET-06 the clock is right (px02.vc.example.com)":                                                   "error observation-failed",
			"DOM-09 a second SIP domain has its own record (vc.example.com)":                                    "skipped not applicable",
		}},
		"conform": {Conform(fixtureConform()), map[string]string{
			"CON-001 one INVITE in two TLS records":                   "pass",
			"DLG-001 BYE is answered":                                 "failure timeout",
			"TLS-010 the handshake ends without a client certificate": "error inconclusive",
			"TXN-009 a foreign CANCEL does not match":                 "pass",
			"SRT-001 media is protected":                              "skipped skipped",
		}},
		"load": {Load(fixtureLoad()), map[string]string{
			"verdict": "pass", "schedule_lag_p99": "pass", "machine_busy": "pass",
			"limiter": "skipped not-measured the target has no such counter", "fail if session_request_delay_seconds.p99>0.05": "pass",
		}},
		"invalid load": {Load(fixtureInvalid()), map[string]string{
			"verdict": "error invalid", "machine_busy": "error invalid", "schedule_lag_p99": "pass", "fail if session_request_delay_seconds.p99>0.05": "error inconclusive",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := junit(t, tt.report)
			found := make(map[string]string)
			for _, s := range got.Suites {
				for _, c := range s.Cases {
					found[c.Name] = became(c)
					if area := c.Class[strings.LastIndex(c.Class, ".")+1:]; !strings.HasSuffix(name, "load") && !strings.HasSuffix(s.Name, " "+area) {
						t.Errorf("%s is in the suite %q", c.Name, s.Name)
					}
				}
			}
			for name, want := range tt.want {
				if found[name] != want {
					t.Errorf("%s: %q, want %q", name, found[name], want)
				}
			}
		})
	}
}

// The sums are those of the cases, and the properties say how to get it again.
func TestJUnitCounts(t *testing.T) {
	for name, r := range everyKind() {
		t.Run(name, func(t *testing.T) {
			got := junit(t, r)
			var tests, failures, errs, skipped int
			for _, s := range got.Suites {
				count := map[string]int{}
				for _, c := range s.Cases {
					switch {
					case c.Failure != nil:
						count["failure"]++
					case c.Error != nil:
						count["error"]++
					case c.Skipped != nil:
						count["skipped"]++
					}
				}
				if s.Tests != len(s.Cases) || s.Failures != count["failure"] || s.Errors != count["error"] || s.Skipped != count["skipped"] {
					t.Errorf("%s: counts %d %d %d %d of %d cases, %v", s.Name, s.Tests, s.Failures, s.Errors, s.Skipped, len(s.Cases), count)
				}
				tests, failures, errs, skipped = tests+s.Tests, failures+s.Failures, errs+s.Errors, skipped+s.Skipped
				if name != "call" && (s.Properties[1] != junitProperty{"seed", "7436211"} || s.Properties[2] != junitProperty{"version", "v0.1.0"}) {
					t.Errorf("%s: properties %v", s.Name, s.Properties)
				}
			}
			if got.Tests != tests || got.Failures != failures || got.Errors != errs || got.Skipped != skipped {
				t.Errorf("sums %d %d %d %d, want %d %d %d %d", got.Tests, got.Failures, got.Errors, got.Skipped, tests, failures, errs, skipped)
			}
		})
	}
}

// Nothing of a result is lost in JUnit: every finding and every case is a
// testcase, and what could not be judged says what it would take.
func TestJUnitCarriesAll(t *testing.T) {
	check, conform := fixtureCheck(), fixtureConform()
	at := slices.IndexFunc(check.Findings, func(f result.Finding) bool { return f.Why == result.NotVisible })
	check.Findings[at].Evidence = []string{"needs a call with media"}
	if got := junit(t, Check(check)); got.Tests != len(check.Findings) || len(got.Suites) != 5 {
		t.Errorf("%d testcases in %d suites of %d findings", got.Tests, len(got.Suites), len(check.Findings))
	} else if !slices.ContainsFunc(got.Suites, func(s junitSuite) bool {
		return slices.ContainsFunc(s.Cases, func(c junitCase) bool { return became(c) == "skipped not-visible: needs a call with media" })
	}) {
		t.Error("nobody says what NET-04 needs")
	}
	if got := junit(t, Conform(conform)); got.Tests != len(conform.Cases) {
		t.Errorf("%d testcases of %d cases", got.Tests, len(conform.Cases))
	}
	// Two findings of a rule on one subject stay two.
	check.Findings = append(check.Findings, check.Findings[0])
	seen := make(map[string]bool)
	for _, s := range junit(t, Check(check)).Suites {
		for _, c := range s.Cases {
			if seen[c.Name] {
				t.Errorf("%q is there twice", c.Name)
			}
			seen[c.Name] = true
		}
	}
	// With no finding at all the run is there still.
	if got := junit(t, Check(result.Check{Domain: "vc.example.com"})); len(got.Suites) != 1 || got.Suites[0].Name != "check vc.example.com" {
		t.Errorf("%+v", got)
	}
}

// When only --strict can have failed the run, the recommended rules are the
// failures; CI must show one.
func TestJUnitOfAStrictCheck(t *testing.T) {
	c := result.Check{Run: result.Run{Verdict: result.Fail}, Findings: []result.Finding{
		{ID: "DNS-03", Severity: result.Recommended, Outcome: result.RuleFail}, {ID: "DNS-01", Severity: result.Required, Outcome: result.RulePass},
	}}
	if got := junit(t, Check(c)); got.Failures != 1 || became(got.Suites[0].Cases[0]) != "failure recommended" {
		t.Errorf("%+v", got)
	}
	c.Verdict = result.Pass
	if got := junit(t, Check(c)); got.Failures != 0 {
		t.Errorf("%+v", got)
	}
}
