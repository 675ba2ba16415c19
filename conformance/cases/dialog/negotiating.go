package dialog

import (
	"bytes"
	"context"
	"errors"

	"fedge/conformance"
	"fedge/sip/raw"
)

// negotiating are the cases about re-INVITE, UPDATE and what crosses them.
func negotiating() []conformance.Case {
	return []conformance.Case{{
		ID:          "DLG-011",
		Title:       "INVITE while one is pending",
		Requirement: "A second INVITE in a dialog whose first one has no final answer yet is refused with 500 and Retry-After of 0 to 10 seconds; the first goes on. An UPDATE without an offer, which does not cross it, is taken then, where there is UPDATE: a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §14.2", "RFC 3311 §5.2"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "dlg.no-500", Class: conformance.Status}, {Name: "upd.early", Class: conformance.Status}},
		Run:         conformance.Connected(twoAtOnce),
	}, {
		ID:          "DLG-012",
		Title:       "A failed re-INVITE",
		Requirement: "A re-INVITE whose offer cannot be served is refused, and the session goes on as it was.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §14.1", "RFC 3261 §14.2"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.488-drop", conformance.Status),
		Run:         conformance.Talking(failed),
	}, {
		ID:          "DLG-013",
		Title:       "UPDATE",
		Requirement: "A node that claims UPDATE lists it in Allow, takes one without an offer, which refreshes, and answers one with an offer in its 200. One with two Contacts, which leave open where the target is, is refused with 400.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3311 §5.2", "RFC 3311 §5.1", "RFC 3261 §8.1.1.8"},
		Needs:       conformance.Needs{Media: true, Update: true},
		Mutants:     []conformance.Mutant{{Name: "upd.no", Class: conformance.Status}, {Name: "upd.none", Class: conformance.Content}, {Name: "upd.contacts", Class: conformance.Accepted}},
		Run:         conformance.Talking(update),
		Unclaimed: &conformance.Unclaimed{
			Title:       "UPDATE is declined",
			Requirement: "A node that does not claim UPDATE refuses one with 405 and an Allow that does not name it (or with 501, if it does not know the method's name); the call goes on.",
			Refs:        []string{"RFC 3261 §8.2.1", "RFC 3261 §21.4.6", "RFC 3311 §4"},
			Run:         conformance.DeclinesMethod("UPDATE"),
		},
	}, {
		ID:          "DLG-014",
		Title:       "UPDATE glare",
		Requirement: "An UPDATE with an offer is refused with 491 while the node's own offer, in its 200 to an INVITE without one, waits for its answer.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3311 §5.2"},
		Needs:       conformance.Needs{Media: true, Update: true},
		Mutants:     conformance.Kills("upd.glare", conformance.Accepted),
		Run:         conformance.Connected(updateGlare),
	}, {
		ID:          "DLG-015",
		Title:       "BYE while an INVITE is pending",
		Requirement: "A BYE without To tag, which is in no dialog, is answered with 481 and leaves the pending INVITE alone; one that overtakes a re-INVITE is answered with 200, and so is the re-INVITE, with 487 or as if the BYE had come after it.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §15", "RFC 3261 §15.1.2"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.early-bye", conformance.Accepted),
		Run:         conformance.Connected(earlyBye),
	}}
}

// twoAtOnce keeps the first INVITE open: with Require: 100rel and without the
// PRACK of its provisional response it cannot be answered (RFC 3262 §3), and
// that response has made a dialog for the second.
func twoAtOnce(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	invite, err := s.Invite(s.Target.Partner, s.Offer()).Header("Require", "100rel").Message()
	if err != nil {
		return err
	}
	if err := p.Send(invite.Bytes, "INVITE"); err != nil {
		return err
	}
	ringing, err := p.Await(ctx, "a reliable provisional response", raw.And(raw.AnswerTo(invite), raw.Not(raw.Response(100))))
	if err != nil {
		return conformance.Preamble(err)
	}
	call := conformance.Answered(s, p, invite, ringing)
	if ringing.Status() >= 200 || ringing.Get("RSeq") == "" {
		if ringing.Status() >= 200 {
			err = call.Ack()
		}
		return errors.Join(err, &conformance.Lack{What: "reliable provisional responses (RFC 3262)"})
	}
	second, err := call.Ask(ctx, call.Refresh("INVITE", s.Offer()))
	if err != nil {
		return err
	}
	if err := earlyUpdate(ctx, s, call); err != nil {
		return err
	}
	prack := call.Build("PRACK").Header("RAck", ringing.Get("RSeq")+" "+invite.Get("CSeq"))
	if err := p.Send(prack.Bytes(), "PRACK"); err != nil {
		return err
	}
	answer, err := p.Await(ctx, "200 to INVITE", raw.And(raw.Final(), raw.AnswerTo(invite)))
	if err != nil {
		return err
	}
	call = conformance.Answered(s, p, invite, answer) // which is hung up when the case ends
	if err := call.Ack(); err != nil {
		return err
	}
	call.Skip(4)
	if err := conformance.Gets(second, 500); err != nil {
		return err
	}
	if err := conformance.Gets(answer, 200); err != nil {
		return err
	}
	return later(second)
}

