package gate

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// torture adds the messages of RFC 4475 and RFC 5118 to a corpus.
func torture(f *testing.F) {
	f.Helper()
	for _, where := range []string{"torture/rfc4475", "ipv6/rfc5118"} {
		files, err := filepath.Glob("../../conformance/cases/" + where + "/*.dat")
		if err != nil || len(files) == 0 {
			f.Fatalf("no messages in %s: %v", where, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
}

// FuzzGate: what the gate lets through keeps its promises to the code behind
// it, and its answer to what it refuses is one message that it would let through
// itself.
func FuzzGate(f *testing.F) {
	torture(f)
	f.Add([]byte(options("a", "Subject: x\r\n y", "Supported: a, b", "k: c", "Route: <sip:a;lr>, \"q\\\"\" <sip:b>")))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(&text{rest: b, step: len(b) + 1}, Limits{}, func() {})
		for {
			m, err := r.Next()
			rej, refused := errors.AsType[*Reject](err)
			switch {
			case refused:
				checkRefusal(t, rej)
			case err == nil:
				checkPromises(t, m)
				checkSame(t, m, respelled(m))
			}
			if err != nil && (!refused || rej.Close) {
				return
			}
		}
	})
}

// checkRefusal: an answer is one message with no line of the peer's making, and
// what the log says of it quotes nothing (case catalogue §4.3 row 24).
func checkRefusal(t *testing.T, rej *Reject) {
	if strings.ContainsFunc(rej.Error(), func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Fatalf("the log quotes the peer: %q", rej.Error())
	}
	answer := rej.Response("fedge")
	if answer == nil {
		return
	}
	again := NewReader(&text{rest: answer, step: len(answer)}, Limits{Header: 1 << 20, Fields: 10_000}, func() {})
	m, err := again.Next()
	if bad, ok := errors.AsType[*Reject](err); ok && bad.Close {
		t.Fatalf("our answer cannot be framed: %v\n%q", err, answer)
	}
	if m != nil && (m.Status() != rej.Status || len(m.Raw) != len(answer)) {
		t.Fatalf("our answer is another message: %q", answer)
	}
	for line := range strings.Lines(string(answer)) {
		if !strings.HasSuffix(line, "\r\n") {
			t.Fatalf("our answer has a line that does not end: %q", answer)
		}
	}
}

// checkPromises are the conditions under which the stack works.
func checkPromises(t *testing.T, m *Message) {
	for _, name := range []string{"Call-ID", "CSeq", "From", "To", "Content-Length", "Max-Forwards", "Content-Type"} {
		count := 0
		for range m.Values(name) {
			count++
		}
		if count > 1 || count == 0 && name != "Max-Forwards" && name != "Content-Type" {
			t.Fatalf("%d × %s: %q", count, name, m.Raw)
		}
	}
	if n, err := strconv.Atoi(m.Header("Content-Length")); err != nil || n != len(m.Body()) {
		t.Fatalf("a body of %d, Content-Length %q", len(m.Body()), m.Header("Content-Length"))
	}
	head := m.Raw[:len(m.Raw)-len(m.Body())]
	if strings.Count(head, "\n") != strings.Count(head, "\r\n") || strings.Count(head, "\r") != strings.Count(head, "\r\n") {
		t.Fatalf("a bare CR or LF: %q", head)
	}
	for i := range m.fields {
		if v := m.unfolded(i); strings.ContainsAny(v, "\r\n") {
			t.Fatalf("a line end in a value: %q", v)
		}
	}
	from, err := ParseAddress(m.Header("From"))
	if tag, _ := from.Params.Get("tag"); err != nil || tag != m.FromTag() || from != m.From() {
		t.Fatalf("From: %+v is not %+v, %v", from, m.From(), err)
	}
	if m.Via().Host == "" || m.CallID() == "" || m.Method() == "" {
		t.Fatalf("no sent-by, Call-ID or method: %q", m.Raw)
	}
	if uri, err := SplitURI(m.URI()); m.Request() && (err != nil || !uri.SIP() || uri.Host == "") {
		t.Fatalf("the Request-URI %q: %v", m.URI(), err)
	}
}

// respelled is the same message unfolded, with names in the other case.
func respelled(m *Message) string {
	var b strings.Builder
	line, _, _ := strings.Cut(m.Raw, "\r\n")
	b.WriteString(line + "\r\n")
	for i := range m.fields {
		name := m.Raw[m.fields[i].start:m.fields[i].nameEnd]
		if lower := strings.ToLower(name); lower != name {
			name = lower
		} else {
			name = strings.ToUpper(name)
		}
		b.WriteString(name + " :\t" + m.unfolded(i) + " \r\n")
	}
	return b.String() + "\r\n" + m.Body()
}

// checkSame: spelling makes no difference (RFC 3261 §7.3.1).
func checkSame(t *testing.T, m *Message, spelling string) {
	lim := Limits{StartLine: 1 << 20, Header: 1 << 20, Fields: 10_000, Body: 1 << 20}
	again, err := NewReader(&text{rest: []byte(spelling), step: len(spelling)}, lim, func() {}).Next()
	if err != nil {
		t.Fatalf("respelled it is refused: %v\n%q\n%q", err, m.Raw, spelling)
	}
	if again.Method() != m.Method() || again.URI() != m.URI() || again.Status() != m.Status() || again.CallID() != m.CallID() || again.CSeq() != m.CSeq() ||
		again.FromTag() != m.FromTag() || again.ToTag() != m.ToTag() || again.Body() != m.Body() || again.Via().Branch != unfold(m.Via().Branch) ||
		again.Via().Host != m.Via().Host || again.Via().Port != m.Via().Port {
		t.Fatalf("respelled it is another message:\n%q\n%q", m.Raw, spelling)
	}
}

// FuzzURI: a URI that is taken is its parts and nothing else, and so has one
// host only.
func FuzzURI(f *testing.F) {
	for _, s := range []string{
		"sip:a@b.example", "sips:a:b@b.example:5061;transport=tls;lr", "sip:[2001:db8::1]:5060;x", "SIP:%61;x=y@b.example;maddr=192.0.2.1", "tel:+1555", "sip:a@b@c", "sip:a?b=c@d",
		"sip:a@b.example;p=[::1]", "sip:2001:db8::1", "sip:a@[::ffff:192.0.2.1]", "sip:a@1.2.3.4.", "urn:x:y",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := SplitURI(s)
		if err != nil {
			return
		}
		if !u.SIP() {
			if u.Scheme+":"+u.Rest != s {
				t.Fatalf("%q is %+v", s, u)
			}
			return
		}
		again := u.Scheme + ":"
		if u.User != "" {
			again += u.User + "@"
		}
		again += u.Host
		if u.Port != 0 {
			again += ":" + strconv.Itoa(u.Port)
		}
		again += string(u.Params)
		same, err := SplitURI(again)
		if err != nil || same != u {
			t.Fatalf("%q is %+v, written again %q, %+v, %v", s, u, again, same, err)
		}
		if strings.ContainsAny(u.Host, "@;?% \"<>\\") || strings.Contains(string(u.Params), "@") && strings.LastIndexByte(s, '@') > strings.Index(s, u.Host) && u.User == "" {
			t.Fatalf("the host of %q is %q", s, u.Host)
		}
	})
}

