package syntax

import (
	"bytes"
	"strings"

	"fedge/conformance"
)

// fields are about single header fields and the Request-URI.
func fields() []conformance.Case {
	return []conformance.Case{{
		ID: "SYN-016", Severity: conformance.Should, Title: "No Max-Forwards",
		Requirement: "A request without Max-Forwards, as RFC 2543 had none, is taken.",
		Refs:        []string{"RFC 3261 §8.1.1.6", "RFC 3261 §16.3"},
		Mutants:     by(conformance.Status, "rt.mf-missing"),
		Run:         conformance.Steps(options("without Max-Forwards", understood, conformance.Without("Max-Forwards")), invite("without Max-Forwards", taken, conformance.Without("Max-Forwards"))),
	}, {
		ID: "SYN-017", Severity: conformance.Must, Title: "Max-Forwards of one",
		Requirement: "A request with one hop left reaches the room that it is for.",
		Refs:        []string{"RFC 3261 §16.3", "RFC 3261 §16.6 step 3"},
		Mutants:     by(conformance.Status, "rt.mf-offbyone"),
		Run:         conformance.Steps(options("with Max-Forwards 1", understood, hops("1")), invite("with Max-Forwards 1", taken, hops("1"))),
	}, {
		ID: "SYN-018", Severity: conformance.Must, Title: "The greatest CSeq",
		Requirement: "A CSeq of 2^31-1 is one, a CSeq of 2^31 is refused with 400, which no clause demands of who receives it: a SHOULD.",
		Refs:        []string{"RFC 3261 §8.1.1.5"},
		Mutants:     by(conformance.Status, "syn.cseq-max"),
		Run: conformance.Steps(options("with CSeq 2147483647", understood, conformance.Instead("CSeq: 1 ", "CSeq: 2147483647 ")),
			options("with CSeq 2147483648", conformance.Only(conformance.Should, conformance.Owes(400)), conformance.Instead("CSeq: 1 ", "CSeq: 2147483648 ")), conformance.PlainCall()),
	}, {
		ID: "SYN-019", Severity: conformance.Should, Title: "White space in CSeq",
		Requirement: "Between number and method of a CSeq may be any white space.",
		Refs:        []string{"RFC 3261 §25.1"},
		Mutants:     by(conformance.Status, "syn.cseq-ws"),
		Run:         conformance.Steps(options("with much white space in CSeq", understood, conformance.Instead("CSeq: 1 ", "CSeq: 1 \t  ")), invite("with a tab in CSeq", taken, conformance.Instead("CSeq: 1 ", "CSeq: 1\t"))),
	}, {
		ID: "SYN-028", Severity: conformance.Should, Title: "Contact: * outside REGISTER",
		Requirement: "\"*\", and more than one, are Contacts for REGISTER only: an INVITE with them is refused with 400.",
		Refs:        []string{"RFC 3261 §20.10", "RFC 3261 §10.2.2", "RFC 3261 §8.1.1.8"},
		Mutants:     by(conformance.Status, "syn.star"),
		Run: conformance.Steps(invite("with Contact: *", conformance.Owes(400), conformance.Field("Contact", put("Contact: *"))),
			invite("with two Contacts", conformance.Owes(400), conformance.Field("Contact", put("Contact: <sip:anna@sip.contoso.example>, <sip:ben@sip.contoso.example>"))), conformance.PlainCall()),
	}, {
		ID: "SYN-029", Severity: conformance.Should, Title: "A telephone number for Request-URI",
		Requirement: "A tel URI is refused by a node that calls no telephones: 404, 416 or 484.",
		Refs:        []string{"RFC 3966 §3", "RFC 3261 §8.2.2.1"},
		Mutants:     by(conformance.Status, "rt.tel"),
		Run: conformance.Steps(options("for tel:", conformance.Owes(404, 416, 484), conformance.Toward("tel:+1-201-555-0123;phone-context=example.com")),
			invite("for tel:", conformance.Owes(404, 416, 484), conformance.Toward("tel:+12015550123")), conformance.PlainCall()),
	}, {
		ID: "SYN-030", Severity: conformance.Must, Title: "Comparing URIs",
		Requirement: "Scheme and host of a URI have no case: the room is reached by them in capitals. (Whether a room answers under other ports and other case of its user is the node's to decide, RFC 3261 §8.2.2.1.)",
		Refs:        []string{"RFC 3261 §19.1.4"},
		Mutants:     by(conformance.Status, "rt.uri-eq"),
		Run:         conformance.Steps(invite("for a host in capitals", taken, capitals)),
	}, {
		ID: "SYN-031", Severity: conformance.Must, Title: "Unknown header fields",
		Requirement: "Header fields that the node does not know are passed over, also of 4 KB.",
		Refs:        []string{"RFC 3261 §8.2.2", "RFC 3261 §7.3.1"},
		Mutants:     by(conformance.Status, "syn.unknown-hdr"),
		Run:         conformance.Steps(invite("with an unknown header of 4 KB", taken, conformance.Adding("X-Foo: "+strings.Repeat("bar ", 1000), "P-Unheard-Of: ;;,,;,;=?"))),
	}}
}

func hops(n string) conformance.Edit {
	return conformance.Instead("Max-Forwards: 70", "Max-Forwards: "+n)
}

// capitals writes scheme and host of the Request-URI in them.
func capitals(s *conformance.Stand, message []byte) []byte {
	user, host, _ := strings.Cut(s.Target.Alias, "@")
	return bytes.Replace(message, []byte(s.URI()), []byte("SIP:"+user+"@"+strings.ToUpper(host)), 1)
}
