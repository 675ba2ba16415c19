package gate

import (
	"slices"
	"strings"
	"testing"
)

// TestParseAddress: display name, URI and parameters, each where it is.
func TestParseAddress(t *testing.T) {
	for _, c := range []struct{ in, display, uri, params string }{
		{`<sip:a@b>`, "", "sip:a@b", ""},
		{` <sip:a@b> `, "", "sip:a@b", ""},
		{`a<sip:a@b>;x`, "a", "sip:a@b", ";x"},
		{`a b <sip:a@b> ;x=1;y`, "a b", "sip:a@b", ";x=1;y"},
		{`"" <sip:a@b>`, `""`, "sip:a@b", ""},
		{`""<sip:a@b>`, `""`, "sip:a@b", ""},
		{`"a" <sip:a@b>`, `"a"`, "sip:a@b", ""},
		{`"\"" <sip:a@b>`, `"\""`, "sip:a@b", ""},
		{`"<>" <sip:a@b;lr>;tag=1`, `"<>"`, "sip:a@b;lr", ";tag=1"},
		{`sip:a@b`, "", "sip:a@b", ""},
		{`sip:a@b;tag=1`, "", "sip:a@b", ";tag=1"},
		{`sip:a@b ;tag=1`, "", "sip:a@b", ";tag=1"},
		{"sip:a@b\t;tag=1", "", "sip:a@b", ";tag=1"},
		{`<sip:a@b?x=y>`, "", "sip:a@b?x=y", ""},
		{`<sip:a,b@c>`, "", "sip:a,b@c", ""},
	} {
		a, err := ParseAddress(c.in)
		if err != nil || a != (Address{c.display, c.uri, Params(c.params)}) {
			t.Errorf("%q: %+v, %v", c.in, a, err)
		}
	}
	for _, in := range []string{
		"", " ", "<>", ";tag=1", " ;tag=1", "<sip:a@b", `"a`, `"a\"`, `"a" sip:a@b`, `"a"`, `a, b <sip:a@b>`, "<sip:a@b> x", "<sip:a b>", `<sip:"a"@b>`, "sip:a@b?c", "sip:a,b@c", "sip:a@b x",
		"<<sip:a@b>", "<sip:a@b>;=1", "<sip:a@b>;", "<sip:a@b>;a=1;A=2", `<sip:a@b>;a="1`, `<sip:a@b>;a="1"2`, "<sip:a@b>;a=b c",
	} {
		if a, err := ParseAddress(in); err == nil {
			t.Errorf("%q is taken: %+v", in, a)
		}
	}
}

// TestSplitURI: each part where it is, and what is at the edge of being one.
func TestSplitURI(t *testing.T) {
	name := func(n int) string { return strings.Repeat("a.", (n-1)/2) + strings.Repeat("b", n-(n-1)/2*2) }
	for _, c := range []struct {
		in, user, host string
		port           int
		params         string
	}{
		{"sip:b", "", "b", 0, ""},
		{"sips:a@b", "a", "b", 0, ""},
		{"SIP:a:c@b:1;x", "a:c", "b", 1, ";x"},
		{"sip:b:65535", "", "b", 65535, ""},
		{"sip:b:05060", "", "b", 5060, ""},
		{"sip:a;b=c?d@e;f=g", "a;b=c?d", "e", 0, ";f=g"},
		{"sip:a%40b@c", "a%40b", "c", 0, ""},
		{"sip:%4A@c", "%4A", "c", 0, ""},
		{"sip:[::1]", "", "[::1]", 0, ""},
		{"sip:[::1]:5;x=[::2]", "", "[::1]", 5, ";x=[::2]"},
		{"sip:[::ffff:1.2.3.4]", "", "[::ffff:1.2.3.4]", 0, ""},
		{"sip:1.2.3.4", "", "1.2.3.4", 0, ""},
		{"sip:1a.b2", "", "1a.b2", 0, ""},
		{"sip:a-b.c", "", "a-b.c", 0, ""},
		{"sip:b.", "", "b.", 0, ""},
		{"sip:" + name(255), "", name(255), 0, ""},
	} {
		u, err := SplitURI(c.in)
		if err != nil || u.User != c.user || u.Host != c.host || u.Port != c.port || string(u.Params) != c.params || !u.SIP() {
			t.Errorf("%q: %+v, %v", c.in, u, err)
		}
	}
	for _, in := range []string{
		"", ":", "sip", "sip:", "sip:@b", "sip:a@", "sip:a@b@c", "sip:a@b:", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:99999999999999999999", "sip:a@b:1x", "sip:a@b?c", "sip:b?", "sip:a%4@b", "sip:a%@b",
		"sip:a%4g@b", "sip:%4g@b", "sip:%g4@b", "sip:%@b", "sip:[::1", "sip:::1]", "sip:[::1]x", "sip:[::1]x5", "sip:[::1]55", "sip:[::1]]", "sip:[fe80::1%25eth0]", "sip:[1.2.3.4]", "sip:[]", "sip:::1", "sip:1.2.3.256", "sip:1.2.3", "sip:a.1", "sip:-a", "sip:a-", "sip:a..b",
		"sip:.", "sip:.a", "sip:a b", "sip:a\"b", "sip:a\\b@c", "s p:a@b", "sip:a_b", "sip:" + name(256), "sip:" + strings.Repeat("a", 64) + ".b",
	} {
		if u, err := SplitURI(in); err == nil {
			t.Errorf("%q is taken: %+v", in, u)
		}
	}
	for in, rest := range map[string]string{"tel:+1;x=y": "+1;x=y", "urn:a:b": "a:b"} {
		if u, err := SplitURI(in); err != nil || u.Rest != rest || u.SIP() {
			t.Errorf("%q: %+v, %v", in, u, err)
		}
	}
}