// earlyUpdate refreshes the target of a dialog that is not up yet, and offers
// nothing.
func earlyUpdate(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
	if !s.Target.Claims.Update {
		return nil
	}
	answer, err := call.Ask(ctx, call.Refresh("UPDATE", nil))
	if err != nil {
		return err
	}
	return s.Lesser(conformance.Should, conformance.Gets(answer, 200))
}

// later checks the Retry-After of a 500 (RFC 3261 §14.2).
func later(answer *raw.Message) error {
	seconds, err := conformance.RetryAfter(answer)
	if err != nil || seconds > 10 {
		return conformance.Holds("Retry-After of the 500", "0 to 10", answer.Get("Retry-After"))
	}
	return nil
}

// failed offers what no node of this kind can serve: audio in a codec that
// nobody has, which may be refused as a whole or by its line (RFC 3264 §6), and
// a body of a kind that nobody reads.
func failed(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
	hopeless := []byte(s.OfferHead() + "m=audio 9 RTP/SAVP 101\r\n" + conformance.Crypto(1) + "a=rtpmap:101 nobodys-codec/8000\r\n")
	answer, err := call.Ask(ctx, call.Refresh("INVITE", hopeless))
	if err != nil {
		return err
	}
	lines := conformance.MediaLines(answer.Body)
	if answer.Status() != 200 || len(lines) != 1 || lines[0].Port != "0" {
		if answer.Status() < 300 {
			return conformance.Gets(answer, 488, 606)
		}
		if err := s.Lesser(conformance.Should, conformance.Gets(answer, 488, 606)); err != nil { // RFC 3261 §13.3.1.3
			return err
		}
	}
	unheard := call.Refresh("INVITE", nil).Body("application/x-unheard-of", []byte("?"))
	if answer, err = call.Ask(ctx, unheard); err != nil {
		return err
	}
	if err := conformance.Gets(answer, 415, 488, 606, 400); err != nil {
		return err
	}
	answer, err = call.Ask(ctx, call.Refresh("INVITE", s.Offer())) // what it had is what it has
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}

func earlyBye(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	invite, err := s.Invite(s.Target.Partner, s.Offer()).Message()
	if err != nil {
		return err
	}
	bye, err := conformance.With(invite, "CSeq", "2 BYE")
	if err != nil {
		return err
	}
	early := raw.NewRequest("BYE", s.URI()).
		Header("Via", "SIP/2.0/TLS "+s.Target.Partner.Host+":5061;branch="+s.Branch()).
		Header("Max-Forwards", "70").
		Copy(bye, "From", "To", "Call-ID", "CSeq").Bytes()
	toInvite, toBye, err := both(ctx, p, invite.Bytes, early, invite.CallID())
	if err != nil {
		return err
	}
	call := conformance.Answered(s, p, invite, toInvite)
	if err := call.Ack(); err != nil {
		return err
	}
	if err := conformance.Gets(toBye, 481); err != nil {
		return err
	}
	if err := conformance.Gets(toInvite, 200); err != nil {
		return err
	}
	call.Skip(1)
	again, err := call.Refresh("INVITE", s.Offer()).Message()
	if err != nil {
		return err
	}
	if toInvite, toBye, err = both(ctx, p, again.Bytes, call.Next("BYE"), invite.CallID()); err != nil {
		return err
	}
	if err := call.AckFor(again, toInvite, nil); err != nil {
		return err
	}
	if err := conformance.Gets(toBye, 200); err != nil {
		return err
	}
	return conformance.Gets(toInvite, 487, 200)
}

// both sends an INVITE and a BYE in one record and returns what came to each.
func both(ctx context.Context, p *conformance.Peer, invite, bye []byte, callID string) (toInvite, toBye *raw.Message, err error) {
	first, err := raw.Parse(invite)
	if err != nil {
		return nil, nil, err
	}
	second, err := raw.Parse(bye)
	if err != nil {
		return nil, nil, err
	}
	if err := p.SendEach("INVITE and BYE in one record", append(bytes.Clone(invite), bye...)); err != nil {
		return nil, nil, err
	}
	mine := raw.And(raw.Final(), raw.InCall(callID))
	for toInvite == nil || toBye == nil {
		answer, err := p.Await(ctx, "answers to INVITE and BYE", mine)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case raw.AnswerTo(first)(answer):
			toInvite = answer
		case raw.AnswerTo(second)(answer):
			toBye = answer
		}
	}
	return toInvite, toBye, nil
}
