package syntax

import "fedge/conformance"

// values are quotes, escapes and letters.
func values() []conformance.Case {
	return []conformance.Case{{
		ID: "SYN-008", Severity: conformance.Must, Title: "Quoted parameter with \";\" and \"=\"",
		Requirement: "What a quoted value holds is no parameter: a tag in it is none, and the one behind it counts.",
		Refs:        []string{"RFC 3261 §25.1"},
		Mutants:     by(conformance.Status, "syn.quoted-param"),
		Run: conformance.Steps(invite("with a tag in quotes", taken, behind("To", ";foo=\"a;tag=evil\"")),
			invite("with a tag behind one in quotes", conformance.Owes(nowhere), behind("To", ";foo=\"a;tag=evil\";tag=ok"))),
	}, {
		ID: "SYN-009", Severity: conformance.Must, Title: "\"=\" and \">\" in a display name",
		Requirement: "A quoted display name may hold \"=\", \";\", \"<\" and \">\".",
		Refs:        []string{"RFC 3261 §25.1"},
		Mutants:     by(conformance.Status, "syn.dn-gt"),
		Run:         conformance.Steps(options("from \"a>b=c\"", understood, before("From", "\"a>b=c;d<e\" ")), invite("from \"a>b=c\"", taken, before("From", "\"a>b=c;d<e\" "))),
	}, {
		ID: "SYN-010", Severity: conformance.Must, Title: "Backslash escapes in quotes",
		Requirement: "A backslash within quotes takes away the meaning of a quote behind it, but not that of CR.",
		Refs:        []string{"RFC 3261 §25.1"},
		Mutants:     by(conformance.Status, "syn.backslash"),
		Run: conformance.Steps(invite("with \\\" in a display name", taken, before("From", "\"Bo\\\"b\\\\\" ")),
			options("with \\CR in a display name", closing, before("From", "\"Bo\\\rb\" "))),
	}, {
		ID: "SYN-011", Severity: conformance.Must, Title: "UTF-8 in display names",
		Requirement: "Display names are UTF-8 and come back byte for byte.",
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 3261 §25.1", "RFC 3261 §8.2.6.2"},
		Mutants:     by(conformance.Content, "syn.latin1"),
		Run: conformance.Steps(
			options("from a name in three scripts", conformance.All(understood, conformance.Echoes("From")), before("From", "\"Jürgen 会議 Здравствуйте 🙂\" ")),
			invite("from a name in three scripts", conformance.All(taken, conformance.Echoes("From")), before("From", "\"Jürgen 会議 Здравствуйте 🙂\" "), conformance.Adding("Subject: Grüße"))),
	}, {
		ID: "SYN-012", Severity: conformance.Should, Title: "Invalid UTF-8",
		Requirement: "Octets that are no UTF-8 are refused with 400 or taken as they are; they stall nothing.",
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 3261 §25.1"},
		Mutants:     by(conformance.Silence, "syn.bad-utf8"),
		Run: conformance.Steps(options("from a name that is no UTF-8", conformance.Or(400, understood), before("From", "\"J\xfcrgen \xc3\x28 \xf0\x28\x8c\xbc\x1b[31m\" ")),
			options("with such a subject", conformance.Or(400, understood), conformance.Adding("Subject: \xff\xfe")), conformance.PlainCall()),
	}, {
		ID: "SYN-026", Severity: conformance.Should, Title: "From without tag",
		Requirement: "A From without tag, as RFC 2543 wrote it, is refused with 400 or understood; nobody is left without an answer.",
		Refs:        []string{"RFC 3261 §8.1.1.3", "RFC 3261 §12.1.1"},
		Mutants:     by(conformance.Silence, "dlg.no-fromtag"),
		Run: conformance.Steps(options("without a From tag", conformance.Or(400, understood), untagged),
			invite("without a From tag", conformance.Or(400, taken), untagged), conformance.PlainCall()),
	}, {
		ID: "SYN-027", Severity: conformance.Should, Title: "Two tags",
		Requirement: "A parameter that is given twice makes a header field malformed: 400, before two readers choose differently.",
		Refs:        []string{"RFC 3261 §7.3.1"},
		Mutants:     by(conformance.Status, "syn.dup-param"),
		Run: conformance.Steps(options("with two tags in From", conformance.Owes(400), behind("From", ";tag=other")),
			options("with two tags in To", conformance.Owes(400), behind("To", ";tag=one;TAG=two")),
			options("with two branches", conformance.Owes(400), behind("Via", ";branch=z9hG4bKother")), conformance.PlainCall()),
	}}
}

// untagged takes the From tag away.
func untagged(s *conformance.Stand, message []byte) []byte {
	return conformance.Field("From", func(value string) string { return "From: " + upTo(value, ";tag=") })(s, message)
}
