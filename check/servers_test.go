package check

import (
	"slices"
	"strings"
	"testing"

	"fedge/dns"
	"fedge/plan"
	"fedge/result"
)

// asks adds a name server that was asked what the first one was, and what came
// of each question there.
func (f *Facts) asks(name, own string, came func(*Lookup)) {
	for _, l := range slices.Clone(f.Lookups) {
		if l.Resolver != "192.0.2.53:53" {
			continue
		}
		if l.Resolver, l.Own = name, own; came != nil {
			came(&l)
		}
		f.Lookups = append(f.Lookups, l)
	}
}

// failing is a question that got no answer.
func failing(why dns.Kind) func(*Lookup) {
	return func(l *Lookup) {
		*l = Lookup{Name: l.Name, Type: l.Type, Resolver: l.Resolver, Own: l.Own, Failure: string(why)}
	}
}

// TestFailingServers: a name server that was named and does not answer is told,
// and lets no verdict be drawn; one that the zone names and that does not have
// the zone is a fault, if others of the zone show that it could be asked.
func TestFailingServers(t *testing.T) {
	const second, ns1, ns2 = "192.0.2.54:53", "ns1.vc.example.com at 198.51.100.1:53", "ns2.vc.example.com at 198.51.100.2:53"
	const named, lame = "not-checked name server " + second, "fail ns2.vc.example.com"
	const alone = "not-checked the deployment"
	ns := func(f *Facts, at string, came func(*Lookup)) { f.asks(at, at[:len("ns1.vc.example.com")], came) }
	for name, test := range map[string]struct {
		change  func(*Facts)
		want    []string // what DNS-18 says besides pass
		says    string   // in the first of these
		verdict result.Verdict
	}{
		"one that agrees": {func(f *Facts) { f.asks(second, "", nil) }, nil, "", result.Pass},
		"SERVFAIL to all": {func(f *Facts) { f.asks(second, "", failing(dns.ServerFailure)) }, []string{named}, "server failure (SERVFAIL) (from " + second, result.Inconclusive},
		"REFUSED to all":  {func(f *Facts) { f.asks(second, "", failing(dns.Refused)) }, []string{named}, "refused (from " + second, result.Inconclusive},
		"silence": {func(f *Facts) {
			f.asks(second, "", func(l *Lookup) {
				if failing(dns.Timeout)(l); l.Type != "SRV" {
					l.Detail = notAsked
				}
			})
		}, []string{named}, "no answer in time (from " + second, result.Inconclusive},
		"it is the first": {func(f *Facts) {
			f.asks(second, "", nil)
			for i := range f.Lookups {
				if f.Lookups[i].Resolver != second {
					failing(dns.Refused)(&f.Lookups[i])
				}
			}
		}, []string{"not-checked name server 192.0.2.53:53"}, "refused (from 192.0.2.53:53", result.Inconclusive},
		"to one question": {func(f *Facts) {
			f.asks(second, "", func(l *Lookup) {
				if l.Name == px02 && l.Type == "A" {
					failing(dns.ServerFailure)(l)
				}
			})
		}, []string{named}, px02 + " A: server failure (SERVFAIL) (from " + second, result.Inconclusive},
		"it serves its own zone, and no partner's": {func(f *Facts) {
			f.asks(second, "", func(l *Lookup) {
				if !strings.HasSuffix(l.Name, domain) {
					failing(dns.Refused)(l)
				}
			})
		}, []string{"not-checked contoso.example", "not-checked contoso.example"}, "fewer than two name servers answered", result.Pass},
		"the zone's second, which has not the zone": {func(f *Facts) { ns(f, ns1, nil); ns(f, ns2, failing(dns.Refused)) }, []string{lame}, "refused (from " + ns2, result.Pass},
		"the zone's second, a forwarder":            {func(f *Facts) { ns(f, ns1, nil); ns(f, ns2, failing(dns.NotItsZone)) }, []string{lame}, "it has not the zone itself", result.Pass},
		"the zone's second, silent":                 {func(f *Facts) { ns(f, ns1, nil); ns(f, ns2, failing(dns.Timeout)) }, []string{lame}, "no answer in time", result.Pass},
		"the zone's second, and the resolver is the first": {func(f *Facts) {
			for i := range f.Lookups {
				f.Lookups[i].Own = "ns1.vc.example.com"
			}
			ns(f, ns2, failing(dns.ServerFailure))
		}, []string{lame, alone}, "SERVFAIL", result.Pass},
		"a packet to the zone's second was lost": {func(f *Facts) {
			ns(f, ns1, nil)
			ns(f, ns2, func(l *Lookup) {
				if l.Name == px02 {
					failing(dns.Timeout)(l)
				}
			})
		}, nil, "", result.Pass},
		"no way to any of the zone's": {func(f *Facts) { ns(f, ns1, failing(dns.Timeout)); ns(f, ns2, failing(dns.Refused)) }, []string{alone}, "refused (from " + ns2, result.Pass},
		"nobody answers": {func(f *Facts) {
			f.asks(second, "", failing(dns.Timeout))
			for i := range f.Lookups {
				failing(dns.Timeout)(&f.Lookups[i])
			}
		}, []string{alone}, "no name server answered", result.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			p := thePlan()
			p.Partners = slices.DeleteFunc(p.Partners, func(x plan.Partner) bool { return x.Expect == plan.Unreachable })
			f := cleanFacts(p)
			test.change(f)
			findings := Judge(p, *f)
			var got, evidence []string
			for _, g := range findings {
				wellFormed(t, g)
				if g.ID != "DNS-18" || g.Outcome == result.RulePass {
					continue
				}
				if got = append(got, string(g.Outcome)+" "+g.Subject); len(got) == 1 {
					evidence = g.Evidence
				}
				if strings.HasPrefix(g.Subject, "name server ") && (g.Why != result.ObservationFailed || g.Fix == "") {
					t.Errorf("%s: %q, fix %q", g.Subject, g.Why, g.Fix)
				}
				if g.Outcome == result.RuleFail && (g.Severity != result.Warning || !strings.Contains(g.Fix, "NS records")) {
					t.Errorf("%s: severity %s, fix %q", g.Subject, g.Severity, g.Fix)
				}
			}
			slices.Sort(got)
			if want := slices.Sorted(slices.Values(test.want)); !slices.Equal(got, want) {
				t.Errorf("DNS-18: %q, want %q", got, want)
			}
			if !strings.Contains(strings.Join(evidence, "\n"), test.says) {
				t.Errorf("%q does not say %q", evidence, test.says)
			}
			if _, _, overall := Verdict(findings, false); overall != test.verdict {
				t.Errorf("verdict %s, want %s; failed: %q", overall, test.verdict, failed(findings))
			}
		})
	}
}
