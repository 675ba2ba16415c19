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
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := description(test.kind, []byte(test.body))
			if string(got) != test.want || (err == nil) != (test.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
	if _, err := description("text/plain", nil); !errors.Is(err, errNoDescription) {
		t.Errorf("text/plain: %v, want errNoDescription (415)", err)
	}
}

func FuzzDescription(f *testing.F) {
	f.Add(alternativeType, []byte(alternative))
	f.Add("application/sdp", []byte("v=0"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		got, err := description(kind, body)
		if err == nil && len(got) > len(body) {
			t.Errorf("%d bytes out of %d", len(got), len(body))
		}
	})
}
