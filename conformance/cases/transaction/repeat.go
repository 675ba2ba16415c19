package transaction

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// repeatCases are about the repetition of a 2xx, and its end.
func repeatCases() []conformance.Case {
	media := conformance.Needs{Media: true}
	return []conformance.Case{{
		ID:    "TXN-015",
		Title: "A 2xx is repeated until its ACK",
		Requirement: "A 200 to INVITE without ACK is repeated after T1, then at doubled intervals up to T2, on TLS too; " +
			"after 64*T1, not before, the node ends the call with BYE, which is a SHOULD.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 3261 §13.3.1.4", "RFC 6026 §7.1"},
		Needs:    media,
		Mutants: []conformance.Mutant{
			{Name: "tx.no-2xx-rtx", Class: conformance.Silence}, {Name: "tx.no-ack-bye", Class: conformance.Silence},
		},
		Lasts: 32,
		Run:   on(unacknowledged),
	}, {
		ID:          "TXN-016",
		Title:       "The ACK ends the repetition",
		Requirement: "Once the ACK has come, its 200 is not repeated any more.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §13.3.1.4"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "tx.2xx-forever", Class: conformance.Accepted}},
		Lasts:       10,
		Run:         on(acknowledged),
	}, {
		ID:          "TXN-017",
		Title:       "Copies of an ACK do no harm",
		Requirement: "The second and the third ACK for a 200 cause nothing, and the call goes on.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 6026 §7.1", "RFC 3261 §17"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "tx.ack-dup", Class: conformance.Accepted}},
		Run:         on(threeACKs),
	}}
}

// ring sends an INVITE and returns the call when it is answered with 200, not
// yet acknowledged.
func ring(ctx context.Context, s *conformance.Stand, p *conformance.Peer) (*conformance.Call, error) {
	invite, err := parsed(s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return nil, err
	}
	answer, err := p.Ask(ctx, invite.Bytes)
	if err != nil {
		return nil, conformance.Preamble(err)
	}
	call := conformance.Answered(s, p, invite, answer)
	if answer.Status() >= 300 {
		if err := call.Ack(); err != nil {
			return nil, err
		}
		return nil, conformance.Preamble(fmt.Errorf("the INVITE was not answered: %s", answer.StartLine))
	}
	if answer.Tag("To") == "" || answer.Get("Contact") == "" {
		return nil, conformance.Preamble(errors.New("the 200 makes no dialog"))
	}
	return call, nil
}

func unacknowledged(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := ring(ctx, s, p)
	if err != nil {
		return err
	}
	began, limit := time.Now(), 64*s.T1()
	patience := limit + 2*time.Second
	again := raw.And(raw.Final(), raw.AnswerTo(call.Invite))
	bye := raw.And(raw.Request("BYE"), raw.InCall(call.Invite.CallID()))
	copies := 0
	for {
		m, err := p.Within(patience-time.Since(began)).Await(ctx, "copies of the 200, and BYE after 64*T1", raw.Or(again, bye))
		if silent, ok := conformance.AsMismatch(err); ok && silent.Class == conformance.Silence {
			silent.Actual, silent.Span = fmt.Sprintf("%d copies and no BYE within %s", copies, patience), patience
			if copies >= 5 {
				return s.Lesser(conformance.Should, err) // RFC 3261 §13.3.1.4: the session SHOULD be terminated
			}
		}
		if err != nil {
			return err
		}
		if m.IsRequest() {
			if err := p.Send(raw.Respond(m, 200, "OK", "").Length().Bytes(), "200 BYE"); err != nil {
				return err
			}
			break
		}
		if copies++; m.Tag("To") != call.Answer.Tag("To") || !bytes.Equal(m.Body, call.Answer.Body) {
			return conformance.Fault(conformance.Content, "a copy of the 200, with the same tag and body", string(m.Bytes))
		}
	}
	lasted := time.Since(began)
	s.Note("%d copies, then BYE after %.1f*T1", copies, float64(lasted)/float64(s.T1()))
	// T1, 2*T1, 4*T1 and so on up to T2, which is 8*T1: ten in all.
	switch {
	case copies < 5:
		return conformance.Fault(conformance.Silence, "some ten copies of the 200 in 64*T1", fmt.Sprintf("%d", copies))
	case copies > 12:
		return conformance.Timed(conformance.Fault(conformance.Accepted, "some ten copies of the 200 in 64*T1", fmt.Sprintf("%d", copies)))
	case lasted < limit*3/4:
		return conformance.Timed(conformance.Fault(conformance.Accepted, fmt.Sprintf("BYE after 64*T1, %s", limit), fmt.Sprintf("after %s", lasted)))
	}
	return never(ctx, p, 10*s.T1(), "no copies after the BYE", again)
}

func acknowledged(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := ring(ctx, s, p)
	if err != nil {
		return err
	}
	again := raw.And(raw.Final(), raw.AnswerTo(call.Invite))
	if _, err := p.Await(ctx, "a first copy of the 200", again); err != nil {
		return conformance.Preamble(err)
	}
	if err := call.Ack(); err != nil {
		return err
	}
	// What was on its way when the ACK came stands before this answer.
	if _, err := p.Ask(ctx, s.Options(s.Target.Partner)); err != nil {
		return err
	}
	if err := never(ctx, p, 20*s.T1(), "no copies of the 200 after its ACK", again); err != nil {
		return err
	}
	call.Hangup(ctx)
	return nil
}

func threeACKs(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := ring(ctx, s, p)
	if err != nil {
		return err
	}
	for range 3 {
		if err := call.Ack(); err != nil {
			return err
		}
	}
	if err := never(ctx, p, while(s), "silence after three ACKs", raw.And(raw.InCall(call.Invite.CallID()), raw.Not(raw.AnswerTo(call.Invite)))); err != nil {
		return err
	}
	bye, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	return wantStatus(bye, "BYE", 200)
}
