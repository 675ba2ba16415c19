package transaction

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// reliableCases are about provisional responses that are acknowledged.
func reliableCases() []conformance.Case {
	media := conformance.Needs{Media: true}
	return []conformance.Case{{
		ID:    "TXN-032",
		Title: "PRACK for a reliable provisional response",
		Requirement: "A node whose INVITE supports 100rel acknowledges a reliable 183 with PRACK, once, in the early dialog, and takes the answer in it; one that comes before its turn it does not acknowledge; " +
			"one whose INVITE does not can be told so with 421.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 3262 §4", "RFC 3262 §5", "RFC 3261 §21.4.16"},
		Needs:    conformance.Needs{Called: true, Reliable: true},
		Mutants:  []conformance.Mutant{{Name: "rel.no-prack", Class: conformance.Silence}},
		Run:      called(acknowledgesProvisional),
	}, {
		ID:    "TXN-033",
		Title: "An INVITE that requires 100rel",
		Requirement: "A node that claims reliable provisional responses takes an INVITE that requires 100rel: " +
			"every provisional response to it but 100 has an RSeq and is repeated until its PRACK.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 3262 §3"},
		Needs:    conformance.Needs{Media: true, Reliable: true},
		Mutants:  []conformance.Mutant{{Name: "rel.ignore", Class: conformance.Content}, {Name: "rel.none", Class: conformance.Status}},
		Run:      on(requires100rel),
		Unclaimed: &conformance.Unclaimed{
			Title:       "100rel is declined",
			Requirement: "A node that does not claim reliable provisional responses refuses an INVITE that requires 100rel with 420 and Unsupported: 100rel, takes one that supports it, and does not name 100rel in Supported.",
			Refs:        []string{"RFC 3261 §8.2.2.3", "RFC 3261 §21.4.15", "RFC 3262 §3"},
			Run:         conformance.DeclinesExtension("100rel"),
		},
	}, {
		ID:          "TXN-034",
		Title:       "PRACK for nothing",
		Requirement: "A PRACK whose RAck matches no provisional response that waits for one is refused with 481, and nothing is acknowledged by it.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3262 §3"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "rel.any-rack", Class: conformance.Status}},
		Run:         on(wrongRAck),
	}}
}

// supports tells whether a message knows an option tag.
func supports(m *raw.Message, tag string) bool {
	known := slices.Concat(m.List("Supported"), m.List("Require"))
	return slices.ContainsFunc(known, func(s string) bool { return strings.EqualFold(s, tag) })
}

func acknowledgesProvisional(ctx context.Context, s *conformance.Stand, in *conformance.Incoming) error {
	if !supports(in.Invite, "100rel") {
		s.Note("the node's INVITE does not know 100rel")
		need, err := in.Response(421, "Extension Required", "anna").Header("Require", "100rel").Length().Message()
		if err != nil {
			return err
		}
		if err := in.Tell(need); err != nil {
			return err
		}
		_, err = in.Await(ctx, "ACK of 421", in.Mine("ACK"))
		return err
	}
	early, err := in.Response(183, "Session Progress", "fedge").
		Header("Require", "100rel").Header("RSeq", "471101").
		Length().Body("application/sdp", s.AnswerFor(in.Invite.Body)).Message()
	if err != nil {
		return err
	}
	if err := in.Tell(early); err != nil {
		return err
	}
	prack, err := in.Await(ctx, "PRACK", in.Mine("PRACK"))
	if err != nil {
		return err
	}
	if err := prackFor(in, early, prack); err != nil {
		return err
	}
	if err := in.Send(raw.Respond(prack, 200, "OK", "").Length().Bytes(), "200 PRACK"); err != nil {
		return err
	}
	skipping, err := in.Response(183, "Session Progress", "fedge").
		Header("Require", "100rel").Header("RSeq", "471103").Length().Message() // 471102 is missing
	if err != nil {
		return err
	}
	for _, m := range []*raw.Message{early, skipping} {
		if err := in.Tell(m); err != nil {
			return err
		}
	}
	if err := never(ctx, in.Peer, while(s), "no PRACK for a copy, nor for a response before its turn", in.Mine("PRACK")); err != nil {
		return err
	}
	return takenEarly(ctx, in)
}

// prackFor checks a PRACK against the response that it acknowledges.
func prackFor(in *conformance.Incoming, early, prack *raw.Message) error {
	before, _ := in.Invite.CSeq()
	number, _ := prack.CSeq()
	contact, err := raw.ParseNameAddr(early.Get("Contact"))
	if err != nil {
		return err
	}
	for _, field := range []struct{ what, got, want string }{
		{"RAck", prack.Get("RAck"), fmt.Sprintf("471101 %d INVITE", before)},
		{"Request-URI", prack.RequestURI(), contact.URI.Original},
		{"To", prack.Get("To"), early.Get("To")},
		{"From", prack.Get("From"), in.Invite.Get("From")},
	} {
		if !conformance.EqualField(field.what, field.got, field.want) {
			return conformance.Fault(conformance.Content, field.what+" "+field.want+" in PRACK", field.got)
		}
	}
	if number <= before {
		return conformance.Fault(conformance.Content, fmt.Sprintf("a CSeq above %d in PRACK", before), prack.Get("CSeq"))
	}
	return nil
}

