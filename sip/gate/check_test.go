package gate

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestChecks changes one thing in a good request each time.
func TestChecks(t *testing.T) {
	for _, c := range []struct{ why, old, new, want string }{
		{"lower-case version (RFC 3261 §7.1: no case)", "SIP/2.0\r\nVia", "sip/2.0\r\nVia", "OPTIONS a"},
		{"another version", "SIP/2.0\r\nVia", "SIP/3.0\r\nVia", "version 505"},
		{"a version of something like it", "SIP/2.0\r\nVia", "XSIP/2.0\r\nVia", "version 400"},
		{"a major version that is no number", "SIP/2.0\r\nVia", "SIP/x.0\r\nVia", "version 400"},
		{"a minor version that is no number", "SIP/2.0\r\nVia", "SIP/2.x\r\nVia", "version 400"},
		{"no version", "SIP/2.0\r\nVia", "SIP/x\r\nVia", "version 400"},
		{"two spaces (RFC 4475 lwsstart)", "OPTIONS sip", "OPTIONS  sip", "start-line 400"},
		{"a trailing space (trws)", "SIP/2.0\r\nVia", "SIP/2.0 \r\nVia", "start-line 400"},
		{"a space in the Request-URI (lwsruri)", "com SIP", "com; lr SIP", "start-line 400"},
		{"brackets about the Request-URI (ltgtruri)", "sip:px01.vc.example.com SIP", "<sip:px01.vc.example.com> SIP", "start-line 400"},
		{"headers in the Request-URI (escruri)", "com SIP", "com?Route=%3Csip:x%3E SIP", "request-uri 400"},
		{"a folded start line", "OPTIONS sip:px01.vc.example.com SIP/2.0\r\n", "OPTIONS sip:px01.vc.example.com SIP/2.0\r\n x: y\r\n", "start-line 400"},
		{"an unknown scheme (unkscm)", "sip:px01.vc.example.com SIP", "nobodyKnows:opaque SIP", "scheme 416"},
		{"another (novelsc)", "sip:px01.vc.example.com SIP", "soap.beep://192.0.2.103:3002 SIP", "scheme 416"},
		{"a telephone number", "sip:px01.vc.example.com SIP", "tel:+15551230001 SIP", "scheme 416"},
		{"no scheme", "sip:px01.vc.example.com SIP", "px01 SIP", "request-uri 400"},
		{"an IPv6 host (RFC 5118 §4.1)", "sip:px01.vc.example.com SIP", "sip:[2001:db8::10]:5070 SIP", "OPTIONS a"},
		{"without brackets (§4.2)", "sip:px01.vc.example.com SIP", "sip:2001:db8::10 SIP", "request-uri 400"},
		{"a bracket too many", "sip:px01.vc.example.com SIP", "sip:[[2001:db8::10]] SIP", "request-uri 400"},
		{"a port of 0", "com SIP", "com:0 SIP", "request-uri 400"},
		{"a port of 65536", "com SIP", "com:65536 SIP", "request-uri 400"},
		{"a numeric host that is no address", "sip:px01.vc.example.com SIP", "sip:10.0.0.256 SIP", "request-uri 400"},

		{"a control character", "Call-ID: a", "Call-ID: a\x01", "lines 400"},
		{"a NUL", "Call-ID: a", "Call-ID: a\x00", "lines 400"},
		{"a NUL before a fold", "Call-ID: a", "Call-ID: a\x00\r\n b", "lines 400"},
		{"a NUL behind a fold", "Call-ID: a", "Call-ID: a\r\n \x00", "lines 400"},
		{"a DEL", "Call-ID: a", "Call-ID: a\x7f", "lines 400"},
		{"quoted control characters (intmeth)", "From: <", "From: \"BEL:\\\x07 NUL:\\\x00\" <", "OPTIONS a"},
		{"a quoted CR", "From: <", "From: \"a\\\r\" <", "line-end 400 close"},
		{"no colon", "Max-Forwards: 70", "Max-Forwards 70", "lines 400"},
		{"no name", "Max-Forwards: 70", ": 70", "lines 400"},
		{"an unknown header of any shape", "Max-Forwards: 70", "X;: ;;,,;;,;", "lines 400"},
		{"an unknown header with any value", "Max-Forwards: 70", "X: ;;,,;;,;", "OPTIONS a"},
		{"raw UTF-8", "Max-Forwards: 70", "Subject: Grüße", "OPTIONS a"},

		{"two From (multi01)", "To: <", "f: <sip:evil@fabrikam.example>;tag=2\r\nTo: <", "single 400"},
		{"two Session-Expires, one compact", "To: <", "x: 90\r\nSession-Expires: 1800\r\nTo: <", "single 400"},
		{"two Refer-To", "To: <", "Refer-To: <sip:a@b>\r\nr: <sip:c@d>\r\nTo: <", "single 400"},
		{"two Event", "To: <", "Event: presence\r\no: refer\r\nTo: <", "single 400"},
		{"two Subject, which nobody acts on", "To: <", "Subject: a\r\ns: b\r\nTo: <", "OPTIONS a"},
		{"two CSeq", "CSeq: 1", "CSeq: 2 OPTIONS\r\nCSeq: 1", "single 400"},
		{"two Max-Forwards", "Max-Forwards: 70", "Max-Forwards: 70\r\nMax-Forwards: 69", "single 400"},
		{"no Via", "Via:", "X:", "mandatory 400"},
		{"no From", "From:", "X:", "mandatory 400"},
		{"no To", "To:", "X:", "mandatory 400"},
		{"no Call-ID", "Call-ID:", "X:", "mandatory 400"},
		{"an empty Call-ID", "Call-ID: a", "Call-ID: ", "mandatory 400"},
		{"no CSeq", "CSeq:", "X:", "mandatory 400"},
		{"no Max-Forwards (an old client)", "Max-Forwards:", "X:", "OPTIONS a"},
		{"Max-Forwards 255", ": 70", ": 255", "OPTIONS a"},
		{"Max-Forwards 256", ": 70", ": 256", "max-forwards 400"},
		{"Max-Forwards -1", ": 70", ": -1", "max-forwards 400"},
		{"Max-Forwards empty", ": 70", ":", "max-forwards 400"},

		{"CSeq 2^31-1", "CSeq: 1 ", "CSeq: 2147483647 ", "OPTIONS a"},
		{"CSeq 2^31", "CSeq: 1 ", "CSeq: 2147483648 ", "cseq 400"},
		{"CSeq beyond 64 bits (scalar02)", "CSeq: 1 ", "CSeq: 36893488147419103232 ", "cseq 400"},
		{"CSeq with much white space", "CSeq: 1 ", "CSeq: 0001 \t\r\n   ", "OPTIONS a"},
		{"CSeq without number", "CSeq: 1 ", "CSeq: ", "cseq 400"},
		{"CSeq of another method (mismatch01)", "1 OPTIONS", "1 INVITE", "cseq 400"},
		{"CSeq in another case: methods have one", "1 OPTIONS", "1 options", "cseq 400"},

		{"no tag in From (RFC 2543)", ";tag=1", "", "OPTIONS a"},
		{"a name without < > (regbadct)", "<sip:probe@contoso.example>", "Probe sip:probe@contoso.example", "from 400"},
		{"spaces within < > (badaspec)", "<sip:probe@contoso.example>", "< sip:probe@contoso.example >", "from 400"},
		{"an unclosed quote (quotbal)", "From: <", "From: \"Mr. J. User <", "from 400"},
		{"a comma in a bare name (baddn)", "From: <", "From: Bell, Alexander <", "from 400"},
		{"no space before < (lwsdisp)", "From: <", "From: caller<", "OPTIONS a"},
		{"no space after the quote, as Lync", "From: <", "From: \"Änne\"<", "OPTIONS a"},
		{"an unknown scheme in From (unksm2)", "<sip:probe@contoso.example>", "<http://www.example.com>", "OPTIONS a"},
		{"two tags", ";tag=1", ";tag=1;TAG=2", "from 400"},
		{"a tag in quotes within another parameter", ";tag=1", ";foo=\"a;tag=evil\";tag=1", "OPTIONS a"},
		{"two addresses", ";tag=1", ";tag=1, <sip:evil@fabrikam.example>", "from 400"},
		{"an address after the parameters", "<sip:probe@contoso.example>;tag=1", "sip:probe@contoso.example;tag=1 <sip:evil@fabrikam.example>", "from 400"},
		{"two hosts", "probe@contoso.example", "probe@contoso.example@fabrikam.example", "from 400"},
		{"an escaped @ is no host", "probe@contoso.example", "probe%40contoso.example@fabrikam.example", "OPTIONS a"},
		{"a wrong escape", "probe@", "pro%4be%4@", "from 400"},
		{"a backslash in a URI", "sip:probe@contoso.example", "sip:contoso.example\\@fabrikam.example", "from 400"},
		{"ideographic full stops", "contoso.example", "contoso。example", "from 400"},
		{"an underscore in a host", "contoso.example", "con_toso.example", "from 400"},
		{"a label of 63 characters", "contoso.example", strings.Repeat("c", 63) + ".example", "OPTIONS a"},
		{"a label of 64", "contoso.example", strings.Repeat("c", 64) + ".example", "from 400"},
		{"a label that begins with a hyphen", "contoso.example", "-contoso.example", "from 400"},
		{"no user before the @", "probe@", "@", "from 400"},
		{"an empty label", "contoso.example", "contoso..example", "from 400"},
		{"a trailing dot", "contoso.example>", "contoso.example.>", "OPTIONS a"},
		{"no host", "probe@contoso.example", "probe@", "from 400"},
		{"an address for a host", "probe@contoso.example", "probe@10.0.0.5", "OPTIONS a"},
		{"a user with all that is allowed (intmeth)", "probe@", "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@", "OPTIONS a"},

		{"extra separators in Via (badinv01)", ";branch=z9hG4bKa", ";;,;,,", "via 400"},
		{"a Via of another version", "Via: SIP/2.0", "Via: SIP/3.0", "via 400"},
		{"a Via without sent-by", "TLS 192.0.2.7:40001", "TLS ", "via 400"},
		{"a Via of a transport that is no token", "SIP/2.0/TLS", "SIP/2.0/T(S", "via 400"},
		{"a Via of a host that is none", "192.0.2.7:40001", "a@b", "via 400"},
		{"a Via with a colon and no port", "192.0.2.7:40001", "192.0.2.7:", "via 400"},
		{"a Via with half a bracket", "192.0.2.7:40001", "[2001:db8::9:", "via 400"},
		{"a Via whose comma separates nothing", "192.0.2.7:40001", "127,0.0.1:5070", "via 400"},
		{"a Via with a port of 0", "192.0.2.7:40001", "192.0.2.7:0", "via 400"},
		{"a Via of an unknown transport", "SIP/2.0/TLS", "SIP/2.0/UNKNOWN", "OPTIONS a"},
		{"a Via of a name no DNS would take", "192.0.2.7:40001", "FE_01", "OPTIONS a"},
		{"a Via of an IPv6 address", "192.0.2.7:40001", "[2001:db8::9]:5061", "OPTIONS a"},
		{"a Via without branch", ";branch=z9hG4bKa", "", "OPTIONS a"},
		{"Microsoft's parameters in Via", ";branch=z9hG4bKa", ";branch=z9hG4bKa.E1;branched=FALSE;ms-internal-info=\"cjL3+/=AA\";rport", "OPTIONS a"},
	} {
		in := strings.Replace(options("a"), c.old, c.new, 1)
		if in == options("a") {
			t.Fatalf("%s: nothing to change", c.why)
		}
		r := NewReader(&source{segments: []string{in}}, Limits{}, nil)
		m, err := r.Next()
		got := outcome(m, err)
		if rej, ok := err.(*Reject); ok {
			got = rej.Check + " " + strconv.Itoa(rej.Status)
			if rej.Close {
				got += " close"
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

// TestResponsesAreDiscarded: a bad response is nobody's to answer, and the link
// stays up (RFC 4475 §3.1.2.5, §3.1.2.19, §3.3.10).
func TestResponsesAreDiscarded(t *testing.T) {
	good := strings.Replace(options("a"), "OPTIONS sip:px01.vc.example.com SIP/2.0", "SIP/2.0 200 OK", 1)
	for _, c := range []struct{ why, old, new, want string }{
		{"a good one", "200 OK", "200 OK", "200 OPTIONS"},
		{"an empty reason", "200 OK", "100 ", "100 OPTIONS"},
		{"no reason", "200 OK", "100", "100 OPTIONS"},
		{"a reason in UTF-8", "200 OK", "200 = 2**3 * 5**2 но сто девяносто девять - простое", "200 OPTIONS"},
		{"a great status code (bigcode)", "200 OK", "4294967301 OK", "start-line"},
		{"status code 699", "200 OK", "699 OK", "699 OPTIONS"},
		{"status code 700", "200 OK", "700 OK", "start-line"},
		{"nothing but the protocol", "SIP/2.0 200 OK", "SIP/", "start-line"},
		{"status code 99", "200 OK", "099 OK", "start-line"},
		{"great scalars (scalarlg)", "CSeq: 1 ", "CSeq: 9292394834772304023312 ", "cseq"},
		{"no Via", "Via:", "X:", "mandatory"},
	} {
		got, _ := read(t, Limits{}, strings.Replace(good, c.old, c.new, 1)+options("b"))
		want(t, c.why, got, c.want, "OPTIONS b")
	}
}

func TestMessage(t *testing.T) {
	in := lines("INVITE sip:standup@vc.example.com SIP/2.0",
		"Record-Route: <sip:sip.contoso.example:5061;transport=tls;lr;ms-key-info=AAEA>;tag=0D",
		"Via: SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK8422;ms-internal-info=\"a,b\", SIP/2.0/TLS 10.1.1.10:49673",
		"content-length: 3",
		"Via: SIP/2.0/TLS 10.1.9.43:65529;ms-received-port=65529",
		"Record-Route:  <sip:pool.contoso.example;lr>;tag=AB ",
		"f: \"O\\\"Neil, A\"<sip:anna@contoso.example>;Tag = \"x\" ;epid=69",
		"TO : sip:standup@vc.example.com ; epid=1",
		"i: d980",
		"CSeq: 1 INVITE",
		"Supported: ms-dialog-route-set-update",
		"Supported: ms-sender",
		"k: timer, ",
		"  histinfo",
		"Subject: a",
		"\tb",
		"history-info: <sip:a>;index=1",
	) + "v=0"
	r := NewReader(&source{segments: []string{in}}, Limits{}, nil)
	m, err := r.Next()
	if err == nil || err.(*Reject).Check != "from" {
		t.Fatalf("a tag is a token, not a quoted string: %v", err)
	}
	r = NewReader(&source{segments: []string{strings.Replace(in, `"x"`, "x", 1)}}, Limits{}, nil)
	if m, err = r.Next(); err != nil {
		t.Fatal(err)
	}
	all := func(name string) []string { return slices.Collect(m.Values(name)) }
	for _, c := range []struct{ what, got, want string }{
		{"method", m.Method(), "INVITE"},
		{"Request-URI", m.URI(), "sip:standup@vc.example.com"},
		{"Via lines", strings.Join(all("via"), "|"), "SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK8422;ms-internal-info=\"a,b\", SIP/2.0/TLS 10.1.1.10:49673|SIP/2.0/TLS 10.1.9.43:65529;ms-received-port=65529"},
		{"Vias", strings.Join(slices.Collect(m.List("Via")), "|"), "SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK8422;ms-internal-info=\"a,b\"|SIP/2.0/TLS 10.1.1.10:49673|SIP/2.0/TLS 10.1.9.43:65529;ms-received-port=65529"},
		{"branch", m.Via().Branch, "z9hG4bK8422"},
		{"sent-by", m.Via().Host + " " + m.Via().Port, "203.0.113.10 51012"},
		{"Record-Route", strings.Join(all("Record-Route"), "|"), "<sip:sip.contoso.example:5061;transport=tls;lr;ms-key-info=AAEA>;tag=0D|<sip:pool.contoso.example;lr>;tag=AB"},
		{"From tag", m.FromTag(), "x"},
		{"From display", m.From().Text(), `O"Neil, A`},
		{"From URI", m.From().URI, "sip:anna@contoso.example"},
		{"To tag", m.ToTag(), ""},
		{"To URI", m.To().URI, "sip:standup@vc.example.com"},
		{"Call-ID", m.CallID(), "d980"},
		{"options", strings.Join(slices.Collect(m.List("Supported")), "|"), "ms-dialog-route-set-update|ms-sender|timer|histinfo"},
		{"lines of options", strings.Join(all("Supported"), "|"), "ms-dialog-route-set-update|ms-sender|timer, histinfo"},
		{"the same as they came", strings.Join(slices.Collect(m.Lines("k")), "|"), "ms-dialog-route-set-update|ms-sender|timer, \r\n  histinfo"},
		{"a folded value", m.Header("subject"), "a b"},
		{"a folded line", slices.Collect(m.Lines("subject"))[0], "a\r\n\tb"},
		{"a name in lower case", m.Header("History-Info"), "<sip:a>;index=1"},
		{"body", m.Body(), "v=0"},
		{"no such header", m.Header("Contact"), ""},
		{"label", m.Label().Text + " " + m.Label().CallID + " " + m.Label().CSeq, "INVITE d980 1 INVITE"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
	if m.CSeq() != 1 || m.Status() != 0 || !m.Has("Subject") || !m.Has("Record-Route") || m.Has("Contact") {
		t.Error("CSeq, Status or Has")
	}
}

func TestParams(t *testing.T) {
	p := Params(`;lr;foo="a;tag=evil";TAG = 1 ; q="\"x\\" ; empty=`)
	for _, c := range []struct {
		name, want string
		ok         bool
	}{
		{"lr", "", true},
		{"tag", "1", true},
		{"Foo", "a;tag=evil", true},
		{"q", `"x\`, true},
		{"empty", "", true},
		{"none", "", false},
	} {
		if got, ok := p.Get(c.name); got != c.want || ok != c.ok {
			t.Errorf("%s: got %q %v, want %q %v", c.name, got, ok, c.want, c.ok)
		}
	}
	if Params(strings.Repeat(";a", 70)).Check() == nil {
		t.Error("70 parameters of one name pass")
	}
	var many strings.Builder
	for i := range mostParams + 1 {
		many.WriteString(";a" + strings.Repeat("a", i))
	}
	if Params(many.String()).Check() == nil {
		t.Error("more parameters than the limit pass")
	}
}
