package conformance

import (
	"os"
	"path/filepath"
	"regexp"
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
trigger: http http://192.0.2.1:8080/dial
claims: {client_certificate: true}
expected:
  - {id: CON-018, reason: "RFC 5626 §3.5.1 says nothing of halves", until: 2027-01-31}
`), known)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "px01.vc.example.com" || got.Pool != got.Node || got.T1 != 500*time.Millisecond ||
		got.Trigger != (Trigger{How: "http", What: "http://192.0.2.1:8080/dial"}) {
		t.Errorf("target %+v", got)
	}
	if want := (Claims{ClientCertificate: true, Media: true, SessionTimers: true, Update: true, Reliable: true, EndsCalls: true, OwnDomain: true}); got.Claims != want {
		t.Errorf("claims %+v, want the preset's and the file's: %+v", got.Claims, want)
	}
	if len(got.Expected) != 1 || got.Expected[0].Until.Year() != 2027 {
		t.Errorf("expected %+v", got.Expected)
	}
}

// TestLoadTargetSaysAllThatIsWrong: at once.
func TestLoadTargetSaysAllThatIsWrong(t *testing.T) {
	_, err := LoadTarget(written(t, "preset: lynx\naddress: nowhere\nt1: soon\ntrigger: http 192.0.2.1\nexpected: [{id: CON-018, until: tomorrow}]\nroots: none.pem\n"), known)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"node is missing", "domain is missing", "alias is missing", "address:", "t1:", "preset \"lynx\" is none of cms, expressway, fedge, pexip",
		"expected[0] needs", "expected[0].until", "roots:", `trigger: http: "192.0.2.1" is no URL`,
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

// TestParseTrigger: what is none is refused, and said what to write instead.
func TestParseTrigger(t *testing.T) {
	for _, test := range []struct {
		text string
		want Trigger
	}{
		{"http http://192.0.2.1:8080/dial", Trigger{"http", "http://192.0.2.1:8080/dial"}},
		{"http  https://admin.vc.example.com/dial ", Trigger{"http", "https://admin.vc.example.com/dial"}},
		{"command ./dial.sh --now", Trigger{"command", "./dial.sh --now"}},
		{"manual", Trigger{"manual", ""}},
	} {
		if got, err := ParseTrigger(test.text); err != nil || got != test.want {
			t.Errorf("%q: %+v, %v", test.text, got, err)
		}
	}
	for text, says := range map[string]string{
		"http": "'http URL'", "http 192.0.2.1": "no URL", "http ftp://192.0.2.1/": "no URL", "http http://": "no URL",
		"command": "'command CMD'", "command ": "'command CMD'", "manual now": "manual", "smoke": "'http URL'", "HTTP http://a/": "'http URL'",
	} {
		if got, err := ParseTrigger(text); err == nil || !strings.Contains(err.Error(), says) || got != (Trigger{}) {
			t.Errorf("%q: %+v, %v does not say %q", text, got, err, says)
		}
	}
}

// TestExamples: the files that users start from load, as they are and with all
// that they show commented out, and claim what the preset of that product claims:
// it is written there alone. Those of a product show its claims as they are.
func TestExamples(t *testing.T) {
	optional := regexp.MustCompile(`(?m)^# ?((?:  )*(?:[a-z0-9_]+:(?: |$)|- \{).*)$`)
	for _, file := range []string{"target.yaml", "cms.yaml", "expressway.yaml"} {
		text, err := os.ReadFile(filepath.Join("../examples", file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := LoadTarget(filepath.Join("../examples", file), nil)
		if err != nil {
			t.Error(err)
			continue
		}
		preset := regexp.MustCompile(`(?m)^preset: ([a-z]+)`).FindStringSubmatch(string(text))[1]
		var claims Target
		if err := claims.claimPreset(preset); err != nil {
			t.Error(err)
		}
		if got.Claims != claims.Claims || got.Address.Port() != 5061 {
			t.Errorf("%s claims %+v, its preset %s %+v", file, got.Claims, preset, claims.Claims)
		}
		all := regexp.MustCompile(`(?m)^# roots:.*$`).ReplaceAllString(string(text), "") // no such file here
		shown, err := LoadTarget(written(t, optional.ReplaceAllString(all, "$1")), known)
		if err != nil {
			t.Errorf("%s with what it shows: %v", file, err)
			continue
		}
		if shown.Trigger == (Trigger{}) {
			t.Errorf("%s shows no trigger", file)
		}
		if file == preset+".yaml" && shown.Claims != claims.Claims {
			t.Errorf("%s shows %+v, its preset claims %+v", file, shown.Claims, claims.Claims)
		}
	}
}
