package dialog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"fedge/conformance"
)

// updates tells whether a node lists UPDATE in Allow.
func updates(call *conformance.Call) bool {
	return slices.Contains(call.Answer.List("Allow"), "UPDATE")
}

func update(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
	if !updates(call) {
		return conformance.Holds("Allow of the 200", "UPDATE in it, which the target claims", call.Answer.Get("Allow"))
	}
	answer, err := call.Ask(ctx, call.Refresh("UPDATE", nil))
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 200); err != nil {
		return err
	}
	if len(bytes.TrimSpace(answer.Body)) > 0 {
		return conformance.Holds("the 200 to an UPDATE without an offer", "no body", string(answer.Body))
	}
	if answer, err = call.Ask(ctx, call.Refresh("UPDATE", s.Offer())); err != nil {
		return err
	}
	if err := conformance.Gets(answer, 200); err != nil {
		return err
	}
	if len(conformance.MediaLines(answer.Body)) != 1 {
		return conformance.Holds("the 200 to an UPDATE with an offer", "an answer with one m-line", string(answer.Body))
	}
	twice := call.Refresh("UPDATE", nil).Header("Contact", "<sip:another@"+s.Target.Partner.Host+":5061;transport=tls>")
	ambiguous, err := call.Ask(ctx, twice) // which is the target from now on?
	if err != nil {
		return err
	}
	if err := s.Lesser(conformance.Should, conformance.Gets(ambiguous, 400)); err != nil {
		return err
	}
	if answer.Get("Contact") == "" { // it refreshes the target both ways (RFC 3311 §5.2)
		return conformance.Holds("Contact of the 200 to UPDATE", "the node's", "")
	}
	return nil
}

// updateGlare offers by UPDATE before it has answered the node's own offer.
func updateGlare(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	invite, err := s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).Message()
	if err != nil {
		return err
	}
	answer, err := p.Ask(ctx, invite.Bytes)
	if err != nil {
		return conformance.Preamble(err)
	}
	call := conformance.Answered(s, p, invite, answer)
	if answer.Status() != 200 || len(answer.Body) == 0 {
		if err := call.Ack(); err != nil {
			return err
		}
		return conformance.Preamble(fmt.Errorf("the node makes no offer: %s", answer.StartLine))
	}
	if !updates(call) {
		return errors.Join(&conformance.Lack{What: "UPDATE, by its Allow"}, call.AckFor(invite, answer, s.Offer()))
	}
	crossing, err := call.Ask(ctx, call.Refresh("UPDATE", s.Offer()))
	if err != nil {
		return err
	}
	if err := call.AckFor(invite, answer, s.Offer()); err != nil {
		return err
	}
	if err := conformance.Gets(crossing, 491); err != nil {
		return err
	}
	call.Hangup(ctx)
	return nil
}
