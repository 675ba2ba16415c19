package connection

import (
	"context"
	"fmt"

	"fedge/conformance"
)

func keepAlives() []conformance.Case {
	refs := []string{"RFC 5626 §3.5.1", "RFC 5626 §4.4.1"}
	return []conformance.Case{{
		ID:          "CON-017",
		Title:       "CRLF keep-alive",
		Requirement: "CRLF CRLF on an idle connection is answered with CRLF.",
		Severity:    conformance.Should,
		Refs:        refs,
		Mutants:     conformance.Kills("ka.no-pong", conformance.Silence),
		Run:         within(pings(one, "\r\n\r\n")),
	}, {
		ID:          "CON-018",
		Title:       "CRLF keep-alive in two segments",
		Requirement: "A ping whose two CRLF arrive apart is one ping, and answered with one CRLF.",
		Severity:    conformance.May,
		Refs:        refs,
		Mutants:     conformance.Kills("ka.split", conformance.Silence),
		Run:         within(pings(one, "\r\n", "\r\n")),
	}, {
		ID:          "CON-019",
		Title:       "Two keep-alives in one segment",
		Requirement: "Pings that arrive together are answered at least once.",
		Severity:    conformance.May,
		Refs:        refs,
		Mutants:     conformance.Kills("ka.coalesced", conformance.Silence),
		Run:         within(pings(some, "\r\n\r\n\r\n\r\n")),
	}, {
		ID:          "CON-020",
		Title:       "Keep-alive and message in one segment",
		Requirement: "A request right behind a ping is answered, and so should be the ping.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5626 §3.5.1", "RFC 3261 §7.5"},
		Mutants:     conformance.Kills("ka.ping-eats-msg", conformance.Silence),
		Run:         within(pingAndMessage),
	}, {
		ID:          "CON-021",
		Title:       "A pong is not answered",
		Requirement: "A single CRLF is a pong or an empty line before a message, and gets no answer.",
		Severity:    conformance.Must,
		Refs:        refs,
		Mutants:     conformance.Kills("ka.pong-pong", conformance.Content),
		Run:         within(single),
	}, {
		ID:          "CON-022",
		Title:       "CRLF CRLF within a body",
		Requirement: "CRLF CRLF in a segment of its own within a body is body and gets no pong.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3", "RFC 5626 §3.5.1"},
		Mutants:     conformance.Kills("ka.in-body", conformance.Content),
		Run:         inPieces("OPTIONS with two CRLF CRLF for a body, and OPTIONS", pingsInBody),
	}}
}

// How many pongs are right.
type howMany func(int) bool

func one(n int) bool  { return n == 1 }
func some(n int) bool { return n >= 1 }

// pings sends segments on a connection that has been used, and wants so many
// CRLF for them before the next request is answered.
func pings(right howMany, segments ...string) func(context.Context, *conformance.Stand, *conformance.Peer) error {
	return func(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
		if _, err := p.Ask(ctx, s.Options(s.Target.Partner)); err != nil {
			return conformance.Preamble(err)
		}
		for i, segment := range segments {
			if i > 0 { // so that the node reads them one by one
				if err := s.Wait(ctx, s.T1()/2); err != nil {
					return err
				}
			}
			if err := p.SendEach("keep-alive", []byte(segment)); err != nil {
				return err
			}
		}
		if err := p.AwaitPong(ctx); err != nil {
			return err
		}
		if _, err := p.Ask(ctx, s.Options(s.Target.Partner)); err != nil {
			return about(err, "an answer to the request after the keep-alive")
		}
		if n := p.Pongs(); !right(n) {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "one CRLF for one ping", Actual: fmt.Sprint(n)}
		}
		return nil
	}
}

func pingAndMessage(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	request := s.Options(s.Target.Partner)
	if err := p.SendEach("CRLF CRLF and OPTIONS in one record", append([]byte("\r\n\r\n"), request...)); err != nil {
		return err
	}
	if err := ok(ctx, p, request); err != nil {
		return err
	}
	if p.Pongs() == 0 {
		s.Note("the ping before the request was not answered (RFC 5626 §3.5.1: SHOULD)")
	}
	return nil
}

// single wants no CRLF between a pong of ours and the answer to what follows.
func single(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	if err := p.SendEach("CRLF", []byte("\r\n")); err != nil {
		return err
	}
	request := s.Options(s.Target.Partner)
	if err := p.SendEach("OPTIONS", request); err != nil {
		return err
	}
	if err := ok(ctx, p, request); err != nil {
		return err
	}
	if n := p.Pongs(); n != 0 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "no answer to a single CRLF", Actual: fmt.Sprintf("%d × CRLF", n)}
	}
	return nil
}
