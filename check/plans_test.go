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

// judged is what a plan's file must be called, and nothing else.
type judged struct {
	file     string
	want     []string // ID and subject of every finding that fails
	severity result.Severity
	evidence string // part of what is said to have been seen
}

// plans are files with one mistake each; the facts are what that plan would
// show.
var plans = []judged{
	{"clean", nil, "", ""},
	{"inside", nil, "", ""},
	{"DNS-08-one", []string{"DNS-08 vc.example.com"}, result.Warning, "1 signaling nodes: px01.vc.example.com"},
	{"DNS-08-four", []string{"DNS-08 vc.example.com"}, result.Recommended, "4 signaling nodes"},
	{"DNS-14", []string{"DNS-14 vc.example.com"}, result.Required, "the plan lists it"},
	{"CRT-14", []string{"CRT-14 " + px01, "CRT-14 " + px02}, result.Recommended, "verify: off"},
	{"LOC-07", []string{"LOC-07 vc.example.com"}, result.Required, "no room of the plan"},
	{"PEER-02", []string{"PEER-02 contoso.example"}, result.Warning, "1001 aliases can call"},
	{"PEER-02-pace", []string{"PEER-02 contoso.example"}, result.Warning, "limits: outbound: 500"},
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
				if g.ID == "EXP-03" && (g.Outcome == result.RulePass) == (test.file == "DNS-08-four") {
					t.Errorf("EXP-03 does not say that DNS-08 fails for it: %s %s", g.Outcome, g.Why)
				}
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

// plansRefused is part of what the reader says of each file.
var plansRefused = map[string]string{
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

// TestPlansRefused: some mistakes of a plan never get as far as a check.
func TestPlansRefused(t *testing.T) {
	for id, want := range plansRefused {
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
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if refused, is := strings.CutPrefix(name, "refused-"); is {
			if plansRefused[refused] == "" {
				t.Errorf("nobody says why %s is refused", file)
			}
			continue
		}
		i := slices.IndexFunc(plans, func(p judged) bool { return p.file == name })
		if i < 0 {
			t.Errorf("%s is judged by nobody", file)
			continue
		}
		for _, want := range plans[i].want { // a file is called by what it breaks
			if id, _, _ := strings.Cut(want, " "); !strings.HasPrefix(name, id) {
				t.Errorf("%s breaks %s", file, id)
			}
		}
	}
	if len(files) != len(plans)+len(plansRefused) {
		t.Errorf("%d files, %d plans that are judged and %d that are refused", len(files), len(plans), len(plansRefused))
	}
}
