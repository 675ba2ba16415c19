package dialog

import (
	"context"

	"fedge/conformance"
	"fedge/sip/raw"
)

// replacing are the cases about calls that take the place of others.
func replacing() []conformance.Case {
	return []conformance.Case{{
		ID:          "DLG-018",
		Title:       "Replaces",
		Requirement: "A node that supports replaces answers an INVITE that names a call with 200 and ends that call; one that names none is refused with 481, one from another domain with 401, 403 or 407. A node that does not support it refuses Require: replaces with 420. (That others may not replace a call, and the 420, are MUST.)",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3891 §3", "RFC 3261 §8.2.2.3"},
		Needs:       media,
		Mutants:     conformance.Kills("rep.any", conformance.Accepted),
		Run:         conformance.Connected(replaces),
	}, {
		ID:          "DLG-019",
		Title:       "REFER",
		Requirement: "REFER, in a call and outside, is answered: taken with 200 or 202, or refused with 403, 405, 481, 501 or 603; a call in which it is refused goes on.",
		Severity:    conformance.May,
		Refs:        []string{"RFC 3515 §2.4.2", "RFC 7647", "RFC 3261 §8.2.1"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.refer-drop", conformance.Silence),
		Run:         conformance.Connected(refer),
	}}
}

func replaces(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	old, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	refusing := func(p *conformance.Peer, as conformance.Identity, replaces string, codes ...int) error {
		invite, err := s.Invite(as, s.Offer()).Header("Require", "replaces").Header("Replaces", replaces).Message()
		if err != nil {
			return err
		}
		answer, err := p.Ask(ctx, invite.Bytes)
		if err != nil {
			return err
		}
		call := conformance.Answered(s, p, invite, answer)
		if err := call.Ack(); err != nil {
			return err
		}
		if answer.Status() < 300 {
			defer call.Hangup(ctx)
		}
		return conformance.Gets(answer, codes...)
	}
	if !conformance.Listed(old.Answer, "Supported", "replaces") {
		s.Note("the node does not list replaces in Supported")
		if err := conformance.Weighing(conformance.Must, refusing(p, s.Target.Partner, named(old), 420)); err != nil {
			return err
		}
		old.Hangup(ctx)
		return nil
	}
	if err := refusing(p, s.Target.Partner, named(old)+"x", 481); err != nil {
		return err
	}
	if err := stranger(ctx, s, func(p *conformance.Peer, as conformance.Identity) error {
		return conformance.Weighing(conformance.Must, refusing(p, as, named(old), 401, 403, 407)) // RFC 3891 §3: MUST verify
	}); err != nil {
		return err
	}
	taker, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Header("Replaces", named(old)).Bytes())
	if err != nil {
		return err
	}
	bye, err := p.Await(ctx, "BYE in the call that was replaced", raw.And(raw.Request("BYE"), raw.InCall(old.Invite.CallID())))
	if err != nil {
		return err
	}
	if err := p.Respond(bye, 200, "OK", nil); err != nil {
		return err
	}
	answer, err := taker.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}

// named is a Replaces value for a call: the tags as the node knows them.
func named(call *conformance.Call) string {
	return call.Invite.CallID() + ";to-tag=" + call.Answer.Tag("To") + ";from-tag=" + call.Invite.Tag("From")
}

// stranger connects as another federated organisation.
func stranger(ctx context.Context, s *conformance.Stand, try func(*conformance.Peer, conformance.Identity) error) error {
	if s.Target.Instruments.Suffix == "" {
		s.Note("there is no other organisation that the node would trust: that it would be refused was not tried")
		return nil
	}
	other, err := s.Partner(ctx)
	if err != nil {
		return err
	}
	p, err := s.Dial(ctx, other.Identity, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	return try(p, other.Identity)
}

func refer(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	to := "<sip:someone@" + s.Target.Partner.Domain + ">"
	contact := call.Invite.Get("Contact")
	inside := call.Build("REFER").Header("Refer-To", to).Header("Contact", contact)
	outside := s.Request("REFER", s.URI(), s.Target.Partner, s.CallID()).Header("Refer-To", to)
	goesOn := []int{200}
	for _, b := range []*raw.Builder{inside, outside} {
		answer, err := p.Ask(ctx, b.Bytes())
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 405, 603, 403, 501, 481, 202, 200); err != nil {
			return err
		}
		s.Note("REFER: %s", answer.StartLine)
		if b == inside && answer.Status() < 300 {
			goesOn = append(goesOn, 481) // who goes where it is sent may leave at once (RFC 5589 §6)
		}
	}
	answer, err := call.Ask(ctx, call.Refresh("INVITE", s.Offer()))
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, goesOn...); err != nil {
		return err
	}
	if answer.Status() == 200 {
		call.Hangup(ctx)
	}
	return nil
}
