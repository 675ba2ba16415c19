package security

import (
	"context"
	"fmt"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// hijacking are the cases about the calls of others, and about calls that are
// over.
func hijacking() []conformance.Case {
	return []conformance.Case{{
		ID:          "SEC-010",
		Title:       "Another partner's call",
		Requirement: "A partner that knows the names of another one's call can neither end nor change, acknowledge, cancel or replace it: 403 or 481, and the call goes on.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §26.1.4", "RFC 3261 §9.2", "RFC 3891 §3"},
		Needs:       others,
		Mutants: []conformance.Mutant{
			{Name: "sec.dlg-any", Class: conformance.Accepted},
			{Name: "dlg.any-identity", Class: conformance.Accepted},
			{Name: "rep.any", Class: conformance.Accepted},
			{Name: "sec.cancel-any", Class: conformance.Accepted},
		},
		Run: conformance.Talking(stolen),
	}, {
		ID:          "SEC-011",
		Title:       "Old messages again",
		Requirement: "INVITE and ACK that come again on their connection, while the call is up and after it, begin no new call.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §17.2.1", "RFC 6026 §7.1"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     conformance.Kills("sec.replay", conformance.Accepted),
		Run:         replayed,
	}}
}

func stolen(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
	thief, err := s.Partner(ctx)
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := s.Dial(ctx, thief.Identity, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	// That it may call is what makes it a partner.
	own, err := s.Establish(ctx, p, s.Invite(thief.Identity, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	contact := "<sip:thief@" + thief.Host + ":5061;transport=tls>"
	if err := p.Send(call.At("ACK", 1).Bytes(), "ACK"); err != nil {
		return err
	}
	for _, method := range []string{"INVITE", "UPDATE", "INFO", "OPTIONS", "PRACK", "REFER", "CANCEL", "BYE"} {
		b := call.At(method, 2)
		switch method {
		case "INVITE", "UPDATE":
			b.Header("Contact", contact).Body("application/sdp", s.Offer())
		case "CANCEL": // of the INVITE that began it, by its branch
			b = raw.NewRequest("CANCEL", call.Invite.RequestURI()).
				Copy(call.Invite, "Via", "Max-Forwards", "From", "To", "Call-ID").Header("CSeq", "1 CANCEL")
		case "PRACK":
			b.Header("RAck", "1 1 INVITE")
		case "REFER":
			b.Header("Contact", contact).Header("Refer-To", "<sip:thief@"+thief.Domain+">")
		}
		answer, err := p.Ask(ctx, b.Bytes())
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 481, 403, 405); err != nil {
			return err
		}
	}
	replaces := fmt.Sprintf("%s;to-tag=%s;from-tag=%s", call.Invite.CallID(), call.Answer.Tag("To"), call.Invite.Tag("From"))
	invite := s.Request("INVITE", s.URI(), thief.Identity, s.CallID()).
		Header("Replaces", replaces).Header("Require", "replaces").Length().Body("application/sdp", s.Offer())
	answer, err := s.Try(ctx, p, invite.Bytes())
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 403, 481, 420); err != nil {
		return err
	}
	own.Hangup(ctx)
	answer, err = call.Ask(ctx, call.Build("BYE"))
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}

func replayed(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	// A 2xx with another tag would be another call. The same one again is a copy.
	another := raw.And(raw.Final(), raw.InCall(call.Invite.CallID()), raw.ForCSeq(1, "INVITE"),
		func(m *raw.Message) bool { return m.Status() < 300 && m.Tag("To") != call.Answer.Tag("To") })
	again := func(when string) error {
		ack := call.At("ACK", 1).Bytes()
		if err := p.SendEach("INVITE, ACK again, "+when, call.Invite.Bytes, ack); err != nil {
			return err
		}
		// A new call is answered later than one that was asked for before it.
		next, err := s.Invite(s.Target.Partner, s.Offer()).Message()
		if err != nil {
			return err
		}
		if err := p.Send(next.Bytes, "INVITE"); err != nil {
			return err
		}
		answer, err := p.Await(ctx, "a final response to the next INVITE", raw.Or(another, raw.And(raw.Final(), raw.InCall(next.CallID()))))
		if err == nil && answer.CallID() == next.CallID() {
			fresh := conformance.Answered(s, p, next, answer)
			if err := fresh.Ack(); err != nil {
				return err
			}
			began := answer.Status() < 300
			answer, err = p.Within(settling).Await(ctx, "nothing", another)
			if m, ok := conformance.AsMismatch(err); ok && m.Class == conformance.Silence {
				if began {
					fresh.Hangup(ctx)
				}
				return nil
			}
		}
		if err != nil {
			return err
		}
		return accepted("no new call by an INVITE that came again, "+when, answer.StartLine+", To: "+answer.Get("To"))
	}
	if err := again("while the call is up"); err != nil {
		return err
	}
	answer, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 200); err != nil {
		return conformance.Preamble(err)
	}
	return again("after the call")
}

// settling is how long a call may take to be answered that must not be.
const settling = 150 * time.Millisecond
