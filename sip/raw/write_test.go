package raw

import (
	"strings"
	"testing"
)

const interleaved = "INVITE sip:a@b SIP/2.0\r\n" +
	"Record-Route: <sip:e;lr>;tag=1\r\n" +
	"v: SIP/2.0/TLS one;branch=z9hG4bK1\r\n" +
	"Content-Length: 0\r\n" +
	"Via : SIP/2.0/TLS two;\r\n ms-received-cid=1C\r\n" +
	"record-route: <sip:p;lr>\r\n" +
	"f: <sip:x@y>;tag=7\r\n" +
	"To: <sip:a@b>;epid=1 \r\n" +
	"i: c\r\n" +
	"CSeq: 1 INVITE\r\n\r\n"

func TestRespondCopiesBytes(t *testing.T) {
	m, err := Parse([]byte(interleaved))
	if err != nil {
		t.Fatal(err)
	}
	got := string(Respond(m, 200, "OK", "99").Header("Contact", "<sip:n>").Bytes())
	want := "SIP/2.0 200 OK\r\n" +
		"Record-Route: <sip:e;lr>;tag=1\r\n" +
		"v: SIP/2.0/TLS one;branch=z9hG4bK1\r\n" +
		"Via : SIP/2.0/TLS two;\r\n ms-received-cid=1C\r\n" +
		"record-route: <sip:p;lr>\r\n" +
		"f: <sip:x@y>;tag=7\r\n" +
		"To: <sip:a@b>;epid=1;tag=99\r\n" +
		"i: c\r\n" +
		"CSeq: 1 INVITE\r\n" +
		"Contact: <sip:n>\r\n" +
		"Content-Length: 0\r\n\r\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, status := range []int{100, 486} {
		if got := string(Respond(m, status, "x", "").Bytes()); strings.Contains(got, "lr") || strings.Contains(got, "To: <sip:a@b>;epid=1;tag") {
			t.Errorf("%d: %s", status, got)
		}
	}
}

func TestBuilderPlacesLength(t *testing.T) {
	for _, c := range []struct {
		name string
		b    *Builder
		want string
	}{
		{"last", NewRequest("MESSAGE", "sip:a").Header("X", "1").Body("text/plain", []byte("hi")),
			"MESSAGE sip:a SIP/2.0\r\nX: 1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"},
		{"early", NewRequest("MESSAGE", "sip:a").Length().Headerf("X", "%d", 1).Body("", []byte("hi")),
			"MESSAGE sip:a SIP/2.0\r\nContent-Length: 2\r\nX: 1\r\n\r\nhi"},
		{"none", NewMessage("garbage").NoLength().Raw([]byte("l")).Line(": 99").Body("", []byte("hi")),
			"garbage\r\nl: 99\r\n\r\nhi"},
	} {
		if got := string(c.b.Bytes()); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestTemplate(t *testing.T) {
	text := "INVITE sip:{to} SIP/2.0\nContent-Length: {content-length}\nTo: <sip:{to}>\n\nv={v}\r\n{to}"
	tmpl, err := NewTemplate(text, "to", "v", "unused")
	if err != nil {
		t.Fatal(err)
	}
	got := string(tmpl.Append([]byte("|"), "a@b", "00", "-"))
	want := "|INVITE sip:a@b SIP/2.0\r\nContent-Length: 9\r\nTo: <sip:a@b>\r\n\r\nv=00\r\na@b"
	if got != want {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{"{nobody}", "{to"} {
		if _, err := NewTemplate(bad, "to"); err == nil {
			t.Errorf("%q compiled", bad)
		}
	}
}

func TestDiff(t *testing.T) {
	before, _ := Parse([]byte("INVITE sip:a SIP/2.0\r\nFrom: <sip:x@y>\r\nv: 1\r\nVia: 2\r\nX-Own: gone\r\n\r\nb"))
	after, _ := Parse([]byte("INVITE sip:a SIP/2.0\r\nVia: 1\r\nVia: 3\r\nf: <sip:x@z>\r\n\r\nc"))
	got := Diff(before, after)
	want := []Change{
		{"From", "<sip:x@y>", "<sip:x@z>"}, {"Via", "2", "3"}, {"X-Own", "gone", ""}, {"body", "b", "c"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

func BenchmarkTemplate(b *testing.B) {
	tmpl, err := NewTemplate("INVITE sip:{to} SIP/2.0\nContent-Length: {content-length}\nTo: <sip:{to}>\nX: "+strings.Repeat("x", 3000)+"\n\n{to}", "to")
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = tmpl.Append(buf[:0], "meet.alice@vc.example.com")
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse([]byte(interleaved)); err != nil {
			b.Fatal(err)
		}
	}
}
