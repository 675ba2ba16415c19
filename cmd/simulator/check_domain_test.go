package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fedge/check"
	"fedge/dns"
	"fedge/lab"
	"fedge/plan"
	"fedge/result"
)

// broken brings up a world with faults and gives what a check of its domain
// needs to be told.
func broken(t *testing.T, faults ...string) (w *lab.World, args []string) {
	t.Helper()
	w, err := lab.Start(t.Context(), lab.Config{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error("closing the world:", err)
		}
	})
	return w, []string{"--resolver", w.Resolver.String(), "--ca", filepath.Join(w.Dir, "ca.pem")}
}

// TestCheckDomain: without a plan, a clean world's nodes are found and hold all
// that can be seen; the plan that is saved says the same.
func TestCheckDomain(t *testing.T) {
	t.Parallel()
	w, args := broken(t)
	saved := filepath.Join(t.TempDir(), "saved.yaml")
	code, stdout, stderr := typed(t, append([]string{"check", lab.Domain, "--save", saved, "--json", "-"}, args...)...)
	if code != holds {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	var r struct {
		Verdict  result.Verdict
		Outbound result.Verdict
		Hint     string `json:"outbound_hint"`
		Findings []result.Finding
		Facts    struct{ Inferred []string }
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Verdict != result.Pass || len(r.Facts.Inferred) == 0 {
		t.Errorf("verdict %s, inferred %v", r.Verdict, r.Facts.Inferred)
	}
	if r.Outbound != check.NotTried || !strings.Contains(r.Hint, "--trigger") { // nobody made the nodes call
		t.Errorf("outbound %s, hint %q", r.Outbound, r.Hint)
	}
	if i := slices.IndexFunc(r.Findings, func(f result.Finding) bool { return f.ID == "LOC-07" }); i < 0 || r.Findings[i].Why != result.NotVisible {
		t.Error("LOC-07 is not not-visible")
	}
	for _, f := range r.Findings {
		if f.Outcome == result.RuleFail || f.Why == result.ObservationFailed {
			t.Errorf("%s %s: %s %s", f.ID, f.Subject, f.Outcome, f.Why)
		}
	}
	p, err := plan.Load(saved)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Nodes) != len(w.Plan.Nodes) || len(p.Signaling()) != len(w.Plan.Signaling()) || !p.Outbound {
		t.Errorf("inferred %+v", p.Nodes)
	}
	for _, n := range w.Plan.Nodes {
		got, found := p.Node(n.Name)
		if !found || got.PublicAddr() != n.PublicAddr() || got.Has(plan.Signaling) != n.Has(plan.Signaling) {
			t.Errorf("node %s: inferred %+v, planned %+v", n.Name, got, n)
		}
		if !strings.Contains(stderr, n.Name) {
			t.Errorf("it does not say that %s was found:\n%s", n.Name, stderr)
		}
	}
	// Its resolver and its roots are in it; rooms are what is missing, and
	// nothing fails for want of them.
	if code, stdout, _ := typed(t, "check", saved, "--quiet"); code != holds || !strings.Contains(stdout, "and fill in rooms") || !strings.Contains(stdout, "not visible from here") {
		t.Errorf("the saved plan, checked: exit %d\n%s", code, stdout)
	}
	unmark(t, saved, lab.Room)
	if code, stdout, _ := typed(t, "check", saved, "--as", filepath.Join(w.Dir, "contoso.yaml"), "--quiet"); code != holds || strings.Contains(stdout, "fill in") {
		t.Errorf("the saved plan, filled in, checked as a partner: exit %d\n%s", code, stdout)
	}
	if code, _, stderr := typed(t, append([]string{"check", lab.Domain, "--save", saved}, args...)...); code != badUsage || !strings.Contains(stderr, "there already") {
		t.Errorf("saved over a plan: exit %d, %s", code, stderr)
	}
	// As a partner, and with a room to call.
	code, stdout, stderr = typed(t, append([]string{"check", lab.Domain, "--as", filepath.Join(w.Dir, "contoso.yaml"), "--room", lab.Room, "--only", "LOC-07,FQD-01,FQD-03"}, args...)...)
	if code != holds || !strings.Contains(stdout, "Passes          FQD-01*, FQD-03*, LOC-07") {
		t.Errorf("with a room: exit %d\n%s%s", code, stdout, stderr)
	}
	if code, stdout, stderr = typed(t, append([]string{"check", lab.Domain, "--as", filepath.Join(w.Dir, "contoso.yaml"), "--quiet"}, args...)...); code != holds {
		t.Errorf("as a partner, without a room: exit %d\n%s%s", code, stdout, stderr)
	}
}

// TestCheckDomainBroken: what is broken is found without a plan, too, as far as
// it can be seen; nothing fails in its wake.
func TestCheckDomainBroken(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"srv-missing": "DNS-01", "srv-wrong-port": "DNS-02", "srv-target-other-domain": "DNS-04", "cert-expired": "CRT-11",
		"intermediate-not-sent": "CRT-07", "cert-no-clientauth": "CRT-09", "dead-signaling-node": "NET-01",
		"pool-stale-address": "NET-01", "node-address-differs": "DNS-09", "private-address-published": "DNS-11",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			_, args := broken(t, fault)
			code, stdout, stderr := typed(t, append([]string{"check", lab.Domain, "--json", "-", "--quiet"}, args...)...)
			var r struct{ Findings []result.Finding }
			if err := json.Unmarshal([]byte(stdout), &r); err != nil {
				t.Fatal(err, stdout)
			}
			for _, f := range r.Findings {
				if f.Outcome == result.RuleFail && f.ID != want {
					t.Errorf("found %s on %s: %v", f.ID, f.Subject, f.Evidence)
				}
			}
			if code != fallsShort || !slices.ContainsFunc(r.Findings, func(f result.Finding) bool { return f.ID == want && f.Outcome == result.RuleFail }) {
				t.Errorf("exit %d, %s not found\n%s", code, want, stderr)
			}
		})
	}
}

