// Package ipv6 puts the messages of RFC 5118 to a node: IPv6 addresses wherever
// SIP and SDP may hold them.
package ipv6

import (
	"embed"
	"fmt"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// messages are the RFC's own; see README.md there.
//
//go:embed rfc5118/*.dat
var messages embed.FS

// Cases of the area, in the order of the RFC.
func Cases() []conformance.Case {
	return []conformance.Case{{
		ID: "V6-good", Severity: conformance.Must, Title: "Valid SIP message with an IPv6 reference",
		Requirement: "IPv6 references in Request-URI, Via and Contact are read as hosts.",
		Refs:        []string{"RFC 5118 §4.1", "RFC 3261 §25.1"},
		Mutants:     by(conformance.Status, "v6.uri"),
		Run:         conformance.Steps(read("ipv6-good"), read("ipv6-good", conformance.As("OPTIONS")), call("ipv6-good", conformance.As("INVITE"))),
	}, {
		ID: "V6-bad", Severity: conformance.Should, Title: "Invalid SIP message with an IPv6 reference",
		Requirement: "An IPv6 address in the Request-URI without brackets is refused with 400.",
		Refs:        []string{"RFC 5118 §4.2"},
		Mutants:     by(conformance.Status, "v6.nobracket"),
		Run:         conformance.Steps(refused("ipv6-bad"), refused("ipv6-bad", conformance.As("OPTIONS")), call("ipv6-bad", conformance.As("INVITE"))),
	}, {
		ID: "V6-port-ambig", Severity: conformance.Must, Title: "Port ambiguous in a SIP URI",
		Requirement: "What stands within the brackets is the address, though its end looks like a port: nobody guesses.",
		Refs:        []string{"RFC 5118 §4.3"},
		Mutants:     by(conformance.Status, "v6.port-guess"),
		Run:         conformance.Steps(read("port-ambiguous"), read("port-ambiguous", conformance.As("OPTIONS")), call("port-ambiguous", conformance.As("INVITE"))),
	}, {
		ID: "V6-port-unambig", Severity: conformance.Must, Title: "Port unambiguous in a SIP URI",
		Requirement: "A port behind the brackets is the port.",
		Refs:        []string{"RFC 5118 §4.4"},
		Mutants:     by(conformance.Status, "v6.port"),
		Run:         conformance.Steps(read("port-unambiguous"), read("port-unambiguous", conformance.As("OPTIONS")), call("port-unambiguous", conformance.As("INVITE"))),
	}, {
		ID: "V6-via-delim", Severity: conformance.Should, Title: "IPv6 reference delimiters in Via header",
		Requirement: "A received with brackets about its IPv6 address is taken, though the grammar has none.",
		Refs:        []string{"RFC 5118 §4.5"},
		Mutants:     by(conformance.Status, "v6.recv"),
		Run: conformance.Steps(read("via-received-param-with-delim"),
			call("via-received-param-with-delim", conformance.As("INVITE"), conformance.Instead(";tag=bd76ya", ""))),
	}, {
		ID: "V6-via-nodelim", Severity: conformance.Must, Title: "IPv6 address without delimiters in Via header",
		Requirement: "A received with an IPv6 address as the grammar has it, without brackets, is taken.",
		Refs:        []string{"RFC 5118 §4.5", "RFC 3261 §25.1"},
		Mutants:     by(conformance.Status, "v6.recv"),
		Run:         conformance.Steps(read("via-received-param-no-delim"), call("via-received-param-no-delim", conformance.As("INVITE"))),
	}, {
		ID: "V6-sdp", Severity: conformance.Should, Title: "SIP request with IPv6 addresses in SDP body",
		Requirement: "A caller whose media has only IPv6 addresses is answered with IPv6 or refused with 488, not left to wait for packets that cannot come.",
		Refs:        []string{"RFC 5118 §4.6", "RFC 4566 §5.7"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     by(conformance.Content, "v6.sdp"),
		Run:         conformance.Steps(read("ipv6-in-sdp", conformance.Recounted), described("IPv6 media", onlySix, sixOr488), conformance.PlainCall()),
	}, {
		ID: "V6-multi-hdr", Severity: conformance.Must, Title: "Multiple IP addresses in SIP headers",
		Requirement: "Vias of both families, mixed, come back in their order.",
		Refs:        []string{"RFC 5118 §4.7", "RFC 3261 §8.2.6.2"},
		Mutants:     by(conformance.Content, "v6.via-mix"),
		Run: conformance.Steps(conformance.Step{What: "mult-ip-in-header", Make: message("mult-ip-in-header"), Verdict: conformance.All((*conformance.Reaction).Understood, conformance.KeepsVias)},
			call("mult-ip-in-header", conformance.As("INVITE"), conformance.Instead(";tag=9817--94", ""))),
	}, {
		ID: "V6-multi-sdp", Severity: conformance.Must, Title: "Multiple IP addresses in SDP",
		Requirement: "A c= line of a media section is that section's, whatever family the session's is of: audio by IPv4 is served though everything else is IPv6.",
		Refs:        []string{"RFC 5118 §4.8", "RFC 4566 §5.7"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     by(conformance.Status, "sdp.c-level"),
		Run: conformance.Steps(read("mult-ip-in-sdp", conformance.Recounted),
			described("c= in each media section", eachItsOwn, (*conformance.Reaction).Taken), described("c= of the session overruled", overruled, (*conformance.Reaction).Taken)),
	}, {
		ID: "V6-mapped", Severity: conformance.Must, Title: "IPv4-mapped IPv6 addresses",
		Requirement: "An IPv4 address in its IPv6 form is an address like others in Via, Contact and SDP, and in SDP it is the IPv4 address.",
		Refs:        []string{"RFC 5118 §4.9", "RFC 4291 §2.5.5.2"},
		Mutants:     by(conformance.Status, "v6.mapped-acl"),
		Run:         conformance.Steps(read("ipv4-mapped-ipv6", conformance.Recounted), call("ipv4-mapped-ipv6"), described("an IPv4-mapped address in c=", mapped, (*conformance.Reaction).Taken)),
	}, {
		ID: "V6-abnf", Severity: conformance.May, Title: "IPv6 reference bug in RFC 3261 ABNF",
		Requirement: "An address with three colons, which the grammar of RFC 3261 allows by mistake, is refused with 400 or read with good will; the one with two is read.",
		Refs:        []string{"RFC 5118 §4.10", "RFC 5954 §4.1"},
		Mutants:     by(conformance.Closed, "v6.crash"),
		Run: conformance.Steps(conformance.Step{What: "ipv6-bug-abnf-3-colons", Make: message("ipv6-bug-abnf-3-colons"), Verdict: conformance.Or(400, (*conformance.Reaction).Understood)},
			read("ipv6-correct-abnf-2-colons"), call("ipv6-correct-abnf-2-colons", conformance.As("INVITE"))),
	}}
}

func by(class conformance.Class, name string) []conformance.Mutant {
	return []conformance.Mutant{{Name: name, Class: class}}
}

// message is one of the RFC's, from the partner to the node, edited.
func message(name string, edits ...conformance.Edit) func(*conformance.Stand) []byte {
	return func(s *conformance.Stand) []byte {
		b, err := messages.ReadFile("rfc5118/" + name + ".dat")
		if err != nil {
			return nil // and nobody answers: the name is a constant of this file
		}
		b = conformance.Aim(s, b)
		for _, change := range edits {
			b = change(s, b)
		}
		return b
	}
}

func read(name string, edits ...conformance.Edit) conformance.Step {
	return conformance.Step{What: name, Make: message(name, edits...), Verdict: (*conformance.Reaction).Understood}
}

func refused(name string, edits ...conformance.Edit) conformance.Step {
	return conformance.Step{What: name, Make: message(name, edits...), Verdict: conformance.Owes(400)}
}

// call is the message as one that the room has to take.
func call(name string, edits ...conformance.Edit) conformance.Step {
	edits = append(edits, conformance.AtRoom, conformance.Offering)
	return conformance.Step{What: name + " as a call", Media: true, Make: message(name, edits...), Verdict: (*conformance.Reaction).Taken}
}

// described is a call with a description of its own.
func described(what string, offer func(*conformance.Stand) string, verdict conformance.Verdict) conformance.Step {
	return conformance.Step{What: "INVITE with " + what, Media: true, Verdict: verdict, Make: func(s *conformance.Stand) []byte {
		return s.Invite(s.Target.Partner, []byte(offer(s))).Bytes()
	}}
}

// documentation is an address of RFC 3849, where nobody is.
const documentation = "c=IN IP6 2001:db8::20\r\n"

func onlySix(s *conformance.Stand) string {
	return head("2001:db8::20") + documentation + timing + conformance.Audio(6000, conformance.Crypto(1))
}

func eachItsOwn(s *conformance.Stand) string {
	return head("host.example.com") + timing + twoFamilies(s)
}

func overruled(s *conformance.Stand) string {
	return head("2001:db8::20") + documentation + timing + twoFamilies(s)
}

// twoFamilies is audio by IPv4 and video by IPv6.
func twoFamilies(s *conformance.Stand) string {
	audio := conformance.Audio(9, conformance.Crypto(1))
	line, rest, _ := strings.Cut(audio, "\r\n")
	return line + "\r\nc=IN IP4 " + ours(s) + "\r\n" + rest +
		"m=video 6024 RTP/SAVP 107\r\n" + documentation + "a=rtpmap:107 H263-1998/90000\r\n" + conformance.Crypto(1)
}

func mapped(s *conformance.Stand) string {
	address := "::ffff:" + ours(s)
	return head(address) + "c=IN IP6 " + address + "\r\n" + timing + conformance.Audio(9, conformance.Crypto(1))
}

const timing = "t=0 0\r\n"

func head(origin string) string {
	family := "IP6"
	if !strings.Contains(origin, ":") {
		family = "IP4"
	}
	return fmt.Sprintf("v=0\r\no=- 1 1 IN %s %s\r\ns=session\r\n", family, origin)
}

// ours is the IPv4 address that our descriptions point at.
func ours(s *conformance.Stand) string {
	if s.Target.MediaFrom.Is4() {
		return s.Target.MediaFrom.String()
	}
	return "127.0.0.1"
}

// sixOr488 looks at where the answer says that media comes from.
func sixOr488(r *conformance.Reaction) error {
	if r.Answer != nil && r.Answer.Status() == 488 {
		return nil
	}
	if err := r.Taken(); err != nil {
		return err
	}
	if !strings.Contains(string(r.Answer.Body), "IN IP6 ") {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "488, or an answer by IPv6", Actual: firstConnection(r.Answer)}
	}
	return nil
}

func firstConnection(m *raw.Message) string {
	for line := range strings.Lines(string(m.Body)) {
		if strings.HasPrefix(line, "c=") {
			return strings.TrimSpace(line)
		}
	}
	return "an answer without c="
}
