package check

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"fedge/dns"
	"fedge/lync"
	"fedge/plan"
	"fedge/result"
)

func TestVerdict(t *testing.T) {
	finding := func(d Direction, o result.Outcome, s result.Severity, why string) result.Finding {
		return result.Finding{Direction: string(d), Outcome: o, Severity: s, Why: why}
	}
	base := []result.Finding{
		finding(Inbound, result.RulePass, result.Required, ""), finding(Outbound, result.RulePass, result.Required, ""),
		finding(Both, result.NotChecked, result.Required, result.NotVisible), finding(Both, result.NotChecked, result.Required, "precondition DNS-01"),
		{ID: "DNS-01", Direction: string(Both), Outcome: result.RulePass, Severity: result.Required},
	}
	tests := []struct {
		name             string
		more             result.Finding
		strict           bool
		in, out, overall result.Verdict
	}{
		{"nothing wrong", finding(Both, result.RulePass, result.Required, ""), true, result.Pass, result.Pass, result.Pass},
		{"both", finding(Both, result.RuleFail, result.Required, ""), false, result.Fail, result.Fail, result.Fail},
		{"inbound", finding(Inbound, result.RuleFail, result.Required, ""), false, result.Fail, result.Pass, result.Fail},
		{"outbound", finding(Outbound, result.RuleFail, result.Required, ""), false, result.Pass, result.Fail, result.Fail},
		{"recommended", finding(Inbound, result.RuleFail, result.Recommended, ""), false, result.Pass, result.Pass, result.Pass},
		{"recommended, strict", finding(Inbound, result.RuleFail, result.Recommended, ""), true, result.Fail, result.Pass, result.Fail},
		{"warning, strict", finding(Outbound, result.RuleFail, result.Warning, ""), true, result.Pass, result.Fail, result.Fail},
		{"fallen to a rule that was not selected", finding(Inbound, result.NotChecked, result.Required, "precondition NET-01"), false, result.Inconclusive, result.Pass, result.Inconclusive},
		{"not observed", finding(Outbound, result.NotChecked, result.Required, result.ObservationFailed), false, result.Pass, result.Inconclusive, result.Inconclusive},
	}
	for _, test := range tests {
		in, out, overall := Verdict(append(slices.Clone(base), test.more), test.strict)
		if in != test.in || out != test.out || overall != test.overall {
			t.Errorf("%s: %s, %s, %s; want %s, %s, %s", test.name, in, out, overall, test.in, test.out, test.overall)
		}
	}
	failedAndUnseen := append(slices.Clone(base), finding(Both, result.NotChecked, result.Required, result.ObservationFailed), finding(Both, result.RuleFail, result.Required, ""))
	if _, _, overall := Verdict(failedAndUnseen, false); overall != result.Fail {
		t.Errorf("a failure and a failed observation: %s", overall)
	}
}

func TestExitCode(t *testing.T) {
	at := netip.MustParseAddrPort("198.51.100.40:5061")
	reached, dead := Facts{Endpoints: []Endpoint{{Address: at}}}, Facts{Endpoints: []Endpoint{{Address: at, Refused: "refused"}}}
	tests := []struct {
		verdict result.Verdict
		facts   any
		want    int
	}{
		{result.Pass, reached, 0}, {result.Fail, reached, 1}, {result.Inconclusive, reached, 3}, {result.Fail, dead, 4},
		{result.Inconclusive, dead, 4}, {result.Error, dead, 5}, {result.Aborted, dead, 130}, {result.Pass, nil, 0}, {result.Inconclusive, Facts{}, 3},
	}
	for _, test := range tests {
		if got := ExitCode(result.Check{Run: result.Run{Verdict: test.verdict}, Facts: test.facts}); got != test.want {
			t.Errorf("%s: %d, want %d", test.verdict, got, test.want)
		}
	}
}

