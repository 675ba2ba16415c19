package stack

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"fedge/sip/gate"
)

// text is a stream of bytes.
type text struct{ *bytes.Reader }

func (text) SetReadDeadline(time.Time) error { return nil }

// gated returns the first message of a text, if the gate lets it through.
func gated(b []byte) *Message {
	m, err := gate.NewReader(text{bytes.NewReader(b)}, gate.Limits{}, func() {}).Next()
	if err != nil {
		return nil
	}
	return m
}

// FuzzRequest: whatever passes the gate can be answered, and the answer is one
// message that names the request as it named itself. The parts vary, so that
// more of them get past the gate than of random bytes.
func FuzzRequest(f *testing.F) {
	const via = "SIP/2.0/TLS 203.0.113.10:51012;branch=z9hG4bK8422CB10.E1;branched=FALSE"
	f.Add("INVITE", "sip:standup@vc.example.com", via, `"Anna"<sip:anna@contoso.example>;tag=cd9;epid=69`, "<sip:standup@vc.example.com>", "d980b0",
		"<sip:anna@contoso.example;opaque=user:epid:yrm;gruu>", "<sip:sip.contoso.example:5061;transport=tls;lr;ms-key-info=AAE>;tag=0D4F")
	f.Add("INFO", "sip:a@[2001:db8::1]:5061;x", " SIP / 2.0 / UDP a.example ; rport ; received = 1.2.3.4 , SIP/2.0/TCP b", "Anna <sip:a@b.example>", "sip:c@d.example ; tag = x", "a@b",
		"*", "<sip:strict>, <sip:b;LR>")
	f.Add("OPTIONS", "sip:x", "SIP/2.0/TLS x", "\"\\\"\" <sip:%61@b.example;a=b>", "<urn:x>;y=\"a;tag=b\"", "i\r\n j", "", "")
	s := New(Config{Host: node, Product: "fedge", Allow: []string{"INVITE"}, Supported: []string{"timer"}})
	address := netip.MustParseAddrPort("203.0.113.10:51012")
	f.Fuzz(func(t *testing.T, method, uri, via, from, to, id, contact, routes string) {
		lines := []string{method + " " + uri + " SIP/2.0", "Via: " + via, "From: " + from, "To: " + to, "Call-ID: " + id, "CSeq: 7 " + method, "Content-Length: 0"}
		if contact != "" {
			lines = append(lines, "m: "+contact)
		}
		if routes != "" {
			lines = append(lines, "Record-Route: "+routes)
		}
		m := gated([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
		if m == nil || !m.Request() {
			return
		}
		serverKey(nil, m, m.Method())
		mergeKey(nil, m)
		checkParsers(t, m)
		for _, status := range []int{100, 180, 200, 487} {
			out, err := s.render.response(address, m, "ourtag", Response{Status: status, Contact: "<sip:us@px01.vc.example.com>"})
			if err != nil {
				t.Fatalf("it cannot be answered: %v", err)
			}
			checkAnswer(t, m, out, status)
		}
		checkRoutes(t, s, m)
	})
}

// checkAnswer says that an answer is one message, as the gate and a naive
// reader see it, and belongs to its request.
func checkAnswer(t *testing.T, m *Message, out []byte, status int) {
	r := gate.NewReader(text{bytes.NewReader(out)}, gate.Limits{}, func() {})
	a, err := r.Next()
	if err != nil {
		t.Fatalf("the gate would not take our own answer: %v\n%q", err, out)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatalf("the answer is more than one message: %v\n%q", err, out)
	}
	vias := func(m *Message) int { return len(slices.Collect(m.Values("Via"))) }
	switch {
	case a.Status() != status || a.Method() != m.Method() || a.CSeq() != m.CSeq() || a.CallID() != m.CallID() || a.FromTag() != m.FromTag():
		t.Fatalf("the answer is for another request:\n%q\n%q", m.Raw, out)
	case vias(a) != vias(m) || a.Via().Branch != m.Via().Branch || a.Via().Host != m.Via().Host:
		t.Fatalf("the answer goes another way:\n%q\n%q", m.Raw, out)
	case m.ToTag() != "" && a.ToTag() != m.ToTag(), m.ToTag() == "" && status > 100 && a.ToTag() != "ourtag":
		t.Fatalf("the tag of To is %q:\n%q", a.ToTag(), out)
	}
}

// checkRoutes says that what the request makes of our next one is one message.
func checkRoutes(t *testing.T, s *Stack, m *Message) {
	routes, err := recorded(m)
	if err != nil {
		return
	}
	target, err := contactOf(m)
	if err != nil || target == "" {
		target = m.From().URI
	}
	h := head{branch: "x", from: m.Header("To") + ";tag=ourtag", to: m.Header("From"), callID: m.CallID(), cseq: 1}
	if m.ToTag() != "" {
		h.from = m.Header("To")
	}
	h.uri, h.routes = routing(target, routes)
	out := s.render.request("INFO", h, "", Outgoing{})
	_, err = gate.NewReader(text{bytes.NewReader(out)}, gate.Limits{StartLine: 64 << 10, Header: 1 << 20, Fields: 10_000}, func() {}).Next()
	if rej, ok := errors.AsType[*gate.Reject](err); err != nil && (!ok || rej.Check != "scheme" && rej.Check != "request-uri" && rej.Check != "via") {
		t.Fatalf("our request by that route: %v\n%q", err, out)
	}
}

// checkParsers says that the gate, this package and sipgo read From alike, or
// that somebody refuses.
func checkParsers(t *testing.T, m *Message) {
	a, err := ParseAddress(m.Header("From"))
	if err != nil {
		return
	}
	u, err := gate.SplitURI(m.From().URI)
	if err != nil || a.Tag != m.FromTag() || u.SIP() && a.URI.Host != u.Host {
		t.Fatalf("From is read in two ways: %+v and %+v, %v", a, u, err)
	}
}
