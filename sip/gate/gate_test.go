package gate

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// source is a stream cut into the given segments.
type source struct {
	segments []string
	deadline time.Time
}

func (s *source) Read(p []byte) (int, error) {
	if len(s.segments) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.segments[0])
	if s.segments[0] = s.segments[0][n:]; s.segments[0] == "" {
		s.segments = s.segments[1:]
	}
	return n, nil
}

func (s *source) SetReadDeadline(t time.Time) error { s.deadline = t; return nil }

// lines joins header lines with CRLF and ends the block.
func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n\r\n" }

// options is a small request; extra lines go before its Content-Length.
func options(branch string, extra ...string) string {
	l := []string{
		"OPTIONS sip:px01.vc.example.com SIP/2.0",
		"Via: SIP/2.0/TLS 192.0.2.7:40001;branch=z9hG4bK" + branch,
		"Max-Forwards: 70",
		"From: <sip:probe@contoso.example>;tag=1",
		"To: <sip:px01.vc.example.com>",
		"Call-ID: " + branch,
		"CSeq: 1 OPTIONS",
	}
	return lines(append(append(l, extra...), "Content-Length: 0")...)
}

// outcome is one result of Next, in words.
func outcome(m *Message, err error) string {
	if rej, ok := errors.AsType[*Reject](err); ok {
		text := rej.Check
		if rej.Close {
			text += " close"
		}
		return text
	}
	if err != nil {
		return err.Error()
	}
	if m.Request() {
		return m.Method() + " " + m.CallID() + bodyText(m)
	}
	return m.Label().Text + bodyText(m)
}

func bodyText(m *Message) string {
	if m.Body() == "" {
		return ""
	}
	return " " + m.Body()
}

// read runs a Reader to the end of the segments.
func read(t *testing.T, lim Limits, segments ...string) (outcomes []string, pongs int) {
	t.Helper()
	r := NewReader(&source{segments: segments}, lim, func() { pongs++ })
	for range 1000 {
		m, err := r.Next()
		if err == io.EOF {
			return outcomes, pongs
		}
		outcomes = append(outcomes, outcome(m, err))
		if m != nil && string(r.Wire()) != m.Raw {
			t.Errorf("Wire is not the message")
		}
		if rej, ok := errors.AsType[*Reject](err); err != nil && (!ok || rej.Close) {
			return outcomes, pongs
		}
	}
	t.Fatal("the reader does not come to an end")
	return nil, 0
}

func want(t *testing.T, why string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, " | ") != strings.Join(want, " | ") {
		t.Errorf("%s:\n got %q\nwant %q", why, got, want)
	}
}

func TestFraming(t *testing.T) {
	message := strings.Replace(options("a"), "Content-Length: 0", "Content-Length: 18", 1) + "abc\r\n\r\nINVITE x SI"
	ones := strings.Split(message, "")
	got, _ := read(t, Limits{}, ones...)
	want(t, "one byte a segment is still one message; its body may look like a message", got, "OPTIONS a abc\r\n\r\nINVITE x SI")

	got, _ = read(t, Limits{}, options("a")+options("b")+options("c"))
	want(t, "several messages in one segment are all read, in order", got, "OPTIONS a", "OPTIONS b", "OPTIONS c")

	two := message + options("b")
	for cut := 1; cut < len(two); cut++ {
		got, _ = read(t, Limits{}, two[:cut], two[cut:])
		want(t, "wherever the segments meet, the messages are the same", got, "OPTIONS a "+message[len(message)-18:], "OPTIONS b")
	}

	nul := strings.Replace(options("a"), "Content-Length: 0", "Content-Length: 8", 1)
	got, _ = read(t, Limits{}, nul, strings.Repeat("\x00", 8), options("b"))
	want(t, "a body of NULs in a segment of its own is a body", got, "OPTIONS a "+strings.Repeat("\x00", 8), "OPTIONS b")

	got, _ = read(t, Limits{}, strings.Repeat("\r\n", 19)+options("a"))
	want(t, "line ends before a start line are skipped", got, "OPTIONS a")

	got, _ = read(t, Limits{}, options("a")[:40])
	want(t, "a stream that ends within a message says so", got, "unexpected EOF")

	big := strings.Replace(options("a"), "Content-Length: 0", "Content-Length: 60000", 1) + strings.Repeat("x", 60000)
	got, _ = read(t, Limits{}, big+options("b"))
	want(t, "a body within the limit may exceed every buffer", got, "OPTIONS a "+strings.Repeat("x", 60000), "OPTIONS b")
}

