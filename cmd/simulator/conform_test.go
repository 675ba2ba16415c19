package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fedge/lab"
)

// TestConformTarget: the suite as a partner on a network that it did not make,
// with nothing but two files; here they describe a lab's node.
func TestConformTarget(t *testing.T) {
	dir := t.TempDir()
	w, err := lab.Start(t.Context(), lab.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	node := w.Plan.Signaling()[0]
	place(t, dir, "target.yaml", "preset: fedge\nnode: "+node.Name+"\naddress: "+node.Address.String()+":5061\npool: sip.vc.example.com\n"+
		"domain: vc.example.com\nalias: "+lab.Room+"\nroots: ca.pem\n")
	target, as := filepath.Join(dir, "target.yaml"), filepath.Join(dir, "contoso.yaml")
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
	place(t, dir, "stale.yaml", string(data)+"claims: {update: false}\nexpected: [{id: DLG-013, reason: it was so once}]\n")
	code, out, _ = typed(t, "conform", "DLG-013", "CON-001", "--target", stale, "--as", as)
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
