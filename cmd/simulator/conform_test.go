package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"fedge/conformance"
	"fedge/lab"
	"fedge/plan"
)

// TestConformTarget: the suite as a partner on a network that it did not make,
// with nothing but two files; here they describe a lab's node.
func TestConformTarget(t *testing.T) {
	target, as, _ := described(t, "")
	dir := filepath.Dir(target)
	code, out, said := typed(t, "conform", "CON-001", "TLS-001", "--target", target, "--as", as)
	if code != holds || !strings.Contains(out, "2 pass") {
		t.Errorf("exit %d\n%s%s", code, out, said)
	}
	stale := filepath.Join(dir, "stale.yaml")
	data, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	place(t, dir, "stale.yaml", string(data)+"expected: [{id: CON-001, reason: it was so once}]\n")
	if code, out, _ := typed(t, "conform", "CON-001", "--target", stale, "--as", as); code != fallsShort || !strings.Contains(out, "take it off the list") {
		t.Errorf("a stale expectation: exit %d\n%s", code, out)
	}
	place(t, dir, "stale.yaml", string(data)+"claims: {update: false}\nexpected: [{id: DLG-014, reason: it was so once}]\n")
	code, out, _ = typed(t, "conform", "DLG-014", "CON-001", "--target", stale, "--as", as)
	for _, want := range []string{"1 pass, 1 not-applicable", "UPDATE", "stale: the target's file expects it to fail (it was so once)"} {
		if said := strings.Join(strings.Fields(out), " "); code != holds || !strings.Contains(said, want) {
			t.Errorf("a stale expectation of what is not claimed: exit %d, does not say %q\n%s", code, want, out)
		}
	}
	place(t, dir, "stale.yaml", string(data)+"expected: [{id: TXN-O11, reason: typo}]\n")
	if code, _, said := typed(t, "conform", "CON-001", "--target", stale, "--as", as); code != badUsage || !strings.Contains(said, `"TXN-O11", did you mean TXN-011?`) {
		t.Errorf("an expectation of no case: exit %d\n%s", code, said)
	}
}

// TestConformUnclaimed: a target that does not claim what its node has fails, and
// the text says which half of the case was tested.
func TestConformUnclaimed(t *testing.T) {
	target, as, _ := described(t, "claims: {update: false}\n")
	code, out, said := typed(t, "conform", "DLG-01[34]", "CON-001", "--target", target, "--as", as)
	for _, want := range []string{
		"1 fail, 1 pass, 1 not-applicable", "DLG-013 UPDATE is declined", "demands MUST: A node that does not claim UPDATE refuses one with 405",
		"decline what it does not claim: of these, that was tested cases DLG-013",
	} {
		if told := strings.Join(strings.Fields(out), " "); code != fallsShort || !strings.Contains(told, want) {
			t.Errorf("exit %d, does not say %q\n%s%s", code, want, out, said)
		}
	}
	if code, out, _ := typed(t, "conform", "--explain", "DLG-013"); code != holds || !strings.Contains(out, "unclaimed MUST A node that does not claim UPDATE") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// TestConformTrigger: the target's file may say how its node is made to call out,
// and then cases about that apply; what is no trigger is told with all else that
// is wrong with the file.
func TestConformTrigger(t *testing.T) {
	for lines, want := range map[string]string{"": "1 not-applicable", "trigger: command true\n": "1 pass"} {
		target, as, _ := described(t, lines)
		if code, out, said := typed(t, "conform", "TLS-003", "--target", target, "--as", as); code != holds || !strings.Contains(out, want) {
			t.Errorf("%q: exit %d, want %s\n%s%s", lines, code, want, out, said)
		}
	}
	target, as, _ := described(t, "trigger: http 192.0.2.1\nt1: soon\n")
	code, _, said := typed(t, "conform", "--target", target, "--as", as)
	for _, want := range []string{"target.yaml", `trigger: http: "192.0.2.1" is no URL`, "t1:"} {
		if code != badUsage || !strings.Contains(said, want) {
			t.Errorf("exit %d, does not say %q\n%s", code, want, said)
		}
	}
}

// TestConformCalled: a node on a real network is made to call the partner that we
// are; a trigger that makes nobody call is told so, once for all.
func TestConformCalled(t *testing.T) {
	target, as, node := described(t, "")
	for trigger, test := range map[string]struct {
		code int
		says string
	}{
		"http http://" + node.Admin.String() + "/v1/calls": {holds, "4 pass"},
		"command echo nobody is told":                      {inconclusive, "2 inconclusive, 2 pass"},
	} {
		code, out, said := typed(t, "conform", "TXN-018", "TXN-031", "TLS-003", "CON-001", "--target", target, "--as", as, "--trigger", trigger)
		if code != test.code || !strings.Contains(out, test.says) {
			t.Errorf("%s: exit %d\n%s%s", trigger, code, out, said)
		}
		if words := strings.Join(strings.Fields(out), " "); code != holds && strings.Count(words, "the node did not get to") != 2 {
			t.Errorf("%s: does not say why:\n%s", trigger, out)
		}
	}
}

// TestTriggerGoesFirst: what is typed outweighs what the target's file says.
func TestTriggerGoesFirst(t *testing.T) {
	file := conformance.Target{Trigger: conformance.Trigger{How: "command", What: "echo from the file"}}
	for typed, want := range map[string]string{"": "from the file", "command echo as typed": "as typed"} {
		f := conformFlags{trigger: typed}
		pull, err := f.triggerFor(&cobra.Command{}, file)
		if err != nil {
			t.Fatal(err)
		}
		if placed, err := pull(t.Context(), "px01.vc.example.com", conformance.Place{}); err != nil || strings.TrimSpace(placed.Body) != want {
			t.Errorf("--trigger %q: %q, %v; want %q", typed, placed.Body, err, want)
		}
	}
	if pull, err := new(conformFlags).triggerFor(&cobra.Command{}, conformance.Target{}); pull != nil || err != nil {
		t.Errorf("neither: %v", err)
	}
	wrong := conformFlags{trigger: "smoke"}
	if _, err := wrong.triggerFor(&cobra.Command{}, file); err == nil || !strings.Contains(err.Error(), "--trigger") {
		t.Errorf("a wrong flag: %v", err)
	}
}

// described makes the files of a target, with these lines more, and of a partner;
// here they describe a lab's node.
func described(t *testing.T, lines string) (target, as string, node plan.Node) {
	t.Helper()
	dir := t.TempDir()
	w, err := lab.Start(t.Context(), lab.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	node = w.Plan.Signaling()[0]
	place(t, dir, "target.yaml", "preset: fedge\nnode: "+node.Name+"\naddress: "+node.Address.String()+":5061\npool: sip.vc.example.com\n"+
		"domain: vc.example.com\nalias: "+lab.Room+"\nroots: ca.pem\n"+lines)
	return filepath.Join(dir, "target.yaml"), filepath.Join(dir, "contoso.yaml"), node
}

// TestConformUnreached: nobody listens there.
func TestConformUnreached(t *testing.T) {
	dir := t.TempDir()
	w, err := lab.Start(t.Context(), lab.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	place(t, dir, "target.yaml", "node: px01.vc.example.com\naddress: "+ln.Addr().String()+"\ndomain: vc.example.com\nalias: a@vc.example.com\n")
	code, out, said := typed(t, "conform", "--target", filepath.Join(dir, "target.yaml"), "--as", filepath.Join(dir, "contoso.yaml"))
	if code != unreachable {
		t.Errorf("exit %d, want %d\n%s%s", code, unreachable, out, said)
	}
}

func place(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
