package transaction

import (
	"context"
	"fmt"
	"slices"

	"fedge/conformance"
	"fedge/sip/raw"
)

// cancelCases are about CANCEL as the node hears it.
func cancelCases() []conformance.Case {
	media := conformance.Needs{Media: true}
	return []conformance.Case{{
		ID:          "TXN-009",
		Title:       "CANCEL before a final response",
		Requirement: "CANCEL of a pending INVITE is answered with 200; the INVITE is answered with 487, which is a SHOULD; the ACK of the 487 is taken. (That both have the same To tag is a SHOULD of §9.2: TXN-014.)",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.2", "RFC 3261 §15.1.2"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "tx.no-487", Class: conformance.Status}},
		Run:         on(cancelled(false)),
	}, {
		ID:          "TXN-010",
		Title:       "CANCEL after a final response",
		Requirement: "CANCEL of an INVITE that was answered is itself answered, with 200 or 481, and the call goes on.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.2"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "tx.cancel-kills", Class: conformance.Status}},
		Run:         on(cancelledLate),
	}, {
		ID:          "TXN-011",
		Title:       "CANCEL of nothing",
		Requirement: "CANCEL that matches no transaction is answered, and with 481, which is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.2", "RFC 3261 §17.2.2"},
		Mutants:     []conformance.Mutant{{Name: "tx.cancel-405", Class: conformance.Status}},
		Run:         on(cancelOfNothing),
	}, {
		ID:          "TXN-014",
		Title:       "CANCEL that requires an extension",
		Requirement: "A Require in CANCEL, where none may be, changes nothing: no 420, the INVITE is cancelled; both answers have the same To tag, which is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.1", "RFC 3261 §8.2.2.3"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "tx.cancel-420", Class: conformance.Status}},
		Run:         on(cancelled(true, "Require: nothing-that-exists")),
	}, {
		ID:          "TXN-035",
		Title:       "Reason in CANCEL and BYE",
		Requirement: "A Reason in CANCEL or BYE, known or not, changes nothing about their answers.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3326 §2"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "tx.reason", Class: conformance.Status}},
		Run:         on(reasons),
	}}
}

// reasonLines are what callers say about why.
const reasonLines = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\nReason: Q.850 ;cause=16 , FROBNICATE;cause=4"

// attempts bounds how often a node may win the race and answer the INVITE
// before it reads the CANCEL behind it, which is legal.
const attempts = 10

// cancelled sends INVITE and CANCEL, with these lines more, until the CANCEL
// has come first; alike demands one To tag in both answers.
func cancelled(alike bool, lines ...string) func(context.Context, *conformance.Stand, *conformance.Peer) error {
	return func(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
		for range attempts {
			tried, err := once(ctx, s, p, alike, lines...)
			if tried || err != nil {
				return err
			}
		}
		return conformance.Preamble(fmt.Errorf("the node answered %d INVITEs before it read the CANCEL in the same record", attempts))
	}
}

