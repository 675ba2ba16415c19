package conformance

import (
	"strings"
	"testing"

	"fedge/sip/raw"
)

func TestEveryRequestIsWhole(t *testing.T) {
	whole := []string{
		"Via: SIP/2.0/TLS px01.vc.example.com;branch=z9hG4bK1", "Max-Forwards: 70", "From: <sip:a@vc.example.com>;tag=1",
		"To: <sip:b@contoso.example>", "Call-ID: 1", "CSeq: 1 METHOD", "Contact: <sip:a@px01.vc.example.com>",
	}
	says := func(start string, without ...string) string {
		t.Helper()
		lines := []string{start + " SIP/2.0"}
		for _, line := range whole {
			name, _, _ := strings.Cut(line, ":")
			if !strings.Contains(strings.Join(without, " ")+" ", name+" ") {
				lines = append(lines, line)
			}
		}
		m, err := raw.Parse([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if found := breach(m); found != nil {
			if found.Class != Content || !strings.Contains(found.Expected, "RFC 3261 §8.1.1") {
				t.Errorf("%s: %v", start, found)
			}
			return found.Actual
		}
		return ""
	}
	for _, name := range []string{"Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq"} {
		for _, method := range []string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE"} {
			if got := says(method+" sip:b@contoso.example", name); got != "no "+name {
				t.Errorf("%s without %s: %q", method, name, got)
			}
		}
	}
	for _, test := range []struct{ start, without, want string }{
		{"INVITE sip:b@contoso.example", "", ""},
		{"INVITE sip:b@contoso.example", "Contact", "no Contact"},
		{"INVITE sip:b@contoso.example", "Max-Forwards Contact", "no Max-Forwards, Contact"},
		{"BYE sip:b@contoso.example", "Contact", ""},
		{"SIP/2.0 200 OK", "Max-Forwards Contact", ""}, // "… SIP/2.0" at the end as well: a response all the same
	} {
		if got := says(test.start, strings.Fields(test.without)...); got != test.want {
			t.Errorf("%s without %q: %q, want %q", test.start, test.without, got, test.want)
		}
	}
	m, _ := raw.Parse([]byte("v: SIP/2.0/TLS a\r\n\r\n"))
	if found := breach(m); found != nil {
		t.Errorf("what is no request: %v", found)
	}
}