// TestParseVia: each part where it is.
func TestParseVia(t *testing.T) {
	for _, c := range []struct{ in, transport, host, port, branch string }{
		{"SIP/2.0/TLS a", "TLS", "a", "", ""},
		{"sip/2.0/tls a:1;branch=x", "tls", "a", "1", "x"},
		{"SIP / 2.0 / TLS  a : 5061 ; BRANCH = x", "TLS", "a", "5061", "x"},
		{"SIP/2.0/TLS\ta", "TLS", "a", "", ""},
		{"SIP/2.0/TLS [::1]", "TLS", "[::1]", "", ""},
		{"SIP/2.0/TLS [::1]:65535;x;branch=\"y\"", "TLS", "[::1]", "65535", "y"},
		{"SIP/2.0/X-Y 1.2.3.4:5", "X-Y", "1.2.3.4", "5", ""},
	} {
		v, err := ParseVia(c.in)
		if err != nil || v.Transport != c.transport || v.Host != c.host || v.Port != c.port || v.Branch != c.branch || v.Raw != c.in {
			t.Errorf("%q: %+v, %v", c.in, v, err)
		}
	}
	for _, in := range []string{
		"", "SIP/2.0/TLS", "SIP/2.0/TLS ", "SIP/2.0 a", "SIP/2.1/TLS a", "HTTP/2.0/TLS a", "SIP/2.0/T LS a;b=", "SIP/2.0/TLS a:", "SIP/2.0/TLS a:0", "SIP/2.0/TLS a:65536", "SIP/2.0/TLS a:b", "SIP/2.0/TLS :1",
		"SIP/2.0/TLS [::1", "SIP/2.0/TLS [::1:", "SIP/2.0/TLS [x]", "SIP/2.0/TLS a@b", "SIP/2.0/TLS a;;", "SIP/2.0/TLS a;x;X", "SIP/2.0/ a", "SIP/2.0/T(S a",
	} {
		if v, err := ParseVia(in); err == nil {
			t.Errorf("%q is taken: %+v", in, v)
		}
	}
}

// TestMembers: what separates and what does not.
func TestMembers(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"a":                       "a",
		" a , b ":                 "a|b",
		"a,,b,":                   "a|b",
		", ,a,b":                  "a|b",
		",,":                      "",
		`"a,b" <x,y>, c`:          `"a,b" <x,y>|c`,
		`"a\",b", c`:              `"a\",b"|c`,
		`"a\\",b`:                 `"a\\"|b`,
		`<a">,b`:                  `<a">|b`,
		`"a, b`:                   `"a, b`,
		"<a,b":                    "<a,b",
		"a;x=\"1,2\",b;y=\"<\",c": "a;x=\"1,2\"|b;y=\"<\"|c",
	} {
		if got := strings.Join(slices.Collect(Members(in)), "|"); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
		member, rest := CutMember(in)
		if !strings.HasSuffix(in, member+rest) || strings.Trim(strings.TrimSuffix(in, member+rest), ", ") != "" || rest != "" && rest[0] != ',' {
			t.Errorf("%q is cut into %q and %q", in, member, rest)
		}
	}
}

// TestParamLimits: as many as allowed, and one more.
func TestParamLimits(t *testing.T) {
	var b strings.Builder
	for i := range mostParams {
		b.WriteString(";a" + strings.Repeat("b", i))
	}
	if err := Params(b.String()).Check(); err != nil {
		t.Errorf("%d parameters: %v", mostParams, err)
	}
	if Params(b.String()+";z").Check() == nil {
		t.Errorf("%d parameters are taken", mostParams+1)
	}
	for params, want := range map[string]string{";a=b": "b", ";x;a": "", ";a=\"b;c\"": "b;c", "; A =\tb ": "b", ";a=b=c": "b=c", `;a="\"\\"`: `"\`, ";a=\"": "\""} {
		if got, ok := Params(params).Get("a"); !ok || got != want {
			t.Errorf("%q: %q, %v", params, got, ok)
		}
	}
}
