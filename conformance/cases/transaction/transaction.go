// Package transaction holds the cases about transactions (RFC 3261 §9, §17).
package transaction

import (
	"context"
	"fmt"
	"slices"

	"fedge/conformance"
	"fedge/sip/raw"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TXN-009",
		Title:       "CANCEL before a final response",
		Requirement: "CANCEL of a pending INVITE is answered with 200 and the INVITE with 487, both under the same To tag; the ACK of the 487 is taken.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.2", "RFC 3261 §15.1.2"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     []conformance.Mutant{{Name: "tx.no-487", Class: conformance.Status}},
		Run:         cancel,
	}}
}

// attempts bounds how often a node may win the race and answer the INVITE
// before it reads the CANCEL behind it, which is legal.
const attempts = 10

func cancel(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	for range attempts {
		tried, err := once(ctx, s, p)
		if tried || err != nil {
			return err
		}
	}
	return conformance.Preamble(fmt.Errorf("the node answered %d INVITEs before it read the CANCEL in the same record", attempts))
}

// once sends INVITE and CANCEL in one record; tried is false when the call was
// answered before the CANCEL was, and then it is ended. A node that answers the
// CANCEL first had sent no final response to the INVITE, and owes 487.
func once(ctx context.Context, s *conformance.Stand, p *conformance.Peer) (tried bool, err error) {
	invite := s.Invite(s.Target.Partner, s.Offer()).Bytes()
	request, err := raw.Parse(invite)
	if err != nil {
		return false, err
	}
	if err := p.SendEach("INVITE and CANCEL in one record", slices.Concat(invite, cancelOf(request))); err != nil {
		return false, err
	}
	number, _ := request.CSeq()
	mine := raw.And(raw.Final(), raw.InCall(request.CallID()))
	toInvite, toCancel, late := (*raw.Message)(nil), (*raw.Message)(nil), false
	for toInvite == nil || toCancel == nil { // in either order
		answer, err := p.Await(ctx, missing(toInvite, toCancel), mine)
		if err != nil {
			return false, err
		}
		if raw.ForCSeq(number, "CANCEL")(answer) {
			toCancel = answer
		} else {
			toInvite, late = answer, toCancel == nil
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
	return true, judge(toInvite, toCancel)
}

func judge(toInvite, toCancel *raw.Message) error {
	switch {
	case toCancel.Status() != 200:
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to CANCEL", Actual: toCancel.StartLine}
	case toInvite.Status() != 487:
		return &conformance.Mismatch{Class: conformance.Status, Expected: "487 to INVITE", Actual: toInvite.StartLine}
	case toInvite.Tag("To") != toCancel.Tag("To"):
		return &conformance.Mismatch{
			Class: conformance.Content, Expected: "the same To tag in the 200 to CANCEL and the 487 (RFC 3261 §9.2)",
			Actual: toCancel.Tag("To") + " and " + toInvite.Tag("To"),
		}
	}
	return nil
}

// cancelOf is the CANCEL of a request: its URI, Via, From, To, Call-ID and the
// number of its CSeq (RFC 3261 §9.1).
func cancelOf(invite *raw.Message) []byte {
	number, _ := invite.CSeq()
	return raw.NewRequest("CANCEL", invite.RequestURI()).
		Copy(invite, "Via", "From", "To", "Call-ID").
		Headerf("CSeq", "%d CANCEL", number).
		Header("Max-Forwards", "70").
		Length().Bytes()
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