// TestCheckDomainPassedOver: a name in the certificate may be another service's.
// Where it leads beside the pool and nobody speaks TLS, it is held against nobody
// that it is no node; that it was not taken for one is said, and what to do if it
// is. A plan that names it finds it (NET-01).
func TestCheckDomainPassedOver(t *testing.T) {
	t.Parallel()
	_, args := broken(t, "dead-media-node")
	saved := filepath.Join(t.TempDir(), "saved.yaml")
	code, stdout, stderr := typed(t, append([]string{"check", lab.Domain, "--quiet", "--save", saved}, args...)...)
	if code != holds || !strings.Contains(stdout, "no node  px03."+lab.Domain+" is in a certificate and leads to") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	text, err := os.ReadFile(saved)
	if err != nil || !strings.Contains(string(text), "# px03."+lab.Domain+" is in a certificate") || strings.Contains(string(text), "name: px03") {
		t.Errorf("%v\n%s", err, text)
	}
	code, stdout, _ = typed(t, append([]string{"check", lab.Domain, "--quiet", "--json", "-"}, args...)...)
	var r result.Check
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	judged := func(f result.Finding) bool { return f.ID == "NET-01" && f.Subject == "px03."+lab.Domain }
	if i := slices.IndexFunc(r.Findings, judged); code != holds || len(r.PassedOver) != 1 || i < 0 || r.Findings[i].Why != result.NotVisible || !strings.Contains(r.Findings[i].Fix, "if it is a node: start it") {
		t.Errorf("exit %d, passed over %q\n%s", code, r.PassedOver, stdout)
	}
}

