package plan

import (
	"strings"
	"testing"
)

func TestStarter(t *testing.T) {
	t.Parallel()
	for domain, office := range map[string]bool{"vc.example.com": false, "Example.COM.": true, "video.co.example.org": false} {
		text, err := Starter(domain)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(domain+".yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		name := canonical(domain)
		if p.Domains[0].Name != name || p.Domains[0].Pool != "sip."+name || len(p.Signaling()) != 2 || len(p.Nodes) != 3 {
			t.Errorf("%s: %+v", domain, p)
		}
		if got := strings.Contains(text, "Office 365"); got != office {
			t.Errorf("%s: says something of Office 365: %v, want %v", domain, got, office)
		}
		if strings.Contains(text, "DOMAIN") || strings.Contains(text, "#!") {
			t.Errorf("%s: a placeholder is left in\n%s", domain, text)
		}
		if _, ok := p.Room("meet@" + name); !ok {
			t.Error("there is no room to call in", domain)
		}
	}
	// What is commented out is right too once the marks are off.
	text, _ := Starter("vc.example.com")
	for _, line := range []string{"certificates:", "  certificate: sip.vc", "  key: sip.vc", "partners:", "- domain: contoso.example", "  expect: reachable"} {
		if !strings.Contains(text, "\n# "+line) {
			t.Errorf("no line %q to uncomment", line)
		}
		text = strings.Replace(text, "\n# "+line, "\n"+line, 1)
	}
	if p, err := Parse("x.yaml", []byte(text)); err != nil || len(p.Partners) != 1 || p.Certificates.Key == "" {
		t.Errorf("uncommented: %v", err)
	}
	for _, bad := range []string{"", "example", "*.example.com", "198.51.100.1", "a b.example", "vc.example.com\nx: y", strings.Repeat("a.", 126) + "b"} {
		if text, err := Starter(bad); err == nil {
			t.Errorf("%q gives\n%s", bad, text)
		}
	}
}
