package check

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"fedge/certs"
	"fedge/result"
)

// gone is an address under the pool's name where nobody answers.
const gone = "198.51.100.99"

// TestUnnamed: nothing is asked of a name that an inference made up, and it is
// never said; what is wrong with the node behind it is.
func TestUnnamed(t *testing.T) {
	t.Parallel()
	only := func(names ...string) func(*Facts) {
		return func(f *Facts) { f.certificates(func(c *certs.Facts) { c.Names = names }) }
	}
	stale := func(f *Facts) { f.a(pool, "198.51.100.40", "198.51.100.41", gone) }
	dead := []Endpoint{{Address: netip.MustParseAddrPort(gone + ":5061"), Refused: "connection refused"}}
	for _, test := range []struct {
		name   string
		change func(f *Facts) // of what both looks saw
		dead   []Endpoint     // what the first look saw besides
		failed string
		why    map[string]string // of ID and subject
		fix    string            // part of one
	}{
		{"a pool address without a node", stale, dead, "NET-01 the node at " + gone, map[string]string{
			"DNS-09 the node at " + gone: "precondition NET-01", "DNS-10 the node at " + gone: "precondition NET-01",
			"DNS-11 the node at " + gone: "precondition NET-01", "DNS-12 the node at " + gone: "precondition NET-01",
			"CRT-03 the node at " + gone: "precondition NET-01", "FQD-04 the node at " + gone: "precondition NET-01",
		}, "; or remove the A record if the node is gone: sip.vc.example.com A " + gone},
		{"a certificate that names the pool alone", only(pool, "vc.example.com"), nil,
			"CRT-03 the node at 198.51.100.40, the node at 198.51.100.41", map[string]string{
				"DNS-09 the node at 198.51.100.40": result.NotVisible, "FQD-04 the node at 198.51.100.40": "precondition CRT-03",
			}, "add the FQDN of the node at 198.51.100.40, the FQDN of the node at 198.51.100.41 to the subject alternative names"},
		{"a wildcard", only(pool, "vc.example.com", "*.vc.example.com"), nil,
			"CRT-05 the node at 198.51.100.40, the node at 198.51.100.41", map[string]string{
				"DNS-09 the node at 198.51.100.40": result.NotVisible,
			}, "replace *.vc.example.com by sip.vc.example.com, the FQDN of the node at 198.51.100.40, the FQDN of the node at 198.51.100.41"},
		{"names of which each could be the node's", func(f *Facts) { f.none(px02, "A"); f.none(px03, "A") }, nil, "DNS-09 the node at 198.51.100.41", map[string]string{
			"DNS-10 the node at 198.51.100.41": "precondition DNS-09", "FQD-04 the node at 198.51.100.41": "precondition DNS-09",
			"CRT-03 the node at 198.51.100.41, " + px01 + ", " + px04: "precondition DNS-09", "DNS-09 " + px02: result.NotVisible,
		}, "publish px02.vc.example.com A 198.51.100.41 or px03.vc.example.com A 198.51.100.41, by what its name is"},
		{"a name that leads to another node", func(f *Facts) { f.a(px02, "198.51.100.40") }, nil, "DNS-09 the node at 198.51.100.41", map[string]string{
			"CRT-03 the node at 198.51.100.41, " + px01 + ", " + px03 + ", " + px04: "precondition DNS-09",
		}, "px02.vc.example.com"},
		{"a private address under the pool's name", func(f *Facts) { f.a(pool, "198.51.100.40", "198.51.100.41", "10.0.0.99") },
			nil, "DNS-11 sip.vc.example.com", map[string]string{
				"NET-01 the node at 10.0.0.99": "precondition DNS-11", "DNS-09 the node at 10.0.0.99": "precondition DNS-11",
				"CRT-03 the node at 10.0.0.99": "precondition DNS-11",
			}, "publish the public address of sip.vc.example.com in place of 10.0.0.99"},
		{"a node's name that leads to its inner address", func(f *Facts) { f.a(px02, "10.0.0.41") }, nil, "DNS-11 " + px02, map[string]string{
			"DNS-10 " + px02: "precondition DNS-11",
		}, "publish the public address of px02.vc.example.com"},
	} {
		f := discovered()
		test.change(f)
		f.Endpoints = append(f.Endpoints, test.dead...)
		in := Infer(domain, *f, Known{Rooms: []string{"meet.alice@vc.example.com"}})
		seen := cleanFacts(in.Plan)
		seen.certificates(func(c *certs.Facts) { c.Names = f.Endpoints[0].Handshakes[0].Chain[0].Names }) // whatever the plan wants
		seen.Outbound, seen.Unplaced = nil, "nothing can make the nodes call (no trigger)"
		for i := range seen.Endpoints {
			e := &seen.Endpoints[i]
			if e.Invite = nil; slices.ContainsFunc(test.dead, func(d Endpoint) bool { return d.Address == e.Address }) {
				*e = Endpoint{Address: e.Address, Node: e.Node, Refused: "connection refused"}
			}
		}
		seen.Observer = ""
		test.change(seen)
		for _, name := range in.unnamed { // nobody asks for it
			seen.Lookups = slices.DeleteFunc(seen.Lookups, func(l Lookup) bool { return l.Name == name })
		}
		findings := in.hedge(Judge(in.Plan, in.mark(*seen)))
		if got := strings.Join(failed(findings), "; "); got != test.failed {
			t.Errorf("%s: failed %q, want %q", test.name, got, test.failed)
		}
		fixes := []string{test.fix}
		for _, g := range findings {
			wellFormed(t, g)
			if said := strings.Join(append(g.Evidence, g.Subject, g.Fix), "\n"); strings.Contains(said, "node-") {
				t.Errorf("%s: %s says a name that was made up:\n%s", test.name, g.ID, said)
			}
			if why, told := test.why[g.ID+" "+g.Subject]; told && (g.Outcome != result.NotChecked || g.Why != why) {
				t.Errorf("%s: %s %s: %s, %s; want %s", test.name, g.ID, g.Subject, g.Outcome, g.Why, why)
			}
			delete(test.why, g.ID+" "+g.Subject)
			fixes = append(fixes, g.Fix)
		}
		for subject := range test.why {
			t.Errorf("%s: nothing is said of %s", test.name, subject)
		}
		if !slices.ContainsFunc(fixes[1:], func(fix string) bool { return strings.Contains(fix, test.fix) }) {
			t.Errorf("%s: no fix says %q", test.name, test.fix)
		}
	}
}

