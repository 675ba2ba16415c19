package transaction

import (
	"context"
	"fmt"
	"time"

	"fedge/conformance"
	"fedge/dns"
	"fedge/sip/raw"
)

// slowCases need an INVITE that stays pending. That of a partner whose name
// server takes its time does, on a node that asks who may speak for a domain.
func slowCases() []conformance.Case {
	needs := conformance.Needs{FromAuthorisation: true, ClientCertificate: true, Media: true, DNS: true, Authority: true}
	return []conformance.Case{{
		ID:          "TXN-001",
		Title:       "100 within 200 ms",
		Requirement: "An INVITE that takes longer than 200 ms to answer is answered with 100 by then.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §17.2.1"},
		Needs:       needs,
		Mutants:     []conformance.Mutant{{Name: "tx.no-100", Class: conformance.Silence}},
		Run:         trying,
	}, {
		ID:          "TXN-012",
		Title:       "CANCEL by another peer",
		Requirement: "CANCEL with the branch of a pending INVITE, sent by another peer over its own connection, cancels nothing, and gets 481, which is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.2", "RFC 3261 §26.1"},
		Needs:       needs,
		Mutants:     []conformance.Mutant{{Name: "sec.cancel-any", Class: conformance.Status}},
		Run:         foreignCancel,
	}, {
		ID:          "TXN-013",
		Title:       "CANCEL over another connection of the same peer's",
		Requirement: "CANCEL is answered on the connection that it came on, and cancels an INVITE that the same peer sent over another.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.2", "RFC 3261 §18.2.2"},
		Needs:       needs,
		Mutants:     []conformance.Mutant{{Name: "tx.cancel-conn", Class: conformance.Silence}},
		Run:         otherConnection,
	}}
}

// deliberation is how long the name server takes: well over 200 ms, and less
// than anybody's patience.
const deliberation = 900 * time.Millisecond

// pending sends an INVITE that stays without final response for that long.
func pending(ctx context.Context, s *conformance.Stand) (from *conformance.Partner, p *conformance.Peer, invite *raw.Message, err error) {
	if from, err = s.Partner(ctx); err != nil {
		return nil, nil, nil, err
	}
	if err = s.Misbehave(from.Domain, dns.Behaviour{Delay: deliberation}); err != nil {
		return nil, nil, nil, err
	}
	if p, err = s.Dial(ctx, from.Identity, nil); err != nil {
		return nil, nil, nil, conformance.Preamble(err)
	}
	if invite, err = parsed(s.Invite(from.Identity, s.Offer()).Bytes()); err != nil {
		return nil, nil, nil, err
	}
	return from, p, invite, p.Send(invite.Bytes, "INVITE")
}

func trying(ctx context.Context, s *conformance.Stand) error {
	_, p, invite, err := pending(ctx, s)
	if err != nil {
		return err
	}
	began := time.Now()
	first, err := p.Await(ctx, "100 to INVITE", raw.AnswerTo(invite))
	if err != nil {
		return err
	}
	took := time.Since(began)
	if first.Status() >= 200 {
		if took > deliberation/2 {
			return ended(ctx, s, p, invite, first, conformance.Fault(conformance.Silence, "100 to INVITE after 200 ms", fmt.Sprintf("%s after %s", first.StartLine, took)))
		}
		return ended(ctx, s, p, invite, first, conformance.Preamble(fmt.Errorf("the node did not wait for the name server: %s", first.StartLine)))
	}
	s.Note("%d after %d ms", first.Status(), took.Milliseconds())
	final, err := p.Await(ctx, "a final response to INVITE", raw.And(raw.Final(), raw.AnswerTo(invite)))
	if err != nil {
		return err
	}
	if took > deliberation/2 {
		err = conformance.Fault(conformance.Silence, "100 to INVITE after 200 ms", fmt.Sprintf("%s after %s", first.StartLine, took))
	}
	return ended(ctx, s, p, invite, final, err)
}

// ended acknowledges a final response, hangs up if it began a call, and passes
// the verdict on.
func ended(ctx context.Context, s *conformance.Stand, p *conformance.Peer, invite, final *raw.Message, verdict error) error {
	call := conformance.Answered(s, p, invite, final)
	if err := call.Ack(); err != nil {
		return err
	}
	if final.Status() < 300 {
		call.Hangup(ctx)
	}
	return verdict
}

// known is pending, once the node has said that it has the INVITE: what comes
// over another connection may overtake it until then.
func known(ctx context.Context, s *conformance.Stand) (*conformance.Partner, *conformance.Peer, *raw.Message, error) {
	from, p, invite, err := pending(ctx, s)
	if err != nil {
		return nil, nil, nil, err
	}
	_, err = p.Await(ctx, "100 to INVITE", raw.And(raw.Provisional(), raw.AnswerTo(invite)))
	return from, p, invite, conformance.Preamble(err)
}

func foreignCancel(ctx context.Context, s *conformance.Stand) error {
	_, p, invite, err := known(ctx, s)
	if err != nil {
		return err
	}
	stranger, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	answer, err := stranger.Ask(ctx, cancelOf(invite))
	if err != nil {
		return err
	}
	final, err := p.Await(ctx, "a final response to INVITE", raw.And(raw.Final(), raw.AnswerTo(invite)))
	if err != nil {
		return err
	}
	verdict := s.Lesser(conformance.Should, wantStatus(answer, "another peer's CANCEL", 481)) // RFC 3261 §9.2
	if verdict == nil && final.Status() >= 300 {
		verdict = conformance.Fault(conformance.Status, "200 to the INVITE that another peer tried to cancel", final.StartLine)
	}
	return ended(ctx, s, p, invite, final, verdict)
}

func otherConnection(ctx context.Context, s *conformance.Stand) error {
	from, p, invite, err := known(ctx, s)
	if err != nil {
		return err
	}
	also, err := s.Dial(ctx, from.Identity, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	answer, err := also.Ask(ctx, cancelOf(invite))
	if err != nil {
		return err
	}
	final, err := p.Await(ctx, "487 to INVITE", raw.And(raw.Final(), raw.AnswerTo(invite)))
	if err != nil {
		return err
	}
	verdict := judge(s, final, answer, false)
	return ended(ctx, s, p, invite, final, verdict)
}
