package raw

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

const options = "OPTIONS sip:a SIP/2.0\r\nCall-ID: %d\r\nContent-Length: 5\r\n\r\nab\r\n\r"

// stream is n messages with a ping after every second and a pong after every third.
func stream(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, options, i)
		if i%2 == 1 {
			b.WriteString("\r\n\r\n")
		}
		if i%3 == 2 {
			b.WriteString("\r\n")
		}
	}
	return b.String()
}

func TestReaderEverySplit(t *testing.T) {
	in := stream(6)
	for name, src := range map[string]io.Reader{
		"whole": strings.NewReader(in),
		"bytes": iotest.OneByteReader(strings.NewReader(in)),
		"half":  iotest.HalfReader(strings.NewReader(in)),
		"eof":   iotest.DataErrReader(strings.NewReader(in)),
	} {
		r := NewReader(src, Limits{})
		for i := range 6 {
			m, err := r.Next()
			if err != nil || m.CallID() != fmt.Sprint(i) || string(m.Body) != "ab\r\n\r" {
				t.Fatalf("%s: message %d: %+v, %v", name, i, m, err)
			}
			if want := fmt.Sprintf(options, i); string(m.Bytes) != want {
				t.Fatalf("%s: bytes %q", name, m.Bytes)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Fatalf("%s: at the end: %v", name, err)
		}
		if name == "whole" && (r.Pings() != 3 || r.Pongs() != 2) {
			t.Errorf("%d pings, %d pongs", r.Pings(), r.Pongs())
		}
	}
}

func TestReaderKeepAlives(t *testing.T) {
	for _, c := range []struct {
		in    []string
		kinds []KeepAlive
	}{
		{[]string{"\r\n"}, []KeepAlive{Pong}},
		{[]string{"\r\n\r\n"}, []KeepAlive{Ping}},
		{[]string{"\r\n\r", "\n"}, []KeepAlive{Ping}},
		{[]string{"\r", "\n\r\n"}, []KeepAlive{Ping}},
		{[]string{"\r\n", "\r\n"}, []KeepAlive{Pong, Pong}},
		{[]string{"\r\n\r\n\r\n"}, []KeepAlive{Ping, Pong}},
		{[]string{"\r\nOPTIONS a SIP/2.0\r\nl:0\r\n\r\n"}, []KeepAlive{Pong, None}},
		{[]string{"\n\nOPTIONS a SIP/2.0\r\nl:0\r\n\r\n"}, []KeepAlive{None}},
	} {
		r := NewReader(segments(c.in), Limits{})
		for i, want := range c.kinds {
			e, err := r.NextEvent()
			if err != nil || e.KeepAlive != want || (want == None) != (e.Message != nil) {
				t.Errorf("%q: event %d: %+v, %v", c.in, i, e, err)
			}
		}
		if e, err := r.NextEvent(); err != io.EOF {
			t.Errorf("%q: at the end: %+v, %v", c.in, e, err)
		}
	}
}

// segments reads one string a call.
type segmented struct{ left []string }

func segments(s []string) io.Reader { return &segmented{s} }

func (s *segmented) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.left[0])
	s.left = s.left[1:]
	return n, nil
}

func TestReaderRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, why string }{
		{"no length", "OPTIONS a SIP/2.0\r\n\r\n", "no Content-Length"},
		{"sign", "OPTIONS a SIP/2.0\r\nl: -1\r\n\r\n", "unreadable Content-Length"},
		{"words", "OPTIONS a SIP/2.0\r\nContent-Length: five\r\n\r\n", "unreadable Content-Length"},
		{"two", "OPTIONS a SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n", "contradicting"},
		{"long body", "OPTIONS a SIP/2.0\r\nl: 2000\r\n\r\n", "body longer"},
		{"long head", "OPTIONS a SIP/2.0\r\nX: " + strings.Repeat("x", 2000), "head longer"},
		{"long whole head", "OPTIONS a SIP/2.0\r\nl: 0\r\nX: " + strings.Repeat("x", 1000) + "\r\n\r\n", "head longer"},
		{"noise", strings.Repeat("\x00\xff", 1000), "head longer"},
	} {
		r := NewReader(strings.NewReader(c.in), Limits{Head: 900, Body: 1000})
		_, err := r.Next()
		var frame *FrameError
		if !errors.As(err, &frame) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if _, again := r.Next(); again != err {
			t.Errorf("%s: the error is not final: %v", c.name, again)
		}
	}
	r := NewReader(strings.NewReader("OPTIONS a SIP/2.0\r\nl: 9\r\n\r\nabc"), Limits{})
	if _, err := r.Next(); err != io.ErrUnexpectedEOF {
		t.Errorf("cut short: %v", err)
	}
}

// alarm times out before every segment.
type alarm struct {
	left []string
	ring bool
}

