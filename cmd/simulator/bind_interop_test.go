//go:build interop

package main

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"fedge/lab"
)

// published puts a world's records into BIND's hands: its zone as plan prints
// it, after change. The plan is one of its own, in which BIND is the name
// server.
func published(t *testing.T, w *lab.World, change func(zone string) string) (bind netip.AddrPort, plan string) {
	t.Helper()
	bind = unused(t)
	lab1, _ := files(w)
	text, err := os.ReadFile(lab1)
	if err != nil {
		t.Fatal(err)
	}
	plan = strings.TrimSuffix(lab1, ".yaml") + "-" + bind.String() + ".yaml"
	put(t, plan, strings.Replace(string(text), w.Resolver.String(), bind.String(), 1))
	code, zone, stderr := typed(t, "plan", plan, "--zone")
	if code != holds {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	partner := func(edge string) string {
		return replaced(t, "partner.zone", "NAMESERVER", bind.Addr().String(), "EDGE", addressOf(t, w, edge).String())
	}
	unfound, _, _ := strings.Cut(partner("sip."+lab.Fabrikam), "_sipfederationtls")
	named(t, bind, map[string]string{lab.Domain: change(zone), lab.Contoso: partner("sip." + lab.Contoso), lab.Fabrikam: unfound})
	return bind, plan
}

// TestInteropBIND: BIND serves the plan's zone, and what check finds through it
// is what it finds through our own name server.
func TestInteropBIND(t *testing.T) {
	w, _ := broken(t)
	lab1, as := files(w)
	ours := checked(t, lab1, as)
	bind, plan := published(t, w, func(zone string) string { return zone })
	theirs := checked(t, plan, as, "--resolver", bind.String())
	if theirs.code != holds || len(theirs.failed()) > 0 {
		t.Errorf("exit %d, failed %q", theirs.code, theirs.failed())
	}
	said := func(c checks) (list []string) {
		for _, f := range c.Findings {
			line := strings.Join([]string{f.ID, f.Subject, string(f.Severity), string(f.Outcome), f.Why}, " | ")
			if strings.HasPrefix(f.ID, "DNS") && f.ID != "DNS-16" { // its TTLs are the lab's own
				line += " | " + strings.Join(f.Evidence, "; ")
			}
			list = append(list, strings.ReplaceAll(line, w.Resolver.String(), bind.String()))
		}
		return list
	}
	one, other := said(ours), said(theirs)
	if len(one) != len(other) {
		t.Fatalf("%d findings through our own server, %d through BIND", len(one), len(other))
	}
	for i := range one {
		if one[i] != other[i] {
			t.Errorf("through our own server:\n%s\nthrough BIND:\n%s", one[i], other[i])
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
			bind, plan := published(t, w, strings.NewReplacer(test.mistakes...).Replace)
			c := checked(t, plan, as, "--resolver", bind.String())
			if got := c.failed(); !slices.Equal(got, test.failed) || c.code != test.code {
				t.Errorf("exit %d, failed %q; want %d, %q", c.code, got, test.code, test.failed)
			}
			if !strings.Contains(c.String(), test.says) {
				t.Errorf("it does not say %q", test.says)
			}
		})
	}
}
