package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "target.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// known are the cases that the files of these tests may speak of.
var known = []Case{{ID: "CON-018"}, {ID: "TXN-011"}, {ID: "TLS-033"}}

func TestLoadTarget(t *testing.T) {
	got, err := LoadTarget(written(t, `
preset: pexip
node: px01.vc.example.com
address: 192.0.2.1:5061
domain: vc.example.com
alias: meet.alice@vc.example.com
t1: 500ms
claims: {client_certificate: true}
expected:
  - {id: CON-018, reason: "RFC 5626 §3.5.1 says nothing of halves", until: 2027-01-31}
`), known)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "px01.vc.example.com" || got.Pool != got.Node || got.T1 != 500*time.Millisecond {
		t.Errorf("target %+v", got)
	}
	if want := (Claims{ClientCertificate: true, Media: true, SessionTimers: true, Update: true, EndsCalls: true, OwnDomain: true}); got.Claims != want {
		t.Errorf("claims %+v, want the preset's and the file's: %+v", got.Claims, want)
	}
	if len(got.Expected) != 1 || got.Expected[0].Until.Year() != 2027 {
		t.Errorf("expected %+v", got.Expected)
	}
}

// TestLoadTargetSaysAllThatIsWrong: at once.
func TestLoadTargetSaysAllThatIsWrong(t *testing.T) {
	_, err := LoadTarget(written(t, "preset: lynx\naddress: nowhere\nt1: soon\nexpected: [{id: CON-018, until: tomorrow}]\nroots: none.pem\n"), known)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"node is missing", "domain is missing", "alias is missing", "address:", "t1:", "preset \"lynx\" is none of cms, expressway, fedge, pexip",
		"expected[0] needs", "expected[0].until", "roots:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
	if _, err := LoadTarget(written(t, "nod: px01\n"), known); err == nil || !strings.Contains(err.Error(), "unknown field") {
		t.Errorf("an unknown key: %v", err)
	}
}

// TestPresets: each one loads.
func TestPresets(t *testing.T) {
	for _, name := range Presets() {
		var target Target
		if err := target.claimPreset(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(Presets()) != 4 {
		t.Errorf("presets %v", Presets())
	}
}

// TestExpectedOfNoCase: an expectation that would excuse nothing is named with
// its line and what may have been meant; all of them at once.
func TestExpectedOfNoCase(t *testing.T) {
	_, err := LoadTarget(written(t, `node: px01.vc.example.com
address: 192.0.2.1:5061
domain: vc.example.com
alias: meet.alice@vc.example.com
expected:
  - {id: TXN-O11, reason: typo}
  - id: CON-018
    reason: known
  - {id: TSL-33, reason: typo}
  - {id: CON-018, reason: again}
  - {id: nonsense, reason: none}
`), known)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		`line 6: expected[0].id: no case "TXN-O11", did you mean TXN-011?`, `line 9: expected[2].id: no case "TSL-33", did you mean TLS-033?`,
		"line 10: expected[3].id: CON-018 is here twice", `line 11: expected[4].id: no case "nonsense"; conform --list`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
}

// TestExamples: the files that users start from load.
func TestExamples(t *testing.T) {
	for file, want := range map[string]Claims{
		"target.yaml":     {Media: true, SessionTimers: true, Update: true, EndsCalls: true, OwnDomain: true},
		"cms.yaml":        {Media: true, SessionTimers: true, Update: true, EndsCalls: true, OwnDomain: true},
		"expressway.yaml": {FromAuthorisation: true, ClientCertificate: true, Media: true, SessionTimers: true, Update: true, EndsCalls: true, OwnDomain: true},
	} {
		got, err := LoadTarget(filepath.Join("../examples", file), nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if got.Claims != want || got.Address.Port() != 5061 {
			t.Errorf("%s: %+v", file, got)
		}
	}
}
