// Package dialog holds the cases about dialogs (RFC 3261 §12 to §15).
package dialog

import (
	"context"

	"fedge/conformance"
	"fedge/sip/raw"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return []conformance.Case{{
		ID:          "DLG-001",
		Title:       "Basic call inbound",
		Requirement: "An INVITE for a room is answered with 200 that makes a dialog, its ACK is taken, and BYE is answered with 200.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.1.1", "RFC 3261 §13.3.1.4", "RFC 3261 §15.1.2"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     []conformance.Mutant{{Name: "dlg.bye-unanswered", Class: conformance.Silence}},
		Run:         basicCall,
	}}
}

func basicCall(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	if err := makesDialog(call.Answer); err != nil {
		return err
	}
	answer, err := call.Request(ctx, "BYE")
	if err != nil {
		return err
	}
	if answer.Status() != 200 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "200 to BYE", Actual: answer.StartLine}
	}
	return nil
}

// makesDialog checks what a 2xx must carry for a dialog (RFC 3261 §12.1.1).
func makesDialog(answer *raw.Message) error {
	if answer.Tag("To") == "" {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "a tag in To of the 200", Actual: answer.Get("To")}
	}
	if answer.Get("Contact") == "" {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "a Contact in the 200", Actual: "none"}
	}
	return nil
}
