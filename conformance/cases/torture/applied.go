package torture

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// ambiguous are RFC 4475 §3.2 and §3.4: what old clients write.
func ambiguous() []trial {
	return []trial{{
		name: "badbranch", section: "3.2.1", severity: conformance.Must, title: "Missing transaction identifier",
		requirement: "A branch that is nothing but the cookie identifies no transaction: two requests with it are two, known by the rest of them.",
		refs:        []string{"RFC 3261 §8.1.1.7", "RFC 3261 §17.2.3"},
		call:        asCall(),
		mutants:     by(conformance.Silence, "tx.empty-branch"),
		instead:     twice,
	}, {
		name: "inv2543", section: "3.4.1", severity: conformance.Must, title: "INVITE with RFC 2543 syntax",
		requirement: "An INVITE without branch, tags, Contact and Max-Forwards is understood; without Content-Length too it ends the stream, as nobody can tell how long it is.",
		refs:        []string{"RFC 3261 §17.2.3", "RFC 3261 §18.3"},
		call:        asCall(),
		mutants:     by(conformance.Status, "tx.need-branch"),
		steps: []step{{verdict: func(r *conformance.Reaction) error { return r.Refused(400) }}, {
			edits: []conformance.Edit{conformance.Counted}, verdict: (*conformance.Reaction).Understood,
		}},
	}}
}

