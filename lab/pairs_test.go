package lab_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"fedge/certs"
	"fedge/check"
	"fedge/lab"
	"fedge/plan"
	"fedge/result"
)

// Which pairs are judged.
var (
	pairs = flag.String("pairs", "some", "which pairs of faults to judge: some, or all")
	seed  = flag.Uint64("pairs-seed", 1, "chooses some")
)

// once are pairs of which one hid the other, or both hid.
var once = [][2]string{
	{"client-only", "cert-no-clientauth"}, {"client-only", "public-authority-no-clientauth"},
	{"untrusted-root", "public-authority"}, {"wildcard", "no-bare-domain"},
	{"cert-expired-on-one", "certificates-differ"}, {"self-signed", "cert-expired-on-one"},
	{"intermediate-not-sent-by-one", "certificates-differ"}, {"own-certificate-without-name", "cert-expired-on-one"},
	{"certificates-differ", "wrong-common-name"}, {"certificates-differ", "media-node-other-certificate"},
	{"own-certificate-without-name", "weak-key"},
	{"pool-is-alias", "pool-missing-node"}, {"pool-is-alias", "secondary-behind"}, {"pool-is-alias", "pool-stale-address"},
	{"node-address-differs", "private-address-published"}, {"srv-missing", "long-ttl"}, {"srv-missing", "srv-target-address"},
	{"media-node-refuses-in-pool", "untrusted-root"}, {"media-node-refuses-in-pool", "dead-media-node"},
	{"media-node-refuses-in-pool", "media-node-other-certificate"}, {"dead-signaling-node", "own-certificate-without-name"},
	{"partner-certificate-expired", "partner-certificate-other-name"},
	{"media-node-in-pool", "srv-target-other-domain"}, {"media-node-in-pool", "srv-wrong-port"},
	{"port-says-nothing", "wrong-common-name"}, {"port-says-nothing", "dead-media-node"},
}

// chosen are the pairs to judge: all, or those that hid something once and some
// more, such that each fault is with four others. What keeps silent takes
// seconds, and is left to all.
func chosen() [][2]string {
	var names []string
	for _, f := range lab.Faults() {
		if *pairs == "all" || patience(f.Name) == 0 {
			names = append(names, f.Name)
		}
	}
	distances := rand.New(rand.NewPCG(*seed, 0)).Perm(len(names) / 2)
	list := slices.Clone(once)
	if *pairs != "all" {
		distances = distances[:2]
	} else {
		list = nil
	}
	for _, d := range distances {
		for i, name := range names {
			list = append(list, [2]string{name, names[(i+d+1)%len(names)]})
		}
	}
	var out [][2]string
	for _, p := range list {
		back := [2]string{p[1], p[0]}
		_, refused := errors.AsType[*lab.ConflictingFaults](lab.Refused(p[:]))
		if !refused && !slices.Contains(out, p) && !slices.Contains(out, back) {
			out = append(out, p)
		}
	}
	return out
}

// TestPairs: neither of two faults hides the other, unless no world has both,
// which is said (TestConflicts).
func TestPairs(t *testing.T) {
	t.Parallel()
	const progress = 100
	list := chosen()
	lanes := flag.Lookup("test.parallel").Value.(flag.Getter).Get().(int) // more would wait for each other
	var next atomic.Int64
	for lane := range lanes {
		t.Run(fmt.Sprintf("lane %d", lane), func(t *testing.T) {
			t.Parallel()
			for i := int(next.Add(1)) - 1; i < len(list); i = int(next.Add(1)) - 1 {
				if i%progress == 0 {
					t.Logf("%d of %d", i, len(list))
				}
				checkTogether(t, list[i][:])
			}
		})
	}
}

// checkTogether breaks several things in one world, and judges what check says
// of it. It returns what failed.
func checkTogether(t *testing.T, names []string) []string {
	t.Helper()
	w, err := lab.Start(t.Context(), lab.Config{Faults: names})
	if err != nil {
		t.Error(names, err)
		return nil
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error("closing the world:", err)
		}
	}()
	var faults []lab.Fault
	for _, name := range names {
		faults = append(faults, fault(t, name))
	}
	r := checked(t, w, patience(names...))
	problems := composed(w.Plan, r, faults)
	if len(problems) > 0 && patience(names...) > 0 { // which is little where the machine is busy
		r = checked(t, w, 0)
		problems = composed(w.Plan, r, faults)
	}
	for _, problem := range problems {
		t.Errorf("%s together: %s; found %q", strings.Join(names, " and "), problem, found(r))
	}
	return found(r)
}

