package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fedge/certs"
)

var update = flag.Bool("update", false, "write what is said into the golden files")

// TestPlan holds what the plan command prints, form by form and change by
// change, to files that a reader can judge.
func TestPlan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, args string
		code       int
	}{
		{"summary", "domain.yaml", holds},
		{"summary-tenant", "tenant.yaml", holds},
		{"summary-subdomain", "subdomain.yaml", holds},
		{"summary-peak", "peak.yaml", holds},
		{"summary-shared", "shared.yaml", holds},
		{"zone", "domain.yaml --zone", holds},
		{"zone-one", "domain.yaml --zone --domain meet.example.org", holds},
		{"powershell", "domain.yaml --powershell", holds},
		{"settings", "domain.yaml --settings", holds},
		{"settings-tenant", "tenant.yaml --settings", holds},
		{"firewall", "media.yaml --firewall", holds},
		{"capacity", "peak.yaml --capacity", fallsShort},
		{"since-media", "media.yaml --since old.yaml", holds},
		{"since-promoted", "promoted.yaml --since media.yaml", holds},
		{"since-removed", "removed.yaml --since old.yaml", holds},
		{"since-moved", "moved.yaml --since old.yaml", holds},
		{"since-moved-alone", "removed.yaml --since moved-alone.yaml", holds},
		{"since-domain", "domain.yaml --since old.yaml", holds},
		{"since-partner", "partner.yaml --since old.yaml", holds},
		{"since-subdomain", "subdomain.yaml --since old.yaml", holds},
		{"since-nothing", "old.yaml --since old.yaml", holds},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(c.args)
			for i, arg := range args {
				if strings.HasSuffix(arg, ".yaml") {
					args[i] = "testdata/plan/" + arg
				}
			}
			code, stdout, stderr := typed(t, append([]string{"plan"}, args...)...)
			if code != c.code {
				t.Errorf("exit %d, want %d: %s", code, c.code, stderr)
			}
			if strings.Contains(stdout+stderr, "864213") {
				t.Error("it shows a PIN")
			}
			file := "testdata/plan/" + c.name + ".golden"
			if *update {
				if err := os.WriteFile(file, []byte(stdout), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if stdout != string(want) {
				t.Errorf("%s: got\n%s\nwant\n%s", file, stdout, want)
			}
		})
	}
}

// TestPlanRefuses: what cannot be done is said, all of it, and nothing is
// printed or written.
func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("domans: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "requests")
	for _, c := range []struct {
		name, args string
		says       []string
	}{
		{"two forms", "testdata/plan/old.yaml --zone --firewall", []string{"--zone, --firewall", "one of them at a time"}},
		{"steps in another form", "testdata/plan/media.yaml --since testdata/plan/old.yaml --zone", []string{"--zone, --since"}},
		{"a domain that is not there", "testdata/plan/old.yaml --zone --domain example.com", []string{"--domain example.com", "vc.example.com"}},
		{"a domain for nothing", "testdata/plan/old.yaml --firewall --domain vc.example.com", []string{"--domain goes with --zone"}},
		{"a key that nobody has", "testdata/plan/old.yaml --csr " + dir + " --key dsa", []string{"--key dsa", "rsa-2048"}},
		{"both plans wrong, and the flags", bad + " --since " + bad + ".none --zone --firewall", []string{"bad.yaml:1:1", "bad.yaml.none", "one of them at a time"}},
		{"nothing is expected", "testdata/plan/old.yaml --capacity", []string{"expected: {audio", "calls: {audio"}},
		{"the records of Office 365", "testdata/plan/tenant.yaml --zone", []string{"DNS-14", "meet.vc.example.com"}},
		{"the same for Windows", "testdata/plan/tenant.yaml --powershell", []string{"DNS-14"}},
		{"a certificate for it", "testdata/plan/tenant.yaml --csr " + dir, []string{"DNS-14"}},
		{"the way into a conflict", "testdata/plan/tenant.yaml --since testdata/plan/old.yaml", []string{"DNS-14"}},
		{"a result that cannot be written", "testdata/plan/old.yaml --json " + bad + "/x.json", []string{"cannot write the result"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := typed(t, append([]string{"plan"}, strings.Fields(c.args)...)...)
			if code != badUsage || stdout != "" {
				t.Errorf("exit %d, want %d; printed %q", code, badUsage, stdout)
			}
			for _, want := range c.says {
				if !strings.Contains(stderr, want) {
					t.Errorf("it does not say %q: %s", want, stderr)
				}
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("a directory for requests was made")
			}
		})
	}
}