func (a *alarm) Read(p []byte) (int, error) {
	if a.ring = !a.ring; a.ring {
		return 0, os.ErrDeadlineExceeded
	}
	if len(a.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, a.left[0])
	a.left = a.left[1:]
	return n, nil
}

func TestReaderOutlivesDeadlines(t *testing.T) {
	in := fmt.Sprintf(options, 7)
	r := NewReader(&alarm{left: []string{in[:10], in[10:50], in[50:]}}, Limits{})
	alarms := 0
	for {
		m, err := r.Next()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			alarms++
			continue
		}
		if err != nil || m.CallID() != "7" || alarms != 3 {
			t.Fatalf("%+v, %v after %d alarms", m, err, alarms)
		}
		return
	}
}

func TestReaderManyInOneRead(t *testing.T) {
	// More than the buffer holds, so that it moves and grows.
	in := stream(2000)
	r := NewReader(strings.NewReader(in), Limits{Head: 200, Body: 100})
	for i := range 2000 {
		if m, err := r.Next(); err != nil || m.CallID() != fmt.Sprint(i) {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if len(r.buf) > 3*firstBuffer {
		t.Errorf("the buffer grew to %d", len(r.buf))
	}
}

func TestFirst(t *testing.T) {
	request, err := NewRequest("OPTIONS", "sip:a").Header("Via", "SIP/2.0/TLS a;branch=z9hG4bKx").Header("Call-ID", "c").Header("CSeq", "1 OPTIONS").Message()
	if err != nil {
		t.Fatal(err)
	}
	answer := func(status int) string { return string(Respond(request, status, "x", "t").Bytes()) }
	other := string(NewRequest("OPTIONS", "sip:b").Header("Call-ID", "d").Bytes())
	in := "\r\n" + answer(100) + other + "\r\n\r\n" + answer(200) + other
	r := NewReader(strings.NewReader(in), Limits{})
	m, err := r.First(And(AnswerTo(request), Final()), Request("OPTIONS"))
	if err != nil || m.Status() != 200 {
		t.Fatalf("%+v, %v", m, err)
	}
	m, err = r.First(Response(200), nil)
	var unexpected *Unexpected
	if !errors.As(err, &unexpected) || m.CallID() != "d" {
		t.Fatalf("%+v, %v", m, err)
	}
}

// FuzzReader: however a stream is cut, the same messages come out, the frames
// add up to the input, and nothing grows beyond the limits.
func FuzzReader(f *testing.F) {
	f.Add([]byte(stream(3)), uint64(1))
	f.Add([]byte("OPTIONS a SIP/2.0\r\nl: -1\r\n\r\n"), uint64(2))
	f.Add([]byte("\r\n\r\nX\n\nY"), uint64(3))
	f.Add([]byte("A b SIP/2.0\nContent-Length:1\n\r\nx\r\nB\nl:0\n\n"), uint64(4))
	f.Fuzz(func(t *testing.T, in []byte, seed uint64) {
		whole := readAll(t, bytes.NewReader(in))
		cut := readAll(t, &ragged{in: in, random: rand.New(rand.NewPCG(seed, 0))})
		if !bytes.Equal(whole, cut) {
			t.Fatalf("whole %q, cut %q", whole, cut)
		}
	})
}

func readAll(t *testing.T, src io.Reader) []byte {
	r := NewReader(src, Limits{Head: 512, Body: 512})
	var out []byte
	for {
		m, err := r.Next()
		if len(r.buf) > 4*firstBuffer {
			t.Fatalf("buffer of %d", len(r.buf))
		}
		if err != nil {
			return out
		}
		if again, err := Parse(m.Bytes); err != nil || again.StartLine != m.StartLine || !bytes.Equal(again.Body, m.Body) {
			t.Fatalf("framed %q, parsed %+v, %v", m.Bytes, again, err)
		}
		out = append(append(out, m.Bytes...), '|')
	}
}

// ragged reads a few bytes at a time.
type ragged struct {
	in     []byte
	random *rand.Rand
}

func (r *ragged) Read(p []byte) (int, error) {
	if len(r.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1+r.random.IntN(9))], r.in)
	r.in = r.in[n:]
	return n, nil
}

// Line feeds between messages are passed over, but not for ever: nobody would
// hear of a stream that holds nothing else.
func TestReaderLineFeeds(t *testing.T) {
	const message = "OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n"
	some := strings.Repeat("\n", 100)
	r := NewReader(strings.NewReader(strings.Repeat(some+message, 20)), Limits{Head: 150})
	for range 20 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	var frame *FrameError
	if _, err := NewReader(strings.NewReader(some+some), Limits{Head: 150}).Next(); !errors.As(err, &frame) {
		t.Errorf("200 line feeds, of 150 allowed: %v", err)
	}
}
