// Package connection holds the cases about transport, framing and connection reuse
// (RFC 3261 §18, RFC 5626, RFC 5923).
package connection

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"fedge/conformance"
	"fedge/sip/raw"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(framing(), lengths(), keepAlives(), replies(), reuse(), bounds())
}

func framing() []conformance.Case {
	return []conformance.Case{{
		ID:          "CON-001",
		Title:       "One message in many segments",
		Requirement: "A request that arrives byte by byte is one request and gets one answer.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3"},
		Mutants:     conformance.Kills("frame.one-read", conformance.Silence),
		Run:         within(byteByByte),
	}, {
		ID:          "CON-002",
		Title:       "Many messages in one segment",
		Requirement: "Five requests in one write get five answers, each to its own branch.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3"},
		Mutants:     conformance.Kills("frame.first-only", conformance.Silence),
		Run:         within(fiveInOne),
	}, {
		ID:          "CON-003",
		Title:       "A message cut anywhere",
		Requirement: "A request is the same request whichever byte its first segment ends with.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3"},
		Mutants:     conformance.Kills("frame.split-crlf", conformance.Status),
		Run:         within(splitAnywhere),
	}, {
		ID:          "CON-004",
		Title:       "A body that looks like messages",
		Requirement: "Empty lines and a whole request within a body are body: Content-Length alone says where it ends.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3", "RFC 3261 §20.14"},
		Mutants:     conformance.Kills("frame.scan-crlf", conformance.Accepted),
		Run:         inPieces("OPTIONS with OPTIONS in its body, and OPTIONS", blankLines),
	}, {
		ID:          "CON-005",
		Title:       "A body of NULs in a segment of its own",
		Requirement: "A body may be any bytes; a segment of NULs alone is part of it.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §7.4", "RFC 3261 §18.3"},
		Mutants:     conformance.Kills("frame.nul-drop", conformance.Status),
		Run:         inPieces("OPTIONS with eight NULs, and OPTIONS", nulls),
	}, {
		ID:          "CON-008",
		Title:       "Content-Length shorter than what follows",
		Requirement: "A message ends where its Content-Length says; what follows and is no message ends the connection and is not obeyed.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3"},
		Mutants:     conformance.Kills("frame.ignore-cl", conformance.Accepted),
		Run:         within(tooShort),
	}, {
		ID:          "CON-016",
		Title:       "Empty lines before a message",
		Requirement: "Any number of CRLF before the start line is ignored.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §7.5"},
		Mutants:     conformance.Kills("frame.lead-crlf", conformance.Closed),
		Run:         within(leadingLines),
	}}
}

