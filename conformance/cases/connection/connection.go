// Package connection holds the cases about transport, framing and connection reuse
// (RFC 3261 §18, RFC 5626, RFC 5923).
package connection

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"fedge/conformance"
	"fedge/sip/raw"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return []conformance.Case{{
		ID:          "CON-001",
		Title:       "One message in many segments",
		Requirement: "A request that arrives byte by byte is one request and gets one answer.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3"},
		Mutants:     []conformance.Mutant{{Name: "frame.one-read", Class: conformance.Silence}},
		Run:         byteByByte,
	}, {
		ID:          "CON-002",
		Title:       "Many messages in one segment",
		Requirement: "Five requests in one write get five answers, each to its own branch.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3"},
		Mutants:     []conformance.Mutant{{Name: "frame.first-only", Class: conformance.Silence}},
		Run:         fiveInOne,
	}, {
		ID:          "CON-017",
		Title:       "CRLF keep-alive",
		Requirement: "CRLF CRLF on an idle connection is answered with CRLF.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5626 §3.5.1", "RFC 5626 §4.4.1"},
		Mutants:     []conformance.Mutant{{Name: "ka.no-pong", Class: conformance.Silence}},
		Run:         keepAlive,
	}}
}

func byteByByte(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	request := s.Options(s.Target.Partner)
	pieces := make([][]byte, len(request))
	for i := range request {
		pieces[i] = request[i : i+1]
	}
	if err := p.SendEach("OPTIONS, byte by byte", pieces...); err != nil {
		return fmt.Errorf("sending byte by byte: %w", err)
	}
	_, err = awaitAnswer(ctx, p, request)
	return err
}

func fiveInOne(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	requests := make([][]byte, 5)
	for i := range requests {
		requests[i] = s.Options(s.Target.Partner)
	}
	if err := p.SendEach("5 × OPTIONS in one record", bytes.Join(requests, nil)); err != nil {
		return err
	}
	for i, request := range requests {
		answer, err := awaitAnswer(ctx, p, request)
		if err != nil {
			if m, ok := errors.AsType[*conformance.Mismatch](err); ok {
				m.Expected = fmt.Sprintf("an answer to request %d of 5", i+1)
			}
			return err
		}
		if answer.Status() != 200 {
			return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to each OPTIONS", Actual: answer.StartLine}
		}
	}
	return nil
}

func keepAlive(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	if _, err := p.Ask(ctx, s.Options(s.Target.Partner)); err != nil {
		return conformance.Preamble(err)
	}
	if err := p.SendEach("CRLF CRLF", []byte("\r\n\r\n")); err != nil {
		return err
	}
	return p.AwaitPong(ctx)
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
