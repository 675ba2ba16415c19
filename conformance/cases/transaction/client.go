package transaction

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// outward is what a case needs to be called by the node.
func outward() conformance.Needs {
	return conformance.Needs{Trigger: true, DNS: true, Authority: true}
}

// called runs a case on a call that the node makes and nobody has answered.
func called(run func(context.Context, *conformance.Stand, *conformance.Incoming) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		in, err := s.Called(ctx)
		if err != nil {
			return err
		}
		return run(ctx, s, in)
	}
}

// clientCases are about the node's own INVITE and what it does with final
// responses.
func clientCases() []conformance.Case {
	return []conformance.Case{{
		ID:    "TXN-018",
		Title: "ACK of a refusal",
		Requirement: "The node acknowledges a refusal of its INVITE within the transaction: same Request-URI, branch, From, Call-ID, CSeq number and Route, " +
			"one Via, the tag of the refusal in To.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 3261 §17.1.1.3"},
		Needs:    conformance.Needs{Called: true},
		Mutants:  []conformance.Mutant{{Name: "tx.ack-newbranch", Class: conformance.Content}},
		Run:      called(refusalACK),
	}, {
		ID:    "TXN-019",
		Title: "ACK of a 2xx",
		Requirement: "The node acknowledges a 200 to its INVITE with a request of its own: a new branch, the Contact of the 200 as Request-URI, " +
			"its Record-Route the other way round as Route, the CSeq number of the INVITE.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 3261 §13.2.2.4", "RFC 3261 §12.1.2", "RFC 3261 §12.2.1.1"},
		Needs:    conformance.Needs{Called: true},
		Mutants:  []conformance.Mutant{{Name: "dlg.ack-route", Class: conformance.Content}},
		Run:      called(answerACK),
	}, {
		ID:          "TXN-020",
		Title:       "A repeated 200 is acknowledged again",
		Requirement: "Each copy of a 200 to the node's INVITE is answered with the ACK again.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §13.2.2.4", "RFC 6026 §7.2"},
		Needs:       conformance.Needs{Called: true},
		Mutants:     []conformance.Mutant{{Name: "tx.no-reack", Class: conformance.Silence}},
		Run:         called(answeredAgain),
	}, {
		ID:          "TXN-024",
		Title:       "An INVITE that nobody answers",
		Requirement: "An INVITE over TLS is sent once; without any response the call fails after 64*T1, not before and not much later.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §17.1.1.2"},
		Needs:       outward(),
		Mutants: []conformance.Mutant{
			{Name: "tx.rtx-tcp", Class: conformance.Accepted}, {Name: "tx.no-b", Class: conformance.Silence},
		},
		Lasts: 32,
		Run:   called(unanswered),
	}, {
		ID:          "TXN-029",
		Title:       "Codes that nobody has heard of",
		Requirement: "A status that the node does not know is treated as the x00 of its class: 191 as progress, 299 as success, 499 and 699 as refusals.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §8.1.3.2"},
		Needs:       outward(),
		Mutants:     []conformance.Mutant{{Name: "tx.code-unknown", Class: conformance.Silence}},
		Run:         unknownCodes,
	}}
}

func refusalACK(ctx context.Context, s *conformance.Stand, in *conformance.Incoming) error {
	refusal, err := in.Response(486, "Busy Here", "busy-"+s.Tag()).Length().Message()
	if err != nil {
		return err
	}
	if err := in.Tell(refusal); err != nil {
		return err
	}
	ack, err := in.Await(ctx, "ACK of the refusal", in.Mine("ACK"))
	if err != nil {
		return err
	}
	if err := ackWithin(in.Invite, refusal, ack); err != nil {
		return err
	}
	placed, err := in.Placing.Result(ctx)
	if err == nil && placed.SIP != 486 {
		s.Note("the trigger said %d: %s", placed.Status, placed.Body)
	}
	return err
}

// ackWithin says that an ACK belongs to the transaction of a refused INVITE.
func ackWithin(invite, refusal, ack *raw.Message) error {
	number, _ := invite.CSeq()
	for _, field := range []struct{ what, got, want string }{
		{"Request-URI", ack.RequestURI(), invite.RequestURI()},
		{"Via", strings.Join(ack.All("Via"), " | "), invite.Get("Via")},
		{"From", ack.Get("From"), invite.Get("From")},
		{"To", ack.Get("To"), refusal.Get("To")},
		{"CSeq", ack.Get("CSeq"), fmt.Sprintf("%d ACK", number)},
	} {
		if !conformance.EqualField(field.what, field.got, field.want) {
			return conformance.Fault(conformance.Content, field.what+" "+field.want+" in ACK", field.got)
		}
	}
	return conformance.HoldsRoutes("Route of ACK", invite.List("Route"), ack.List("Route"), true)
}

