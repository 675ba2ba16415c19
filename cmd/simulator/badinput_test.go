package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadInput: whatever is wrong with what was given is said all at once, with
// the exit code of a mistake in usage, and nothing is written, not even half.
func TestBadInput(t *testing.T) {
	t.Parallel()
	const wrong = `
domains: [{name: vc.example.com, pool: sip.vc.example.com}]
outbound: on
from: always
verify: on
locations: [{name: dmz}]
nodes:
  - {name: px01.vc.example.com, address: 10.0.0.40, roles: [signaling, media, signaling], location: dmz}
  - {name: px01.vc.example.com, address: 198.51.100.41, roles: [media, proxying], location: dmz}
  - {name: PX01.vc.example.com, address: 198.51.100.42, roles: [media], location: dmz}
rooms: [{name: alice, aliases: [meet.alice@vc.example.com]}]
`
	said := []string{"not a public address", "is here twice", "exclude each other", "PLAN:7", "PLAN:8", "PLAN:9"}
	for _, test := range []struct {
		name, args string // PLAN, OUT and DIR stand for files
		says       []string
	}{
		{"a plan, summed up", "plan PLAN", said},
		{"a plan as records", "plan PLAN --zone --json OUT.json", said},
		{"a plan's requests", "plan PLAN --csr OUT", said},
		{"a plan that is checked", "check PLAN --html OUT.html --json OUT.json --junit OUT.xml", said},
		{"a change to a plan", "plan PLAN --since PLAN", said},
		{"answers that are missing, or broken", "plan --import ../../infinity/testdata/broken", []string{
			"worker_vm.json: this is a web page", "system_location.json: this is not whole", "global.json is missing",
			"tls_certificate.json: the API answered with an error", "conference.json: the file is empty"}},
		{"answers that are missing", "plan --import ../../infinity/testdata/missing", []string{"worker_vm.json is missing", "system_location.json is missing"}},
		{"faults that there are not", "check --lab --fault srv-mising --fault nonsense --html OUT.html --json OUT.json",
			[]string{"srv-mising (did you mean srv-missing?)", "nonsense", "--list-faults"}},
		{"a lab with a fault that there is not", "lab --out OUT --fault nonsense", []string{"nonsense", "--list-faults"}},
		{"faults that contradict each other", "lab --out OUT --fault expiring-soon --fault cert-expired --fault named-as-pool --fault named-as-sibling",
			[]string{"cert-expired and expiring-soon contradict each other", "named-as-pool and named-as-sibling", "the SIP TLS FQDN of px02.vc.example.com"}},
		{"a check of faults that contradict each other", "check --lab --fault pool-without-address --fault pool-stale-address --html NOWHERE.html",
			[]string{"pool-stale-address and pool-without-address contradict each other", "--html NOWHERE.html"}},
		{"cases in a world that contradicts itself", "conform foo --lab --fault domain-other --fault domain-not-set", []string{"domain-not-set and domain-other", `"foo"`}},
		{"load in a world that contradicts itself", "load --builtin L1 --lab --fault domain-other --fault domain-not-set --rate -1", []string{"domain-not-set and domain-other", "--rate -1"}},
		{"a call in a world that contradicts itself", "call a@vc.example.com --lab --fault domain-other --fault domain-not-set --hold -1s", []string{"domain-not-set and domain-other", "--hold -1s"}},
		{"a demo of a world that contradicts itself", "demo --out PLAN --fault domain-other --fault domain-not-set", []string{"domain-not-set and domain-other", "--out PLAN"}},
		{"results that cannot be written", "check --lab --fault nonsense --json NOWHERE.json --html DIR --junit NOWHERE.xml --only foo",
			[]string{"--json NOWHERE.json: cannot write the result: there is no directory", "--junit NOWHERE.xml", "--html DIR: cannot write the result: this is a directory", `"foo"`, "nonsense"}},
		{"results of a plan that cannot be written", "check PLAN --json NOWHERE.json --pcap NOWHERE.pcap --keylog NOWHERE.keys", append([]string{"--json NOWHERE.json", "--pcap NOWHERE.pcap", "--keylog NOWHERE.keys"}, said...)},
		{"results of cases that cannot be written", "conform foo --lab --html NOWHERE.html --json PLAN.d/x", []string{"--html NOWHERE.html", "--json PLAN.d/x", `"foo"`}},
		{"results of load that cannot be written", "load --builtin L1 --lab --json NOWHERE.json --fail-if x>1", []string{"--json NOWHERE.json", `"x"`}},
		{"cases fewer than none at a time", "conform foo --lab --parallel -3 --repeat 0", []string{"--parallel -3", "--repeat 0", `"foo"`}},
		{"no case at a time", "conform --lab --parallel 0", []string{"--parallel 0"}},
		{"load that is none", "load --builtin L1 --lab --rate -1 --for 0s", []string{"--rate -1", "--for 0s"}},
		{"a call by whom there is not, with a client that there is not", "call a@vc.example.com --lab --from zz --client 2014 --edge 2012", []string{
			"--from zz: contoso.example has no such user; its users are anna@contoso.example, ben@contoso.example",
			"--client 2014: there is no such generation; use one of 2010, 2013, 2016", "--edge 2012: there is no such generation; use one of 2010, 2013, 2015, 2019, se"}},
		{"a call by another organisation's user", "call a@vc.example.com --lab --from anna@fabrikam.example", []string{"--from anna@fabrikam.example: contoso.example has no such user"}},
		{"results of a call that cannot be written", "call a@vc.example.com --lab --hold -1s --html NOWHERE.html", []string{"--html NOWHERE.html", "--hold -1s"}},
		{"a plan's requests into a file", "plan ../../examples/vc.example.com.yaml --csr PLAN --json NOWHERE.json", []string{"--csr PLAN: cannot write the result: PLAN is no directory", "--json NOWHERE.json"}},
		{"a plan of a domain that cannot be saved", "check nowhere.example --save NOWHERE.yaml --html NOWHERE.html", []string{"--save NOWHERE.yaml", "--html NOWHERE.html"}},
		{"a world without a place", "lab --out PLAN/world --fault nonsense", []string{"--out PLAN/world", "nonsense"}},
		{"a demo without a place", "demo --out PLAN --html NOWHERE.html", []string{"--out PLAN: cannot write the result: PLAN is no directory", "--html NOWHERE.html"}},
		{"two results in one place", "check --lab --json - --html -", []string{"--json and --html go to the same place"}},
		{"rules that there are not", "check --lab --only DNS-04,DSN-4 --skip dns-1,foo --html OUT.html", []string{`--only: no rule "DSN-4", did you mean DNS-04?`, `--skip: no rule "dns-1", did you mean DNS-01?; no rule "foo"`}},
		{"no rule that is left", "check --lab --only dns-04 --skip DNS-04", []string{"--only and --skip leave no rule"}},
		{"what the lab has of its own", "check --lab --resolver nobody --ca NOWHERE.pem --as NOWHERE.yaml --trigger smoke", []string{"--resolver, --ca, --as, --trigger: the lab brings its own", "instead of --lab"}},
		{"what the lab has of its own, for cases", "conform --lab --as NOWHERE.yaml --trigger smoke", []string{"--as, --trigger: the lab brings its own", "--target FILE"}},
		{"what only a lab can have, of a plan", "check PLAN --nat --fault srv-missing", append([]string{"--nat, --fault: ", "add --lab"}, said...)},
		{"what only a lab can have, of a target", "conform --target NOWHERE.yaml --as NOWHERE.yaml --mutant dlg.bye-unanswered --fault srv-missing", []string{"--mutant, --fault: ", "add --lab"}},
		{"cases with a trigger that there is not", "conform foo --target NOWHERE.yaml --as NOWHERE.yaml --trigger http", []string{`"foo"`, "--trigger \"http\": write 'http URL'"}},
		{"a fault on somebody else's network", "call a@vc.example.com --as NOWHERE.yaml --fault srv-missing", []string{"--fault: ", "add --lab"}},
		{"load with a fault on somebody else's network", "load --builtin L1 --plan PLAN --as NOWHERE.yaml --fault srv-missing", []string{"--fault: ", "add --lab"}},
		{"a world that is over already", "lab --for -1s", []string{"--for -1s"}},
		{"calls to nobody", "check PLAN --trigger http", append([]string{"--trigger makes the nodes call a partner", "add --as FILE"}, said...)},
		{"calls to nobody, by nobody knows what", "check PLAN --trigger smoke", append([]string{"add --as FILE", `--trigger "smoke"`}, said...)},
		{"calls that a plan without addresses is to make", "check vc.example.com --trigger http --as NOWHERE.yaml", []string{"DNS tells none", "--save deployment.yaml", "command CMD"}},
		{"a plan to start from, and more of it", "plan --init vc.example.com --zone --json OUT.json", []string{"--zone, --json: --init prints the plan alone"}},
		{"two plans to start from", "plan --init vc.example.com --import DIR --settings", []string{"one at a time", "--settings: "}},
		{"a key of no request", "plan ../../examples/vc.example.com.yaml --key rsa-3072 --zone", []string{"--key: goes with --csr"}},
		{"a room where a plan is wanted", "check sip:meet.alice@vc.example.com", []string{"no file sip:meet.alice@vc.example.com", "simulator check vc.example.com --as partner.yaml --room meet.alice@vc.example.com"}},
		{"answers that are a file", "plan --import PLAN", []string{"--import PLAN: there is no such directory"}},
		{"a name server without a port", "check vc.example.com --resolver 127.0.0.1", []string{"--resolver 127.0.0.1: write ADDRESS:PORT"}},
		{"cases that there are not", "conform TSL-10 CON-017 foo --lab --html OUT.html", []string{`"TSL-10", did you mean TLS-010?`, `"foo"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "PLAN")
			if err := os.WriteFile(file, []byte(strings.TrimPrefix(wrong, "\n")+"# the end\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			named := strings.NewReplacer("PLAN", file, "OUT", filepath.Join(dir, "OUT"), "NOWHERE", filepath.Join(dir, "none", "x"), "DIR", dir).Replace
			code, stdout, stderr := typed(t, strings.Fields(named(test.args))...)
			if code != badUsage || stdout != "" {
				t.Errorf("exit %d, want %d; printed %q", code, badUsage, stdout)
			}
			for _, want := range test.says {
				if want = named(want); !strings.Contains(stderr, want) {
					t.Errorf("it does not say %q:\n%s", want, stderr)
				}
			}
			files, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(files) != 1 {
				t.Errorf("it wrote %v", files)
			}
		})
	}
}

// TestKept: what is in a file stays there when what should replace it does not
// come about, and what looks for a place leaves nothing.
func TestKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "result.json")
	if err := os.WriteFile(file, []byte("the last result"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"plan none.yaml --json " + file, "check --lab --only foo --json " + file, "check none.yaml --json " + file + " --html " + dir + "/x.html"} {
		if code, _, stderr := typed(t, strings.Fields(args)...); code != badUsage {
			t.Errorf("simulator %s: exit %d: %s", args, code, stderr)
		}
	}
	failing := errors.New("no more words")
	err := writeFile(nil, file, 0o644, func(w io.Writer) error {
		_, err := io.WriteString(w, "half of a")
		return errors.Join(err, failing)
	})
	if !errors.Is(err, failing) {
		t.Error(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "the last result" {
		t.Errorf("it has %q now, %v", text, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("there is %v, %v", files, err)
	}
	if err := writable(destination{"--json", os.DevNull, false}, destination{"--html", os.DevNull, false}, destination{"--out", filepath.Join(dir, "a", "b"), true}); err != nil {
		t.Error(err)
	}
}

// TestLabKeepsPlans: a world is not put over somebody's own plan; over an earlier
// world it is.
func TestLabKeepsPlans(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "deployment.yaml")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := typed(t, "lab", "--out", dir, "--for", "10ms")
	if text, err := os.ReadFile(file); code != badUsage || stdout != "" || !strings.Contains(stderr, "would be lost") || err != nil || string(text) != "mine" {
		t.Errorf("exit %d, %q, %v\n%s%s", code, text, err, stdout, stderr)
	}
	world := filepath.Join(dir, "world")
	for range 2 {
		if code, _, stderr := typed(t, "lab", "--out", world, "--for", "10ms"); code != holds {
			t.Errorf("exit %d\n%s", code, stderr)
		}
	}
}
