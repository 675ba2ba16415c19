package connection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"fedge/conformance"
	"fedge/sip/raw"
)

// asked is what a partner asks about framing: OPTIONS, whose body means nothing
// to the node, with a head and a body of the case's choosing.
func asked(s *conformance.Stand, extra func(*raw.Builder), body []byte) []byte {
	b := s.Request("OPTIONS", s.NodeURI(), s.Target.Partner, s.CallID()).NoLength()
	extra(b)
	return slices.Concat(b.Bytes(), body)
}

// length writes a Content-Length and the type of what it counts.
func length(n int) func(*raw.Builder) {
	return func(b *raw.Builder) {
		b.Header("Content-Type", "application/octet-stream").Header("Content-Length", strconv.Itoa(n))
	}
}

// within runs a case on a fresh connection of the partner's.
func within(run func(context.Context, *conformance.Stand, *conformance.Peer) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return conformance.Preamble(err)
		}
		return run(ctx, s, p)
	}
}

// splitAnywhere puts the same request as often as it has bytes, cut in two
// records at every one of them.
func splitAnywhere(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	request := asked(s, length(6), []byte("a\r\n\r\nb"))
	var pieces, sent [][]byte
	for k := 1; k < len(request); k++ {
		request := asked(s, length(6), []byte("a\r\n\r\nb"))
		at := min(k, len(request)-1)
		pieces = append(pieces, request[:at], request[at:])
		sent = append(sent, request)
	}
	if err := p.SendEach(fmt.Sprintf("%d × OPTIONS, each cut in two at another byte", len(sent)), pieces...); err != nil {
		return err
	}
	for k, request := range sent {
		if err := ok(ctx, p, request); err != nil {
			return about(err, "an answer to the request that was cut at byte %d", k+1)
		}
	}
	return nil
}

// ok wants 200 for exactly this request.
func ok(ctx context.Context, p *conformance.Peer, request []byte) error {
	answer, err := awaitAnswer(ctx, p, request)
	if err != nil {
		return err
	}
	if answer.Status() != 200 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to OPTIONS", Actual: answer.StartLine}
	}
	return nil
}

// about says what was expected in a case's own words.
func about(err error, format string, args ...any) error {
	if m, ok := errors.AsType[*conformance.Mismatch](err); ok {
		m.Expected = fmt.Sprintf(format, args...)
	}
	return err
}

// inPieces sends a request in records of its own choosing, then another one:
// both are answered, and nothing else is.
func inPieces(label string, build func(*conformance.Stand) [][]byte) func(context.Context, *conformance.Stand) error {
	return within(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
		pieces := build(s)
		next := s.Options(s.Target.Partner)
		if err := p.SendEach(label, append(pieces, next)...); err != nil {
			return err
		}
		answer, err := p.Await(ctx, "200 to the request", raw.Final())
		if err != nil {
			return err
		}
		first, err := raw.Parse(bytes.Join(pieces, nil))
		if err != nil {
			return err
		}
		switch {
		case answer.CallID() != first.CallID():
			return &conformance.Mismatch{Class: conformance.Content, Expected: "the first request answered first", Actual: "an answer to " + answer.CallID()}
		case answer.Status() != 200:
			return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to OPTIONS", Actual: answer.StartLine}
		}
		answer, err = p.Await(ctx, "200 to the next request", raw.Final())
		if err != nil {
			return about(err, "an answer to the request behind it")
		}
		if second, err := raw.Parse(next); err != nil || answer.CallID() != second.CallID() {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: "nothing answered but the two requests", Actual: "an answer to " + answer.CallID()}
		}
		if answer.Status() != 200 {
			return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to the OPTIONS behind it", Actual: answer.StartLine}
		}
		if n := p.Pongs(); n != 0 {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "no CRLF for what is no ping", Actual: fmt.Sprintf("%d", n)}
		}
		return nil
	})
}

// blankLines is a body that looks like the end of a message and another one.
func blankLines(s *conformance.Stand) [][]byte {
	body := slices.Concat([]byte("first\r\n\r\n"), s.Options(s.Target.Partner))
	return [][]byte{asked(s, length(len(body)), body)}
}

func nulls(s *conformance.Stand) [][]byte {
	return [][]byte{asked(s, length(8), nil), make([]byte, 8)}
}

func pingsInBody(s *conformance.Stand) [][]byte {
	return [][]byte{asked(s, length(8), nil), []byte("\r\n\r\n"), []byte("\r\n\r\n")}
}

// spelt is a request whose Content-Length is written in a way that is legal.
func spelt(lines string) func(*conformance.Stand) [][]byte {
	return func(s *conformance.Stand) [][]byte {
		return [][]byte{asked(s, func(b *raw.Builder) { b.Header("Content-Type", "text/plain").Line(lines) }, []byte("four"))}
	}
}

func leading(s *conformance.Stand) [][]byte {
	var all [][]byte
	for n := 1; n <= 20; n++ {
		all = append(all, slices.Concat(bytes.Repeat([]byte("\r\n"), n), s.Options(s.Target.Partner)))
	}
	return all
}

// leadingLines wants every request behind 1 to 20 empty lines answered.
func leadingLines(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	all := leading(s)
	if err := p.SendEach("20 × OPTIONS behind empty lines", all...); err != nil {
		return err
	}
	for n, request := range all {
		if err := ok(ctx, p, bytes.TrimLeft(request, "\r\n")); err != nil {
			return about(err, "an answer to OPTIONS behind %d empty lines", n+1)
		}
	}
	return nil
}

// unframed is a request whose end cannot be known: lines of its own, and behind
// it a whole request that must not be obeyed.
type unframed struct {
	what  string
	lines func(*raw.Builder, string) // the length of what is behind it, in digits
	codes []int                      // what it may be answered with; nil: 400
}

// refused wants each of them answered with 400 or with nothing, the connection
// closed, and what stood behind it not obeyed.
func refused(all ...unframed) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		for _, u := range all {
			if err := u.put(ctx, s); err != nil {
				return about(err, "%s: 400 or nothing, then the connection closed", u.what)
			}
		}
		return nil
	}
}

func (u unframed) put(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	defer p.Abort()
	hidden := s.Options(s.Target.Partner)
	request := asked(s, func(b *raw.Builder) { u.lines(b, strconv.Itoa(len(hidden))) }, hidden)
	if err := p.Send(request, "OPTIONS, "+u.what); err != nil {
		return err
	}
	answer, err := p.Await(ctx, "400", raw.Final())
	if m, ok := errors.AsType[*conformance.Mismatch](err); ok && m.Class == conformance.Closed {
		s.Note("%s: closed without an answer", u.what)
		return nil
	}
	if m, ok := errors.AsType[*conformance.Mismatch](err); ok && m.Class == conformance.Silence {
		return &conformance.Mismatch{Class: conformance.Accepted, Actual: "the connection stays open, and silent", Span: m.Span}
	}
	if err != nil {
		return err
	}
	if answer.Status() != 400 && !slices.Contains(u.codes, answer.Status()) {
		return &conformance.Mismatch{Class: conformance.Accepted, Actual: answer.StartLine}
	}
	return p.Closes(ctx, 0)
}

// line is an unframed request with these lines; %s stands for the length.
func line(what string, lines ...string) unframed {
	return unframed{what: what, lines: func(b *raw.Builder, n string) {
		for _, l := range lines {
			b.Line(string(bytes.ReplaceAll([]byte(l), []byte("%s"), []byte(n))))
		}
	}}
}