// applied are RFC 4475 §3.3 but for its body: the transaction user's part.
func applied() []trial {
	return []trial{{
		name: "insuf", section: "3.3.1", severity: conformance.Should, title: "Missing required header fields",
		requirement: "A request without Call-ID, From or To is refused with 400, whichever of them is missing.",
		refs:        []string{"RFC 3261 §8.1.1", "RFC 3261 §8.2.2"},
		mutants:     by(conformance.Status, "syn.mandatory"),
		steps: append(owing(400),
			step{edits: []conformance.Edit{complete, conformance.Without("Call-ID")}, verdict: conformance.Owes(400)},
			step{edits: []conformance.Edit{complete, conformance.Without("From")}, verdict: conformance.Owes(400)},
			step{edits: []conformance.Edit{complete, conformance.Without("To")}, verdict: conformance.Owes(400)}),
	}, {
		name: "unkscm", section: "3.3.2", severity: conformance.Should, title: "Request-URI with unknown scheme",
		requirement: "A Request-URI of a scheme that the node does not know is refused with 416.",
		refs:        []string{"RFC 3261 §8.2.2.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "rt.scheme-any"),
		steps:       owing(416),
	}, {
		name: "novelsc", section: "3.3.3", severity: conformance.Should, title: "Request-URI with known but atypical scheme",
		requirement: "A Request-URI of a scheme that is none of SIP's is refused with 416.",
		refs:        []string{"RFC 3261 §8.2.2.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "rt.scheme-any"),
		steps:       owing(416),
	}, {
		name: "unksm2", section: "3.3.4", severity: conformance.Should, title: "Unknown URI schemes in header fields",
		requirement: "From, To and Contact may name anything by a URI; who may do what is another question.",
		refs:        []string{"RFC 3261 §8.1.1.2", "RFC 3261 §8.1.1.3"},
		call:        asCall(conformance.Instead("http://", "sip:caller@"), conformance.Without("Contact")),
		mutants:     by(conformance.Status, "syn.hdr-scheme"),
		steps:       read("OPTIONS"),
	}, {
		name: "bext01", section: "3.3.5", severity: conformance.Must, title: "Unknown Require and Proxy-Require extensions",
		requirement: "Extensions that are required and not known are refused with 420; Unsupported names exactly those of Require, and of Proxy-Require only where a proxy answers.",
		refs:        []string{"RFC 3261 §8.2.2.3", "RFC 3261 §16.3"},
		call:        asCall(conformance.Without("Require"), conformance.Without("Proxy-Require")),
		mutants:     by(conformance.Status, "ext.no-420"),
		steps:       []step{{verdict: unsupported}},
	}, {
		name: "invut", section: "3.3.6", severity: conformance.Must, title: "Unknown Content-Type",
		requirement: "An INVITE for a room with a body of an unknown type is refused with 415 and Accept.",
		refs:        []string{"RFC 3261 §8.2.3"},
		needs:       conformance.Needs{Media: true},
		call:        asCall(),
		mutants:     by(conformance.Status, "body.any-type"),
		steps:       []step{{edits: []conformance.Edit{conformance.AtRoom}, verdict: wrongType}},
	}, {
		name: "regaut01", section: "3.3.7", severity: conformance.Must, title: "Unknown authorization scheme",
		requirement: "Credentials of an unknown scheme harm nobody: a request is answered as if it had none.",
		refs:        []string{"RFC 3261 §22.3"},
		call:        asCall(),
		mutants:     by(conformance.Closed, "auth.crash"),
		steps:       read("OPTIONS"),
	}, {
		name: "multi01", section: "3.3.8", severity: conformance.Should, title: "Multiple values in single value required fields",
		requirement: "CSeq, Call-ID, From, To and Max-Forwards stand in a request once: 400 otherwise, for any of them alone too.",
		refs:        []string{"RFC 3261 §7.3.1"},
		mutants:     by(conformance.Status, "syn.dup-hdr"),
		steps:       append(owing(400), doubled()...),
	}, {
		name: "mcl01", section: "3.3.9", severity: conformance.Must, title: "Multiple Content-Length values",
		requirement: "Two Content-Lengths end the stream: 400 or the end of the connection, and never an answer to what one of them hides.",
		refs:        []string{"RFC 3261 §18.3", "RFC 3261 §7.3.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "frame.last-cl"),
		steps:       []step{{verdict: ended}, {edits: []conformance.Edit{lastRight}, verdict: ended}},
	}, {
		name: "bcast", section: "3.3.10", severity: conformance.Must, title: "200 OK response with broadcast Via header field value",
		requirement: "A response that nobody waits for goes nowhere, wherever its second Via points.",
		refs:        []string{"RFC 3261 §18.1.2", "RFC 3261 §16.7"},
		mutants:     by(conformance.Accepted, "via.stray-forward"),
		steps:       append(let(), step{edits: []conformance.Edit{fromUs}, verdict: (*conformance.Reaction).Ignored, silent: true}),
	}, {
		name: "zeromf", section: "3.3.11", severity: conformance.Must, title: "Max-Forwards of zero",
		requirement: "OPTIONS with Max-Forwards 0 is answered by the node it is for, or refused with 483 by one that would have to forward it; it never travels on.",
		refs:        []string{"RFC 3261 §16.3"},
		call:        asCall(conformance.Instead("Max-Forwards: 0", "Max-Forwards: 1")),
		mutants:     by(conformance.Silence, "rt.mf-wrap"),
		steps:       owing(200, 404, 483),
	}, {
		name: "cparam01", section: "3.3.12", severity: conformance.Should, title: "REGISTER with a Contact header parameter",
		requirement: "A parameter of Contact that the node does not know is passed over.",
		refs:        []string{"RFC 3261 §20.10"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.contact-param"),
		steps:       read("INVITE"),
	}, {
		name: "cparam02", section: "3.3.13", severity: conformance.Should, title: "REGISTER with a url-parameter",
		requirement: "A parameter of the URI in Contact that the node does not know is passed over.",
		refs:        []string{"RFC 3261 §19.1.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.contact-param"),
		steps:       read("INVITE"),
	}, {
		name: "regescrt", section: "3.3.14", severity: conformance.Should, title: "REGISTER with a URL escaped header",
		requirement: "A header field in the URI of a Contact is not acted on; in an INVITE, whose Contact may hold none, it makes the request malformed: 400.",
		refs:        []string{"RFC 3261 §19.1.1, table 1"},
		call:        asCall(conformance.Instead("?Route=%3Csip:sip.example.com%3E", "")),
		mutants:     by(conformance.Status, "syn.contact-headers"),
		steps: []step{{verdict: conformance.Or(400, (*conformance.Reaction).Understood)}, {
			media: true, edits: []conformance.Edit{conformance.As("INVITE"), conformance.AtRoom, conformance.Offering}, verdict: conformance.Owes(400),
		}},
	}, {
		name: "sdp01", section: "3.3.15", severity: conformance.Should, title: "Unacceptable Accept offering",
		requirement: "A caller that accepts no application/sdp is sent none: the room, which answers with nothing else, refuses with 406, and takes the same INVITE without Accept.",
		refs:        []string{"RFC 3261 §20.1", "RFC 3261 §21.4.7"},
		needs:       conformance.Needs{Media: true},
		call:        asCall(conformance.Without("Accept")),
		mutants:     by(conformance.Status, "oa.ignore-accept"),
		steps: []step{{
			edits: []conformance.Edit{conformance.AtRoom, conformance.Offering}, verdict: conformance.Owes(400, 406, 488),
		}},
	}}
}

// complete is a good request in place of the message: one without takes a field
// away, one of doubled adds it.
func complete(s *conformance.Stand, _ []byte) []byte {
	return s.Options(s.Target.Partner)
}

// doubled are good requests with one field twice: an error must not hide
// behind another.
func doubled() []step {
	var steps []step
	for _, name := range []string{"CSeq", "Call-ID", "From", "To", "Max-Forwards"} {
		steps = append(steps, step{verdict: conformance.Owes(400), edits: []conformance.Edit{complete, conformance.Twice(name)}})
	}
	return steps
}

// unsupported: a UAS names what Require asks for; a proxy may add what
// Proxy-Require does.
func unsupported(r *conformance.Reaction) error {
	if err := r.Status(420); err != nil {
		return err
	}
	asUser := []string{"nothingSupportsThis", "nothingSupportsThisEither"}
	asProxy := []string{"noProxiesSupportThis", "norDoAnyProxiesSupportThis"}
	got := r.Answer.List("Unsupported")
	for _, want := range [][]string{asUser, asProxy, slices.Concat(asUser, asProxy)} {
		if conformance.EqualTags(got, want) {
			return nil
		}
	}
	return &conformance.Mismatch{Class: conformance.Content, Expected: "Unsupported: " + strings.Join(asUser, ", "), Actual: "Unsupported: " + strings.Join(got, ", ")}
}

func wrongType(r *conformance.Reaction) error {
	if err := r.Status(415); err != nil {
		return err
	}
	for _, kind := range r.Answer.List("Accept") {
		if kind, _ = raw.MediaType(kind); kind == "application/sdp" {
			return nil
		}
	}
	return &conformance.Mismatch{Class: conformance.Content, Expected: "Accept with application/sdp in the 415", Actual: "Accept: " + r.Answer.Get("Accept")}
}

// lastRight makes the last Content-Length the body's own: who goes by it finds the
// next message where it is.
func lastRight(s *conformance.Stand, message []byte) []byte {
	_, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return conformance.Instead("Content-Length: 5", fmt.Sprintf("Content-Length: %d", len(body)))(s, message)
}

// ended: refused or closed, and in no case is the connection used any further.
func ended(r *conformance.Reaction) error {
	if err := r.Refused(400); err != nil {
		return err
	}
	if r.Usable {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "the end of the connection behind " + "two Content-Lengths", Actual: "the OPTIONS behind them was answered"}
	}
	return nil
}

// fromUs makes the second Via one that leads back to us: who forwards strays
// would send it here.
func fromUs(s *conformance.Stand, message []byte) []byte {
	return conformance.Instead("255.255.255.255", s.Target.Partner.Host)(s, message)
}

// twice sends two requests that have nothing but the bare cookie.
func twice(ctx context.Context, s *conformance.Stand) error {
	message, err := fixture("badbranch")
	if err != nil {
		return err
	}
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	for range 2 {
		request := conformance.Aim(s, message)
		m, err := raw.Parse(request)
		if err != nil {
			return err
		}
		if err := p.Send(request, "OPTIONS with a bare cookie"); err != nil {
			return err
		}
		if _, err := p.Await(ctx, "a final response to each OPTIONS", raw.And(raw.Final(), raw.InCall(m.CallID()))); err != nil {
			return err
		}
	}
	return nil
}
