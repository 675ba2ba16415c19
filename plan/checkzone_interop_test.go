//go:build interop

package plan_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckZone has BIND's own checker read the zones, with all its checks on.
func TestCheckZone(t *testing.T) {
	for file, domains := range map[string][]string{
		example:                     {"vc.example.com"},
		"testdata/minimal.yaml":     {"vc.example.com"},
		"testdata/two-domains.yaml": {"vc.example.com", "eu.vc.example.com"},
		"testdata/inside.yaml":      {"vc.example.com"},
		"testdata/capacity.yaml":    {"vc.example.com", "meet.example.org"},
	} {
		for _, domain := range domains {
			zone := filepath.Join(t.TempDir(), "zone")
			if err := os.WriteFile(zone, []byte(load(t, file).ZoneOf(domain)), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), "named-checkzone", "-k", "fail", "-n", "fail", "-m", "fail", "-M", "fail", "-S", "fail", "-r", "fail", "-i", "local", domain, zone).CombinedOutput()
			said := string(out)
			if err != nil || !strings.HasSuffix(said, "\nOK\n") || strings.Contains(strings.ToLower(said), "warning") {
				t.Errorf("%s, %s: %v\n%s", file, domain, err, said)
			}
			t.Logf("%s", said)
		}
	}
}
