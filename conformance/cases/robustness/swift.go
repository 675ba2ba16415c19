package robustness

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// bulky is a message that a careless parser takes long for.
type bulky struct {
	what  string
	field string // its lines
	codes []int  // what it may be answered with; nil: anything
}

// hops are the lists of ROB-006.
func hops() []bulky {
	list := func(n int, name, format string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteString("\r\n")
			}
			fmt.Fprintf(&b, name+": "+format, i)
		}
		return b.String()
	}
	codes := []int{200, 400, 403, 404, 413, 482, 483, 513} // 403: Routes that lead elsewhere
	return []bulky{
		{"100 Vias", list(100, "Via", "SIP/2.0/TLS h%d.example.net:5061;branch=z9hG4bKold"), codes},
		{"70 Record-Routes", list(70, "Record-Route", "<sip:h%d.example.net;lr>"), codes},
		{"1,000 Routes in one field", "Route: <sip:h.example.net;lr>" + strings.Repeat(", <sip:h.example.net;lr>", 999), codes},
	}
}

// separators are the fields of ROB-022. The ones of 60 KB may be beyond what a
// node reads; those of 30 KB are within for most.
func separators() (all []bulky) {
	for _, size := range []int{30 << 10, 60 << 10} {
		for _, one := range []string{";", ",", "<", `"`, "(", `\`, ";a=", "%"} {
			text := strings.Repeat(one, size/len(one))
			name := []string{"Contact", "Accept", "Subject", "Allow"}[len(all)%4]
			all = append(all, bulky{what: fmt.Sprintf("%d KB of %q in %s", size>>10, one, name), field: name + ": " + text})
		}
	}
	return all
}

const (
	tries = 6                      // of each: this machine may be busy
	most  = 100 * time.Millisecond // longer than a plain request
)

// swift wants each message answered, or its connection closed, in no time: the
// best of a few tries counts.
func swift(ctx context.Context, s *conformance.Stand, all []bulky) error {
	plain, err := best(ctx, s, bulky{what: "nothing special", field: "Subject: plain"}, 0)
	if err != nil {
		return conformance.Preamble(err)
	}
	for _, one := range all {
		took, err := best(ctx, s, one, plain+most)
		if err != nil {
			return about(err, "OPTIONS with %s answered, or its connection closed", one.what)
		}
		if took > plain+most {
			return &conformance.Mismatch{Class: conformance.Silence,
				Expected: fmt.Sprintf("OPTIONS with %s dealt with within %s; a plain one takes %s", one.what, most, plain),
				Actual:   fmt.Sprintf("the best of %d tries took %s", tries, took)}
		}
	}
	return nil
}

// best is the shortest of a few tries, or the first that is short enough.
func best(ctx context.Context, s *conformance.Stand, one bulky, enough time.Duration) (shortest time.Duration, err error) {
	for n := range tries {
		took, err := once(ctx, s, one)
		if err != nil {
			return 0, err
		}
		if n == 0 || took < shortest {
			shortest = took
		}
		if shortest <= enough {
			break
		}
	}
	return shortest, nil
}

func once(ctx context.Context, s *conformance.Stand, one bulky) (time.Duration, error) {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return 0, err
	}
	defer p.Abort()
	request := options(s).Line(one.field).Length().Bytes()
	began := time.Now()
	if err := p.Send(request, "OPTIONS with "+one.what); err != nil {
		return 0, err
	}
	answer, err := p.Await(ctx, "an answer", raw.Final())
	took := time.Since(began)
	if m, ok := conformance.AsMismatch(err); ok && m.Class == conformance.Closed {
		return took, nil
	}
	if err == nil && one.codes != nil {
		err = conformance.Gets(answer, one.codes...)
	}
	return took, err
}
