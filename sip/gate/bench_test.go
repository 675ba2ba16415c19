package gate

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// endless repeats a message for ever.
type endless struct {
	message string
	at      int
}

func (s *endless) Read(p []byte) (int, error) {
	n := copy(p, s.message[s.at:])
	s.at = (s.at + n) % len(s.message)
	return n, nil
}

func (*endless) SetReadDeadline(time.Time) error { return nil }

// BenchmarkReader reads messages of the size of a Lync INVITE.
func BenchmarkReader(b *testing.B) {
	var extra []string
	for i := range 30 {
		extra = append(extra, fmt.Sprintf("Supported: option-%d", i))
	}
	message := strings.Replace(options("a", extra...), "Length: 0", "Length: 4300", 1) + strings.Repeat("x", 4300)
	r := NewReader(&endless{message: message}, Limits{}, nil)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestWorkIsLinear: 60 KB of separators cost no more than 60 KB of text (limits
// widened to let them in).
func TestWorkIsLinear(t *testing.T) {
	lim := Limits{StartLine: 1 << 20, Header: 1 << 20, Fields: 1 << 20}
	for _, c := range []string{";", ",", "<", "\"", "\\\"", ";a", "a,", "\r\n ", ";a=\"", "?", "@", "%61"} {
		for _, name := range []string{"X", "Via", "v", "From", "t", "Contact", "Content-Type"} {
			in := options("a", name+": <sip:a@b.example>"+strings.Repeat(c, 60_000/len(c)))
			if name != "X" {
				in = strings.Replace(in, "\r\nVia:", "\r\nX:", 1)
			}
			began := time.Now()
			r := NewReader(&source{segments: []string{in}}, lim, nil)
			m, _ := r.Next()
			if m != nil {
				for range m.List(name) {
				}
			}
			if took := time.Since(began); took > time.Second { // 50 ms on a quiet machine, with much to spare
				t.Errorf("%s: %q repeated took %s", name, c, took)
			}
		}
	}
}
