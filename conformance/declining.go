package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fedge/sip/raw"
)

// DeclinesMethod is the Run of an Unclaimed: the method is refused in a call,
// with 405 and an Allow that does not name it (RFC 3261 §8.2.1), the call goes
// on, and no Allow of the node's names it.
func DeclinesMethod(method string) func(context.Context, *Stand) error {
	return Talking(func(ctx context.Context, s *Stand, call *Call) error {
		refusal, err := call.Ask(ctx, call.Refresh(method, nil))
		if err != nil {
			return err
		}
		options, err := call.peer.Ask(ctx, s.Options(s.Target.Partner))
		if err != nil {
			return err
		}
		for _, answer := range []*raw.Message{call.Answer, refusal, options} {
			if err := unlisted(answer, "Allow", method); err != nil {
				return err
			}
		}
		if err := s.refusesMethod(method, refusal); err != nil {
			return err
		}
		bye, err := call.Request(ctx, "BYE")
		if err != nil {
			return err
		}
		return Gets(bye, 200)
	})
}

// refusesMethod wants 405 with Allow. 501 is for who does not even know the
// method's name (RFC 3261 §21.5.2), and need not say what is served, but should.
func (s *Stand) refusesMethod(method string, answer *raw.Message) error {
	if err := Gets(answer, 405, 501); err != nil {
		return err
	}
	if answer.Has("Allow") {
		return nil
	}
	lacks := Fault(Content, "405 to "+method+", with an Allow that says what is served", answer.StartLine+", without Allow")
	if answer.Status() == 501 {
		return s.Lesser(Should, lacks)
	}
	return lacks
}

// DeclinesExtension is the Run of an Unclaimed: an INVITE that requires the
// option tag is refused with 420, which names it in Unsupported (RFC 3261
// §8.2.2.3); one that supports it is taken and makes no use of it; and no
// Supported of the node's names it. Lines are what else of the extension an
// INVITE holds.
func DeclinesExtension(tag string, lines ...string) func(context.Context, *Stand) error {
	return Connected(func(ctx context.Context, s *Stand, p *Peer) error {
		options, err := p.Ask(ctx, s.Options(s.Target.Partner))
		if err != nil {
			return err
		}
		call, err := s.Establish(ctx, p, s.extended("Supported", tag, lines))
		if err != nil {
			return err
		}
		call.Hangup(ctx)
		for _, answer := range []*raw.Message{options, call.Answer} {
			for _, field := range []string{"Supported", "Require"} {
				if err := unlisted(answer, field, tag); err != nil {
					return err
				}
			}
		}
		for _, line := range lines {
			if name, _, _ := strings.Cut(line, ":"); call.Answer.Has(name) {
				return Fault(Content, "a 200 without "+name+", which is of "+tag, name+": "+call.Answer.Get(name))
			}
		}
		return s.refusesExtension(ctx, p, tag, lines)
	})
}

// refusesExtension sends the INVITE that requires what is not claimed. Who takes
// it may wait for an acknowledgement before the final response (RFC 3262): then
// the INVITE is withdrawn.
func (s *Stand) refusesExtension(ctx context.Context, p *Peer, tag string, lines []string) error {
	invite, err := raw.Parse(s.extended("Require", tag, lines))
	if err != nil {
		return fmt.Errorf("conformance: our own INVITE does not parse: %w", err)
	}
	if err := p.Send(invite.Bytes, "INVITE"); err != nil {
		return p.lost("420 to INVITE", err)
	}
	answer, err := p.Await(ctx, "420 to INVITE", raw.And(raw.AnswerTo(invite), func(m *raw.Message) bool { return m.Status() >= 200 || m.Has("RSeq") }))
	if err != nil {
		return err
	}
	if answer.Status() < 200 {
		err = p.Send(cancelling(invite), "CANCEL")
	} else {
		err = Answered(s, p, invite, answer).Ack() // a call is hung up when the case ends
	}
	if err != nil {
		return p.lost("420 to INVITE", err)
	}
	if err := Gets(answer, 420); err != nil {
		return err
	}
	if !Listed(answer, "Unsupported", tag) {
		return Fault(Content, tag+" in Unsupported of the 420", "Unsupported: "+answer.Get("Unsupported"))
	}
	return nil
}

// extended is an INVITE for the room that requires or supports an option, and
// nothing else.
func (s *Stand) extended(how, tag string, lines []string) []byte {
	b := s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).
		Header(how, tag).
		Header("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS")
	for _, line := range lines {
		b.Line(line)
	}
	return b.Length().Body("application/sdp", s.Offer()).Bytes()
}

// cancelling is the CANCEL of an INVITE (RFC 3261 §9.1).
func cancelling(invite *raw.Message) []byte {
	number, _ := invite.CSeq()
	return raw.NewRequest("CANCEL", invite.RequestURI()).
		Copy(invite, "Via", "From", "To", "Call-ID").
		Headerf("CSeq", "%d CANCEL", number).
		Header("Max-Forwards", "70").
		Length().Bytes()
}

// unlisted says that a field of a message does not name what is not claimed.
func unlisted(m *raw.Message, field, name string) error {
	if !Listed(m, field, name) {
		return nil
	}
	_, method := m.CSeq()
	return Fault(Content, fmt.Sprintf("no %s in %s of the answer to %s: the target does not claim it", name, field, method), field+": "+strings.Join(m.List(field), ", "))
}

// Listed tells whether a field names a method or an option.
func Listed(m *raw.Message, field, name string) bool {
	return slices.ContainsFunc(m.List(field), func(one string) bool { return strings.EqualFold(one, name) })
}
