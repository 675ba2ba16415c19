package edge

import (
	"strings"
	"testing"
)

func TestNameAddr(t *testing.T) {
	const uri = "sip:stand-up@vc.example.com"
	tests := []struct{ name, display, want string }{
		{"none", "", `<` + uri + `>`},
		{"plain", "Stand-up", `"Stand-up" <` + uri + `>`},
		{"UTF-8", "Žofie Müller 会議", `"Žofie Müller 会議" <` + uri + `>`},
		{"quotes and backslashes", `O"Neil\, A <x>`, `"O\"Neil\\, A <x>" <` + uri + `>`},
		{"a line end begins no header", "Eve\r\nFrom: <sip:boss@contoso.example>", `"Eve  From: <sip:boss@contoso.example>" <` + uri + `>`},
		{"control characters", "a\x00b\x1b[31m\x7f\u0085c", `"a b [31m  c" <` + uri + `>`},
		{"broken UTF-8", "a\xffb", `"a b" <` + uri + `>`},
		{"only spaces", " \t ", `<` + uri + `>`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := nameAddr(test.display, uri); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	long := nameAddr(strings.Repeat("ü", 1000), uri)
	if len(long) > longestName+len(uri)+8 || strings.ContainsRune(long, '\uFFFD') {
		t.Errorf("a long name came out %d bytes long", len(long))
	}
}

func TestCallee(t *testing.T) {
	tests := []struct{ to, uri, domain string }{
		{"anna@contoso.example", "sip:anna@contoso.example", "contoso.example"},
		{"sip:anna@Contoso.example", "sip:anna@Contoso.example", "contoso.example"},
		{"sips:anna@contoso.example", "sips:anna@contoso.example", "contoso.example"},
		{"contoso.example", "", ""},
		{"", "", ""},
		{"anna@", "", ""},
		{"anna@contoso.example:5062", "", ""},
		{"tel:+15551230001", "", ""},
		{"anna@contoso.example\r\nX: y", "", ""},
		{"<sip:anna@contoso.example>", "", ""},
	}
	for _, test := range tests {
		uri, domain, err := callee(test.to)
		if uri != test.uri || domain != test.domain || (err == nil) != (test.uri != "") {
			t.Errorf("%q: got %q, %q, %v; want %q, %q", test.to, uri, domain, err, test.uri, test.domain)
		}
	}
}