func TestContentLength(t *testing.T) {
	for _, c := range []struct{ why, line, want string }{
		{"none at all: the next message has no beginning", "X: y", "content-length close"},
		{"two that differ: two readers see two messages", "Content-Length: 0\r\nContent-Length: 4", "content-length close"},
		{"two that differ, one compact", "Content-Length: 4\r\nl: 0", "content-length close"},
		{"two that agree are two all the same", "Content-Length: 0\r\nContent-Length: 0", "content-length close"},
		{"a sign is no digit", "Content-Length: +0", "content-length close"},
		{"negative", "Content-Length: -1", "content-length close"},
		{"a list", "Content-Length: 0, 0", "content-length close"},
		{"hexadecimal", "Content-Length: 0x0", "content-length close"},
		{"two numbers", "Content-Length: 0 0", "content-length close"},
		{"empty", "Content-Length:", "content-length close"},
		{"beyond 32 bits", "Content-Length: 4294967296", "body close"},
		{"beyond 64 bits", "Content-Length: 36893488147419103232", "body close"},
		{"hidden behind a bare LF", "X: a\nContent-Length: 0", "line-end close"},
		{"hidden behind a bare CR", "X: a\rContent-Length: 0", "line-end close"},
		{"folded", "Content-Length:\r\n 0", "OPTIONS a"},
		{"space before the colon", "Content-Length \t: 0", "OPTIONS a"},
		{"compact", "l: 0", "OPTIONS a"},
		{"any case", "cONTENT-lENGTH: 0", "OPTIONS a"},
		{"leading zeros", "Content-Length: 0000000000000000000000000", "OPTIONS a"},
	} {
		got, _ := read(t, Limits{}, strings.Replace(options("a"), "Content-Length: 0", c.line, 1))
		want(t, c.why, got, c.want)
	}
}

func TestKeepAlive(t *testing.T) {
	for _, c := range []struct {
		why      string
		segments []string
		pongs    int
		want     []string
	}{
		{"a ping", []string{"\r\n\r\n"}, 1, nil},
		{"a ping in two segments", []string{"\r\n", "\r\n"}, 1, nil},
		{"a ping in four", []string{"\r", "\n", "\r", "\n"}, 1, nil},
		{"two pings in one segment", []string{"\r\n\r\n\r\n\r\n"}, 1, nil},
		{"two pings in two", []string{"\r\n\r\n", "\r\n\r\n"}, 2, nil},
		{"a ping before a message", []string{"\r\n\r\n" + options("a")}, 1, []string{"OPTIONS a"}},
		{"a ping between messages", []string{options("a") + "\r\n\r\n" + options("b")}, 1, []string{"OPTIONS a", "OPTIONS b"}},
		{"a pong is not answered", []string{"\r\n"}, 0, nil},
		{"two pongs with a message between them are no ping", []string{"\r\n" + options("a") + "\r\n"}, 0, []string{"OPTIONS a"}},
		{"a body is no ping", []string{strings.Replace(options("a"), "Length: 0", "Length: 4", 1), "\r\n\r\n", options("b")}, 0, []string{"OPTIONS a \r\n\r\n", "OPTIONS b"}},
	} {
		got, pongs := read(t, Limits{}, c.segments...)
		want(t, c.why, got, c.want...)
		if pongs != c.pongs {
			t.Errorf("%s: %d pongs, want %d", c.why, pongs, c.pongs)
		}
	}
}