// TestInboundOnly: who places no calls needs less: media-only nodes may keep
// to themselves.
func TestInboundOnly(t *testing.T) {
	p := thePlan()
	p.Outbound = false
	f := cleanFacts(p)
	f.dead(t, px03)
	f.dead(t, px04)
	f.Outbound, f.Unplaced = nil, "the plan places no outbound calls"
	findings := Judge(p, *f)
	if got := failed(findings); !slices.Equal(got, []string{"NET-01 " + px03, "NET-01 " + px04}) {
		t.Errorf("failed: %q", got)
	}
	in, out, overall := Verdict(findings, false)
	if in != result.Pass || out != NotPlanned || overall != result.Pass {
		t.Errorf("%s, %s, %s", in, out, overall)
	}
	for _, g := range findings {
		roots(t, findings, g)
		if g.Direction == string(Outbound) && g.Outcome != result.NotApplicable {
			t.Errorf("%s %s: %s", g.ID, g.Subject, g.Outcome)
		}
	}
}

// TestWithoutTrigger: what only an outbound call shows is not visible, and the
// verdict does not suffer.
func TestWithoutTrigger(t *testing.T) {
	p := thePlan()
	f := cleanFacts(p)
	f.Outbound, f.Unplaced = nil, "nothing can make the nodes call (no trigger)"
	findings := Judge(p, *f)
	if _, _, overall := Verdict(findings, true); overall != result.Pass {
		t.Errorf("%s: %q", overall, failed(findings))
	}
	for _, g := range findings {
		if slices.Contains([]string{"DOM-01", "DOM-02", "DOM-04"}, g.ID) && g.Direction == string(Outbound) && g.Why != result.NotVisible {
			t.Errorf("%s %s: %s %s", g.ID, g.Subject, g.Outcome, g.Why)
		}
	}
}

// TestSelectedDirection: what is asked about calls in both directions alone says
// so of calls out, where the plan has any.
func TestSelectedDirection(t *testing.T) {
	for _, test := range []struct {
		outbound bool
		want     result.Verdict
	}{{true, result.Fail}, {false, NotPlanned}} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t)
			s.plan.Outbound = test.outbound
			delete(s.records.Services, dns.FederationName(domain))
			s.cfg.Only = []string{"DNS-01"}
			s.play(func(ctx context.Context) {
				if c := Run(ctx, s.cfg); c.Outbound != test.want || c.Inbound != result.Fail {
					t.Errorf("outbound: %v: calls out: %s, want %s; calls in: %s", test.outbound, c.Outbound, test.want, c.Inbound)
				}
			})
		})
	}
}

// TestNotTried: calls out that nobody saw do not pass, whatever else is right;
// the exit code does not suffer.
func TestNotTried(t *testing.T) {
	trigger := func(context.Context, plan.Node, string) error { return nil }
	seen := Facts{Outbound: []OutboundCall{{Node: px01}, {Node: px02, Arrived: true}}}
	for _, test := range []struct {
		name    string
		cfg     Config
		facts   Facts
		verdict result.Verdict // by the findings
		want    result.Verdict
		hint    []string
	}{
		{"seen", Config{As: lync.Config{Domain: "contoso.example"}, Trigger: trigger}, seen, result.Pass, result.Pass, nil},
		{"no trigger", Config{As: lync.Config{Domain: "contoso.example"}}, Facts{}, result.Pass, NotTried, []string{"--trigger"}},
		{"nobody to call", Config{Trigger: trigger}, Facts{}, result.Pass, NotTried, []string{"--as"}},
		{"neither", Config{}, Facts{}, result.Pass, NotTried, []string{"--as", "--trigger"}},
		{"asked, and none came", Config{As: lync.Config{Domain: "contoso.example"}, Trigger: trigger}, Facts{Outbound: seen.Outbound[:1]}, result.Pass, NotTried, []string{"arrived"}},
		{"wrong all the same", Config{}, Facts{}, result.Fail, result.Fail, nil},
		{"not observed", Config{}, Facts{}, result.Inconclusive, result.Inconclusive, nil},
		{"not planned", Config{}, Facts{}, NotPlanned, NotPlanned, nil},
	} {
		got, hint := test.cfg.untried(test.verdict, test.facts)
		if got != test.want || (hint != "") != (got == NotTried) {
			t.Errorf("%s: %s, %q; want %s", test.name, got, hint, test.want)
		}
		for _, part := range test.hint {
			if !strings.Contains(hint, part) {
				t.Errorf("%s: the hint %q does not say %s", test.name, hint, part)
			}
		}
	}
}

