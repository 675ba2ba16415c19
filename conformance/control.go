package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"

	"fedge/sip/raw"
)

// controls are what stands before and after each case: without them silence
// could pass for refusal.
func (s *Stand) controls(ctx context.Context, c Case) error {
	if err := s.control(ctx); err != nil {
		return err
	}
	n := c.Needs
	if c.Basic {
		return nil
	}
	if n.Media {
		if err := s.controlIn(ctx); err != nil {
			return err
		}
	}
	if n.Called && s.Target.Instruments.Dialling > 0 { // once is enough to ask of a person
		return nil
	}
	if n.Called || n.Trigger && n.DNS && n.Authority {
		return s.controlOut(ctx)
	}
	return nil
}

// control asks for OPTIONS on a connection of its own, as a partner may; only a
// node that answers it is alive, so that silence elsewhere means something. A
// node need not support OPTIONS, but one that calls it a bad request, or refuses
// a proved partner, refuses everything.
func (s *Stand) control(ctx context.Context) error {
	p, err := s.Dial(ctx, s.Target.Partner, liveness)
	if err != nil {
		return err
	}
	answer, err := p.Ask(ctx, s.Options(s.Target.Partner))
	if err != nil {
		return err
	}
	if !slices.Contains([]int{200, 404, 405, 480, 501}, answer.Status()) {
		return &Mismatch{Class: Availability, Expected: "an answer to OPTIONS", Actual: answer.StartLine}
	}
	return p.link.Close()
}

// liveness takes any certificate: a control asks whether the node is alive, the
// cases ask whether it is the right one.
func liveness(settings *tls.Config) { settings.InsecureSkipVerify = true }

// controlIn makes a call of a partner's to the room under test: only where that
// works does the refusal of another call mean anything.
func (s *Stand) controlIn(ctx context.Context) error {
	p, err := s.Dial(ctx, s.Target.Partner, liveness)
	if err != nil {
		return err
	}
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return fmt.Errorf("a call that must be answered: %w", err)
	}
	answer, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	if answer.Status() != 200 {
		return &Mismatch{Class: Availability, Expected: "200 to BYE", Actual: answer.StartLine}
	}
	return p.link.Close()
}

// controlOut makes the node call a partner of ours, which is busy: only where
// that works does a call that does not come mean anything.
func (s *Stand) controlOut(ctx context.Context) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return err
	}
	placing, err := s.Place(ctx, Place{To: "sip:busy@" + partner.Domain})
	if err != nil {
		return err
	}
	p, err := placing.arrives(ctx, partner.Edge)
	if err != nil {
		return fmt.Errorf("an outbound call to a partner that is there: %w", err)
	}
	invite, err := p.Await(ctx, "an outbound INVITE", raw.Request("INVITE"))
	if err != nil {
		return err
	}
	if err := p.Respond(invite, 486, "Busy Here", nil); err != nil {
		return err
	}
	_, err = p.Await(ctx, "ACK", raw.Request("ACK"))
	return err
}