func answerACK(ctx context.Context, s *conformance.Stand, in *conformance.Incoming) error {
	host := in.Partner.Host
	near := fmt.Sprintf("<sip:%s:%d;transport=tls;lr;opaque=near>", host, in.Partner.Edge.AddrPort().Port())
	far := "<sip:fe01." + in.Partner.Domain + ";lr>"
	answer := in.Answer("Record-Route: "+far, "Record-Route: "+near) // the last to record is the first: RFC 3261 §16.6
	if err := in.Tell(answer); err != nil {
		return err
	}
	ack, err := in.Await(ctx, "ACK of the 200", in.Mine("ACK"))
	if err != nil {
		return err
	}
	number, _ := in.Invite.CSeq()
	contact, err := raw.ParseNameAddr(answer.Get("Contact"))
	if err != nil {
		return err
	}
	before, _ := in.Invite.Param("Via", "branch")
	branch, _ := ack.Param("Via", "branch")
	if branch == before || !strings.HasPrefix(branch, "z9hG4bK") {
		return conformance.Fault(conformance.Content, "a branch of its own in ACK", branch)
	}
	if err := conformance.HoldsRoutes("Route of ACK", []string{near, far}, ack.List("Route"), false); err != nil {
		return err
	}
	for _, field := range []struct{ what, got, want string }{
		{"Request-URI", ack.RequestURI(), contact.URI.Original},
		{"From", ack.Get("From"), in.Invite.Get("From")},
		{"To", ack.Get("To"), answer.Get("To")},
		{"CSeq", ack.Get("CSeq"), fmt.Sprintf("%d ACK", number)},
	} {
		if !conformance.EqualField(field.what, field.got, field.want) {
			return conformance.Fault(conformance.Content, field.what+" "+field.want+" in ACK", field.got)
		}
	}
	in.Hangup(ctx)
	return nil
}

func answeredAgain(ctx context.Context, _ *conformance.Stand, in *conformance.Incoming) error {
	answer := in.Answer()
	for range 3 {
		if err := in.Tell(answer); err != nil {
			return err
		}
		if _, err := in.Await(ctx, "an ACK for each copy of the 200", in.Mine("ACK")); err != nil {
			return err
		}
	}
	in.Hangup(ctx)
	return nil
}

func unanswered(ctx context.Context, s *conformance.Stand, in *conformance.Incoming) error {
	began, limit := time.Now(), 64*s.T1()
	placed, err := in.Placing.Result(ctx)
	for silence(err) && time.Since(began) < limit {
		placed, err = in.Placing.Result(ctx)
	}
	if err != nil {
		return err
	}
	took := time.Since(began)
	s.Note("the trigger said %d after %.1f*T1: %s", placed.Status, float64(took)/float64(s.T1()), placed.Body)
	switch {
	case placed.Status < 300:
		return conformance.Fault(conformance.Status, "a call that failed", placed.Body)
	case took < limit*3/4:
		return conformance.Timed(conformance.Fault(conformance.Accepted, fmt.Sprintf("patience for 64*T1, %s", limit), fmt.Sprintf("given up after %s", took)))
	}
	if err := never(ctx, in.Peer, while(s), "one INVITE, sent once", raw.InCall(in.Invite.CallID())); err != nil {
		return err
	}
	// The transaction is over: what comes now is a stray response.
	if err := in.Tell(in.Answer()); err != nil {
		return err
	}
	return never(ctx, in.Peer, while(s), "no ACK once the call has failed", in.Mine(""))
}

func unknownCodes(ctx context.Context, s *conformance.Stand) error {
	for _, refusal := range []int{499, 699} {
		in, err := s.Called(ctx)
		if err != nil {
			return err
		}
		for _, status := range []int{191, refusal} {
			m, err := in.Response(status, "What Is That", "odd").Length().Message()
			if err != nil {
				return err
			}
			if err := in.Tell(m); err != nil {
				return err
			}
		}
		if _, err := in.Await(ctx, fmt.Sprintf("ACK of %d", refusal), in.Mine("ACK")); err != nil {
			return err
		}
		placed, err := in.Placing.Result(ctx)
		if err != nil {
			return err
		}
		if placed.Status < 300 {
			return conformance.Fault(conformance.Status, fmt.Sprintf("a call that fails with %d", refusal), placed.Body)
		}
	}
	in, err := s.Called(ctx)
	if err != nil {
		return err
	}
	odd, err := parsed([]byte(strings.Replace(string(in.Answer().Bytes), "SIP/2.0 200 OK", "SIP/2.0 299 Fine", 1)))
	if err != nil {
		return err
	}
	if err := in.Tell(odd); err != nil {
		return err
	}
	if _, err := in.Await(ctx, "ACK of 299", in.Mine("ACK")); err != nil {
		return err
	}
	placed, err := in.Placing.Result(ctx)
	if err != nil {
		return err
	}
	if placed.Status >= 300 {
		return conformance.Fault(conformance.Status, "a call that 299 answers", placed.Body)
	}
	in.Hangup(ctx)
	return nil
}