// FuzzAddress: an address that is taken is its parts and nothing else.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		`"Anna"<sip:anna@contoso.example>;tag=1`, "Anna B <sip:a@b>;x=\"y;tag=2\" ; tag = 3", "sip:a@b;tag=1", "<sip:a@b;lr>;tag=0D", "\"a\\\"b\" <sip:a@b>", "*", "<>", "\"", "a<b<c>>d",
		"sip:a@b?c", "J\u00fcrgen <sip:a@b>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		same, err := ParseAddress(a.Display + " <" + a.URI + ">" + string(a.Params))
		if err != nil || same != a {
			t.Fatalf("%q is %+v, written again %+v, %v", s, a, same, err)
		}
		if strings.ContainsAny(a.URI, "<>\" \t\r\n") {
			t.Fatalf("the URI of %q is %q", s, a.URI)
		}
		if one := 0; !strings.Contains(s, ",") {
			for range Members(s) {
				one++
			}
			if one != 1 {
				t.Fatalf("%q without a comma is %d members", s, one)
			}
		}
	})
}

// FuzzVia: a Via that is taken is its parts and nothing else.
func FuzzVia(f *testing.F) {
	for _, s := range []string{
		"SIP/2.0/TLS 192.0.2.7:40001;branch=z9hG4bKa", "SIP / 2.0 / UDP a.example ; rport ; received = 1.2.3.4", "SIP/2.0/TCP [2001:db8::9]:5061;received=[2001:db8::1]",
		"SIP/2.0/TLS a : 5061", "SIP/2.0/TLS FE_01;ms-received-port=1;x=\"a,b;branch=c\"",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVia(s)
		if err != nil {
			return
		}
		again := "SIP/2.0/" + v.Transport + " " + v.Host
		if v.Port != "" {
			again += ":" + v.Port
		}
		same, err := ParseVia(again + string(v.Params))
		same.Raw = v.Raw
		if err != nil || same != v {
			t.Fatalf("%q is %+v, written again %+v, %v", s, v, same, err)
		}
	})
}