func lengths() []conformance.Case {
	const length = "Content-Length: %s"
	refs := []string{"RFC 3261 §18.3", "RFC 3261 §20.14", "RFC 4475 §3.3.9"}
	return []conformance.Case{{
		ID:          "CON-006",
		Title:       "Content-Length missing",
		Requirement: "Without Content-Length the end of a message on a stream is unknown: 400 or nothing, and the connection ends.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3", "RFC 3261 §20.14"},
		Mutants:     conformance.Kills("frame.cl-default0", conformance.Accepted),
		Run:         refused(line("no Content-Length", "X-Length: %s")),
	}, {
		ID:          "CON-009",
		Title:       "Content-Length twice, equal",
		Requirement: "Two Content-Length that agree are taken as one or refused with 400, and never passed over in silence.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 4475 §3.3.9"},
		Mutants:     conformance.Kills("frame.cl-twice-drop", conformance.Silence),
		Run:         within(twiceEqual),
	}, {
		ID:          "CON-010",
		Title:       "Content-Length twice, different",
		Requirement: "With two Content-Length that differ the end of the message is unknown: 400 or nothing, the connection ends, and no part of the body is obeyed.",
		Severity:    conformance.Must,
		Refs:        refs,
		Mutants:     conformance.Kills("frame.last-cl", conformance.Accepted),
		Run: refused(
			line("Content-Length 0 and what the body has", "Content-Length: 0", length),
			line("Content-Length what the body has, and 0", length, "Content-Length: 0"),
			line("the two apart", length, "Subject: x", "content-LENGTH: 0"),
		),
	}, {
		ID:          "CON-011",
		Title:       "Content-Length twice, once compact",
		Requirement: "The compact form counts: a long and a compact Content-Length that differ are refused as two.",
		Severity:    conformance.Must,
		Refs:        append(slices.Clone(refs), "RFC 3261 §7.3.3"),
		Mutants:     conformance.Kills("frame.compact-cl", conformance.Accepted),
		Run: refused(
			line("Content-Length and l: 0", length, "l: 0"),
			line("l: 0 and Content-Length", "l: 0", length),
			line("l and L: 0", "l: %s", "L: 0"),
		),
	}, {
		ID:          "CON-012",
		Title:       "Content-Length that is no number",
		Requirement: "Content-Length is digits: a sign, a list, another base, a word or more than any message can have is refused with 400 or 413, and the connection ends.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §20.14", "RFC 3261 §25.1", "RFC 4475 §3.1.2.3"},
		Mutants:     conformance.Kills("frame.lax-int", conformance.Accepted),
		Run: refused(
			line("a plus sign", "Content-Length: +%s"), line("a list", "Content-Length: %s, %s"),
			line("base 16", "Content-Length: 0x%s"), line("two numbers", "Content-Length: %s %s"),
			line("a minus sign", "Content-Length: -%s"), line("nothing", "Content-Length: "),
			line("a word", "Content-Length: %sabc"), line("a parameter", "Content-Length: %s;q=1"),
			line("quotes", `Content-Length: "%s"`), line("a fraction", "Content-Length: %s.0"),
			tooLarge("2^32 more", "4294967296"), tooLarge("2^64 more", "18446744073709551616"),
		),
	}, {
		ID:          "CON-013",
		Title:       "Content-Length behind a bare LF",
		Requirement: "A line end that is not CRLF leaves open which lines there are: 400 or nothing, and the connection ends.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 3261 §25.1", "RFC 4475 §3.3.9"},
		Mutants:     conformance.Kills("frame.bare-lf", conformance.Accepted),
		Run: refused(
			line("a bare LF before Content-Length", "Subject: a\nContent-Length: %s"),
			line("a bare LF, and a second Content-Length", "Content-Length: 0\nContent-Length: %s"),
			line("a bare CR before Content-Length", "Content-Length: 0", "Subject: a\rContent-Length: %s"),
		),
	}, {
		ID:          "CON-014",
		Title:       "Content-Length folded",
		Requirement: "A Content-Length whose digits stand on a continuation line is read.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 4475 §3.1.1.1"},
		Mutants:     conformance.Kills("frame.no-fold", conformance.Status),
		Run:         inPieces("OPTIONS with a folded Content-Length, and OPTIONS", spelt("Content-Length:\r\n 4")),
	}, {
		ID:          "CON-015",
		Title:       "White space before the colon",
		Requirement: "White space between a header's name and its colon is legal, also in Content-Length.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 3261 §25.1", "RFC 4475 §3.1.1.1"},
		Mutants:     conformance.Kills("frame.name-space", conformance.Status),
		Run:         inPieces("OPTIONS with white space before colons, and OPTIONS", spelt("Content-Length \t: 4")),
	}}
}

// tooLarge is a Content-Length whose number wraps around to the right one.
func tooLarge(what, more string) unframed {
	return unframed{what: what, codes: []int{413, 513}, lines: func(b *raw.Builder, _ string) { b.Line("Content-Length: " + more) }}
}

func byteByByte(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	request := s.Options(s.Target.Partner)
	pieces := make([][]byte, len(request))
	for i := range request {
		pieces[i] = request[i : i+1]
	}
	if err := p.SendEach("OPTIONS, byte by byte", pieces...); err != nil {
		return fmt.Errorf("sending byte by byte: %w", err)
	}
	_, err := awaitAnswer(ctx, p, request)
	return err
}

func fiveInOne(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	requests := make([][]byte, 5)
	for i := range requests {
		requests[i] = s.Options(s.Target.Partner)
	}
	if err := p.SendEach("5 × OPTIONS in one record", bytes.Join(requests, nil)); err != nil {
		return err
	}
	for i, request := range requests {
		if err := ok(ctx, p, request); err != nil {
			return about(err, "200 to request %d of 5", i+1)
		}
	}
	return nil
}

// tooShort wants the message answered by its own length, and the rest refused.
func tooShort(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	request := asked(s, length(4), []byte("four"))
	if err := p.SendEach("OPTIONS and what is no message", slices.Concat(request, []byte("GARBAGE and more of it\r\n\r\n"))); err != nil {
		return err
	}
	if err := ok(ctx, p, request); err != nil {
		return err
	}
	return p.Closes(ctx, 0)
}

// twiceEqual takes an answer of 200 or 400; an answer there must be.
func twiceEqual(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	request := asked(s, func(b *raw.Builder) { b.Header("Content-Length", "0").Header("Content-Length", "0") }, nil)
	answer, err := p.Ask(ctx, request)
	if err != nil {
		return err
	}
	if answer.Status() != 200 && answer.Status() != 400 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 or 400", Actual: answer.StartLine}
	}
	s.Note("answered with %s", answer.StartLine)
	return nil
}

// awaitAnswer waits for the final response to exactly this request: Call-ID,
// CSeq and branch.
func awaitAnswer(ctx context.Context, p *conformance.Peer, request []byte) (*raw.Message, error) {
	m, err := raw.Parse(request)
	if err != nil {
		return nil, err
	}
	return p.Await(ctx, "one answer to the request's own branch", raw.And(raw.Final(), raw.AnswerTo(m)))
}
