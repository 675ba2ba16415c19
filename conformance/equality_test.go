package conformance

import (
	"testing"

	"fedge/result"
	"fedge/sip/raw"
)

// TestEqualField: what is equal by RFC 3261 is, however it is spelt, and nothing
// else.
func TestEqualField(t *testing.T) {
	for _, test := range []struct {
		field, a, b string
		want        bool
	}{
		{"From", `"Anna" <sip:a@x.example>;tag=1`, `"Anna"<sip:a@x.example>;tag=1`, true},
		{"From", `"Anna" <sip:a@x.example>;tag=1`, `<SIP:a@X.Example> ; TAG = 1`, true}, // §20.20 leaves the display name out
		{"From", `<sip:a@x.example>;tag=1;epid=2`, `<sip:a@x.example>;epid=2;tag=1`, true},
		{"From", `<sip:a@x.example>;tag=1;epid=2`, `<sip:a@x.example>;tag=1`, true},
		{"From", `<sip:a@x.example>;tag=1;epid=2`, `<sip:a@x.example>;tag=1;epid=3`, false},
		{"From", `<sip:a@x.example>;tag=1`, `<sip:a@x.example>`, false},
		{"From", `<sip:a@x.example>;tag=1`, `<sip:a@x.example>;tag=2`, false},
		{"From", `<sip:a@x.example>;tag=1`, `<sip:A@x.example>;tag=1`, false},
		{"From", `<sip:a@x.example>;tag=1`, `<sips:a@x.example>;tag=1`, false},
		{"From", `<sip:a@x.example>;tag=1`, `<sip:a@y.example>;tag=1`, false},
		{"Request-URI", "sip:Anna%2e@x.example;a=1;b", "sip:Anna.@X.EXAMPLE;B;A=1", true},
		{"Request-URI", "sip:a%3bb@x.example", "sip:a%3Bb@x.example", true},
		{"Request-URI", "sip:a%3bb@x.example", "sip:a;b@x.example", false},
		{"Request-URI", "sip:a%2@x.example", "sip:a%2@x.example;x", false},
		{"Request-URI", "sip:a@x.example;gruu", "sip:a@x.example", false}, // who copies it keeps it
		{"Request-URI", "sip:a@x.example", "sip:a@x.example:5060", false},
		{"Via", "SIP/2.0/TLS h.example:5061;branch=z9;received=192.0.2.1", "SIP / 2.0 / tls H.example:5061 ;Received=192.0.2.1; branch=z9", true},
		{"Via", "SIP/2.0/TLS h.example:5061;branch=z9;rport", "SIP/2.0/TLS h.example:5061;branch=z9", false},
		{"Via", "SIP/2.0/TLS h.example:5061;branch=z9", "SIP/2.0/TLS h.example;branch=z9", false},
		{"CSeq", "0001 INVITE", "1\tINVITE", true},
		{"CSeq", "1 INVITE", "1 invite", false},
		{"CSeq", "1 INVITE", "2 INVITE", false},
		{"Call-ID", "a@b", "A@b", false},
	} {
		if got := EqualField(test.field, test.a, test.b); got != test.want {
			t.Errorf("%s: %q and %q: %t", test.field, test.a, test.b, got)
		}
		if got := EqualField(test.field, test.b, test.a); got != test.want {
			t.Errorf("%s: %q and %q: %t", test.field, test.b, test.a, got)
		}
	}
}

// TestHoldsAddress: what §20.20 does not compare is no MUST.
func TestHoldsAddress(t *testing.T) {
	const from = `"A   b"  <sip:a@x.example>;tag=1;epid=2`
	for _, test := range []struct {
		got    string
		weight Severity // "-": nothing is wrong; "": the case's
	}{
		{from, "-"},
		{`"A   b"<sip:a@x.example> ;epid=2;tag=1`, "-"},
		{`"A b" <sip:a@x.example>;tag=1;epid=2`, Should},
		{`<sip:a@x.example>;tag=1;epid=2`, Should},
		{`"A   b" <sip:a@x.example>;tag=1`, Should},
		{`"A   b" <sip:a@x.example>;tag=2;epid=2`, ""},
		{`"A   b" <sip:b@x.example>;tag=1;epid=2`, ""},
	} {
		m, ok := AsMismatch(HoldsAddress("From", from, test.got))
		if ok != (test.weight != "-") || ok && m.Severity != test.weight {
			t.Errorf("%s: %v", test.got, m)
		}
	}
}

// TestHoldsRoutes: lists are the same in one line or several, with any space;
// what a proxy has signed is not.
func TestHoldsRoutes(t *testing.T) {
	want := []string{"<sip:a.example;lr;sig=Xy>;tag=1", "<sip:b.example;lr>"}
	for _, test := range []struct {
		got         string
		exact, uris bool
	}{
		{"<sip:a.example;lr;sig=Xy>;tag=1,<sip:b.example;lr>", true, true},
		{"<sip:a.example;lr;sig=Xy> ; tag=1 , <sip:b.example;lr>", true, true},
		{"<sip:a.example;lr;sig=Xy>, <sip:b.example;lr>", false, true},
		{"<sip:a.example;lr;sig=xy>;tag=1, <sip:b.example;lr>", false, false},
		{"<sip:b.example;lr>, <sip:a.example;lr;sig=Xy>;tag=1", false, false},
		{"<sip:a.example;lr;sig=Xy>;tag=1", false, false},
	} {
		for exact, right := range map[bool]bool{true: test.exact, false: test.uris} {
			if err := HoldsRoutes("Route", want, raw.SplitList(test.got), exact); (err == nil) != right {
				t.Errorf("%s, exact %t: %v", test.got, exact, err)
			}
		}
	}
}

// TestRetryAfter: the seconds, whatever is said about them (RFC 3261 §20.33).
func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]int{
		"7": 7, "007": 7, "7 (busy (really)) ;duration=3600": 7, "7(a;b)": 7, "7;duration=3600": 7, "7 ; duration = 5": 7,
		"": -1, "(7)": -1, "-7": -1, "soon": -1, "7s": -1,
	} {
		got, err := RetryAfter(&raw.Message{Headers: []raw.Header{{Name: "Retry-After", Value: value}}})
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", value, got, want)
		}
	}
}

// TestExcuses: an expected failure excuses what it says, and not that the node
// went down over it.
func TestExcuses(t *testing.T) {
	for _, test := range []struct {
		expected Class
		out      result.Case
		want     bool
	}{
		{"", result.Case{Class: string(Status)}, true},
		{"", result.Case{Class: string(Availability)}, true}, // others wait, and are served after the case
		{"", result.Case{Class: string(Status), Down: true}, false},
		{"", result.Case{Class: string(Availability), Down: true}, false},
		{Status, result.Case{Class: string(Status)}, true},
		{Status, result.Case{Class: string(Closed)}, false},
		{Status, result.Case{Class: string(Status), Down: true}, false},
		{Availability, result.Case{Class: string(Availability), Down: true}, true},
		{Availability, result.Case{Class: string(Closed), Down: true}, true},
		{Availability, result.Case{Class: string(Closed)}, false},
	} {
		if got := (Expectation{Class: test.expected}).excuses(test.out); got != test.want {
			t.Errorf("class %q excuses %s, down %t: %t", test.expected, test.out.Class, test.out.Down, got)
		}
	}
}
