package check

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fedge/certs"
	"fedge/plan"
	"fedge/result"
)

// plans is what each file must be called, and nothing else. Each has one
// mistake; the facts are what that plan would show.
var plans = []struct {
	file     string
	want     []string // ID and subject of every finding that fails
	severity result.Severity
	evidence string // part of what is said to have been seen
}{
	{"clean", nil, "", ""},
	{"DNS-08-one", []string{"DNS-08 vc.example.com"}, result.Warning, "1 signaling nodes: px01.vc.example.com"},
	{"DNS-08-four", []string{"DNS-08 vc.example.com"}, result.Recommended, "4 signaling nodes"},
	{"DNS-14", []string{"DNS-14 vc.example.com"}, result.Required, "the plan lists it"},
	{"CRT-14", []string{"CRT-14 " + px01, "CRT-14 " + px02}, result.Recommended, "verify: off"},
	{"LOC-07", []string{"LOC-07 vc.example.com"}, result.Required, "no room of the plan"},
	{"CAP-01", []string{"CAP-01 vc.example.com"}, result.Warning, "33.6 HD calls are needed; 4 nodes carry 36; 27 are left without px01.vc.example.com"},
	{"CAP-02", []string{"CAP-02 vc.example.com"}, result.Required, "a conference of 18 that arrives in dmz needs 18 HD calls: 3 nodes of dmz; 3 find no place"},
	{"CAP-03", []string{"CAP-03 the plan"}, result.Required, "22 participants are expected, and licences are for 20"},
}

// TestPlans: what is wrong with a plan is found however well the world agrees
// with it.
func TestPlans(t *testing.T) {
	for _, test := range plans {
		t.Run(test.file, func(t *testing.T) {
			p, err := plan.Load(filepath.Join("testdata", "plans", test.file+".yaml"))
			must(t, err)
			f := cleanFacts(p)
			if _, called := alias(p, domain); !called {
				for i := range f.Endpoints {
					f.Endpoints[i].Invite = nil
				}
			}
			f.certificates(func(c *certs.Facts) { c.Names = p.Names() })
			findings := Judge(p, *f)
			if got := failed(findings); !slices.Equal(got, test.want) {
				t.Errorf("failed:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
			for _, g := range findings {
				wellFormed(t, g)
				roots(t, findings, g)
				if g.Outcome != result.RuleFail {
					continue
				}
				if said := strings.Join(g.Evidence, "\n"); g.Severity != test.severity || !strings.Contains(said, test.evidence) {
					t.Errorf("%s is %s, and saw\n%s\nwant %s, %q", g.ID, g.Severity, said, test.severity, test.evidence)
				}
			}
		})
	}
}

// TestPlansRefused: some mistakes of a plan never get as far as a check.
func TestPlansRefused(t *testing.T) {
	tests := map[string]string{ // file: part of what the reader says
		"LOC-04": "nodes behind a NAT and nodes without",
		"LOC-05": "media nodes and proxying nodes",
		"LOC-06": "calls that arrive in the location front find no media node",
		"DOM-03": "elsewhere.example is no domain of the plan",
		"DNS-04": "is not directly under its domain",
		"DNS-11": "is not a public address and would be published",
		"DNS-19": "has signaling nodes of two domains",
		"FQD-02": "the node px01.vc.example.com is here twice",
		"FQD-03": "has the pool's name",
	}
	for id, want := range tests {
		_, err := plan.Load(filepath.Join("testdata", "plans", "refused-"+id+".yaml"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", id, err, want)
		}
	}
}

// TestPlansAll: every file is in one of the tables.
func TestPlansAll(t *testing.T) {
	files, err := filepath.Glob("testdata/plans/*.yaml")
	must(t, err)
	if len(files) != 9+9 {
		t.Errorf("%d plans: %q", len(files), files)
	}
}
