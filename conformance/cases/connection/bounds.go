package connection

import (
	"context"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

func bounds() []conformance.Case {
	return []conformance.Case{{
		ID:          "CON-007",
		Title:       "Content-Length longer than what follows",
		Requirement: "A body that does not come is given up in bounded time: the connection ends, with 400 or 408 or without.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.3", "RFC 4475 §3.1.2.2"},
		Needs:       conformance.Needs{Variant: true},
		Mutants:     conformance.Kills("frame.no-body-timeout", conformance.Accepted),
		Run:         noBody,
	}, {
		ID:          "CON-023",
		Title:       "The node's own keep-alive",
		Requirement: "On a connection that it opened the node sends a ping or a request at least every two minutes.",
		Severity:    conformance.May,
		Refs:        []string{"RFC 5626 §4.4.1"},
		Needs:       conformance.Needs{Called: true},
		Mutants:     conformance.Kills("ka.never", conformance.Silence),
		Lasts:       125,
		Run:         ownPing,
	}, {
		ID:          "CON-036",
		Title:       "An idle connection stays",
		Requirement: "A connection that carries a ping every two minutes stays open.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 5626 §4.4.1", "RFC 5923 §4.2"},
		Mutants:     conformance.Kills("con.idle-60", conformance.Closed),
		Lasts:       120,
		Run:         within(idle),
	}}
}

// short is a bound that a case can wait for.
const short = 300 * time.Millisecond

func noBody(ctx context.Context, s *conformance.Stand) error {
	v, err := s.Variant(ctx, conformance.Variant{Bounds: conformance.Bounds{Body: short}})
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := v.Dial(ctx, v.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := p.Send(asked(v, length(9999), []byte("four")), "OPTIONS with 4 bytes of 9,999"); err != nil {
		return err
	}
	answer, err := p.Await(ctx, "400, 408 or nothing, and the end of the connection", raw.Final())
	if err == nil && (answer.Status() == 400 || answer.Status() == 408) {
		return p.Closes(ctx, 0)
	}
	if err == nil {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "400 or 408", Actual: answer.StartLine}
	}
	return closedOr(err)
}

// closedOr passes when the connection has been closed; one that stays open is
// taken.
func closedOr(err error) error {
	m, ok := conformance.AsMismatch(err)
	switch {
	case ok && m.Class == conformance.Closed:
		return nil
	case ok && m.Class == conformance.Silence:
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "the connection closed", Actual: "it stays open, and silent", Span: m.Span}
	}
	return err
}

func ownPing(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := arrives(ctx, s, partner.Domain, partner.Host, partner.Edge)
	if err != nil {
		return conformance.Preamble(err)
	}
	return p.AwaitKeepAlive(ctx, 125*s.Second())
}

func idle(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	if _, err := p.Ask(ctx, s.Options(s.Target.Partner)); err != nil {
		return conformance.Preamble(err)
	}
	if err := s.Wait(ctx, 119*s.Second()); err != nil {
		return err
	}
	if err := p.SendEach("CRLF CRLF", []byte("\r\n\r\n")); err != nil {
		return &conformance.Mismatch{Class: conformance.Closed, Expected: "the connection open after two minutes", Actual: err.Error(), Timed: true}
	}
	_, err := p.Ask(ctx, s.Options(s.Target.Partner))
	return conformance.Timed(about(err, "the connection open, and OPTIONS answered, after two minutes"))
}
