package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPartnerFile: what is wrong with an --as file is said at once, and with it
// what to write; an address that a NAT has is said to others, and not bound.
func TestPartnerFile(t *testing.T) {
	t.Parallel()
	w, _ := broken(t)
	good, err := os.ReadFile(filepath.Join(w.Dir, "contoso.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, key, value string) string {
		lines := strings.Split(string(good), "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, key+":") {
				lines[i] = key + ": " + value
			}
		}
		file := filepath.Join(w.Dir, name+".yaml")
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, test := range map[string]struct{ key, value, says string }{
		"no-port":          {"listen", "203.0.113.5", `listen is "203.0.113.5": write ADDRESS:PORT`},
		"behind-a-nat":     {"listen", "203.0.113.5:5061", "this machine has no such address"},
		"no-address":       {"public", "here", `public is "here"`},
		"no-name-server":   {"resolver", "ns", `resolver is "ns"`},
		"no-certificate":   {"certificate", "none.pem", "no-certificate.yaml: reading the certificate: open " + w.Dir},
		"no-domain-either": {"domain", "", "domain and edge must be set"},
	} {
		file := write(name, test.key, test.value)
		for _, command := range []string{"check vc.example.com", "call meet.alice@vc.example.com"} {
			code, stdout, stderr := typed(t, append(strings.Fields(command), "--as", file)...)
			if code != badUsage || stdout != "" || !strings.Contains(stderr, test.says) || !strings.Contains(stderr, file) {
				t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
			}
		}
	}
	c, err := partnerFile(write("outer", "public", "203.0.113.5"))
	if err != nil {
		t.Fatal(err)
	}
	if c.MediaPublic != netip.MustParseAddr("203.0.113.5") || c.MediaAddress != c.Listen.Addr() {
		t.Errorf("media at %s, said to be at %s", c.MediaAddress, c.MediaPublic)
	}
	if c, err = partnerFile(filepath.Join(w.Dir, "contoso.yaml")); err != nil || c.MediaPublic.IsValid() || c.MediaAddress == c.Address {
		t.Errorf("%v: media at %s, said to be at %s", err, c.MediaAddress, c.MediaPublic)
	}
	nobody := write("users", "users", "[zoe, yves@contoso.example]")
	text, err := os.ReadFile(nobody)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n- ") // the list that was there
	if err := os.WriteFile(nobody, []byte(head+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := typed(t, "call", "meet.alice@vc.example.com", "--as", nobody, "--from", "zz"); code != badUsage || stdout != "" ||
		!strings.Contains(stderr, "--from zz: contoso.example has no such user; its users are zoe, yves@contoso.example") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if c, err = partnerFile(nobody); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{"": "zoe", "YVES": "YVES", "zoe@contoso.example": "zoe@contoso.example"} {
		if from, err := calling(c, typed); err != nil || from != want {
			t.Errorf("--from %q: %q, %v; want %q", typed, from, err, want)
		}
	}
	c.Users = nil
	for typed, want := range map[string]string{"": "anna", "zz": "zz"} { // whoever is asked for
		if from, err := calling(c, typed); err != nil || from != want {
			t.Errorf("--from %q of an organisation that lists nobody: %q, %v; want %q", typed, from, err, want)
		}
	}
	taken, err := net.Listen("tcp", c.Listen.String())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	code, stdout, stderr := typed(t, "check", filepath.Join(w.Dir, "deployment.yaml"), "--as", filepath.Join(w.Dir, "contoso.yaml"), "--trigger", "http")
	if code != badUsage || stdout != "" || !strings.Contains(stderr, "address already in use") || !strings.Contains(stderr, "--no-partner") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}
