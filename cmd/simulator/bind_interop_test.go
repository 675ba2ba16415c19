//go:build interop

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fedge/dns"
	"fedge/lab"
	"fedge/plan"
	"fedge/result"
)

// published puts a world's records into BIND's hands: its zone as plan prints
// it, after change. The plan is one of its own, in which BIND is the name
// server.
func published(t *testing.T, w *lab.World, change func(zone string) string) (bind netip.AddrPort, served string) {
	t.Helper()
	bind = unused(t)
	file, _ := files(w)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	served = strings.TrimSuffix(file, ".yaml") + "-" + bind.String() + ".yaml"
	put(t, served, strings.Replace(string(text), w.Resolver.String(), bind.String(), 1))
	code, zone, stderr := typed(t, "plan", served, "--zone")
	if code != holds {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	zone = strings.Replace(zone, "192.0.2.53 ; EDIT", bind.Addr().String()+" ; ", 1) // as the zone asks its reader to
	zones := map[string]string{lab.Domain: change(zone)}
	for _, p := range w.Plan.Partners {
		zones[p.Domain] = replaced(t, "partner.zone", "NAMESERVER", bind.Addr().String(), "RECORDS", recordsOf(t, w, p))
	}
	named(t, bind, zones)
	return bind, served
}

// recordsOf is what a partner of a world publishes, as zone text.
func recordsOf(t *testing.T, w *lab.World, p plan.Partner) string {
	t.Helper()
	var out strings.Builder
	hosts := []string{"sip." + p.Domain}
	found, err := w.Client().SRV(t.Context(), dns.FederationName(p.Domain))
	if why, no := errors.AsType[*dns.Error](err); err != nil && (!no || why.Kind != dns.NoSuchName && why.Kind != dns.NoData) {
		t.Fatal(err)
	}
	for _, s := range found {
		fmt.Fprintf(&out, "%s. IN SRV %d %d %d %s.\n", dns.FederationName(p.Domain), s.Priority, s.Weight, s.Port, s.Target)
		hosts = append(hosts, s.Target)
	}
	slices.Sort(hosts)
	for _, host := range slices.Compact(hosts) {
		addresses, err := w.Client().Addresses(t.Context(), host)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range addresses {
			fmt.Fprintf(&out, "%s. IN A %s\n", host, a.Addr)
		}
	}
	return out.String()
}

// TestInteropBIND: BIND serves the plan's zone. What check finds through it is
// what it finds through our own name servers, alone and with them beside it.
func TestInteropBIND(t *testing.T) {
	w, _ := broken(t)
	file, as := files(w)
	bind, served := published(t, w, func(zone string) string { return zone })
	ours := checked(t, file, as)
	alone := checked(t, served, as, "--resolver", bind.String())
	beside := checked(t, file, as, "--resolver", bind.String(), "--resolver", w.Resolver.String())
	same(t, ours, alone, "DNS-16", "DNS-18") // the lab has TTLs of its own; one server does not differ
	same(t, ours, beside, "DNS-16", "DNS-18")
	agreed := 0
	for _, f := range beside.Findings {
		if f.ID == "DNS-18" && f.Outcome == result.RulePass {
			agreed++
		}
	}
	if agreed < 2+len(w.Plan.Nodes) { // the domain, its pool, each node
		t.Errorf("BIND and our own server are found to agree on %d names alone", agreed)
	}
}

// same compares all findings but those of some rules: outcomes, and what DNS
// showed.
func same(t *testing.T, one, other checks, but ...string) {
	t.Helper()
	from := regexp.MustCompile(` \(from [^)]*\)`)
	said := func(c checks) (list []string) {
		for _, f := range c.Findings {
			if slices.Contains(but, f.ID) {
				continue
			}
			line := strings.Join([]string{f.ID, f.Subject, string(f.Severity), string(f.Outcome), f.Why}, " | ")
			if strings.HasPrefix(f.ID, "DNS") {
				shown := strings.Split(from.ReplaceAllString(strings.Join(f.Evidence, "\n"), ""), "\n")
				slices.Sort(shown)
				line += " | " + strings.Join(slices.Compact(shown), "; ")
			}
			list = append(list, line)
		}
		return list
	}
	a, b := said(one), said(other)
	if other.code != holds || len(other.failed()) > 0 || len(a) != len(b) {
		t.Fatalf("exit %d, failed %q; %d findings, and %d", other.code, other.failed(), len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Errorf("through our own servers:\n%s\nthrough BIND:\n%s", a[i], b[i])
		}
	}
}

// TestInteropBINDMistakes are those that an administrator makes, and BIND serves.
func TestInteropBINDMistakes(t *testing.T) {
	w, _ := broken(t)
	_, as := files(w)
	for _, test := range []struct {
		name     string
		mistakes []string // old and new, by turns
		code     int
		failed   []string
		says     string // in the evidence of what did not pass
	}{
		{"no dot after the SRV target", []string{"5061 sip.vc.example.com.", "5061 sip.vc.example.com"},
			fallsShort, []string{"required DNS-04 on vc.example.com"}, "sip.vc.example.com.vc.example.com is not a host directly in vc.example.com"},
		{"the pool is an alias", []string{"\nsip.vc.example.com. 300 IN A", "\nlb 300 IN A", "; The pool", "sip IN CNAME lb\n; The pool"},
			fallsShort, []string{"required DNS-06 on sip.vc.example.com"}, "sip.vc.example.com CNAME lb.vc.example.com"},
		{"a line that is no record, so the zone is not loaded", []string{"; The pool", "sip. IN A sip."},
			inconclusive, []string{}, "server failure (SERVFAIL)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bind, served := published(t, w, strings.NewReplacer(test.mistakes...).Replace)
			c := checked(t, served, as, "--resolver", bind.String())
			if got := c.failed(); !slices.Equal(got, test.failed) || c.code != test.code {
				t.Errorf("exit %d, failed %q; want %d, %q", c.code, got, test.code, test.failed)
			}
			if !strings.Contains(c.String(), test.says) {
				t.Errorf("it does not say %q", test.says)
			}
		})
	}
}
