package transaction

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// on runs a case on one connection of the partner's.
func on(run func(context.Context, *conformance.Stand, *conformance.Peer) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return conformance.Preamble(err)
		}
		return run(ctx, s, p)
	}
}

// wantStatus says that a response must have one of the codes.
func wantStatus(answer *raw.Message, what string, codes ...int) error {
	if slices.Contains(codes, answer.Status()) {
		return nil
	}
	return conformance.Fault(conformance.Status, strings.Trim(fmt.Sprint(codes), "[]")+" to "+what, answer.StartLine)
}

// silence tells whether an error means that nothing came.
func silence(err error) bool {
	m, ok := errors.AsType[*conformance.Mismatch](err)
	return ok && m.Class == conformance.Silence
}

// never says that no such message comes within d.
func never(ctx context.Context, p *conformance.Peer, d time.Duration, what string, match raw.Match) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	m, err := p.Await(ctx, what, match)
	switch {
	case err == nil:
		return conformance.Fault(conformance.Accepted, what, m.StartLine)
	case silence(err):
		return nil
	}
	return err
}

// while is how long silence is listened to when the node would speak at once.
func while(s *conformance.Stand) time.Duration { return min(10*s.T1(), time.Second) }

// parsed is a request of ours, which we wrote so that it parses.
func parsed(b []byte) (*raw.Message, error) {
	m, err := raw.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("transaction: our own request does not parse: %w", err)
	}
	return m, nil
}

// other gives a request another Via branch: it is the same request that came
// another way.
func other(s *conformance.Stand, request *raw.Message) []byte {
	branch, _ := request.Param("Via", "branch")
	return []byte(strings.Replace(string(request.Bytes), branch, s.Branch(), 1))
}

// sameAnswer says that a copy of a request was not answered anew: another tag in
// To means that the request was served twice (RFC 3261 §8.2.6.2, §17.2).
func sameAnswer(first, second *raw.Message) error {
	if first.Status() == second.Status() && first.Tag("To") == second.Tag("To") {
		return nil
	}
	return conformance.Fault(conformance.Content, fmt.Sprintf("the same answer again, or none: %s with tag %s", first.StartLine, first.Tag("To")),
		fmt.Sprintf("%s with tag %s", second.StartLine, second.Tag("To")))
}

// nobody is an alias that the node does not know.
func nobody(s *conformance.Stand) string { return "sip:nobody-" + s.Tag() + "@" + s.Target.Domain }

// rejected sends an INVITE for nobody and returns it with its final response,
// which no node may accept; it is not acknowledged yet.
func rejected(ctx context.Context, s *conformance.Stand, p *conformance.Peer) (*conformance.Call, error) {
	as := s.Target.Partner
	invite, err := parsed(s.Request("INVITE", nobody(s), as, s.CallID()).Length().Body("application/sdp", s.Offer()).Bytes())
	if err != nil {
		return nil, err
	}
	answer, err := p.Ask(ctx, invite.Bytes)
	if err != nil {
		return nil, err
	}
	call := conformance.Answered(s, p, invite, answer)
	if answer.Status() < 300 {
		if err := call.Ack(); err != nil {
			return nil, err
		}
		call.Hangup(ctx)
		return nil, conformance.Preamble(fmt.Errorf("the node took a call for an alias made up on the spot: %s", answer.StartLine))
	}
	return call, nil
}

// with puts header lines into a request of ours, before its Content-Length.
func with(request *raw.Message, lines string) []byte {
	return []byte(strings.Replace(string(request.Bytes), "Content-Length:", lines+"\r\nContent-Length:", 1))
}
