package stack

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// TestRoom: a response is written into the room that was made for it, whichever
// of its parts is long, and that is not much more than it takes.
func TestRoom(t *testing.T) {
	const long = 1000
	text := strings.Repeat("x", long)
	for _, c := range []struct {
		what string
		cfg  Config
		line string
		r    Response
	}{
		{"nothing", Config{}, "", Response{}},
		{"Server", Config{Product: text}, "", Response{}},
		{"Allow", Config{Allow: []string{text}}, "", Response{}},
		{"Supported", Config{Supported: []string{text}}, "", Response{}},
		{"Contact", Config{}, "", Response{Contact: "<sip:" + text + "@a.example>"}},
		{"the body", Config{}, "", Response{ContentType: "application/sdp", Body: []byte(text)}},
		{"Via", Config{}, "Via: SIP/2.0/TLS b.example;x=" + text + "\r\n", Response{}},
		{"Record-Route", Config{}, "Record-Route: <sip:b.example;lr;x=" + text + ">\r\n", Response{}},
	} {
		m := gated(fmt.Appendf(nil, "INVITE sip:standup@vc.example.com SIP/2.0\r\nVia: SIP/2.0/TLS a.example\r\n%sFrom: <sip:a@a.example>;tag=1\r\n"+
			"To: <sip:standup@vc.example.com>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n", c.line))
		c.r.Status = 200
		r := newRenderer(c.cfg)
		b, err := r.response(netip.MustParseAddrPort("203.0.113.10:51012"), m, "tag", c.r)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if room := r.room(m, c.r); len(b) > room || room > len(b)+512 {
			t.Errorf("%s is long: %d bytes, and room for %d", c.what, len(b), room)
		}
	}
}
