package lab_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"fedge/check"
	"fedge/lab"
	"fedge/plan"
	"fedge/result"
)

// independent are faults none of which keeps another from being seen. (A dead
// node shows no name, a call that cannot be placed carries no From: those
// depend, and check says so by "precondition".)
var independent = []string{
	"srv-priority", "srv-wrong-port", "srv-target-other-domain", "long-ttl", "aaaa-published",
	"pool-missing-node", "pool-stale-address", "node-without-address", "node-address-differs",
	"wrong-common-name", "cert-missing-node", "no-bare-domain", "untrusted-root", "intermediate-not-sent-by-one",
	"cert-no-clientauth", "expiring-soon", "weak-key",
	"named-as-pool", "named-without-domain", "domain-other", "from-not-rewritten",
	"tls10", "only-tls13", "no-client-certificate-asked", "partner-unexpected",
	"tenant-keeps-domain", "partner-seen-from-inside", "partner-certificate-expired", "nat-translates-ports",
}

// halves are what an expansion can lack, independently.
var halves = []string{"expansion-without-records", "expansion-without-certificate", "expansion-without-name"}

// TestPairs: neither of two faults hides the other, and together they yield no
// third finding; nor does any hide in the crowd.
func TestPairs(t *testing.T) {
	t.Parallel()
	var pairs [][]string
	for _, list := range [][]string{independent, halves} {
		for i, a := range list {
			for j := i + 1; j < len(list); j += 3 { // a third of them, each fault with eight others or more
				pairs = append(pairs, []string{a, list[j]})
			}
		}
	}
	pairs = append(pairs, independent, halves) // and all at once
	// No call gets through to tell whether the node would take it.
	pairs = append(pairs, []string{"media-node-in-pool", "srv-target-other-domain"}, []string{"media-node-in-pool", "srv-wrong-port"})
	// What one node hides by saying nothing, the others still show.
	pairs = append(pairs, []string{"port-says-nothing", "wrong-common-name"}, []string{"port-says-nothing", "dead-media-node"})
	const lanes = 4
	for lane := range lanes {
		t.Run(fmt.Sprintf("lane %d", lane), func(t *testing.T) {
			t.Parallel()
			for i := lane; i < len(pairs); i += lanes {
				checkTogether(t, pairs[i])
			}
		})
	}
}

// checkTogether breaks several things in one world. What each finding is on may
// differ from when the fault is alone: nodes that share a certificate may share
// it no more.
func checkTogether(t *testing.T, names []string) {
	t.Helper()
	w, err := lab.Start(t.Context(), lab.Config{Faults: names})
	if err != nil {
		t.Error(names, err)
		return
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error("closing the world:", err)
		}
	}()
	var got, want []string
	for _, f := range checked(t, w, patience(names...)).Findings {
		if f.Outcome == result.RuleFail {
			got = append(got, fmt.Sprint(f.Severity, " ", f.ID))
		}
	}
	for _, name := range names {
		for _, f := range fault(t, name).Finds {
			want = append(want, fmt.Sprint(f.Severity, " ", f.Rule))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if got, want := slices.Compact(got), slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("%v together:\nfound %q\n want %q", names, got, want)
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
