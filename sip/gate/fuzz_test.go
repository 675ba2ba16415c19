package gate

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// text is a stream of bytes, given out so many at a time.
type text struct {
	rest []byte
	step int
}

func (s *text) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.rest[:min(s.step, len(s.rest))])
	s.rest = s.rest[n:]
	return n, nil
}

func (*text) SetReadDeadline(time.Time) error { return nil }

// framed is what a Reader makes of a stream: the messages it accepts, what it
// says of the others, and how many bytes it used.
type framed struct {
	messages []string
	said     []string
	used     int
}

func frame(b []byte, step int) (f framed) {
	lim := Limits{StartLine: 512, Header: 2048, Fields: 40, Body: 256}
	src := &text{rest: b, step: step}
	r := NewReader(src, lim, func() {})
	for {
		m, err := r.Next()
		rej, refused := errors.AsType[*Reject](err)
		switch {
		case m != nil:
			f.messages = append(f.messages, m.Raw)
			f.said = append(f.said, m.Label().Text)
		case refused:
			f.said = append(f.said, rej.Check)
			rej.Response("fedge")
		default:
			f.said = append(f.said, err.Error())
		}
		if err != nil && (!refused || rej.Close) {
			return f
		}
		f.used = len(b) - len(src.rest) - (r.end - r.start)
	}
}

var (
	naiveEnd    = []byte("\r\n\r\n")
	naiveLength = regexp.MustCompile(`(?i)\r\n(?:content-length|l)[ \t]*:\s*(\d+)\s*\r\n`)
)

// FuzzFramer: an accepted message is as long as a naive reader would find it,
// what was accepted and refused is exactly what was consumed, and how a stream
// is cut into segments changes nothing.
func FuzzFramer(f *testing.F) {
	f.Add([]byte(options("a") + "\r\n\r\n" + options("b")))
	f.Add([]byte(options("a", "X: y\r\n z") + options("b", "To: <sip:x>") + options("c")))
	f.Add([]byte(options("a", "l: 3")))
	f.Add(bytes.Replace([]byte(options("a")+"abc"+options("b")), []byte("Length: 0"), []byte("Length : \r\n 3"), 1))
	f.Add([]byte("SIP/2.0 200 OK\r\n" + options("a")[38:]))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := frame(b, len(b)+1)
		if ones := frame(b, 1); !same(whole.said, ones.said) || !same(whole.messages, ones.messages) || whole.used != ones.used {
			t.Fatalf("segments matter:\n%+v\n%+v", whole, ones)
		}
		at := 0
		for _, m := range whole.messages {
			i := bytes.Index(b[at:], []byte(m))
			if i < 0 {
				t.Fatalf("%q is not in the stream", m)
			}
			at += i + len(m)
			end := bytes.Index([]byte(m), naiveEnd)
			length := naiveLength.FindAllStringSubmatch(m[:end+2], -1)
			if len(length) != 1 {
				t.Fatalf("a naive reader finds %d lengths in %q", len(length), m)
			}
			n, _ := strconv.Atoi(length[0][1])
			if end+4+n != len(m) {
				t.Fatalf("a naive reader finds %d bytes, the gate %d: %q", end+4+n, len(m), m)
			}
		}
		if at > whole.used {
			t.Fatalf("accepted up to %d, used %d", at, whole.used)
		}
	})
}

func same(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// FuzzParams: finding a parameter by name and by position agree, and work stays
// linear.
func FuzzParams(f *testing.F) {
	f.Add(`;tag=1;foo="a;tag=2" ; Bar = x`)
	f.Fuzz(func(t *testing.T, s string) {
		p := Params(";" + s)
		if p.Check() != nil {
			return
		}
		for _, name := range []string{"tag", "foo", "branch"} {
			value, ok := p.raw(name)
			start, end, _, found := p.Find(name)
			if ok != found || ok && string(p[start:end]) != value {
				t.Fatalf("%q: %s is %q %v by name and [%d:%d] %v by position", p, name, value, ok, start, end, found)
			}
		}
	})
}
