package lab_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/check"
	"fedge/dns"
	"fedge/lab"
	"fedge/result"
)

// start brings up a world that ends with the test.
func start(t *testing.T, c lab.Config) *lab.World {
	t.Helper()
	w, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error("closing the world:", err)
		}
	})
	return w
}

// checked is what check says of a world, with this patience for each step.
func checked(t *testing.T, w *lab.World, patience time.Duration) result.Check {
	t.Helper()
	c, err := w.CheckConfig()
	if err != nil {
		t.Fatal(err)
	}
	c.Timeout = patience
	return check.Run(t.Context(), c)
}

// patience is how long to wait for whom faults keep silent; for others it is as
// usual, for this machine may be busy.
func patience(faults ...string) time.Duration {
	if slices.ContainsFunc(faults, func(f string) bool {
		return slices.Contains([]string{"dns-silent", "swallow-syn", "port-says-nothing"}, f)
	}) {
		return time.Second
	}
	return 0
}

// found is what failed, as the rows of faults have it.
func found(r result.Check) (list []string) {
	for _, f := range r.Findings {
		if f.Outcome == result.RuleFail {
			list = append(list, fmt.Sprintf("%s %s on %s", f.Severity, f.ID, f.Subject))
		}
	}
	slices.Sort(list)
	return list
}

// wanted is what faults should yield, together.
func wanted(w *lab.World, faults ...lab.Fault) (list []string) {
	var every []string
	for _, n := range w.Plan.Nodes {
		every = append(every, n.Name)
	}
	for _, fault := range faults {
		for _, f := range fault.Finds {
			if f.Subject == lab.EveryNode {
				f.Subject = strings.Join(every, ", ")
			}
			list = append(list, fmt.Sprintf("%s %s on %s", f.Severity, f.Rule, f.Subject))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// fault is one by its name.
func fault(t *testing.T, name string) lab.Fault {
	t.Helper()
	all := lab.Faults()
	i := slices.IndexFunc(all, func(f lab.Fault) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("there is no fault %q", name)
	}
	return all[i]
}

// exitCode is what the command returns for a verdict.
var exitCode = map[result.Verdict]int{result.Pass: 0, result.Fail: 1, result.Inconclusive: 3}

// TestCleanWorlds: nothing is found where nothing is broken.
func TestCleanWorlds(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]lab.Config{
		"as it comes": {}, "expanded": {Expanded: true}, "behind a NAT": {NAT: true}, "two domains": {TwoDomains: true}, "two domains behind a NAT": {TwoDomains: true, NAT: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, config)
			if len(w.Plan.Nodes) < 4 || len(w.Plan.Partners) < 3 {
				t.Errorf("%d nodes, %d partners", len(w.Plan.Nodes), len(w.Plan.Partners))
			}
			r := checked(t, w, 0)
			if r.Verdict != result.Pass || r.Inbound != result.Pass || r.Outbound != result.Pass || len(found(r)) > 0 {
				t.Errorf("verdict %s (inbound %s, outbound %s), error %q, found %q", r.Verdict, r.Inbound, r.Outbound, r.Error, found(r))
			}
			for _, f := range r.Findings {
				if f.Why == result.ObservationFailed {
					t.Errorf("%s on %s could not be observed: %v", f.ID, f.Subject, f.Evidence)
				}
			}
			if code := check.ExitCode(r); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if edges := r.Facts.(check.Facts).Partners; len(edges) != 1 || edges[0].Domain != lab.Northwind || edges[0].Handshake == nil {
				t.Errorf("the Edges of partners were seen as %+v", edges)
			}
			// It takes a third of a second, and 3 are the limit for who waits; this
			// machine may be busy with a dozen worlds.
			if r.TookSeconds > 15 {
				t.Errorf("it took %.1f s", r.TookSeconds)
			}
		})
	}
}

// TestFaults: each fault yields exactly the findings that its row names, and
// nothing in its wake; what could not be observed because of it is said to be
// because of it.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range lab.Faults() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			w := start(t, lab.Config{Faults: []string{fault.Name}})
			r := checked(t, w, patience(fault.Name))
			if got, want := found(r), wanted(w, fault); !slices.Equal(got, want) {
				t.Errorf("found %q\n want %q", got, want)
			}
			if r.Verdict != fault.Verdict() || check.ExitCode(r) != exitCode[fault.Verdict()] {
				t.Errorf("verdict %s, exit code %d; want %s, %d", r.Verdict, check.ExitCode(r), fault.Verdict(), exitCode[fault.Verdict()])
			}
			for _, f := range r.Findings {
				if f.Why == result.ObservationFailed && fault.Verdict() != result.Inconclusive {
					t.Errorf("%s on %s could not be observed, and it is not said why: %v", f.ID, f.Subject, f.Evidence)
				}
			}
		})
	}
}

// TestOwnNameServers: who asks one name server is told what the zone's other
// one says.
func TestOwnNameServers(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{Faults: []string{"secondary-behind"}})
	c, err := w.CheckConfig()
	if err != nil {
		t.Fatal(err)
	}
	c.Resolvers = c.Resolvers[:1]
	r := check.Run(t.Context(), c)
	if got, want := found(r), wanted(w, fault(t, "secondary-behind")); !slices.Equal(got, want) {
		t.Errorf("found %q\n want %q", got, want)
	}
	for _, f := range r.Findings {
		if f.Outcome == result.RuleFail && !strings.Contains(strings.Join(f.Evidence, "\n"), "(from ns2."+lab.Domain) {
			t.Errorf("it is not said who said what: %q", f.Evidence)
		}
	}
}