// TestPlanRequests: requests are written once, with their keys, and never over
// others.
func TestPlanRequests(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "requests")
	code, stdout, stderr := typed(t, "plan", "testdata/plan/domain.yaml", "--csr", dir, "--key", "ecdsa-p256")
	if code != holds {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, name := range []string{"sip.vc.example.com", "sip.meet.example.org"} {
		for _, file := range []string{name + ".csr", name + "-key.pem"} {
			if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
				t.Error(err)
			}
		}
		if !strings.Contains(stdout, name+".csr") || strings.Contains(stdout+stderr, "PRIVATE KEY") {
			t.Errorf("it says %s", stdout)
		}
	}
	key, err := os.ReadFile(filepath.Join(dir, "sip.vc.example.com-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = typed(t, "plan", "testdata/plan/domain.yaml", "--csr", dir)
	if again, _ := os.ReadFile(filepath.Join(dir, "sip.vc.example.com-key.pem")); code != badUsage || stdout != "" || string(again) != string(key) {
		t.Errorf("a second time: exit %d, %s%s", code, stdout, stderr)
	}
	if n := strings.Count(stderr, "is there already"); n != 4 {
		t.Errorf("%d of 4 files are named: %s", n, stderr)
	}
	// The time of a change asks for what is new, and for nothing else.
	code, stdout, stderr = typed(t, "plan", "testdata/plan/media.yaml", "--since", "testdata/plan/old.yaml", "--csr", dir+"2", "--key", string(certs.ECDSAP256))
	if code != holds || !strings.Contains(stdout, "px03.vc.example.com") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	code, stdout, _ = typed(t, "plan", "testdata/plan/promoted.yaml", "--since", "testdata/plan/media.yaml", "--csr", dir+"3")
	if code != holds || !strings.Contains(stdout, "no certificate is needed") {
		t.Errorf("exit %d: %s", code, stdout)
	}
}

// TestPlanJSON holds the keys that a machine relies on.
func TestPlanJSON(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := typed(t, "plan", "testdata/plan/media.yaml", "--since", "testdata/plan/old.yaml", "--json", "-")
	var got struct {
		Schema  string
		Domains []struct {
			Name, Pool, Zone string
			Records          []struct{ Name, Type, Address, Target string }
		}
		Certificates []struct {
			CommonName string `json:"common_name"`
			Names      []string
		}
		Settings []struct{ Subject string }
		Firewall []struct{ Rule, Node string }
		Steps    []struct {
			Title string
			Add   []struct{ Name string }
			Rules []string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != holds {
		t.Fatalf("exit %d, %v: %s", code, err, stderr)
	}
	if got.Schema != "fedge.plan/1" || len(got.Domains) != 1 || len(got.Domains[0].Records) != 6 || got.Domains[0].Records[0].Target != "sip.vc.example.com" ||
		len(got.Certificates) != 1 || len(got.Certificates[0].Names) != 5 || len(got.Settings) == 0 || len(got.Firewall) == 0 ||
		len(got.Steps) != 5 || got.Steps[1].Add[0].Name != "px03.vc.example.com" {
		t.Errorf("%s", stdout)
	}
	if strings.Contains(stdout, "864213") {
		t.Error("it shows a PIN")
	}
	code, tenant, _ := typed(t, "plan", "testdata/plan/tenant.yaml", "--json", "-")
	for _, ours := range []string{`"records": null`, `"zone": ""`, `"powershell": ""`, `"certificates": []`, `"subdomain": "meet.vc.example.com"`} {
		if code != holds || !strings.Contains(tenant, ours) {
			t.Errorf("for a domain of Office 365's: exit %d, without %s:\n%s", code, ours, tenant)
		}
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	if code, stdout, _ := typed(t, "plan", "testdata/plan/old.yaml", "--json", file); code != holds || !strings.Contains(stdout, "calls arrive at") {
		t.Errorf("with a file: exit %d: %s", code, stdout)
	}
	if text, err := os.ReadFile(file); err != nil || !json.Valid(text) {
		t.Errorf("%v: %s", err, text)
	}
}
