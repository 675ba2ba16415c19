//go:build interop

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fedge/certs"
	"fedge/plan"
)

// TestPlanInterop types what docs/plan.md shows and has other programs judge
// the outcome: BIND's checker each zone, openssl each request; and what
// openssl's own CA issues from it is what the plan asks for.
func TestPlanInterop(t *testing.T) {
	const file = "testdata/plan/domain.yaml"
	p, err := plan.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	say := func(program string, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	for _, d := range p.Domains {
		code, zone, stderr := typed(t, "plan", file, "--zone", "--domain", d.Name)
		if code != holds {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		if err := os.WriteFile(in(d.Name+".zone"), []byte(zone), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Log(say("named-checkzone", "-k", "fail", "-n", "fail", "-i", "local", d.Name, in(d.Name+".zone")))
	}
	if code, _, stderr := typed(t, "plan", file, "--csr", in("requests")); code != holds {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	say("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Another CA", "-days", "30", "-keyout", in("ca-key.pem"), "-out", in("ca.pem"))
	for _, r := range p.Requests() {
		base := filepath.Join(in("requests"), r.File)
		if said := say("openssl", "req", "-verify", "-noout", "-in", base+".csr"); !strings.Contains(said, "verify OK") {
			t.Errorf("openssl says %s", said)
		}
		say("openssl", "x509", "-req", "-in", base+".csr", "-copy_extensions", "copyall", "-CA", in("ca.pem"), "-CAkey", in("ca-key.pem"), "-days", "30", "-out", base+".pem")
		c, err := certs.Read(base+".pem", base+"-key.pem")
		if err != nil {
			t.Fatal(err)
		}
		facts := certs.Describe(c.Leaf)
		if facts.CommonName != r.CommonName || !slices.Equal(facts.Names, r.Names) || len(facts.Usages) != 2 {
			t.Errorf("%s: issued %+v", r.File, facts)
		}
		t.Logf("%s: CN %s, %v, %v", r.File, facts.CommonName, facts.Names, facts.Usages)
	}
}
