package transaction

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// giveUpCases are about the node's own CANCEL.
func giveUpCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TXN-021",
		Title:       "The 487 to its own CANCEL is acknowledged",
		Requirement: "A call given up while it rings is cancelled in its own transaction, and the 487 is acknowledged.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.1", "RFC 3261 §17.1.1.3"},
		Needs:       outward(),
		Mutants:     []conformance.Mutant{{Name: "tx.487-noack", Class: conformance.Silence}},
		Run:         called(givenUp),
	}, {
		ID:          "TXN-022",
		Title:       "A 200 that crosses its CANCEL",
		Requirement: "A 200 that comes after the node's CANCEL is acknowledged, and the call ended by BYE.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.1", "RFC 3261 §13.2.2.4", "RFC 3261 §15"},
		Needs:       outward(),
		Mutants:     []conformance.Mutant{{Name: "tx.glare-hang", Class: conformance.Silence}},
		Run:         called(crossed),
	}, {
		ID:          "TXN-023",
		Title:       "CANCEL waits for a provisional response",
		Requirement: "A call given up before any response is not cancelled yet; it is as soon as a provisional one comes.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §9.1"},
		Needs:       outward(),
		Mutants:     []conformance.Mutant{{Name: "tx.early-cancel", Class: conformance.Accepted}},
		Run:         called(notYet),
	}, {
		ID:    "TXN-025",
		Title: "A call that rings for ever",
		Requirement: "A call that only rings is cancelled in the end, not before three minutes; " +
			"the RFC demands it of proxies, a caller should do as much.",
		Severity: conformance.Should,
		Refs:     []string{"RFC 3261 §16.6", "RFC 3261 §16.8"},
		Needs:    outward(),
		Mutants:  []conformance.Mutant{{Name: "tx.no-timer-c", Class: conformance.Silence}},
		Lasts:    180,
		Run:      called(ringsForEver),
	}}
}

// ringing tells the node that it rings.
func ringing(in *conformance.Incoming) error {
	m, err := in.Response(180, "Ringing", "anna").Length().Message()
	if err != nil {
		return err
	}
	return in.Tell(m)
}

// cancelling waits for the node's CANCEL, which must be the INVITE's, and
// answers it.
func cancelling(ctx context.Context, in *conformance.Incoming) error {
	cancel, err := in.Await(ctx, "CANCEL", in.Mine("CANCEL"))
	if err != nil {
		return err
	}
	number, _ := in.Invite.CSeq()
	for _, field := range []struct{ what, got, want string }{
		{"Request-URI", cancel.RequestURI(), in.Invite.RequestURI()},
		{"Via", strings.Join(cancel.All("Via"), " | "), in.Invite.Get("Via")},
		{"From", cancel.Get("From"), in.Invite.Get("From")},
		{"To", cancel.Get("To"), in.Invite.Get("To")},
		{"CSeq", cancel.Get("CSeq"), fmt.Sprintf("%d CANCEL", number)},
		{"Require", cancel.Get("Require"), ""},
	} {
		if !conformance.EqualField(field.what, field.got, field.want) {
			return conformance.Fault(conformance.Content, field.what+" "+field.want+" in CANCEL", field.got)
		}
	}
	return in.Send(raw.Respond(cancel, 200, "OK", "anna").Length().Bytes(), "200 CANCEL")
}

// rung makes the call ring and lets the node's caller give up; it returns when
// the node's CANCEL is answered.
func rung(ctx context.Context, in *conformance.Incoming) error {
	if err := ringing(in); err != nil {
		return err
	}
	in.GiveUp()
	return cancelling(ctx, in)
}

// terminated answers the INVITE with 487 and waits for its ACK.
func terminated(ctx context.Context, in *conformance.Incoming) error {
	gone, err := in.Response(487, "Request Terminated", "anna").Length().Message()
	if err != nil {
		return err
	}
	if err := in.Tell(gone); err != nil {
		return err
	}
	ack, err := in.Await(ctx, "ACK of the 487", in.Mine("ACK"))
	if err != nil {
		return err
	}
	return ackWithin(in.Invite, gone, ack)
}

func givenUp(ctx context.Context, _ *conformance.Stand, in *conformance.Incoming) error {
	if err := rung(ctx, in); err != nil {
		return err
	}
	return terminated(ctx, in)
}

func crossed(ctx context.Context, _ *conformance.Stand, in *conformance.Incoming) error {
	if err := rung(ctx, in); err != nil {
		return err
	}
	answer := in.Answer()
	if err := in.Tell(answer); err != nil {
		return err
	}
	if _, err := in.Await(ctx, "ACK of the 200 that crossed the CANCEL", in.Mine("ACK")); err != nil {
		return err
	}
	bye, err := in.Await(ctx, "BYE of the call that nobody wants any more", in.Mine("BYE"))
	if err != nil {
		return err
	}
	if !conformance.EqualAddress(bye.Get("To"), answer.Get("To")) {
		return conformance.Fault(conformance.Content, "To "+answer.Get("To")+" in BYE", bye.Get("To"))
	}
	return in.Send(raw.Respond(bye, 200, "OK", "").Length().Bytes(), "200 BYE")
}

func notYet(ctx context.Context, s *conformance.Stand, in *conformance.Incoming) error {
	in.GiveUp()
	if err := never(ctx, in.Peer, while(s), "no CANCEL before a provisional response", in.Mine("CANCEL")); err != nil {
		return err
	}
	if err := ringing(in); err != nil {
		return err
	}
	if err := cancelling(ctx, in); err != nil {
		return err
	}
	return terminated(ctx, in)
}

func ringsForEver(ctx context.Context, s *conformance.Stand, in *conformance.Incoming) error {
	if err := ringing(in); err != nil {
		return err
	}
	began, least := time.Now(), 180*s.Second()
	in.Peer = in.Within(least + 2*time.Second)
	if err := cancelling(ctx, in); err != nil {
		return err
	}
	if rang := time.Since(began); rang < least*19/20 {
		return conformance.Timed(conformance.Fault(conformance.Accepted, fmt.Sprintf("no CANCEL before %s", least), fmt.Sprintf("after %s", rang)))
	}
	return terminated(ctx, in)
}