// TestNotCalled: nor do calls in that nobody made.
func TestNotCalled(t *testing.T) {
	partner := Config{As: lync.Config{Domain: "contoso.example"}}
	called := Facts{Endpoints: []Endpoint{{}, {Invite: &Exchange{Status: 200}}}}
	for _, test := range []struct {
		name          string
		cfg           Config
		facts         Facts
		verdict, want result.Verdict
		hint          string
	}{
		{"called", partner, called, result.Pass, result.Pass, ""},
		{"nobody to call", Config{}, Facts{}, result.Pass, NotTried, "--as"},
		{"no room", partner, Facts{Endpoints: []Endpoint{{}}}, result.Pass, NotTried, "no room"},
		{"wrong all the same", Config{}, Facts{}, result.Fail, result.Fail, ""},
	} {
		got, hint := test.cfg.uncalled(test.verdict, test.facts)
		if got != test.want || (hint == "") != (test.hint == "") || !strings.Contains(hint, test.hint) {
			t.Errorf("%s: %s, %q; want %s, %q", test.name, got, hint, test.want, test.hint)
		}
	}
}

// TestMediaNodeDown: a media-only node matters to calls out, not in.
func TestMediaNodeDown(t *testing.T) {
	p := thePlan()
	f := cleanFacts(p)
	f.dead(t, px03)
	if in, out, _ := Verdict(Judge(p, *f), false); in != result.Pass || out != result.Fail {
		t.Errorf("in %s, out %s", in, out)
	}
	p.Nodes[2].Roles = append(p.Nodes[2].Roles, plan.Signaling)
	f.a(pool, "198.51.100.40", "198.51.100.41", "198.51.100.42")
	if in, _, _ := Verdict(Judge(p, *f), false); in != result.Fail {
		t.Errorf("a node that takes calls is down: in %s", in)
	}
}

func TestSelect(t *testing.T) {
	all := []result.Finding{{ID: "DNS-01"}, {ID: "DNS-02"}, {ID: "CRT-01"}}
	for _, test := range []struct {
		only, skip []string
		want       int
	}{{nil, nil, 3}, {[]string{"dns-01"}, nil, 1}, {nil, []string{"DNS-01", "CRT-01"}, 1}, {[]string{"DNS-01"}, []string{"DNS-01"}, 0}} {
		if got := Select(slices.Clone(all), test.only, test.skip); len(got) != test.want {
			t.Errorf("only %q, skip %q: %d findings", test.only, test.skip, len(got))
		}
	}
}

// TestNoRecord: a name that does not exist is the domain's fault, a server that
// fails is none that can be judged; both are called what they are.
func TestNoRecord(t *testing.T) {
	for kind, test := range map[dns.Kind]struct {
		outcome result.Outcome
		says    string
	}{
		dns.NoSuchName:    {result.RuleFail, "does not exist (NXDOMAIN)"},
		dns.NoData:        {result.RuleFail, "no such record"},
		dns.ServerFailure: {result.NotChecked, "server failure (SERVFAIL)"},
		dns.Refused:       {result.NotChecked, "refused"},
		dns.Timeout:       {result.NotChecked, "no answer in time"},
		dns.Unreachable:   {result.NotChecked, "the server cannot be reached (from 192.0.2.53:53)"},
		dns.NotItsZone:    {result.NotChecked, "answers in its place"},
	} {
		p := thePlan()
		f := cleanFacts(p)
		f.set(Lookup{Name: dns.FederationName(domain), Type: "SRV", Failure: string(kind)})
		for _, g := range Judge(p, *f) {
			if g.ID == "DNS-01" && (g.Outcome != test.outcome || !strings.Contains(strings.Join(g.Evidence, ""), test.says)) {
				t.Errorf("%s: %s %q, want %s %q", kind, g.Outcome, g.Evidence, test.outcome, test.says)
			}
		}
	}
}
