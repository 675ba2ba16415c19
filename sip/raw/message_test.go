package raw

import (
	"slices"
	"strings"
	"testing"
)

// tortuous is RFC 4475 §3.1.1.1 in the parts that a lexer stumbles over.
const tortuous = "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n" +
	"TO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n" +
	"from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n" +
	"MaX-fOrWaRdS: 0068\r\n" +
	"Call-ID: wsinv.ndaksdj@192.0.2.1\r\n" +
	"Content-Length   : 3\r\n" +
	"cseq: 0009\r\n  INVITE\r\n" +
	"Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n" +
	"s :\r\n" +
	"NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n" +
	"v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n" +
	"m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33\r\n" +
	"\r\nabc"

func TestParseTolerates(t *testing.T) {
	m, err := Parse([]byte(tortuous))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, got, want string }{
		{"method", m.Method(), "INVITE"},
		{"uri", m.RequestURI(), "sip:vivekg@chair-dnrc.example.com;unknownparam"},
		{"to tag", m.Tag("To"), "1918181833n"},
		{"from tag", m.Tag("f"), "98asjd8"},
		{"call-id", m.CallID(), "wsinv.ndaksdj@192.0.2.1"},
		{"fold", m.Get("NewFangledHeader"), "newfangled value continued newfangled value"},
		{"label", m.Label(), "INVITE"},
		{"body", string(m.Body), "abc"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
	if n, method := m.CSeq(); n != 9 || method != "INVITE" {
		t.Errorf("CSeq %d %q", n, method)
	}
	vias := m.List("Via")
	if len(vias) != 3 {
		t.Fatalf("Via values: %q", vias)
	}
	for i, want := range []Via{{Transport: "UDP", Host: "192.0.2.2"}, {Transport: "TCP", Host: "spindle.example.com"}, {Transport: "UDP", Host: "192.168.255.111"}} {
		v, err := ParseVia(vias[i])
		if err != nil || v.Transport != want.Transport || v.Host != want.Host {
			t.Errorf("Via %d: %+v, %v", i, v, err)
		}
	}
	if branch, _ := m.Param("Via", "branch"); branch != "390skdjuw" {
		t.Errorf("branch %q", branch)
	}
	contact, err := ParseNameAddr(m.Get("Contact"))
	if err != nil || contact.Display != `Quoted string ""` || contact.URI.Address() != "jdrosen@example.com" {
		t.Errorf("contact %+v, %v", contact, err)
	}
	if q, _ := contact.Params.Get("Q"); q != "0.33" {
		t.Errorf("q %q", q)
	}
}

func TestParseResponse(t *testing.T) {
	m, err := Parse([]byte("SIP/2.0 504 Server time-out\nCSeq: 1 INVITE\nServer: RTC/6.0\nno colon here\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	if m.IsRequest() || m.Status() != 504 || m.Reason() != "Server time-out" || m.Label() != "504 INVITE" || m.RequestURI() != "" {
		t.Errorf("%+v", m)
	}
	if last := m.Headers[2]; last.Name != "" || last.Value != "no colon here" {
		t.Errorf("line without colon: %+v", last)
	}
}

func TestParseNoHead(t *testing.T) {
	for _, in := range []string{"", "\r\n\r\n", "OPTIONS sip:a SIP/2.0\r\n", "OPTIONS"} {
		if m, err := Parse([]byte(in)); err == nil {
			t.Errorf("%q became %+v", in, m)
		}
	}
}

func TestLinesKeepBytes(t *testing.T) {
	m, err := Parse([]byte("ACK sip:a SIP/2.0\r\nv: one\r\nX: x\r\nVIA :  two;\r\n\tthree\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range m.Lines("Via") {
		got = append(got, string(line))
	}
	if want := []string{"v: one", "VIA :  two;\r\n\tthree"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if m.Has("Contact") || !m.Has("via") {
		t.Error("Has")
	}
}

func TestURI(t *testing.T) {
	for _, c := range []struct {
		in, scheme, user, host string
		port                   int
		address                string
	}{
		{"sip:meet.alice@VC.example.com:5061;transport=tls", "sip", "meet.alice", "VC.example.com", 5061, "meet.alice@vc.example.com"},
		{"SIPS:[2001:db8::1]:5061", "sips", "", "[2001:db8::1]", 5061, "[2001:db8::1]"},
		{"sip:anna;phone=1@contoso.example?Subject=x", "sip", "anna;phone=1", "contoso.example", 0, "anna;phone=1@contoso.example"},
		{"sip:u@10.0.0.5", "sip", "u", "10.0.0.5", 0, "u@10.0.0.5"},
		{"tel:+15551230001", "tel", "+15551230001", "", 0, "+15551230001@"},
		{"sip:anna@contoso.example;opaque=user:epid:x-Y_z;gruu", "sip", "anna", "contoso.example", 0, "anna@contoso.example"},
	} {
		u, err := ParseURI(c.in)
		if err != nil || u.Scheme != c.scheme || u.User != c.user || u.Host != c.host || u.Port != c.port || u.Address() != c.address {
			t.Errorf("%s: %+v, %v", c.in, u, err)
		}
	}
	for _, bad := range []string{"", "anna@contoso.example", "sip:", "sip:u@", "sip:h:port", "sip:h:99999"} {
		if u, err := ParseURI(bad); err == nil {
			t.Errorf("%q became %+v", bad, u)
		}
	}
	u, _ := ParseURI("sip:h;lr;opaque=state:T;transport=TLS")
	if v, ok := u.Params.Get("lr"); !ok || v != "" || !u.Params[0].Flag {
		t.Errorf("lr: %+v", u.Params)
	}
}

func TestNameAddr(t *testing.T) {
	for _, c := range []struct{ in, display, address, tag string }{
		{`"Anna"<sip:anna@contoso.example>;tag=cd9bbbf50f;epid=69eb994c65`, "Anna", "anna@contoso.example", "cd9bbbf50f"},
		{`"Åsa; \"<Öberg>\", A" <sip:a@b>;epid=1;tag=2`, `Åsa; "<Öberg>", A`, "a@b", "2"},
		{`sip:a@b;tag=3`, "", "a@b", "3"},
		{`Anna Berg <sip:a@b;tag=no>;tag=4`, "Anna Berg", "a@b", "4"},
		{`<sip:a@b>`, "", "a@b", ""},
	} {
		n, err := ParseNameAddr(c.in)
		tag, _ := n.Params.Get("tag")
		if err != nil || n.Display != c.display || n.URI.Address() != c.address || tag != c.tag {
			t.Errorf("%s: %+v, %v", c.in, n, err)
		}
	}
	for _, bad := range []string{`"open <sip:a@b>`, `<sip:a@b`, ``} {
		if n, err := ParseNameAddr(bad); err == nil {
			t.Errorf("%q became %+v", bad, n)
		}
	}
}

func TestSplitList(t *testing.T) {
	got := SplitList(`"a,b"<sip:x,y@z>;p="1,2", <tel:+1>,, c`)
	want := []string{`"a,b"<sip:x,y@z>;p="1,2"`, "<tel:+1>", "c"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// FuzzParse: whatever comes, the index lies inside the bytes and nothing panics.
func FuzzParse(f *testing.F) {
	f.Add([]byte(tortuous))
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS a;x=\"\\\r\n\r\n"))
	f.Add([]byte("A\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		m.Method()
		m.Status()
		m.Label()
		m.Tag("From")
		for _, h := range m.Headers {
			if h.Offset < 0 || h.end < h.Offset || h.end > len(b) {
				t.Fatalf("header %+v out of %d bytes", h, len(b))
			}
			for _, v := range SplitList(h.Value) {
				ParseVia(v)
				ParseNameAddr(v)
			}
		}
		if len(m.Body) > len(b) || !strings.HasSuffix(string(b), string(m.Body)) {
			t.Fatal("body is not the end")
		}
	})
}