// composed tells what is wrong with the check of a world that has several
// faults. They compose if each finding that one of them makes alone is there: on
// every name that it is on, the same rule fails, as severely at least; or it is
// not checked, because a rule failed that it depends on, which it names. Nor may
// the verdict be better than that of one fault alone.
//
// Where a fault gives one node a certificate of its own, which it is found by,
// what is wrong with the shared one need not be wrong there. Where nothing can be
// observed because of a fault, for which alone no verdict can be drawn, that is
// reason enough.
func composed(p *plan.Plan, r result.Check, faults []lab.Fault) (problems []string) {
	blind := slices.ContainsFunc(faults, func(f lab.Fault) bool { return f.Verdict() == result.Inconclusive })
	for i, fault := range faults {
		others := slices.Concat(faults[:i], faults[i+1:])
		for _, f := range fault.Finds {
			for _, name := range namesOf(p, f) {
				switch said := on(r, f.Rule, name); {
				case slices.ContainsFunc(said, func(g result.Finding) bool { return g.Outcome == result.RuleFail && !milder(g.Severity, f.Severity) }):
				case slices.ContainsFunc(said, func(g result.Finding) bool { return waits(r, g) || blind && g.Why == result.ObservationFailed }):
				case f.Subject == lab.EveryNode && cleared(said) && apart(p, r, name, others):
				default:
					problems = append(problems, fmt.Sprintf("%s, which makes %s fail on %s, is hidden there: %v", fault.Name, f.Rule, name, outcomes(said)))
				}
			}
		}
		if better(r.Verdict, fault.Verdict()) && !(blind && r.Verdict == result.Inconclusive) {
			problems = append(problems, fmt.Sprintf("the verdict is %s; with %s alone it is %s", r.Verdict, fault.Name, fault.Verdict()))
		}
	}
	return problems
}

// namesOf is what a finding is on: the nodes that share a certificate are those
// of the first domain.
func namesOf(p *plan.Plan, f lab.Finding) (names []string) {
	if f.Subject != lab.EveryNode {
		return strings.Split(f.Subject, ", ")
	}
	for _, n := range p.Nodes {
		if d, _ := p.Domain(n.Name); d.Name == lab.Domain {
			names = append(names, n.Name)
		}
	}
	return names
}

// on is what a rule says of a name, by itself or among others, or of all.
func on(r result.Check, rule, name string) (said []result.Finding) {
	for _, f := range r.Findings {
		if f.ID == rule && (f.Subject == "the deployment" || slices.Contains(strings.Split(f.Subject, ", "), name)) {
			said = append(said, f)
		}
	}
	return said
}

// waits tells whether a finding waits for a rule that fails.
func waits(r result.Check, f result.Finding) bool {
	cause, fell := strings.CutPrefix(f.Why, "precondition ")
	return fell && f.Outcome == result.NotChecked &&
		slices.ContainsFunc(r.Findings, func(g result.Finding) bool { return g.ID == cause && g.Outcome == result.RuleFail })
}

// cleared tells whether a rule has nothing against what it looked at.
func cleared(said []result.Finding) bool {
	return len(said) > 0 && !slices.ContainsFunc(said, func(g result.Finding) bool {
		return g.Outcome != result.RulePass && g.Outcome != result.NotApplicable
	})
}

// apart tells whether a node shows another certificate than the first one does,
// and was found to be what another fault makes of it.
func apart(p *plan.Plan, r result.Check, node string, others []lab.Fault) bool {
	if leaf(r, node) == leaf(r, p.Nodes[0].Name) {
		return false
	}
	for _, fault := range others {
		for _, f := range fault.Finds {
			if f.Subject == node && slices.ContainsFunc(on(r, f.Rule, node), func(g result.Finding) bool { return g.Outcome == result.RuleFail }) {
				return true
			}
		}
	}
	return false
}

// leaf is the certificate that a node shows; "" if it shows none.
func leaf(r result.Check, node string) string {
	for _, e := range r.Facts.(check.Facts).Endpoints {
		for _, h := range e.Handshakes {
			if e.Node == node && len(h.Chain) > 0 {
				return h.Chain[0].SHA256
			}
		}
	}
	return ""
}

// outcomes is what findings say, in short.
func outcomes(said []result.Finding) (list []string) {
	for _, f := range said {
		list = append(list, strings.TrimSpace(fmt.Sprint(f.Outcome, " ", f.Why)))
	}
	return list
}

