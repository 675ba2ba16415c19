package dialog

import (
	"context"

	"fedge/conformance"
	"fedge/sip/raw"
)

// matching are the cases about which requests belong to a dialog, and in which
// order.
func matching() []conformance.Case {
	return []conformance.Case{{
		ID:          "DLG-006",
		Title:       "BYE for an unknown dialog",
		Requirement: "INFO and re-INVITE with a To tag of no dialog are refused with 481 and no other code, unless INFO is not served at all (to take them is a MAY that no edge should use); BYE is answered, and with 481, which is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.2", "RFC 3261 §15.1.2"},
		Mutants:     conformance.Kills("dlg.bye-200", conformance.Accepted),
		Run:         conformance.Connected(unknown),
	}, {
		ID:          "DLG-007",
		Title:       "CSeq that goes back",
		Requirement: "A request in a dialog whose CSeq is lower than the last one's is answered with 500.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.2"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.cseq-any", conformance.Accepted),
		Run:         conformance.Talking(cseqBack),
	}, {
		ID:          "DLG-008",
		Title:       "CSeq with a gap",
		Requirement: "A request in a dialog whose CSeq leaves numbers out is taken.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §12.2.2"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.cseq-strict", conformance.Status),
		Run:         conformance.Talking(cseqGap),
	}, {
		ID:          "DLG-017",
		Title:       "A dialog has three names",
		Requirement: "A BYE with a dialog's Call-ID but another From tag or To tag leaves the dialog alone, and is answered with 481, which is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12", "RFC 3261 §12.2.2"},
		Needs:       media,
		Mutants:     conformance.Kills("dlg.callid-only", conformance.Status),
		Run:         conformance.Connected(threeNames),
	}}
}

func unknown(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, method := range []string{"BYE", "INFO", "INVITE"} {
		if method == "INVITE" && !s.Target.Claims.Media {
			continue // it would be refused for other reasons
		}
		stray := s.Request(method, s.URI(), s.Target.Partner, s.CallID())
		m, err := stray.Message()
		if err != nil {
			return err
		}
		tagged, err := conformance.With(m, "To", m.Get("To")+";tag=nobody")
		if err != nil {
			return err
		}
		answer, err := p.Ask(ctx, tagged.Bytes)
		if err != nil {
			return err
		}
		if method == "INVITE" {
			if err := conformance.Answered(s, p, tagged, answer).Ack(); err != nil {
				return err
			}
		}
		if err := nowhere(s, method, answer); err != nil {
			return err
		}
	}
	return nil
}

// nowhere judges the answer to a request in a dialog that there is not.
func nowhere(s *conformance.Stand, method string, answer *raw.Message) error {
	err := conformance.Gets(answer, 481)
	switch {
	case method == "BYE":
		return s.Lesser(conformance.Should, err) // RFC 3261 §15.1.2
	case answer.Status() < 300:
		return s.Lesser(conformance.May, err) // §12.2.2: it may be taken, for a UAS that has crashed
	case method == "INFO" && (answer.Status() == 405 || answer.Status() == 501):
		return nil // §8.2.1 comes first
	}
	return err // §12.2.2: who refuses MUST do so with 481
}

// cseqBack asks with CSeq 5, then with 4. Only a re-INVITE is surely a matter
// of the dialog: some answer OPTIONS without looking for one.
func cseqBack(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
	call.Skip(3)
	answer, err := call.Ask(ctx, call.Refresh("INVITE", s.Offer()))
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := conformance.Gets(answer, 200); err != nil {
		return conformance.Preamble(err)
	}
	late := call.At("INVITE", 4).Header("Contact", call.Invite.Get("Contact")).Body("application/sdp", s.Offer())
	if answer, err = call.Ask(ctx, late); err != nil {
		return err
	}
	return conformance.Gets(answer, 500)
}

func cseqGap(ctx context.Context, s *conformance.Stand, call *conformance.Call) error {
	call.Skip(10)
	answer, err := call.Ask(ctx, call.Refresh("INVITE", s.Offer()))
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}

// threeNames hangs up dialogs that differ from a living one in one name, and
// then asks whether that still lives.
func threeNames(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	for _, name := range []string{"From", "To"} {
		request, err := call.Build("BYE").Message()
		if err != nil {
			return err
		}
		if request, err = conformance.With(request, name, request.Get(name)+"x"); err != nil {
			return err
		}
		answer, err := p.Ask(ctx, request.Bytes)
		if err != nil {
			return err
		}
		if err := s.Lesser(conformance.Should, conformance.Gets(answer, 481)); err != nil { // RFC 3261 §15.1.2
			return err
		}
	}
	answer, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}
