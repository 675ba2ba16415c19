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
	body  string // of an INVITE, behind a good offer; "": it is OPTIONS
	codes []int  // what it may be answered with; nil: anything
}

// hops are the lists of ROB-006, or parts of them: one in so many.
func hops(part int) []bulky {
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
		{what: "100 Vias", field: list(100/part, "Via", "SIP/2.0/TLS h%d.example.net:5061;branch=z9hG4bKold"), codes: codes},
		{what: "70 Record-Routes", field: list(70/part, "Record-Route", "<sip:h%d.example.net;lr>"), codes: codes},
		{what: "1,000 Routes in one field", field: "Route: <sip:h.example.net;lr>" + strings.Repeat(", <sip:h.example.net;lr>", 1000/part-1), codes: codes},
	}
}

// separators are the fields of ROB-022. A header field of 60 KB may be beyond
// what a node reads; 30 KB are within for most, and so are 60 KB in a body.
func separators() (all []bulky) {
	for _, size := range []int{30 << 10, 60 << 10} {
		for _, one := range []string{";", ",", "<", `"`, "(", `\`, ";a=", "%"} {
			text := strings.Repeat(one, size/len(one))
			name := []string{"Contact", "Accept", "Subject", "Allow"}[len(all)/2%4]
			all = append(all,
				bulky{what: fmt.Sprintf("%d KB of %q in %s", size>>10, one, name), field: name + ": " + text},
				bulky{what: fmt.Sprintf("%d KB of %q in a=fmtp", size>>10, one), field: "Subject: plain", body: "a=fmtp:0 " + text + "\r\n"})
		}
	}
	return all
}

const (
	tries = 6                     // of each: this machine may be busy
	most  = 50 * time.Millisecond // longer than a plain request
)

// swift wants each message answered, or its connection closed, in no time: the
// best of a few tries counts.
func swift(ctx context.Context, s *conformance.Stand, all []bulky) error {
	var plain time.Duration
	for _, body := range []string{"", "a=fmtp:0 x\r\n"} {
		took, err := best(ctx, s, bulky{what: "nothing special", field: "Subject: plain", body: body}, 0)
		if err != nil {
			return conformance.Preamble(err)
		}
		plain = max(plain, took)
	}
	for _, one := range all {
		took, err := best(ctx, s, one, plain+most)
		if err != nil {
			return about(err, "a request with %s answered, or its connection closed", one.what)
		}
		if took > plain+most {
			return &conformance.Mismatch{Class: conformance.Silence,
				Expected: fmt.Sprintf("a request with %s dealt with within %s; a plain one takes %s", one.what, most, plain),
				Actual:   fmt.Sprintf("the best of %d tries took %s", tries, took), Span: took}
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
	if one.body != "" {
		began := time.Now()
		_, err := s.Try(ctx, p, s.Invite(s.Target.Partner, append(s.Offer(), one.body...)).Line(one.field).Bytes())
		return time.Since(began), unlessClosed(err)
	}
	request := options(s).Line(one.field).Length().Bytes()
	began := time.Now()
	if err := p.Send(request, "OPTIONS with "+one.what); err != nil {
		return 0, err
	}
	answer, err := p.Await(ctx, "an answer", raw.Final())
	took := time.Since(began)
	if err == nil && one.codes != nil {
		err = conformance.Gets(answer, one.codes...)
	}
	return took, unlessClosed(err)
}

// unlessClosed lets the end of the connection pass for an answer.
func unlessClosed(err error) error {
	if m, ok := conformance.AsMismatch(err); ok && m.Class == conformance.Closed {
		return nil
	}
	return err
}

// hopping is ROB-006: each list by itself, and then a pile of the whole lists
// beside a pile of quarters, since one message alone takes less time than a
// network does.
func hopping(ctx context.Context, s *conformance.Stand) error {
	whole, quarters := hops(1), hops(4)
	if err := swift(ctx, s, whole); err != nil {
		return err
	}
	for i, one := range whole {
		if err := linear(ctx, s, quarters[i], one); err != nil {
			return err
		}
	}
	return nil
}

// linear wants a pile of messages to be dealt with in less than eight times as
// long as a pile of a quarter their size: four is what it should be, sixteen the
// square.
func linear(ctx context.Context, s *conformance.Stand, quarter, whole bulky) error {
	var first, last time.Duration
	for range tries {
		short, err := pile(ctx, s, quarter)
		if err != nil {
			return err
		}
		if last, err = pile(ctx, s, whole); err != nil {
			return err
		}
		if first = short; last < 8*short+most {
			s.Note("%d times %s: %s; a quarter: %s", piled, whole.what, last, short)
			return nil
		}
	}
	return &conformance.Mismatch{Class: conformance.Silence,
		Expected: fmt.Sprintf("%d requests with %s dealt with in less than eight times what a quarter takes, %s", piled, whole.what, first),
		Actual:   last.String(), Span: last}
}

// piled is how many requests make a pile.
const piled = 40

// pile sends one message so many times at once, and takes the time until all are
// answered or the connection ends.
func pile(ctx context.Context, s *conformance.Stand, one bulky) (time.Duration, error) {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return 0, err
	}
	defer p.Abort()
	var all []byte
	for range piled {
		all = append(all, options(s).Line(one.field).Length().Bytes()...)
	}
	began := time.Now()
	if err := p.Send(all, fmt.Sprintf("OPTIONS with %s, %d times", one.what, piled)); err != nil {
		return 0, err
	}
	for range piled {
		if _, err := p.Await(ctx, "an answer to each", raw.Final()); err != nil {
			return time.Since(began), unlessClosed(err)
		}
	}
	return time.Since(began), nil
}