func milder(a, b result.Severity) bool {
	order := []result.Severity{result.Warning, result.Recommended, result.Required}
	return slices.Index(order, a) < slices.Index(order, b)
}

func better(a, b result.Verdict) bool {
	order := []result.Verdict{result.Fail, result.Inconclusive, result.Pass}
	return slices.Index(order, a) > slices.Index(order, b)
}

// TestHidden: what hides a fault is noticed.
func TestHidden(t *testing.T) {
	t.Parallel()
	const one, two = "a." + lab.Domain, "b." + lab.Domain
	p := &plan.Plan{Domains: []plan.Domain{{Name: lab.Domain}}, Nodes: []plan.Node{{Name: one}, {Name: two}}}
	says := func(rule, subject string, outcome result.Outcome, why string, severity result.Severity) result.Finding {
		return result.Finding{ID: rule, Subject: subject, Outcome: outcome, Why: why, Severity: severity}
	}
	const required, both = result.Required, one + ", " + two
	dead, other := says("NET-01", one, result.RuleFail, "", required), says("CRT-15", two, result.RuleFail, "", required)
	for _, test := range []struct {
		name     string
		verdict  result.Verdict
		findings []result.Finding
		problems int
	}{
		{"each on its subject", result.Fail, []result.Finding{dead, says("CRT-11", both, result.RuleFail, "", required)}, 0},
		{"on more", result.Fail, []result.Finding{dead, says("CRT-11", both+", c", result.RuleFail, "", required)}, 0},
		{"one by one", result.Fail, []result.Finding{dead, says("CRT-11", one, result.RuleFail, "", required), says("CRT-11", two, result.RuleFail, "", required)}, 0},
		{"one waits", result.Fail, []result.Finding{dead, says("CRT-11", one, result.NotChecked, "precondition NET-01", required), says("CRT-11", two, result.RuleFail, "", required)}, 0},
		{"one waits for what does not fail", result.Fail, []result.Finding{dead, says("CRT-11", one, result.NotChecked, "precondition CRT-13", required), says("CRT-11", two, result.RuleFail, "", required)}, 1},
		{"one passes, and has the same certificate", result.Fail, []result.Finding{dead, says("CRT-11", one, result.RulePass, "", required), says("CRT-11", two, result.RuleFail, "", required)}, 1},
		{"another passes", result.Fail, []result.Finding{dead, says("CRT-11", one, result.RuleFail, "", required), says("CRT-11", two, result.RulePass, "", required)}, 1},
		{"one has another certificate, by the other fault", result.Fail, []result.Finding{other, says("CRT-11", one, result.RuleFail, "", required), says("CRT-11", two, result.RulePass, "", required)}, 0},
		{"one is not there", result.Fail, []result.Finding{dead, says("CRT-11", one, result.RuleFail, "", required)}, 1},
		{"one could not be seen", result.Fail, []result.Finding{dead, says("CRT-11", both, result.NotChecked, result.ObservationFailed, required)}, 2},
		{"it only warns", result.Fail, []result.Finding{dead, says("CRT-11", both, result.RuleFail, "", result.Warning)}, 2},
		{"nothing", result.Pass, nil, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			faults := []lab.Fault{
				{Name: "expired", Finds: []lab.Finding{{Rule: "CRT-11", Subject: lab.EveryNode, Severity: required}}},
				{Name: "dead", Finds: []lab.Finding{{Rule: "NET-01", Subject: one, Severity: required}}},
			}
			facts := check.Facts{Endpoints: []check.Endpoint{{Node: one}, {Node: two}}}
			if slices.ContainsFunc(test.findings, func(f result.Finding) bool { return f.ID == other.ID }) {
				faults[1] = lab.Fault{Name: "other", Finds: []lab.Finding{{Rule: other.ID, Subject: two, Severity: required}}}
				facts.Endpoints[1].Handshakes = []check.Handshake{{Chain: []certs.Facts{{SHA256: "2"}}}}
			}
			if got := composed(p, result.Check{Run: result.Run{Verdict: test.verdict}, Findings: test.findings, Facts: facts}, faults); len(got) != test.problems {
				t.Errorf("%d problems, want %d: %q", len(got), test.problems, got)
			}
		})
	}
}