func TestLimits(t *testing.T) {
	lim := Limits{StartLine: 100, Header: 600, Fields: 10, Body: 20}
	for _, c := range []struct{ why, in, want string }{
		{"a long start line", "OPTIONS sip:" + strings.Repeat("x", 100) + " SIP/2.0\r\n", "start-line close"},
		{"a long start line without end", "OPTIONS sip:" + strings.Repeat("x", 100), "start-line close"},
		{"a long header line", options("a", "X: "+strings.Repeat("x", 600)), "header close"},
		{"a long header line without end", options("a", "X: ")[:200] + strings.Repeat("x", 600), "header close"},
		{"as many header lines as allowed", options("a", "Z: 1", "Z: 2", "Z: 3"), "OPTIONS a"},
		{"one more", options("a", "Z: 1", "Z: 2", "Z: 3", "Z: 4"), "fields close"},
		{"a long body", strings.Replace(options("a"), "Length: 0", "Length: 21", 1), "body close"},
		{"noise", "\x16\x03\x01\x02\x00\n", "start-line close"},
		{"another protocol", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "start-line close"},
		{"noise without lines", strings.Repeat("\x00", 102), "start-line close"},
	} {
		got, _ := read(t, lim, c.in)
		want(t, c.why, got, c.want)
	}
}

// trickle gives one byte at a time, the last one's deadline passes.
type trickle struct {
	text string
	left []time.Duration // to each deadline, when it was set
}

func (s *trickle) Read(p []byte) (int, error) {
	if s.text == "" {
		return 0, os.ErrDeadlineExceeded
	}
	p[0], s.text = s.text[0], s.text[1:]
	time.Sleep(time.Second)
	return 1, nil
}

func (s *trickle) SetReadDeadline(t time.Time) error {
	s.left = append(s.left, max(0, time.Until(t)))
	return nil
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lim := Limits{HeaderTime: 7 * time.Second, BodyTime: 3 * time.Second}
		first := options("a")
		second := strings.Replace(options("b"), "Length: 0", "Length: 9", 1)
		src := &trickle{text: "\r\n" + first + "\r\n" + second + "1234"}
		r := NewReader(src, lim, nil)
		m, err := r.Next()
		want(t, "a trickled message is a message", []string{outcome(m, err)}, "OPTIONS a")
		m, err = r.Next()
		want(t, "a body that stops is given up", []string{outcome(m, err)}, "slow close")
		if !slices.Equal(src.left, []time.Duration{30 * time.Minute, lim.HeaderTime, 30 * time.Minute, lim.HeaderTime, lim.BodyTime}) {
			t.Errorf("deadlines set: %v; one a phase is wanted, and the idle one between messages", src.left)
		}
		if rej := err.(*Reject); rej.Status != 400 || rej.Response("") == nil {
			t.Errorf("a request whose header is known is answered, not %d", rej.Status)
		}

		r = NewReader(&trickle{text: first[:100]}, lim, nil)
		m, err = r.Next()
		want(t, "a header block that stops is given up", []string{outcome(m, err)}, "slow close")

		long := strings.Replace(options("c"), "Length: 0", "Length: 60000", 1)
		m, err = NewReader(&trickle{text: long + "1234"}, lim, nil).Next()
		want(t, "a body longer than what was read of it, that stops, is given up", []string{outcome(m, err)}, "slow close")
	})
}