// unmark takes the marks off the rooms that a saved plan proposes, and gives
// them the alias of one that is there.
func unmark(t *testing.T, file, alias string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("# rooms:", "rooms:", "# - name: Meet", "- name: Meet", "#   aliases: [meet@"+lab.Domain+"]", "  aliases: ["+alias+"]").Replace(string(text))
	if err := os.WriteFile(file, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Load(file)
	if err != nil || len(p.Rooms) != 1 {
		t.Fatalf("%v\n%s", err, filled)
	}
}

// TestCheckDomainSilent: where nobody shows a certificate, the plan that is
// saved leaves open what a certificate would have told, and a check of it says
// which lines.
func TestCheckDomainSilent(t *testing.T) {
	t.Parallel()
	w, args := broken(t) // contoso is not up in it
	saved := filepath.Join(w.Dir, "contoso-saved.yaml")
	code, stdout, stderr := typed(t, append([]string{"check", "contoso.example", "--save", saved}, args...)...)
	if code != unreachable || strings.Contains(stdout, "node-") || strings.Contains(stdout, "places no outbound calls") ||
		!strings.Contains(stdout, "or remove the A record if the node is gone") || strings.Contains(stdout, "--save") || !strings.Contains(stderr, "not complete yet") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	text, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"outbound: FILL-IN", "name: FILL-IN", "roots: ca.pem", "# FILL IN: rooms"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	code, _, stderr = typed(t, "check", saved)
	if code != badUsage || !strings.Contains(stderr, `outbound is "FILL-IN"`) || !strings.Contains(stderr, `name is "FILL-IN"`) {
		t.Errorf("the saved plan, checked: exit %d\n%s", code, stderr)
	}
}

// TestCheckDomainNothing: where no node is found nothing is saved, so that the
// next try can.
func TestCheckDomainNothing(t *testing.T) {
	t.Parallel()
	at := publish(t, "")
	saved := filepath.Join(t.TempDir(), "saved.yaml")
	for range 2 {
		code, stdout, stderr := typed(t, "check", "example.com", "--save", saved, "--resolver", at)
		if code != fallsShort || !strings.Contains(stderr, "nothing is saved as "+saved) {
			t.Errorf("exit %d\n%s%s", code, stdout, stderr)
		}
		if _, err := os.Stat(saved); err == nil {
			t.Fatal("a plan without nodes was saved")
		}
	}
}

// publish serves the zone example.com with these records, and says where.
func publish(t *testing.T, records string) (resolver string) {
	t.Helper()
	zone, err := dns.ParseZone(`$ORIGIN example.com.
$TTL 60
@ IN SOA ns.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ IN NS ns.example.com.
ns IN A 127.0.0.1
` + records)
	if err != nil {
		t.Fatal(err)
	}
	server, err := dns.Serve(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"), zone)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server.Addr().String()
}

// TestCheckDomainOffice365: a tenant's domain is told as one, with a way out,
// and nobody knocks at Microsoft's.
func TestCheckDomainOffice365(t *testing.T) {
	t.Parallel()
	at := publish(t, `_sipfederationtls._tcp IN SRV 100 1 5061 sipfed.online.lync.com.
sip IN CNAME sipdir.online.lync.com.
`)
	code, stdout, stderr := typed(t, "check", "example.com", "--resolver", at)
	if code != fallsShort || !strings.Contains(stdout, "DNS-14") || !strings.Contains(stdout+stderr, "vc.example.com") || !strings.Contains(stderr, "Office 365") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if strings.Contains(stderr, "looking at") {
		t.Errorf("it looked at Microsoft's addresses:\n%s", stderr)
	}
}

func TestCheckDomainUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ args, says string }{
		{"check vc.example.com --room alice", "ALIAS@vc.example.com"},
		{"check vc.example.com --room alice@elsewhere.example", "ALIAS@vc.example.com"},
		{"check deployment.yaml", "deployment.yaml"},
		{"check ../../examples/vc.example.com.yaml --save x.yaml", "--save"},
		{"check --lab --room meet@vc.example.com", "--room"},
		{"check vc.example.com --trigger x", "--trigger"},
		{"check vc.example.com --resolver nobody", "--resolver"},
		{"plan --init example", "no domain"},
		{"plan --init vc.example.com --import .", "one at a time"},
		{"plan --import ../../infinity/testdata/broken", "system_location.json"},
		{"plan --import ../../infinity/testdata/nowhere", "nowhere"},
	} {
		if code, stdout, stderr := typed(t, strings.Fields(test.args)...); code != badUsage || !strings.Contains(stderr, test.says) || stdout != "" {
			t.Errorf("%s: exit %d\n%s%s", test.args, code, stdout, stderr)
		}
	}
}

// TestPlanStart: both ways to a plan lead to one that is accepted.
func TestPlanStart(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{
		"--init vc.example.com":                           holds,
		"--import ../../infinity/testdata/clean":          holds,
		"--import ../../infinity/testdata/mssip-proxy":    fallsShort,
		"--import ../../infinity/testdata/two-domains":    holds,
		"--import ../../infinity/testdata/private":        inconclusive,
		"--import ../../infinity/testdata/duplicate-fqdn": fallsShort,
	} {
		code, stdout, stderr := typed(t, append([]string{"plan"}, strings.Fields(args)...)...)
		if code != want {
			t.Errorf("%s: exit %d\n%s", args, code, stderr)
		}
		if _, err := plan.Parse("x.yaml", []byte(stdout)); (err == nil) != (want != inconclusive) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
