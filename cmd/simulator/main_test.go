package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedge/lab"
	"fedge/result"
)

// TestMain lets a lab with processes start this test binary as its nodes, as it
// starts the simulator in earnest.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		main()
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "dial" {
		os.Exit(dialOut())
	}
	os.Exit(m.Run())
}

// typed runs the command as typed, without its name.
func typed(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("domans: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	unanswered := filepath.Join(dir, "unanswered.yaml")
	if err := os.WriteFile(unanswered, []byte(nobodyThere), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args string
		code int
		says string // on stdout or stderr
	}{
		{"no command prints help", "", holds, "Usage"},
		{"a version", "version --json", holds, `"go":"go1.`},
		{"an unknown command", "chekc", badUsage, "chekc"},
		{"an unknown flag", "check --labb", badUsage, "labb"},
		{"a plan that is not there", "plan " + filepath.Join(dir, "none.yaml"), badUsage, "none.yaml"},
		{"a plan with a typing error", "plan " + bad, badUsage, "bad.yaml:1:1"},
		{"a plan's zone", "plan ../../examples/vc.example.com.yaml --zone", holds, "_sipfederationtls._tcp"},
		{"every rule", "check --list", holds, "DNS-04"},
		{"a rule explained", "check --explain dns-04", holds, "1009"},
		{"an unknown trigger", "check " + unanswered + " --trigger smoke", badUsage, "command CMD"},
		{"an unknown rule", "check --explain DNS-99", badUsage, "--list"},
		{"an unknown rule to look at alone", "check --lab --only DNS-99", badUsage, "--list"},
		{"every case", "conform --list", holds, "dlg.bye-unanswered"},
		{"a case explained", "explain CON-017", holds, "RFC 5626"},
		{"an ms-diagnostics id explained", "explain 1009", holds, "SRV"},
		{"a near miss", "explain DNS-004", holds, "DNS-04"},
		{"a log format nobody knows", "version --log-format yaml", badUsage, "text or json"},
		{"a call to what is no URI", "call foo --lab", badUsage, "user@domain"},
		{"a rule and a case with the same number", "explain con17", holds, "CON-017"},
		{"what shows a rule to fail", "explain DNS-02", holds, "check --lab --fault srv-wrong-port"},
		{"an unknown id", "explain XYZ-1", badUsage, "XYZ-1"},
		{"an id with its letters mixed up", "explain DSN-04", badUsage, "did you mean DNS-04"},
		{"a rule by a case's number", "check --lab --only DNS-004", badUsage, "did you mean DNS-04?"},
		{"a case by a rule's number", "conform --explain CON-17", badUsage, "did you mean CON-017?"},
		{"no such case", "conform DLG-999 --lab", badUsage, "DLG-999"},
		{"nothing to conform to", "conform", badUsage, "--lab"},
		{"what can be broken", "lab --list-faults", holds, "srv-wrong-port"},
		{"a node told a wrong name, in a process of its own", "lab --processes --fault named-as-pool", badUsage, "--processes"},
		{"a world behind a NAT", "lab --nat --for 10ms", holds, "px01.vc.example.com"},
		{"a NAT between processes", "lab --nat --processes", badUsage, "--processes"},
		{"an unknown fault", "check --lab --fault srv-mising", badUsage, "srv-missing"},
		{"a world with a fault", "check --lab --fault srv-wrong-port --quiet", fallsShort, "DNS-02"},
		{"a clean world", "check --lab --quiet", holds, "calls in: pass, calls out: pass"},
		{"a clean world behind a NAT", "check --lab --nat --quiet", holds, "calls in: pass, calls out: pass"},
		{"a fault behind a NAT", "check --lab --nat --fault via-inner-address --quiet", fallsShort, "DOM-04"},
		{"a NAT without a lab", "check ../../examples/vc.example.com.yaml --nat", badUsage, "--lab"},
		{"a fault without a lab", "check vc.example.com --fault srv-missing", badUsage, "--lab"},
		{"a node that nobody finds", "check " + unanswered + " --quiet", unreachable, "NET-01"},
		{"one call and its ladder", "call meet.alice@vc.example.com --lab --hold 200ms --quiet", holds, "INVITE"},
		{"a call to nobody", "call nobody@vc.example.com --lab --quiet", fallsShort, "404"},
		{"a call to a domain that DNS does not know", "call x@nowhere.example --lab --quiet", fallsShort, "_sipfederationtls._tcp.nowhere.example"},
		{"load without a target", "load --builtin L1", badUsage, "--lab"},
		{"load with a misspelt threshold", "load --builtin L1 --lab --fail-if session_requst_delay>1", badUsage, "session_requst_delay"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := typed(t, strings.Fields(test.args)...)
			if code != test.code {
				t.Errorf("simulator %s: exit %d, want %d\n%s%s", test.args, code, test.code, stdout, stderr)
			}
			if !strings.Contains(stdout+stderr, test.says) {
				t.Errorf("simulator %s does not say %q:\n%s%s", test.args, test.says, stdout, stderr)
			}
		})
	}
}

// nobodyThere is a plan whose node listens nowhere.
const nobodyThere = `
domains: [{name: vc.example.com, pool: sip.vc.example.com}]
outbound: false
verify: true
public_ranges: [127.0.0.0/8]
resolver: 127.255.255.1:5399
locations: [{name: dmz}]
nodes:
  - {name: px01.vc.example.com, address: 127.255.255.2, roles: [signaling, media], location: dmz}
rooms: [{name: alice, aliases: [meet.alice@vc.example.com]}]
`

// longest is what a check may take, whatever does not answer.
const longest = 15 * time.Second

// TestFaultsByCommand: what the table of faults says, typed. Only a fault that
// a required rule finds makes the command fail; --strict is for the others.
func TestFaultsByCommand(t *testing.T) {
	t.Parallel()
	for _, fault := range lab.Faults() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			code, stdout, stderr := typed(t, "check", "--lab", "--quiet", "--fault", fault.Name)
			want := map[result.Verdict]int{result.Pass: holds, result.Fail: fallsShort, result.Inconclusive: inconclusive}[fault.Verdict()]
			if code != want {
				t.Errorf("exit %d, want %d\n%s%s", code, want, stdout, stderr)
			}
			for _, rule := range fault.Rules() {
				if !strings.Contains(stdout, rule) {
					t.Errorf("%s is not named:\n%s", rule, stdout)
				}
			}
			if took := time.Since(began); took > longest {
				t.Errorf("it took %v; %v is the limit", took, longest)
			}
			if fault.Verdict() != result.Pass {
				return
			}
			if code, stdout, _ := typed(t, "check", "--lab", "--quiet", "--strict", "--fault", fault.Name); code != fallsShort {
				t.Errorf("with --strict: exit %d, want %d\n%s", code, fallsShort, stdout)
			}
		})
	}
}

// TestInterrupted: Ctrl-C ends a lab, and its exit code says so.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	done := make(chan int)
	pipe := &notify{want: "resolver", then: cancel}
	go func() { done <- run(ctx, []string{"lab"}, pipe, &errs) }()
	if code := <-done; code != interrupted {
		t.Errorf("exit %d, want %d: %s%s", code, interrupted, out.String(), errs.String())
	}
}

// notify calls then once what was written contains want.
type notify struct {
	bytes.Buffer
	want string
	then func()
}

func (n *notify) Write(p []byte) (int, error) {
	size, err := n.Buffer.Write(p)
	if strings.Contains(n.String(), n.want) {
		n.then()
	}
	return size, err
}