// TestUndecided: where no certificate was seen, whether calls are placed is
// left open, and waits for what kept it from being seen.
func TestUndecided(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		broken func(e *Endpoint)
		why    string
	}{
		{"nobody answers", func(e *Endpoint) { *e = Endpoint{Address: e.Address, Node: e.Node, Refused: "connection refused"} }, "precondition NET-01"},
		{"no handshake succeeds", func(e *Endpoint) {
			e.Options, e.Invite, e.Presence, e.Strangers, e.Suites = nil, nil, nil, nil, nil
			for i := range e.Handshakes {
				e.Handshakes[i] = Handshake{ServerName: pool, Offered: e.Handshakes[i].Offered, Failure: "handshake failure"}
			}
		}, "precondition CRT-13"},
	} {
		f := discovered()
		for i := range f.Endpoints {
			test.broken(&f.Endpoints[i])
		}
		in := Infer(domain, *f, Known{})
		if in.Plan.Outbound || !in.undecided || slices.ContainsFunc(in.Assumed, func(s string) bool { return strings.Contains(s, "only taken") }) {
			t.Errorf("%s: it was decided: %q", test.name, in.Assumed)
		}
		text, err := in.YAML()
		if err != nil || !strings.Contains(string(text), "\noutbound: FILL-IN\n") || !strings.Contains(string(text), "# FILL IN: on if calls are placed, too") {
			t.Errorf("%s: %v\n%s", test.name, err, text)
		}
		seen := cleanFacts(in.Plan)
		seen.Observer, seen.Outbound, seen.Unplaced = "", nil, "the plan places no outbound calls"
		for i := range seen.Endpoints {
			test.broken(&seen.Endpoints[i])
		}
		findings := in.hedge(Judge(in.Plan, in.mark(*seen)))
		for _, g := range findings {
			wellFormed(t, g)
			if strings.Contains(g.Why+strings.Join(g.Evidence, ""), "places no outbound calls") {
				t.Errorf("%s: %s concludes that no calls are placed: %s %s %q", test.name, g.ID, g.Outcome, g.Why, g.Evidence)
			}
			depends := slices.Contains([]string{"CRT-09", "CRT-15", "CRT-18", "DOM-01", "DOM-02", "DOM-04", "DNS-17", "NET-05", "PEER-02"}, g.ID) && g.Direction != string(Inbound)
			if depends && (g.Outcome != result.NotChecked || g.Why != test.why) {
				t.Errorf("%s: %s %s: %s, %s; want %s", test.name, g.ID, g.Subject, g.Outcome, g.Why, test.why)
			}
		}
		roots := failed(findings)
		if id := strings.TrimPrefix(test.why, "precondition "); len(roots) != 2 || !strings.HasPrefix(roots[0], id) || !strings.HasPrefix(roots[1], id) {
			t.Errorf("%s: failed %q", test.name, roots)
		}
	}
}

// TestNoRooms: a plan that names no rooms accuses nobody of not having any, and
// says what to do about it.
func TestNoRooms(t *testing.T) {
	t.Parallel()
	p := thePlan()
	p.Rooms = nil
	f := cleanFacts(p)
	for i := range f.Endpoints {
		f.Endpoints[i].Invite = nil
	}
	f.Outbound, f.Unplaced = nil, "nothing can make the nodes call (no trigger)"
	findings := Judge(p, *f)
	if in, _, overall := Verdict(findings, false); len(failed(findings)) > 0 || in != result.Pass || overall != result.Pass {
		t.Errorf("%s, %s: %q", in, overall, failed(findings))
	}
	for _, g := range findings {
		wellFormed(t, g)
		if g.ID == "LOC-07" && (g.Why != result.NotVisible || !strings.HasPrefix(g.Fix, "fill in rooms")) {
			t.Errorf("LOC-07 on %s: %s, %s; fix %q", g.Subject, g.Outcome, g.Why, g.Fix)
		}
		if g.ID == "FQD-01" && (g.Why != result.NotVisible || len(g.Evidence) == 0) {
			t.Errorf("FQD-01 on %s: %s, %s, %q", g.Subject, g.Outcome, g.Why, g.Evidence)
		}
	}
	for _, test := range []struct {
		inferred *Inference
		says     string
	}{{nil, "fill in rooms in the plan"}, {&Inference{Plan: p}, "--room ALIAS@vc.example.com"}} {
		c := Config{Plan: p, Inferred: test.inferred}
		for _, c.As.Domain = range []string{"", "contoso.example"} {
			if verdict, hint := c.uncalled(result.Pass, *f); verdict != NotTried || !strings.Contains(hint, test.says) {
				t.Errorf("as %q: %s, %q; want %q", c.As.Domain, verdict, hint, test.says)
			}
		}
	}
}
