package edge

import (
	"errors"
	"strings"
	"testing"
)

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// What a 2013 client sends: the old dialect first, the one it means last.
var alternative = crlf(`------=_NextPart_000_001E
Content-Type: application/sdp
Content-Transfer-Encoding: 7bit
Content-ID: <0@contoso.example>
Content-Disposition: session; handling=optional; ms-proxy-2007fallback

v=0 old
------=_NextPart_000_001E
Content-Type: application/sdp
Content-Transfer-Encoding: 7bit
Content-Disposition: session; handling=optional

v=0 new
------=_NextPart_000_001E--
`)

const alternativeType = `multipart/alternative;boundary="----=_NextPart_000_001E"`

func TestDescription(t *testing.T) {
	mixed := crlf("--outer\nContent-Type: "+alternativeType+"\n\n") + alternative +
		crlf("\n--outer\nContent-Type: application/ms-call-context+xml\n\n<x/>\n--outer--\n")
	base64 := crlf("--b\nContent-Type: application/sdp\n\nv=0 plain\n--b\nContent-Type: application/sdp\nContent-Transfer-Encoding: base64\n\ndj0w\n--b--\n")
	deep := "v=0"
	deepType := "application/sdp"
	for range 5 {
		deep = crlf("--b\nContent-Type: " + deepType + "\n\n" + deep + "\n--b--\n")
		deepType = "multipart/mixed;boundary=b"
	}
	tests := []struct{ name, kind, body, want string }{
		{"single", "application/sdp", "v=0", "v=0"},
		{"case and parameters", "Application/SDP; charset=utf-8", "v=0", "v=0"},
		{"the last alternative is the best", alternativeType, alternative, "v=0 new"},
		{"alternatives inside mixed", "multipart/mixed; boundary=outer", mixed, "v=0 new"},
		{"an encoded part is not read", "multipart/alternative; boundary=b", base64, "v=0 plain"},
		{"text", "text/plain", "hello", ""},
		{"no boundary", "multipart/alternative", alternative, ""},
		{"too deep", deepType, deep, ""},
		{"too many parts", "multipart/alternative; boundary=b", strings.Repeat(crlf("--b\nContent-Type: application/sdp\n\nv=0\n"), 40) + "--b--\r\n", ""},
		{"cut off", "multipart/alternative; boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0", ""},
		{"nonsense type", ";;;", "v=0", ""},
		{"white space around the slash", "application / sdp", "v=0", "v=0"},
		{"tabs around the slash", "application\t/\tsdp ;\tx = y", "v=0", "v=0"},
		{"white space in the type of several", "multipart\t/ alternative ; boundary = \"----=_NextPart_000_001E\"", alternative, "v=0 new"},
		{"white space in a part's type", "multipart/mixed;boundary=b", crlf("--b\nContent-Type: application / sdp\n\nv=0\n--b--\n"), "v=0"},
		{"two boundaries", "multipart/mixed;boundary=b;boundary=c", crlf("--b\nContent-Type: application/sdp\n\nv=0\n--b--\n"), ""},
		{"a part that is required", "multipart/mixed;boundary=b", mixing("handling=required"), ""},
		{"a part that is optional", "multipart/mixed;boundary=b", mixing("HANDLING = Optional"), "v=0"},
		{"a part that says nothing", "multipart/mixed;boundary=b", mixing("x=y"), "v=0"},
		{"an alternative that is required", "multipart/alternative;boundary=b", mixing("handling=required"), "v=0"},
		{"a required part within", "multipart/mixed;boundary=c", "--c\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n" + mixing("handling=required") + "\r\n--c\r\nContent-Type: application/sdp\r\n\r\nv=1\r\n--c--\r\n", ""},
		{"a required part within one that is optional", "multipart/mixed;boundary=c", "--c\r\nContent-Type: multipart/mixed;boundary=b\r\nContent-Disposition: session;handling=optional\r\n\r\n" + mixing("handling=required") + "\r\n--c\r\nContent-Type: application/sdp\r\n\r\nv=1\r\n--c--\r\n", "v=1"},
		{"a description of something else", "multipart/mixed;boundary=b", crlf("--b\nContent-Type: application/sdp\nContent-Disposition: early-session;handling=optional\n\nv=0 early\n--b\nContent-Type: application/sdp\nContent-Disposition: session\n\nv=0\n--b--\n"), "v=0"},
		{"a part in gzip", "multipart/alternative;boundary=b", crlf("--b\nContent-Type: application/sdp\n\nv=0\n--b\nContent-Type: application/sdp\nContent-Encoding: gzip\n\n?\n--b--\n"), "v=0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := content{kind: test.kind, text: []byte(test.body)}.description(maxBodyDepth)
			if string(got) != test.want || (err == nil) != (test.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
	if _, err := (content{kind: "text/plain"}).description(maxBodyDepth); !errors.Is(err, errNoDescription) {
		t.Errorf("text/plain: %v, want errNoDescription (415)", err)
	}
}

// mixing is a description behind a part that nobody understands.
func mixing(params string) string {
	return crlf("--b\nContent-Type: text/x-unheard-of\nContent-Disposition: render;" + params + "\n\n?\n--b\nContent-Type: application/sdp\n\nv=0\n--b--\n")
}

// A body that is not understood may be passed over where it says so, and must not
// be otherwise (RFC 3261 §8.2.3), in whatever request it comes.
func TestHandling(t *testing.T) {
	const optional, required = "render;handling=optional", "render;handling=required"
	inWorld(t, func(w *world) {
		w.serve()
		for n, c := range []struct {
			kind, disposition, body string
			status                  int
			offer                   string // that media was asked to answer
		}{
			{"application / sdp", "", offer, 200, offer},
			{"application\t/\tSDP", "session;handling=required", offer, 200, offer},
			{"text/plain", "", "hello", 415, ""},
			{"text/plain", required, "hello", 415, ""},
			{"text/plain", optional, "hello", 200, ""},
			{"text / plain", "render ; Handling = OPTIONAL", "hello", 200, ""},
			{"application/sdp", "icon;handling=optional", offer, 200, ""},
			{"application/sdp", "early-session", offer, 415, ""},
			{"multipart/mixed;boundary=b", "", mixing("handling=required"), 415, ""},
			{"multipart/mixed;boundary=b", "", mixing("handling=optional"), 200, "v=0"},
			{"multipart/mixed;boundary=b", optional, mixing("handling=required"), 200, ""},
			{"text/", optional, "hello", 400, ""},
		} {
			p := w.dial(w.contoso)
			b := request("INVITE", "sip:stand-up@vc.example.com", callID(n), 1, annaFrom, "<sip:stand-up@vc.example.com>")
			if c.disposition != "" {
				b.Header("Content-Disposition", c.disposition)
			}
			w.media.opens = nil
			p.send(b.Body(c.kind, []byte(c.body)))
			m := p.next()
			if m.Status() != c.status {
				t.Errorf("%s, %s: %s, want %d", c.kind, c.disposition, m.StartLine, c.status)
			}
			if c.status == 415 && m.Get("Accept") == "" {
				t.Errorf("%s, %s: 415 without Accept", c.kind, c.disposition)
			}
			if m.Status() != 200 {
				continue
			}
			d := &dialogue{peer: p, callID: callID(n), room: "stand-up@vc.example.com", answer: m, cseq: 1}
			if string(w.media.opens[0].Offer) != c.offer {
				t.Errorf("%s, %s: media was offered %q", c.kind, c.disposition, w.media.opens[0].Offer)
			}
			ack := d.within("ACK")
			if c.offer == "" { // the 200 made the offer
				ack.Body("application / sdp", []byte(offer))
			}
			d.send(ack)
			for _, method := range []string{"INFO", "UPDATE"} {
				d.send(d.within(method).Header("Content-Disposition", optional).Body("text/plain", []byte("hello")))
				if m := d.want(200, method); len(m.Body) > 0 {
					t.Errorf("%s with an optional text was answered with\n%s", method, m.Body)
				}
			}
			d.send(d.within("UPDATE").Body("text/plain", []byte("hello")))
			d.want(415, "UPDATE")
			d.hangUp()
		}
	})
}

func FuzzDescription(f *testing.F) {
	f.Add(alternativeType, []byte(alternative))
	f.Add("application/sdp", []byte("v=0"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		got, err := content{kind: kind, text: body}.description(maxBodyDepth)
		if err == nil && len(got) > len(body) {
			t.Errorf("%d bytes out of %d", len(got), len(body))
		}
	})
}
