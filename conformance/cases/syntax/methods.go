package syntax

import (
	"bytes"
	"context"
	"fmt"

	"fedge/conformance"
	"fedge/sip/raw"
)

// methods are about what a request asks for, and needs.
func methods() []conformance.Case {
	return []conformance.Case{{
		ID: "SYN-013", Severity: conformance.Must, Title: "Methods have a case",
		Requirement: "\"invite\" is not INVITE but an unknown method: 405 with Allow, or 501.",
		Refs:        []string{"RFC 3261 §7.1", "RFC 3261 §8.2.1"},
		Mutants:     by(conformance.Status, "syn.method-fold"),
		Run: conformance.Steps(conformance.Step{What: "invite", Verdict: allowing, Make: func(s *conformance.Stand) []byte {
			return conformance.As("invite")(s, s.Invite(s.Target.Partner, s.Offer()).Bytes())
		}}, conformance.PlainCall()),
	}, {
		ID: "SYN-014", Severity: conformance.Must, Title: "An unknown method",
		Requirement: "An unknown method is refused with 405, which says with Allow what is served, or with 501.",
		Refs:        []string{"RFC 3261 §8.2.1", "RFC 3261 §20.5"},
		Mutants:     by(conformance.Content, "syn.405-noallow"),
		Run:         conformance.Steps(options("that is FOO", allowing, conformance.As("FOO")), options("that is REGISTER", refusedMethod, conformance.As("REGISTER")), conformance.PlainCall()),
	}, {
		ID: "SYN-015", Severity: conformance.Must, Title: "ACK is never answered",
		Requirement: "An ACK that belongs to nothing is dropped.",
		Refs:        []string{"RFC 3261 §17", "RFC 3261 §17.1.1.3"},
		Mutants:     by(conformance.Accepted, "tx.reply-ack"),
		Run:         conformance.Steps(silent("ACK of nothing", ignored, conformance.As("ACK")), silent("ACK of a dialog that is none", ignored, conformance.As("ACK"), behind("To", ";tag=nobody")), conformance.PlainCall()),
	}, {
		ID: "SYN-032", Severity: conformance.Must, Title: "420 for Require",
		Requirement: "Extensions that are required and not known are refused with 420 and Unsupported, but not in ACK and CANCEL.",
		Refs:        []string{"RFC 3261 §8.2.2.3"},
		Mutants:     by(conformance.Status, "ext.no-420"),
		Run: conformance.Steps(invite("with Require: nope", refusing("nope"), conformance.Adding("Require: nope")),
			options("with Require: nope", refusing("nope"), conformance.Adding("Require: nope")),
			silent("ACK with Require: nope", ignored, conformance.As("ACK"), conformance.Adding("Require: nope")),
			options("that is CANCEL with Require: nope", unmoved, conformance.As("CANCEL"), conformance.Adding("Require: nope"))),
	}, {
		ID: "SYN-033", Severity: conformance.Must, Title: "Bodies that are not understood",
		Requirement: "A body in an encoding that the node does not undo is refused with 415 and Accept-Encoding; a part of a body that says that it is required, and is of a type that nobody has heard of, with 415; a body that says that it is optional with no such thing, which is a SHOULD.",
		Refs:        []string{"RFC 3261 §8.2.3", "RFC 3261 §20.11", "RFC 3261 §20.12"},
		Needs:       conformance.Needs{Media: true},
		Mutants: []conformance.Mutant{
			{Name: "body.enc", Class: conformance.Status}, {Name: "body.required", Class: conformance.Status}, {Name: "body.optional", Class: conformance.Status},
		},
		Run: conformance.Steps(invite("in gzip", unencoded, conformance.Adding("Content-Encoding: gzip")),
			invite("in two encodings", unencoded, conformance.Adding("Content-Encoding: identity, br")),
			invite("with a part that is required", conformance.Owes(415), beside("required")),
			invite("with a part that is optional", conformance.Or(415, taken), beside("optional")), // who reads no multipart refuses both
			invite("with an optional text alone", passedOver, textual), conformance.PlainCall()),
	}}
}

// beside puts a part that nobody has heard of before the description.
func beside(handling string) conformance.Edit {
	return func(s *conformance.Stand, message []byte) []byte {
		head, sdp, _ := bytes.Cut(message, []byte("\r\n\r\n"))
		message = fmt.Appendf(nil, "%s\r\n\r\n--part\r\nContent-Type: application/x-unheard-of\r\nContent-Disposition: render;handling=%s\r\n\r\n?\r\n"+
			"--part\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--part--\r\n", head, handling, sdp)
		message = conformance.Field("Content-Type", put("Content-Type: multipart/mixed;boundary=part"))(s, message)
		return conformance.Recounted(s, message)
	}
}

// textual puts a text that need not be read in the description's place.
func textual(s *conformance.Stand, message []byte) []byte {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	message = append(head, "\r\n\r\nhello\r\n"...)
	message = conformance.Field("Content-Type", put("Content-Type: text/x-unheard-of\r\nContent-Disposition: render;handling=optional"))(s, message)
	return conformance.Recounted(s, message)
}

// passedOver demands an answer that does not complain of the body: without it
// the INVITE is one without an offer, which a node need not like.
func passedOver(r *conformance.Reaction) error {
	if r.Answer != nil && r.Answer.Status() == 415 {
		return &conformance.Mismatch{Class: conformance.Status, Expected: "no 415 to a body that is optional", Actual: r.Answer.StartLine, Severity: conformance.Should}
	}
	return r.Understood()
}

