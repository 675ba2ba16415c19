package torture

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// valid are RFC 4475 §3.1.1: unusual, and right by the grammar.
func valid() []trial {
	return []trial{{
		name: "wsinv", section: "3.1.1.1", severity: conformance.Must, title: "A short tortuous INVITE",
		requirement: "White space around \";\" and \"=\", folded lines, compact and mixed-case names change nothing: the tag in To is seen, so the request belongs to a dialog that does not exist.",
		refs:        []string{"RFC 3261 §7.3.1", "RFC 3261 §12.2.2"},
		call:        asCall(conformance.Instead(";   tag    = 1918181833n", "")),
		mutants:     by(conformance.Status, "syn.lws-param"),
		steps:       owing(481),
	}, {
		name: "intmeth", section: "3.1.1.2", severity: conformance.Must, title: "Wide range of valid characters",
		requirement: "A method of every character that a token may hold is a method like others, unknown: 405 with Allow, or 501, with CSeq as it came.",
		refs:        []string{"RFC 3261 §8.2.1", "RFC 3261 §25.1"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.method-fold"),
		steps:       []step{{verdict: unknownMethod}},
	}, {
		name: "esc01", section: "3.1.1.3", severity: conformance.Must, title: "Valid use of the % escaping mechanism",
		requirement: "An escaped character in a user name is the character: the room is reached by its name with every letter escaped.",
		refs:        []string{"RFC 3261 §19.1.4"},
		needs:       conformance.Needs{Media: true},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.no-unescape"),
		steps: []step{{verdict: (*conformance.Reaction).Understood}, {
			edits: []conformance.Edit{atEscapedRoom, conformance.Offering}, verdict: (*conformance.Reaction).Taken,
		}},
	}, {
		name: "escnull", section: "3.1.1.4", severity: conformance.Must, title: "Escaped nulls in URIs",
		requirement: "%00 in a URI is a character like others: it is no error, and it does not end the name, so a room's name followed by %00 is somebody else.",
		refs:        []string{"RFC 3261 §19.1.4"},
		call:        asCall(conformance.Without("Contact")),
		mutants:     by(conformance.Accepted, "syn.nul-trunc"),
		steps: append(read("OPTIONS"), step{
			edits: []conformance.Edit{conformance.As("INVITE"), conformance.Without("Contact"), atRoomAnd("%00"), conformance.Offering}, verdict: (*conformance.Reaction).NotTaken,
		}),
	}, {
		name: "esc02", section: "3.1.1.5", severity: conformance.Must, title: "Use of % when it is not an escape",
		requirement: "% in a method is a character of the method, which is unknown then: 405 with Allow, or 501.",
		refs:        []string{"RFC 3261 §7.1", "RFC 3261 §25.1"},
		call:        asCall(conformance.Without("Contact")),
		mutants:     by(conformance.Status, "syn.unescape-method"),
		steps:       []step{{verdict: unknownMethod}},
	}, {
		name: "lwsdisp", section: "3.1.1.6", severity: conformance.Should, title: "Message with no LWS between display name and <",
		requirement: "A display name may stand against its \"<\".",
		refs:        []string{"RFC 3261 §20.10"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.need-lws"),
		steps:       read(),
	}, {
		name: "longreq", section: "3.1.1.7", severity: conformance.Must, title: "Long values in header fields",
		requirement: "An INVITE with 34 Vias and values of hundreds of characters is read like a short one.",
		refs:        []string{"RFC 3261 §7.3"},
		call:        asCall(),
		mutants:     by(conformance.Status, "lim.short-hdr"),
		steps:       read(),
	}, {
		name: "dblreq", section: "3.1.1.8", severity: conformance.Must, title: "Extra trailing octets",
		requirement: "On a stream what follows a message is the next one: both are answered.",
		refs:        []string{"RFC 3261 §18.3", "RFC 3261 §7.5"},
		mutants:     by(conformance.Silence, "frame.first-only"),
		instead:     both,
	}, {
		name: "semiuri", section: "3.1.1.9", severity: conformance.Must, title: "Semicolon-separated parameters in URI user part",
		requirement: "A \";\" before the \"@\" belongs to the user: a room's name followed by one is somebody else.",
		refs:        []string{"RFC 3261 §19.1.1", "RFC 3261 §25.1"},
		call:        asCall(),
		mutants:     by(conformance.Accepted, "syn.user-semi"),
		steps: append(read(), step{
			edits: []conformance.Edit{conformance.As("INVITE"), atRoomAnd(";par=u%40example.net"), conformance.Offering}, verdict: (*conformance.Reaction).NotTaken,
		}),
	}, {
		name: "transports", section: "3.1.1.10", severity: conformance.Must, title: "Varied and unknown transport types",
		requirement: "Transports that the node does not know may stand in the lower Vias; all five come back in order.",
		refs:        []string{"RFC 3261 §8.2.6.2", "RFC 3261 §20.42"},
		call:        asCall(),
		mutants:     by(conformance.Status, "syn.via-enum"),
		steps:       []step{{verdict: conformance.All((*conformance.Reaction).Understood, conformance.KeepsVias)}},
	}, {
		name: "mpart01", section: "3.1.1.11", severity: conformance.Must, title: "Multipart MIME message",
		requirement: "A body may hold any octets: a MESSAGE with a binary part is answered by what the node thinks of MESSAGE, not called malformed, and an INVITE with that part beside its description is taken.",
		refs:        []string{"RFC 3261 §7.4", "RFC 3261 §18.3"},
		mutants:     by(conformance.Status, "frame.text-body"),
		steps:       append(read(), step{media: true, edits: []conformance.Edit{conformance.As("INVITE"), conformance.Without("Route"), conformance.AtRoom, beside, conformance.Reachable}, verdict: (*conformance.Reaction).Taken}),
	}, {
		name: "unreason", section: "3.1.1.12", severity: conformance.Must, title: "Unusual reason phrase",
		requirement: "A response that nobody waits for is dropped, whatever letters its reason phrase has; the connection goes on.",
		refs:        []string{"RFC 3261 §7.2", "RFC 3261 §18.1.2"},
		mutants:     by(conformance.Closed, "syn.reason-ascii"),
		steps:       let(),
	}, {
		name: "noreason", section: "3.1.1.13", severity: conformance.Must, title: "Empty reason phrase",
		requirement: "A response may have an empty reason phrase; one that nobody waits for is dropped, and the connection goes on.",
		refs:        []string{"RFC 3261 §7.2", "RFC 3261 §25.1"},
		mutants:     by(conformance.Closed, "syn.reason-required"),
		steps:       let(),
	}}
}

// unknownMethod: RFC 3261 §8.2.1 wants Allow with 405; CSeq comes back as it
// went.
func unknownMethod(r *conformance.Reaction) error {
	if err := r.Status(405, 501); err != nil {
		return err
	}
	if r.Answer.Status() == 405 && !r.Answer.Has("Allow") {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "Allow in the 405", Actual: "none"}
	}
	return conformance.Echoes("CSeq")(r)
}

// atEscapedRoom aims at the room with each letter of its name escaped.
func atEscapedRoom(s *conformance.Stand, message []byte) []byte {
	user, domain, _ := strings.Cut(s.Target.Alias, "@")
	var escaped strings.Builder
	for _, c := range []byte(user) {
		if c == '%' {
			escaped.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		escaped.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return conformance.Toward("sip:"+escaped.String()+"@"+domain)(s, message)
}

// atRoomAnd aims at somebody whose name begins with the room's.
func atRoomAnd(more string) conformance.Edit {
	return func(s *conformance.Stand, message []byte) []byte {
		user, domain, _ := strings.Cut(s.Target.Alias, "@")
		return conformance.Toward("sip:"+user+more+"@"+domain)(s, message)
	}
}

// both sends the two messages of dblreq, the second aimed too.
func both(ctx context.Context, s *conformance.Stand) error {
	message, err := fixture("dblreq")
	if err != nil {
		return err
	}
	first, second, _ := bytes.Cut(message, []byte("\r\n\r\n\r\n"))
	first, second = conformance.Aim(s, append(first, "\r\n\r\n"...)), conformance.Recounted(s, conformance.Aim(s, second))
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := p.SendEach("REGISTER and INVITE in one record", slices.Concat(first, []byte("\r\n"), second)); err != nil {
		return err
	}
	answers := map[string]bool{"8 REGISTER": false, "8 INVITE": false}
	for range answers {
		answer, err := p.Await(ctx, "final responses to both requests", func(m *raw.Message) bool {
			had, ours := answers[m.Get("CSeq")]
			return raw.Final()(m) && ours && !had
		})
		if err != nil {
			return err
		}
		answers[answer.Get("CSeq")] = true
	}
	return nil
}