// TestLameSecondary: who names a name server that has not the zone hears that it
// does not answer, and no verdict; who does not is warned that the zone names it.
func TestLameSecondary(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{Faults: []string{"secondary-refuses"}})
	c, err := w.CheckConfig()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		asked   []dns.Resolver
		verdict result.Verdict
		says    string
	}{
		{c.Resolvers, result.Inconclusive, "not-checked observation-failed on name server " + w.Second.String()},
		{[]dns.Resolver{c.Resolvers[1], c.Resolvers[0]}, result.Inconclusive, "not-checked observation-failed on name server " + w.Second.String()},
		{c.Resolvers[:1], result.Pass, "fail  on ns2." + lab.Domain},
	} {
		c.Resolvers = test.asked
		r := check.Run(t.Context(), c)
		var said []string
		for _, f := range r.Findings {
			if evidence := strings.Join(f.Evidence, "\n"); f.ID == "DNS-18" && strings.Contains(evidence, "refused (from ") {
				said = append(said, fmt.Sprintf("%s %s on %s", f.Outcome, f.Why, f.Subject))
			}
		}
		if r.Verdict != test.verdict || !slices.Contains(said, test.says) {
			t.Errorf("verdict %s, want %s; %q, want %q", r.Verdict, test.verdict, said, test.says)
		}
	}
}

// TestFaultsTold: every fault has a name of its own, says what is broken, and
// is found by rules that there are.
func TestFaultsTold(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, f := range lab.Faults() {
		if names[f.Name] || f.What == "" {
			t.Errorf("the fault %q is there twice, or says nothing", f.Name)
		}
		names[f.Name] = true
		for _, id := range f.Rules() {
			if r, known := check.Find(id); !known || !r.Implemented() {
				t.Errorf("%s: %s is no rule that is judged", f.Name, id)
			}
		}
	}
}

// TestEveryRule: each rule is seen to fail, in a world with a fault if what it
// judges shows there, or for a plan with a mistake; or it says why it cannot be.
// That each fault and plan yields what its row or name says is for other tests.
func TestEveryRule(t *testing.T) {
	t.Parallel()
	faults, plans := map[string]int{}, map[string]int{}
	for _, f := range lab.Faults() {
		for _, id := range f.Rules() {
			faults[id]++
		}
	}
	files, err := filepath.Glob("../check/testdata/plans/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`^(?:refused-)?([A-Z]+-[0-9]+)`)
	for _, file := range files {
		if id := named.FindStringSubmatch(filepath.Base(file)); id != nil {
			plans[id[1]]++
		}
	}
	told := 0
	for _, r := range check.Rules() {
		reason := r.Unjudged + r.Shadow
		switch shown := faults[r.ID] + plans[r.ID]; {
		case r.Severity == "" || r.Source == "":
			t.Errorf("%s has no severity, or no source", r.ID)
		case reason != "" && shown > 0:
			t.Errorf("%s is seen to fail, and says that it cannot be: %s", r.ID, reason)
		case reason != "":
			told++
		case r.PlanOnly && plans[r.ID] == 0:
			t.Errorf("%s is broken by no plan, and does not say why", r.ID)
		case !r.PlanOnly && faults[r.ID] == 0:
			t.Errorf("%s is broken by no fault, and does not say why", r.ID)
		}
	}
	t.Logf("%d rules: %d are broken by %d faults, %d by %d plans (some by both), %d say why they cannot be",
		len(check.Rules()), len(faults), len(lab.Faults()), len(plans), len(files)-1, told)
	if len(faults) < 38 {
		t.Errorf("%d rules are broken by faults; 38 should be", len(faults))
	}
}

func TestUnknownFault(t *testing.T) {
	t.Parallel()
	_, err := lab.Start(t.Context(), lab.Config{Faults: []string{"srv-mising", "srv-missing", "nonsense", "expired"}})
	if err == nil || !strings.Contains(err.Error(), "srv-mising (did you mean srv-missing?), nonsense, expired (did you mean cert-expired or ") ||
		!strings.Contains(err.Error(), "--list-faults") || strings.Contains(err.Error(), "dead-media-node") {
		t.Errorf("error %v; want all unknown names, what is near, and how to see the others", err)
	}
}

// TestWorldsSideBySide: labs do not meet, and leave nothing behind.
func TestWorldsSideBySide(t *testing.T) {
	t.Parallel()
	a, b := start(t, lab.Config{}), start(t, lab.Config{})
	if a.Resolver == b.Resolver {
		t.Errorf("two worlds share a name server at %s", a.Resolver)
	}
	third, err := lab.Start(t.Context(), lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	dir := third.Dir
	if err := third.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a world without --out leaves its files behind:", dir)
	}
}

// TestFiles: a world with a directory leaves what an outside tool needs.
func TestFiles(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Config{Dir: t.TempDir()})
	for _, name := range []string{
		"deployment.yaml", "ca.pem", "contoso.yaml", "world.json", "sip.contoso.example.pem", "sip.contoso.example-key.pem",
		"px01.vc.example.com.pem", "px01.vc.example.com-key.pem", "px03.vc.example.com.pem", "sip.vc.example.com.pem",
	} {
		if info, err := os.Stat(fmt.Sprintf("%s/%s", w.Dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