// once sends INVITE and CANCEL in one record; tried is false when the call was
// answered before the CANCEL was, and then it is ended. A node that answers the
// CANCEL first had sent no final response to the INVITE, and owes 487.
func once(ctx context.Context, s *conformance.Stand, p *conformance.Peer, alike bool, lines ...string) (tried bool, err error) {
	uri := s.URI()
	if s.Target.Ringing != "" { // there CANCEL wins every race
		uri = "sip:" + s.Target.Ringing
	}
	request, err := parsed(s.InviteTo(uri, s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return false, err
	}
	if err := p.SendEach("INVITE and CANCEL in one record", slices.Concat(request.Bytes, cancelOf(request, lines...))); err != nil {
		return false, err
	}
	number, _ := request.CSeq()
	mine := raw.And(raw.Final(), raw.InCall(request.CallID()))
	toInvite, toCancel, late := (*raw.Message)(nil), (*raw.Message)(nil), false
	for toInvite == nil || toCancel == nil { // in either order
		answer, err := p.Await(ctx, missing(toInvite, toCancel), mine)
		if toCancel != nil && silence(err) {
			return true, s.Lesser(conformance.Should, err) // §9.2; §9.1: who is called may know no 487
		}
		if err != nil {
			return false, err
		}
		if !raw.ForCSeq(number, "CANCEL")(answer) {
			toInvite, late = answer, toCancel == nil
			continue
		}
		if toCancel = answer; answer.Status() != 200 && toInvite == nil {
			// The node does not take the CANCEL: there will be no 487 to wait for.
			return true, wantStatus(answer, "CANCEL", 200)
		}
	}
	call := conformance.Answered(s, p, request, toInvite)
	if err := call.Ack(); err != nil {
		return false, err
	}
	if toInvite.Status() < 300 {
		call.Hangup(ctx)
		if late {
			return false, nil
		}
	}
	return true, judge(s, toInvite, toCancel, alike)
}

// judge demands 200 and, for it SHOULD come (RFC 3261 §9.2), 487; and, if asked,
// that one UAS gave both: a proxy answers CANCEL itself (§16.10), so that is no
// MUST.
func judge(s *conformance.Stand, toInvite, toCancel *raw.Message, alike bool) error {
	if err := wantStatus(toCancel, "CANCEL", 200); err != nil {
		return err
	}
	if err := s.Lesser(conformance.Should, wantStatus(toInvite, "INVITE", 487)); err != nil {
		return err
	}
	if alike && toInvite.Tag("To") != toCancel.Tag("To") {
		return s.Lesser(conformance.Should, conformance.Fault(conformance.Content, "the same To tag in the 200 to CANCEL and the 487 (RFC 3261 §9.2)",
			toCancel.Tag("To")+" and "+toInvite.Tag("To")))
	}
	return nil
}

// cancelOf is the CANCEL of a request: its URI, Via, From, To, Call-ID and the
// number of its CSeq (RFC 3261 §9.1).
func cancelOf(invite *raw.Message, lines ...string) []byte {
	number, _ := invite.CSeq()
	b := raw.NewRequest("CANCEL", invite.RequestURI()).
		Copy(invite, "Via", "From", "To", "Call-ID").
		Headerf("CSeq", "%d CANCEL", number).
		Header("Max-Forwards", "70")
	for _, line := range lines {
		b.Line(line)
	}
	return b.Length().Bytes()
}

func missing(toInvite, toCancel *raw.Message) string {
	if toCancel == nil && toInvite == nil {
		return "200 to CANCEL and 487 to INVITE"
	}
	if toCancel == nil {
		return "200 to CANCEL"
	}
	return "487 to INVITE"
}

func cancelledLate(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	answer, err := p.Ask(ctx, cancelOf(call.Invite))
	if err != nil {
		return err
	}
	if err := wantStatus(answer, "CANCEL", 200, 481); err != nil {
		return err
	}
	if err := never(ctx, p, while(s), "a call that goes on", raw.And(raw.Request(""), raw.InCall(call.Invite.CallID()))); err != nil {
		return err
	}
	bye, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	return wantStatus(bye, "BYE of the call that was not to be cancelled", 200)
}

func cancelOfNothing(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	never, err := parsed(s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	answer, err := p.Ask(ctx, cancelOf(never))
	if err != nil {
		return err
	}
	return s.Lesser(conformance.Should, wantStatus(answer, "CANCEL of an INVITE never sent", 481)) // §9.2
}

func reasons(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	bye, err := parsed(call.Next("BYE"))
	if err != nil {
		return err
	}
	answer, err := p.Ask(ctx, with(bye, reasonLines))
	if err != nil {
		return err
	}
	if err := wantStatus(answer, "BYE with a Reason", 200); err != nil {
		return err
	}
	return cancelled(false, reasonLines)(ctx, s, p)
}