// crowds are faults none of which keeps another from being seen. (A dead node
// shows no name, a call that cannot be placed carries no From: those depend.)
var crowds = map[string][]string{
	"independent": {
		"srv-priority", "srv-wrong-port", "srv-target-other-domain", "long-ttl", "aaaa-published",
		"pool-missing-node", "pool-stale-address", "node-without-address", "node-address-differs",
		"wrong-common-name", "cert-missing-node", "no-bare-domain", "untrusted-root", "intermediate-not-sent-by-one",
		"cert-no-clientauth", "expiring-soon", "weak-key",
		"named-as-pool", "named-without-domain", "domain-other", "from-not-rewritten",
		"tls10", "only-tls13", "no-client-certificate-asked", "partner-unexpected",
		"tenant-keeps-domain", "partner-seen-from-inside", "partner-certificate-expired", "nat-translates-ports",
	},
	"what an expansion can lack": {"expansion-without-records", "expansion-without-certificate", "expansion-without-name"},
}

// TestCrowds: no fault hides in a crowd, and together they yield no finding that
// none of them yields alone.
func TestCrowds(t *testing.T) {
	t.Parallel()
	for name, crowd := range crowds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, name := range crowd {
				for _, f := range fault(t, name).Finds {
					want = append(want, fmt.Sprint(f.Severity, " ", f.Rule))
				}
			}
			got := checkTogether(t, crowd)
			for i, line := range got {
				got[i], _, _ = strings.Cut(line, " on ")
			}
			slices.Sort(want)
			if got, want := slices.Compact(got), slices.Compact(want); !slices.Equal(got, want) {
				t.Errorf("found %q\n want %q", got, want)
			}
		})
	}
}

// stepRules are the rules that the steps from one plan to another are there for.
func stepRules(t *testing.T, from, to *plan.Plan) (rules []string) {
	t.Helper()
	steps, err := to.Since(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		rules = append(rules, s.Rules...)
	}
	return rules
}

// TestExpansionNotBegun: of a third node that was planned, and of which nothing
// was done, all is missing that the steps say.
func TestExpansionNotBegun(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{})
	c, err := w.CheckConfig()
	if err != nil {
		t.Fatal(err)
	}
	expanded := *w.Plan
	added := w.Plan.Nodes[0]
	address := added.Address.As4()
	address[3] = 13
	added.Name, added.Address = "px09."+lab.Domain, netip.AddrFrom4(address)
	added.Admin = netip.AddrPortFrom(added.Address, added.Admin.Port())
	expanded.Nodes = append(slices.Clone(w.Plan.Nodes), added)
	c.Plan = &expanded
	got := found(check.Run(t.Context(), c))
	rules := stepRules(t, w.Plan, &expanded)
	for i, line := range got {
		id := strings.Fields(line)[1]
		if !slices.Contains(rules, id) {
			t.Errorf("%s is missing, and no step says that it is to be done: %q", id, rules)
		}
		got[i] = id
	}
	if want := []string{"CRT-03", "DNS-07", "DNS-09", "NET-01"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// TestExpansion: of a third node that was added by halves, what is missing is
// named, and nothing else; a step of the plan says that it is to be done.
func TestExpansion(t *testing.T) {
	t.Parallel()
	for _, fault := range lab.Faults() {
		if !strings.HasPrefix(fault.Name, "expansion-") {
			continue
		}
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			w := start(t, lab.Config{Faults: []string{fault.Name}})
			signaling := w.Plan.Signaling()
			if len(signaling) != 3 {
				t.Fatalf("%d signaling nodes are planned; want 3", len(signaling))
			}
			added := signaling[2]
			before := *w.Plan
			before.Nodes = slices.DeleteFunc(slices.Clone(w.Plan.Nodes), func(n plan.Node) bool { return n.Name == added.Name })
			rules := stepRules(t, &before, w.Plan)
			for _, f := range checked(t, w, patience(fault.Name)).Findings {
				if f.Outcome != result.RuleFail {
					continue
				}
				if !slices.Contains(rules, f.ID) {
					t.Errorf("%s is missing, and no step says that it is to be done: %q", f.ID, rules)
				}
				if !strings.Contains(f.Fix, added.Name) && !strings.Contains(f.Fix, added.PublicAddr().String()) {
					t.Errorf("%s: the fix does not say what %s lacks: %s", f.ID, added.Name, f.Fix)
				}
				// A shared certificate is to be installed on all again.
				toDo, _, _ := strings.Cut(f.Fix, " and install")
				for _, n := range signaling[:2] {
					if strings.Contains(toDo, n.Name) || strings.Contains(toDo, n.PublicAddr().String()+" ") {
						t.Errorf("%s: the fix is for %s, which lacks nothing: %s", f.ID, n.Name, f.Fix)
					}
				}
			}
		})
	}
}