// unmoved: Require in CANCEL MUST be ignored (RFC 3261 §8.2.2.3); that of nothing
// SHOULD get 481 (§9.2).
func unmoved(r *conformance.Reaction) error {
	err := r.Status(481)
	if r.Answer != nil && r.Answer.Status() != 420 {
		return conformance.Weighing(conformance.Should, err)
	}
	return err
}

func silent(what string, verdict conformance.Verdict, edits ...conformance.Edit) conformance.Step {
	step := options("", verdict, edits...)
	step.What, step.Silent = what, true
	return step
}

// allowing demands 405 with Allow, or 501.
func allowing(r *conformance.Reaction) error {
	if err := r.Status(405, 501); err != nil {
		return err
	}
	if r.Answer.Status() == 405 && len(r.Answer.List("Allow")) == 0 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "Allow in the 405", Actual: "none"}
	}
	return nil
}

// refusedMethod is allowing for a method that some serve.
func refusedMethod(r *conformance.Reaction) error {
	if r.Answer != nil && r.Answer.Status() != 405 {
		return r.Understood()
	}
	return allowing(r)
}

func unencoded(r *conformance.Reaction) error {
	if err := r.Status(415); err != nil {
		return err
	}
	if !r.Answer.Has("Accept-Encoding") {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "Accept-Encoding in the 415", Actual: "none"}
	}
	return nil
}

// answers are about what comes back.
func answers() []conformance.Case {
	return []conformance.Case{{
		ID: "SYN-035", Severity: conformance.Must, Title: "One To tag in all responses",
		Requirement: "All responses to an INVITE but 100 bear one To tag, and so does each copy of its 200.",
		Refs:        []string{"RFC 3261 §8.2.6.2", "RFC 3261 §13.3.1.4"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     by(conformance.Content, "dlg.tag-change"),
		Run:         oneTag,
	}, {
		ID: "SYN-036", Severity: conformance.Must, Title: "What responses repeat",
		Requirement: "Via, From, To, Call-ID and CSeq come back equal to what they were: all Vias in order, To with a tag. (That a display name and other people's parameters, which RFC 3261 §20.20 does not compare, are kept is a SHOULD.)",
		Refs:        []string{"RFC 3261 §8.2.6.2", "RFC 3261 §20.20", "RFC 3261 §20.42"},
		Mutants:     by(conformance.Content, "syn.echo-norm"),
		Run: conformance.Steps(
			options("in unusual spelling", conformance.All(understood, conformance.KeepsVias, conformance.Echoes("Call-ID", "CSeq"), toEchoed, conformance.Echoes("From")), unusual...),
			invite("in unusual spelling", conformance.All(taken, conformance.KeepsVias, conformance.Echoes("Call-ID", "CSeq"), toEchoed, conformance.Echoes("From")), unusual...)),
	}, {
		ID: "SYN-037", Severity: conformance.Must, Title: "Timestamp in 100",
		Requirement: "A 100 bears the Timestamp of its request.",
		Refs:        []string{"RFC 3261 §8.2.6.1"},
		Needs:       conformance.Needs{DNS: true, Authority: true, Media: true},
		Mutants:     by(conformance.Content, "syn.timestamp"),
		Run:         timestamp,
	}}
}

// unusual is what a node might be tempted to tidy.
var unusual = []conformance.Edit{
	before("From", "\"A   \\\"quoted\\\"   name\"  "), behind("From", "  ; epid = 0815 ;  x=\"a;  b\""),
	before("To", "Some   Room  "),
	conformance.Field("Call-ID", func(value string) string { return "i:\t" + value + "%!*_+`'~()<>:\\\"/[]?{}@x" }),
	conformance.Field("CSeq", func(value string) string { return "cSEQ:   000" + value }),
	behind("Via", ";ms-x=\"a,  b\",  SIP/2.0/UDP   10.0.0.1:5099;rport;branch=1, SIP/2.0/TCP inner;hidden"),
}

// toEchoed: To comes back with a tag behind it.
func toEchoed(r *conformance.Reaction) error {
	request, err := raw.Parse(r.Sent)
	if err != nil {
		return err
	}
	want, got := request.Get("To"), r.Answer.Get("To")
	tag, _ := r.Answer.Param("To", "tag")
	if tag == "" || !conformance.EqualAddress(want+";tag="+tag, got) {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "To: " + want + ";tag=…", Actual: "To: " + got}
	}
	return nil
}

// oneTag lets a 200 be repeated.
func oneTag(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	invite, err := s.Invite(s.Target.Partner, s.Offer()).Message()
	if err != nil {
		return err
	}
	if err := p.Send(invite.Bytes, "INVITE"); err != nil {
		return err
	}
	tag := ""
	for success := 0; success < 2; {
		answer, err := p.Await(ctx, "200 to INVITE, and its copy while no ACK comes", raw.And(raw.AnswerTo(invite), raw.Not(raw.Response(100))))
		if err != nil {
			return err
		}
		switch got := answer.Tag("To"); {
		case answer.Status() >= 300:
			return conformance.Preamble(fmt.Errorf("the call is refused: %s", answer.StartLine))
		case got == "", tag != "" && got != tag:
			return &conformance.Mismatch{Class: conformance.Content, Expected: "the To tag " + tag + " in each response", Actual: "the tag " + got + " in " + answer.StartLine}
		default:
			tag = got
		}
		if answer.Status() < 200 {
			continue
		}
		if success++; success == 2 {
			call := conformance.Answered(s, p, invite, answer)
			if err := call.Ack(); err != nil {
				return err
			}
			call.Hangup(ctx)
		}
	}
	return nil
}
