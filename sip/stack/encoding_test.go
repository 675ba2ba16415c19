package stack

import (
	"fmt"
	"testing"
)

// TestEncoded is RFC 3261 §8.2.3: only a body can be in an encoding.
func TestEncoded(t *testing.T) {
	for _, c := range []struct {
		headers, body string
		want          int
	}{
		{"", "v=0", 0},
		{"Content-Encoding: identity\r\n", "v=0", 0},
		{"Content-Encoding: gzip\r\n", "", 0},
		{"Content-Encoding: gzip\r\n", "v=0", 415},
		{"e: identity, gzip\r\n", "v=0", 415},
		{"Content-Encoding: gzip\r\nContent-Disposition: render;handling=optional\r\n", "v=0", 0},
		{"Content-Encoding: gzip\r\nContent-Disposition: session;handling=required\r\n", "v=0", 415},
		{"e: identity\r\ncontent-encoding: br\r\n", "v=0", 415},
	} {
		m := gated(fmt.Appendf(nil, "INVITE sip:standup@vc.example.com SIP/2.0\r\nVia: SIP/2.0/TLS a.example\r\nFrom: <sip:a@a.example>;tag=1\r\n"+
			"To: <sip:standup@vc.example.com>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n%sContent-Length: %d\r\n\r\n%s", c.headers, len(c.body), c.body))
		no := encoded(m)
		if no.Status != c.want || c.want == 415 && no.Headers[0] != (Header{"Accept-Encoding", "identity"}) {
			t.Errorf("%q and %q: %+v", c.headers, c.body, no)
		}
	}
}
