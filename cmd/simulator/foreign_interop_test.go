//go:build interop

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fedge/dns"
	"fedge/lab"
	"fedge/result"
)

// server runs a program that nobody here wrote until the test ends, and returns
// once a line that it prints matches up. It runs as whoever runs the test.
func server(t *testing.T, up *regexp.Regexp, program string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		program = "/usr/sbin/" + program // not in everybody's PATH
	}
	cmd := exec.Command(program, args...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	var said strings.Builder
	ready, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		var once sync.Once
		for lines := bufio.NewScanner(read); lines.Scan(); {
			fmt.Fprintln(&said, lines.Text())
			if up.MatchString(lines.Text()) {
				once.Do(func() { close(ready) })
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		// A telephone first hangs up, for as long as nobody answers; told twice it goes.
		again := time.AfterFunc(2*time.Second, func() { cmd.Process.Signal(syscall.SIGTERM) })
		defer again.Stop()
		late := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		err := cmd.Wait()
		if !late.Stop() {
			t.Errorf("%s did not end when it was told to: %v", program, err)
		}
		<-gone
		read.Close()
		if t.Failed() {
			t.Logf("%s said:\n%s", program, &said)
		}
	})
	select {
	case <-ready:
	case <-gone:
		t.Fatalf("%s did not come up:\n%s", program, &said)
	case <-time.After(20 * time.Second):
		t.Fatalf("%s did not say %s in time", program, up)
	}
}

// named serves zones, by origin, with Debian's BIND, which listens on addresses
// of interfaces alone: of all loopback addresses it has only the first.
func named(t *testing.T, at netip.AddrPort, zones map[string]string) {
	t.Helper()
	dir := t.TempDir()
	conf := fmt.Sprintf(`options {
	directory "%[1]s";
	pid-file none;
	session-keyfile "%[1]s/session.key";
	listen-on port %[2]d { %[3]s; };
	listen-on-v6 { none; };
	recursion no;
	dnssec-validation no;
	allow-transfer { none; };
};
controls { };
`, dir, at.Port(), at.Addr())
	for origin, text := range zones {
		put(t, filepath.Join(dir, origin), text)
		conf += fmt.Sprintf("zone %q { type primary; file %[1]q; };\n", origin)
	}
	put(t, filepath.Join(dir, "named.conf"), conf)
	server(t, regexp.MustCompile(` running$`), "named", "-g", "-n", "1", "-c", filepath.Join(dir, "named.conf"))
}

// unused is a port that nobody has, on TCP and on UDP.
func unused(t *testing.T) netip.AddrPort {
	t.Helper()
	s, err := dns.Serve(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.Addr()
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replaced is a file of testdata/interop with words in place of its
// placeholders.
func replaced(t *testing.T, name string, words ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "interop", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(words...).Replace(string(text))
}

// checks is what a check came to.
type checks struct {
	code int
	result.Check
}

// checked types a check of a plan as contoso, and prints what it found.
func checked(t *testing.T, plan, as string, more ...string) checks {
	t.Helper()
	args := append([]string{"check", plan, "--as", as, "--trigger", "http", "--quiet", "--json", "-"}, more...)
	code, stdout, stderr := typed(t, args...)
	c := checks{code: code}
	if err := json.Unmarshal([]byte(stdout), &c.Check); err != nil {
		t.Fatalf("exit %d: %v\n%s%s", code, err, stdout, stderr)
	}
	t.Logf("$ simulator %s\n%s", strings.Join(args, " "), c)
	return c
}

// String is the verdict, how much passed, and what did not, leaving out what
// nobody can see from outside.
func (c checks) String() string {
	var out strings.Builder
	passed := 0
	for _, f := range c.Findings {
		switch f.Outcome {
		case result.RulePass:
			passed++
		case result.RuleFail:
			fmt.Fprintf(&out, "  %-7s %-11s %-11s %s: %s\n          fix: %s\n", f.ID, f.Outcome, f.Severity, f.Subject, strings.Join(f.Evidence, "; "), f.Fix)
		default:
			if f.Outcome == result.NotChecked && f.Why != result.NotVisible {
				fmt.Fprintf(&out, "  %-7s %-11s %s: %s; %s\n", f.ID, f.Outcome, f.Subject, f.Why, strings.Join(f.Evidence, "; "))
			}
		}
	}
	return fmt.Sprintf("exit %d, verdict %s (inbound %s, outbound %s), %d of %d passed\n%s", c.code, c.Verdict, c.Inbound, c.Outbound, passed, len(c.Findings), &out)
}

// failed is every rule that failed, and on what.
func (c checks) failed() []string {
	list := []string{}
	for _, f := range c.Findings {
		if f.Outcome == result.RuleFail {
			list = append(list, fmt.Sprintf("%s %s on %s", f.Severity, f.ID, f.Subject))
		}
	}
	slices.Sort(list)
	return list
}

// files are a world's plan and the partner to look at it as.
func files(w *lab.World) (plan, as string) {
	return filepath.Join(w.Dir, "deployment.yaml"), filepath.Join(w.Dir, "contoso.yaml")
}

// addressOf is where a host of a world is.
func addressOf(t *testing.T, w *lab.World, name string) netip.Addr {
	t.Helper()
	i := slices.IndexFunc(w.Hosts, func(h lab.Host) bool { return h.Name == name })
	if i < 0 {
		t.Fatalf("the world has no %s", name)
	}
	return w.Hosts[i].Address
}
