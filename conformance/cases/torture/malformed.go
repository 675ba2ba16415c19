package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// malformed are RFC 4475 §3.1.2: a request of these is owed 400, a response is
// dropped.
func malformed() []trial {
	return []trial{{
		name: "badinv01", section: "3.1.2.1", severity: conformance.Should, title: "Extraneous header field separators",
		requirement: "Separators with nothing between them in Via and Contact make a request malformed: 400.",
		refs:        []string{"RFC 3261 §25.1"},
		call:        asCall(conformance.Instead(";;,;,,", ";branch=z9hG4bKmended"), conformance.Instead(";;;;", "")),
		mutants:     by(conformance.Status, "syn.lax-sep"),
		steps:       owing(400),
	}, {
		name: "scalar02", section: "3.1.2.4", severity: conformance.Should, title: "Request scalar fields with overlarge values",
		requirement: "Numbers too great for their fields do not wrap around: CSeq beyond 32 bits and Max-Forwards beyond 255 are refused with 400.",
		refs:        []string{"RFC 3261 §8.1.1.5", "RFC 3261 §20.22"},
		call:        asCall(conformance.Instead("36893488147419103232", "1"), conformance.Instead("Max-Forwards: 300", "Max-Forwards: 30"), conformance.Without("Contact"), conformance.Without("Expires")),
		mutants:     by(conformance.Status, "syn.int-wrap"),
		steps:       owing(400),
	}, {
		name: "scalarlg", section: "3.1.2.5", severity: conformance.Must, title: "Response scalar fields with overlarge values",
		requirement: "A response with numbers too great for their fields is dropped, and the connection goes on.",
		refs:        []string{"RFC 3261 §18.1.2"},
		mutants:     by(conformance.Closed, "syn.response-close"),
		steps:       let(),
	}, {
		name: "quotbal", section: "3.1.2.6", severity: conformance.Should, title: "Unterminated quoted string in display name",
		requirement: "A quote that is not closed makes a request malformed: 400.",
		refs:        []string{"RFC 3261 §25.1"},
		call:        asCall(conformance.Instead("User <", "User\" <")),
		mutants:     by(conformance.Status, "syn.quote-lax"),
		steps:       owing(400),
	}, {
		name: "ltgtruri", section: "3.1.2.7", severity: conformance.Should, title: "<> enclosing Request-URI",
		requirement: "A Request-URI in \"<>\" is malformed: 400.",
		refs:        []string{"RFC 3261 §7.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.strip-ltgt"),
		steps:       owing(400),
	}, {
		name: "lwsruri", section: "3.1.2.8", severity: conformance.Should, title: "Malformed SIP Request-URI (embedded LWS)",
		requirement: "A node does not guess where a Request-URI with white space in it ends: 400.",
		refs:        []string{"RFC 3261 §7.1"},
		call:        asCall(conformance.Instead(";tag=3xfe-9921883-z9f", "")),
		mutants:     by(conformance.Status, "syn.ruri-lws"),
		steps:       owing(400),
	}, {
		name: "lwsstart", section: "3.1.2.9", severity: conformance.Should, title: "Multiple SP separating Request-Line elements",
		requirement: "The parts of a request line stand apart by exactly one space: 400 otherwise.",
		refs:        []string{"RFC 3261 §7.1", "RFC 3261 §25.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.multi-sp"),
		steps:       owing(400),
	}, {
		name: "trws", section: "3.1.2.10", severity: conformance.Should, title: "SP characters at end of Request-Line",
		requirement: "A request line with spaces behind the version is malformed: 400.",
		refs:        []string{"RFC 3261 §7.1", "RFC 3261 §25.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.trail-sp"),
		steps:       owing(400),
	}, {
		name: "escruri", section: "3.1.2.11", severity: conformance.Should, title: "Escaped headers in SIP Request-URI",
		requirement: "A Request-URI carries no header fields: 400, and the Route escaped in this one is never followed.",
		refs:        []string{"RFC 3261 §19.1.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.ruri-headers"),
		steps:       owing(400),
	}, {
		name: "baddate", section: "3.1.2.12", severity: conformance.May, title: "Invalid time zone in Date header field",
		requirement: "A Date in another zone than GMT is refused with 400, or passed over.",
		refs:        []string{"RFC 3261 §20.17"},
		call:        asCall(conformance.Instead(" EST", " GMT")),
		mutants:     by(conformance.Closed, "syn.bad-date"),
		steps:       []step{{verdict: conformance.Or(400, (*conformance.Reaction).Understood)}},
	}, {
		name: "regbadct", section: "3.1.2.13", severity: conformance.Should, title: "Failure to enclose name-addr URI in <>",
		requirement: "A URI with \"?\" needs \"<>\": a Contact without is malformed, 400 where Contact is acted upon.",
		refs:        []string{"RFC 3261 §20.10"},
		call:        asCall(conformance.Instead("?Route=%3Csip:sip.example.com%3E", "")),
		mutants:     by(conformance.Status, "syn.addr-noltgt"),
		steps: []step{{verdict: conformance.Or(400, (*conformance.Reaction).Understood)}, {
			media: true, edits: []conformance.Edit{conformance.As("INVITE"), conformance.AtRoom, conformance.Offering}, verdict: conformance.Owes(400),
		}},
	}, {
		name: "badaspec", section: "3.1.2.14", severity: conformance.Should, title: "Spaces within addr-spec",
		requirement: "White space within \"<>\" makes a request malformed: 400.",
		refs:        []string{"RFC 3261 §25.1"},
		call:        asCall(conformance.Instead("< sip:", "<sip:"), conformance.Instead(" >", ">")),
		mutants:     by(conformance.Status, "syn.addr-space"),
		steps:       owing(400),
	}, {
		name: "baddn", section: "3.1.2.15", severity: conformance.Should, title: "Non-token characters in display name",
		requirement: "A display name that is neither quoted nor tokens is refused with 400 or read with good will; it stalls nothing.",
		refs:        []string{"RFC 3261 §25.1"},
		call:        asCall(conformance.Instead("Bell, Alexander", "Alexander Bell"), conformance.Instead("Watson, Thomas", "Thomas Watson")),
		mutants:     by(conformance.Silence, "syn.dn"),
		steps:       []step{{verdict: conformance.Or(400, (*conformance.Reaction).Understood)}},
	}, {
		name: "badvers", section: "3.1.2.16", severity: conformance.Should, title: "Unknown protocol version",
		requirement: "SIP/7.0 is refused with 505, and the answer is in SIP/2.0.",
		refs:        []string{"RFC 3261 §7.1", "RFC 3261 §21.5.6"},
		call:        asCall(conformance.Instead("SIP/7.0/", "SIP/2.0/")),
		mutants:     by(conformance.Status, "syn.any-version"),
		steps:       owing(505),
	}, {
		name: "mismatch01", section: "3.1.2.17", severity: conformance.Should, title: "Start line and CSeq method mismatch",
		requirement: "A request whose CSeq names another method is refused with 400.",
		refs:        []string{"RFC 3261 §8.1.1.5"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.cseq-method"),
		steps:       owing(400),
	}, {
		name: "mismatch02", section: "3.1.2.18", severity: conformance.Should, title: "Unknown method with CSeq method mismatch",
		requirement: "An unknown method whose CSeq names another is refused with 501 or 400.",
		refs:        []string{"RFC 3261 §8.1.1.5", "RFC 3261 §8.2.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.cseq-method"),
		steps:       owing(400, 501),
	}, {
		name: "bigcode", section: "3.1.2.19", severity: conformance.Must, title: "Overlarge response code",
		requirement: "A response with a status code of ten digits is dropped, and the connection goes on.",
		refs:        []string{"RFC 3261 §7.2", "RFC 3261 §25.1"},
		mutants:     by(conformance.Closed, "syn.code-wrap"),
		steps:       let(),
	}}
}

// streams are those of §3.1.2 that say where a message ends.
func streams() []trial {
	return []trial{{
		name: "clerr", section: "3.1.2.2", severity: conformance.Must, title: "Content length larger than message",
		requirement: "A node waits for the rest of a body, but not for ever: then it answers 400 or closes.",
		refs:        []string{"RFC 3261 §18.3"},
		call:        asCall(),
		mutants:     by(conformance.Silence, "frame.no-body-timeout"),
		needs:       conformance.Needs{Variant: true}, // only of a node of ours is it known how long it waits
		held:        true,
		instead:     starved,
	}, {
		name: "ncl", section: "3.1.2.3", severity: conformance.Must, title: "Negative Content-Length",
		requirement: "A Content-Length below zero ends the stream: 400, or the end of the connection.",
		refs:        []string{"RFC 3261 §18.3", "RFC 3261 §20.14"},
		call:        asCall(),
		mutants:     by(conformance.Status, "frame.neg-cl"),
		steps:       append(closing(400), step{edits: []conformance.Edit{conformance.As("OPTIONS"), headAlone}, verdict: closing(400)[0].verdict}),
	}}
}

// headAlone leaves the body out: who takes the length for none finds the next
// message where it is, and not a body that is refused in this one's stead.
func headAlone(_ *conformance.Stand, message []byte) []byte {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return append(bytes.Clone(head), "\r\n\r\n"...)
}

// starved sends a head that promises more than comes.
func starved(ctx context.Context, s *conformance.Stand) error {
	message, err := fixture("clerr")
	if err != nil {
		return err
	}
	v, err := s.Variant(ctx, conformance.Variant{Bounds: conformance.Bounds{Body: 300 * time.Millisecond}})
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := v.Dial(ctx, v.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := p.Send(conformance.Aim(v, message), "INVITE that lacks most of its body"); err != nil {
		return fmt.Errorf("torture: %w", err)
	}
	_, err = p.Await(ctx, "400, or the end of the connection", raw.And(raw.Final(), raw.Response(400)))
	if m, ok := errors.AsType[*conformance.Mismatch](err); ok && m.Class == conformance.Closed {
		return nil
	}
	return err
}