func TestResponse(t *testing.T) {
	for _, c := range []struct {
		why, in string
		want    []string // lines; a line ending in = has a random rest
	}{
		{"an answer copies what names the request", strings.Replace(options("a"), "SIP/2.0\r\n", "SIP/7.0\r\nVia: SIP/2.0/TLS a.example\r\n", 1), []string{
			"SIP/2.0 505 Version Not Supported", "Via: SIP/2.0/TLS a.example", "Via: SIP/2.0/TLS 192.0.2.7:40001;branch=z9hG4bKa",
			"From: <sip:probe@contoso.example>;tag=1", "To: <sip:px01.vc.example.com>;tag=", "Call-ID: a", "CSeq: 1 OPTIONS", "Server: fedge", "Content-Length: 0", "", "",
		}},
		{"control characters are not copied", strings.Replace(options("a"), "Call-ID: a", "Call-ID: a\x00", 1), []string{
			"SIP/2.0 400 Control Characters in Header", "Via: SIP/2.0/TLS 192.0.2.7:40001;branch=z9hG4bKa",
			"From: <sip:probe@contoso.example>;tag=1", "To: <sip:px01.vc.example.com>;tag=", "CSeq: 1 OPTIONS", "Server: fedge", "Content-Length: 0", "", "",
		}},
		{"nor if the field is folded behind them", strings.Replace(options("a"), "Call-ID: a", "Call-ID: a\x00\r\n b", 1), []string{
			"SIP/2.0 400 Control Characters in Header", "Via: SIP/2.0/TLS 192.0.2.7:40001;branch=z9hG4bKa",
			"From: <sip:probe@contoso.example>;tag=1", "To: <sip:px01.vc.example.com>;tag=", "CSeq: 1 OPTIONS", "Server: fedge", "Content-Length: 0", "", "",
		}},
		{"nor is a bare line end", strings.Replace(options("a"), "Call-ID: a", "Call-ID: a\n b", 1), []string{
			"SIP/2.0 400 Bare CR or LF", "Via: SIP/2.0/TLS 192.0.2.7:40001;branch=z9hG4bKa",
			"From: <sip:probe@contoso.example>;tag=1", "To: <sip:px01.vc.example.com>;tag=", "CSeq: 1 OPTIONS", "Server: fedge", "Content-Length: 0", "", "",
		}},
		{"without Via there is nobody to answer", strings.Replace(options("a"), "Via:", "Not-Via:", 1), nil},
		{"an ACK is not answered", strings.ReplaceAll(strings.Replace(options("a"), "SIP/2.0\r\n", "SIP/7.0\r\n", 1), "OPTIONS", "ACK"), nil},
		{"nor is a response", strings.Replace(options("a", "To: x"), "OPTIONS sip:px01.vc.example.com SIP/2.0", "SIP/2.0 200 OK", 1), nil},
	} {
		r := NewReader(&source{segments: []string{c.in}}, Limits{}, nil)
		_, err := r.Next()
		rej, ok := errors.AsType[*Reject](err)
		if !ok {
			t.Errorf("%s: not refused but %v", c.why, err)
			continue
		}
		got := rej.Response("fedge")
		if c.want == nil {
			if got != nil {
				t.Errorf("%s: got %q", c.why, got)
			}
			continue
		}
		gotLines := strings.Split(string(got), "\r\n")
		for i, line := range gotLines {
			if at := strings.Index(line, "com>;tag="); at >= 0 {
				gotLines[i] = line[:at+9]
			}
		}
		want(t, c.why, gotLines, c.want...)
		if bytes.ContainsRune(got, 0) {
			t.Errorf("%s: a NUL was sent", c.why)
		}
	}
}

// TestResponseTag: each byte of a refusal's tag is random (RFC 3261 §19.3).
func TestResponseTag(t *testing.T) {
	var seen [16]map[byte]bool
	for range 256 {
		_, err := NewReader(&source{segments: []string{strings.Replace(options("a"), "SIP/2.0\r\n", "SIP/7.0\r\n", 1)}}, Limits{}, nil).Next()
		rej, ok := errors.AsType[*Reject](err)
		if !ok {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(rej.Response("")), "com>;tag=")
		tag, _, _ := strings.Cut(after, "\r\n")
		if len(tag) != len(seen) {
			t.Fatalf("tag %q", tag)
		}
		for i := range tag {
			if seen[i] == nil {
				seen[i] = make(map[byte]bool)
			}
			seen[i][tag[i]] = true
		}
	}
	for i, digits := range seen {
		if len(digits) < 12 {
			t.Errorf("digit %d had %d values in 256 tags", i, len(digits))
		}
	}
}