// takenEarly answers with a 200 that holds no description: the one in the
// reliable 183 is the answer.
func takenEarly(ctx context.Context, in *conformance.Incoming) error {
	answer, err := in.Response(200, "OK", "fedge").Length().Message()
	if err != nil {
		return err
	}
	if err := in.Tell(answer); err != nil {
		return err
	}
	if _, err := in.Await(ctx, "ACK", in.Mine("ACK")); err != nil {
		return err
	}
	placed, err := in.Placing.Result(ctx)
	if err != nil {
		return err
	}
	if placed.Status >= 300 {
		return conformance.Fault(conformance.Status, "a call whose answer came in the reliable 183", placed.Body)
	}
	in.Hangup(ctx)
	return nil
}

// reliably sends an INVITE that requires 100rel and returns the call with the
// first response that is not 100.
func reliably(ctx context.Context, s *conformance.Stand, p *conformance.Peer) (*conformance.Call, error) {
	plain, err := parsed(s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return nil, err
	}
	invite, err := parsed(with(plain, "Require: 100rel"))
	if err != nil {
		return nil, err
	}
	if err := p.Send(invite.Bytes, "INVITE"); err != nil {
		return nil, err
	}
	first, err := p.Await(ctx, "a response to INVITE", raw.And(raw.AnswerTo(invite), raw.Not(raw.Response(100))))
	if err != nil {
		return nil, err
	}
	return conformance.Answered(s, p, invite, first), nil
}

// prack asks for the acknowledgement of a provisional response.
func prack(ctx context.Context, p *conformance.Peer, call *conformance.Call, rack string) (*raw.Message, error) {
	request, err := parsed(call.Next("PRACK"))
	if err != nil {
		return nil, err
	}
	return p.Ask(ctx, with(request, "RAck: "+rack))
}

func requires100rel(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := reliably(ctx, s, p)
	if err != nil {
		return err
	}
	first := call.Answer
	switch {
	case first.Status() >= 300:
		if err := call.Ack(); err != nil {
			return err
		}
		return conformance.Fault(conformance.Status, "an answer, or a reliable provisional one, of a node that claims 100rel", first.StartLine)
	case first.Status() >= 200:
		s.Note("answered without a provisional response")
		return answered(ctx, call)
	}
	if first.Get("RSeq") == "" || !conformance.Listed(first, "Require", "100rel") {
		return conformance.Fault(conformance.Content, "RSeq and Require: 100rel in the "+first.StartLine, string(first.Bytes))
	}
	sameRSeq := func(m *raw.Message) bool { return m.Get("RSeq") == first.Get("RSeq") }
	for range 2 {
		if _, err := p.Await(ctx, "a copy of the reliable response", raw.And(raw.Provisional(), raw.AnswerTo(call.Invite), sameRSeq)); err != nil {
			return err
		}
	}
	return provided(ctx, p, call)
}

// provided acknowledges the reliable response that a call waits with, and takes
// it from there to its end.
func provided(ctx context.Context, p *conformance.Peer, call *conformance.Call) error {
	number, _ := call.Invite.CSeq()
	got, err := prack(ctx, p, call, fmt.Sprintf("%s %d INVITE", call.Answer.Get("RSeq"), number))
	if err != nil {
		return err
	}
	if err := wantStatus(got, "PRACK", 200); err != nil {
		return err
	}
	final, err := p.Await(ctx, "the answer", raw.And(raw.Final(), raw.AnswerTo(call.Invite)))
	if err != nil {
		return err
	}
	call.Answer = final
	return answered(ctx, call)
}

// answered acknowledges the answer and hangs up.
func answered(ctx context.Context, call *conformance.Call) error {
	if err := call.Ack(); err != nil {
		return err
	}
	if err := wantStatus(call.Answer, "INVITE", 200); err != nil {
		return err
	}
	if call.Answer.Get("Contact") == "" {
		return conformance.Preamble(errors.New("the 200 makes no dialog"))
	}
	call.Hangup(ctx)
	return nil
}

func wrongRAck(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := reliably(ctx, s, p)
	if err != nil {
		return err
	}
	if call.Answer.Status() >= 200 { // nothing waits: any PRACK is for nothing
		if err := call.Ack(); err != nil {
			return err
		}
		if call.Answer.Status() >= 300 {
			if call, err = s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes()); err != nil {
				return conformance.Preamble(err)
			}
		}
		got, err := prack(ctx, p, call, "471101 1 INVITE")
		if err != nil {
			return err
		}
		call.Hangup(ctx)
		return wantStatus(got, "PRACK for nothing", 405, 481, 501)
	}
	rseq, err := strconv.ParseUint(call.Answer.Get("RSeq"), 10, 32)
	if err != nil {
		return conformance.Fault(conformance.Content, "a number as RSeq", call.Answer.Get("RSeq"))
	}
	for _, wrong := range []string{fmt.Sprintf("%d 7 INVITE", rseq), fmt.Sprintf("%d 1 INVITE", rseq+1), fmt.Sprintf("%d 1 INVITE", rseq-1)} {
		got, err := prack(ctx, p, call, wrong)
		if err != nil {
			return err
		}
		if err := wantStatus(got, "PRACK with RAck: "+wrong, 481); err != nil {
			return err
		}
	}
	return provided(ctx, p, call)
}
