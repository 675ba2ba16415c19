package lab_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"fedge/check"
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

// checked is what check says of a world: the verdict, and what failed.
func checked(t *testing.T, w *lab.World) (result.Check, []string) {
	t.Helper()
	c, err := w.CheckConfig()
	if err != nil {
		t.Fatal(err)
	}
	r := check.Run(t.Context(), c)
	var failed []string
	for _, f := range r.Findings {
		if f.Outcome == result.RuleFail {
			failed = append(failed, f.ID+" "+f.Subject)
		}
	}
	return r, failed
}

func TestCleanWorld(t *testing.T) {
	t.Parallel()
	r, failed := checked(t, start(t, lab.Config{}))
	if r.Verdict != result.Pass || r.Inbound != result.Pass || r.Outbound != result.Pass || len(failed) > 0 {
		t.Errorf("verdict %s (inbound %s, outbound %s), error %q, found %v", r.Verdict, r.Inbound, r.Outbound, r.Error, failed)
	}
	for _, f := range r.Findings {
		if f.Why == result.ObservationFailed {
			t.Errorf("%s on %s could not be observed: %v", f.ID, f.Subject, f.Evidence)
		}
	}
	if code := check.ExitCode(r); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestFaults: each fault yields exactly the finding that its row names, on one
// subject, and nothing in its wake.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range lab.Faults() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			r, failed := checked(t, start(t, lab.Config{Faults: []string{fault.Name}}))
			if len(failed) == 0 || !allAre(failed, fault.Finds) {
				t.Errorf("found %q, want exactly %s", failed, fault.Finds)
			}
			if strings.HasPrefix(fault.Name, "dead-") && len(failed) != 1 {
				t.Errorf("found %q, want one node down", failed)
			}
			if r.Verdict != result.Fail || check.ExitCode(r) != 1 {
				t.Errorf("verdict %s, exit code %d; want fail, 1", r.Verdict, check.ExitCode(r))
			}
		})
	}
}

func allAre(findings []string, id string) bool {
	return !slices.ContainsFunc(findings, func(f string) bool { return !strings.HasPrefix(f, id+" ") })
}

func TestUnknownFault(t *testing.T) {
	t.Parallel()
	_, err := lab.Start(t.Context(), lab.Config{Faults: []string{"srv-mising", "srv-missing", "nonsense"}})
	if err == nil || !strings.Contains(err.Error(), "srv-mising, nonsense") || !strings.Contains(err.Error(), "srv-missing") {
		t.Errorf("error %v; want both unknown names, and the known ones", err)
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
