package syntax

import (
	"strings"

	"fedge/conformance"
)

// short are the compact forms of RFC 3261 §7.3.3 and those registered since.
var short = map[string]string{
	"Via": "v", "From": "f", "To": "t", "Call-ID": "i", "Contact": "m", "Content-Length": "l", "Content-Type": "c",
	"Supported": "k", "Subject": "s", "Content-Encoding": "e", "Allow-Events": "u", "Event": "o", "Refer-To": "r",
	"Referred-By": "b", "Session-Expires": "x", "Identity": "y",
}

// spelling are the many ways to write the same message.
func spelling() []conformance.Case {
	return []conformance.Case{{
		ID: "SYN-001", Severity: conformance.Must, Title: "Compact forms",
		Requirement: "Every header field with a compact form may have it: a call whose names are one letter is taken, and an encoding called \"e\" is seen.",
		Refs:        []string{"RFC 3261 §7.3.3", "RFC 3261 §20", "RFC 4028 §4", "RFC 3515 §2.1", "RFC 3892 §2"},
		Mutants:     by(conformance.Closed, "syn.no-compact"),
		Run: conformance.Steps(options("in compact form", understood, conformance.Each(compact)),
			invite("in compact form", taken, conformance.Adding("Subject: s", "Allow-Events: presence", "Session-Expires: 1800", "Referred-By: <sip:b@example.com>"), conformance.Each(compact)),
			invite("in gzip, called e", conformance.Owes(415), conformance.Adding("e: gzip"))),
	}, {
		ID: "SYN-002", Severity: conformance.Must, Title: "Header names in any case",
		Requirement: "Names of header fields have no case.",
		Refs:        []string{"RFC 3261 §7.3.1"},
		Mutants:     by(conformance.Closed, "syn.case"),
		Run:         conformance.Steps(options("in wILD cASE", understood, conformance.Each(wild)), invite("in wILD cASE", taken, conformance.Each(wild))),
	}, {
		ID: "SYN-003", Severity: conformance.Must, Title: "Parameter names in any case",
		Requirement: "Names of parameters have no case: \";TAG=\" in To is a tag, so the request belongs to a dialog that does not exist; \";BRANCH=\" and \";LR\" are what they say.",
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 3261 §12.2.2"},
		Mutants:     by(conformance.Status, "syn.param-case"),
		Run: conformance.Steps(invite("with ;TAG in To", conformance.Owes(nowhere), behind("To", ";TAG=nobody")),
			invite("with ;TAG, ;BRANCH and ;LR", taken, conformance.Instead(";tag=", ";TAG="), conformance.Instead(";branch=", ";BRANCH="),
				func(s *conformance.Stand, m []byte) []byte {
					return conformance.Adding("Record-Route: <sip:"+s.Target.Partner.Host+";LR>")(s, m)
				})),
	}, {
		ID: "SYN-004", Severity: conformance.Must, Title: "White space around \";\", \"=\" and \"/\"",
		Requirement: "White space around \";\" and \"=\" of parameters, and around the \"/\" of media types, is no part of them: \" ; tag = x\" in To is a tag, \"application / sdp\" a description.",
		Refs:        []string{"RFC 3261 §25.1", "RFC 3261 §7.3.1"},
		Mutants:     []conformance.Mutant{{Name: "syn.lws-param", Class: conformance.Status}, {Name: "syn.slash", Class: conformance.Status}},
		Run: conformance.Steps(invite("with \" ; tag = \" in To", conformance.Owes(nowhere), behind("To", " ; tag = nobody")),
			invite("with white space in From and Via", taken, conformance.Instead(";tag=", " ; tag = "), conformance.Instead(";branch=", "\t;\tbranch\t=\t")),
			invite("with Content-Type: application / sdp", taken, conformance.Field("Content-Type", put("Content-Type: application / sdp ; charset = utf-8"))),
			invite("with tabs and a fold in Content-Type", taken, conformance.Field("Content-Type", put("Content-Type: Application\t/\r\n\tSDP"))),
			invite("with white space in Accept", taken, conformance.Adding("Accept: text / plain , application\t/ sdp ;q=0.5"))),
	}, {
		ID: "SYN-005", Severity: conformance.Must, Title: "Folding with SP and TAB",
		Requirement: "A line that begins with white space continues the one above, in any header field.",
		Refs:        []string{"RFC 3261 §7.3.1"},
		Mutants:     []conformance.Mutant{{Name: "syn.no-fold", Class: conformance.Status}, {Name: "frame.no-fold", Class: conformance.Status}},
		Run: conformance.Steps(options("folded", understood, folded("Via", ";branch"), folded("To", "<"), folded("CSeq", " OPTIONS"), conformance.Instead("Content-Length: ", "Content-Length:\r\n ")),
			invite("folded", taken, folded("Via", ";branch"), folded("From", ";tag"), folded("To", "<"), folded("Contact", "<"),
				conformance.Adding("Subject: a", "\tb", " c"))),
	}, {
		ID: "SYN-006", Severity: conformance.Must, Title: "Comma lists and repeated header fields",
		Requirement: "\"Via: a, b\" is two Vias, and so with Record-Route, Require and Supported: one line with commas and several lines are the same.",
		Refs:        []string{"RFC 3261 §7.3.1"},
		Mutants:     by(conformance.Status, "syn.comma"),
		Run: conformance.Steps(
			options("with two Vias in a line", conformance.All(understood, conformance.KeepsVias), behind("Via", ", SIP/2.0/TLS inner.example.com;branch=z9hG4bKinner")),
			options("with two Vias in two lines", conformance.All(understood, conformance.KeepsVias), behind("Via", "\r\nVia: SIP/2.0/TLS inner.example.com;branch=z9hG4bKinner")),
			options("with Require in a line", refusing("nope", "neither"), conformance.Adding("Require: nope, neither")),
			options("with Require in two lines", refusing("nope", "neither"), conformance.Adding("Require: nope", "Subject: between", "Require: neither")),
			invite("with two Record-Routes in a line", conformance.All(taken, recorded), conformance.Adding("Record-Route: <sip:a.example.com;lr>, <sip:b.example.com;lr>"))),
	}, {
		ID: "SYN-007", Severity: conformance.Must, Title: "Commas within quotes and brackets",
		Requirement: "A comma within quotes or \"<>\" separates nothing: the Contact is one.",
		Refs:        []string{"RFC 3261 §25.1", "RFC 3261 §20.10"},
		Mutants:     by(conformance.Status, "syn.comma-quote"),
		Run: conformance.Steps(invite("with commas in Contact", taken, conformance.Field("Contact", func(value string) string {
			return "Contact: \"a, b <sip:nobody@example.com>, c\" " + strings.Replace(value, "sip:", "sip:u,v.", 1)
		}))),
	}}
}

func compact(name string) string {
	if letter, ok := short[name]; ok {
		return letter
	}
	return name
}

// wild turns the case of every second letter around.
func wild(name string) string {
	out := []byte(name)
	for i, c := range out {
		if c |= 0x20; c >= 'a' && c <= 'z' && i%2 == 0 {
			out[i] ^= 0x20
		}
	}
	return string(out)
}

// folded breaks a field's line before a piece of it, and before its value.
func folded(name, at string) conformance.Edit {
	return conformance.Field(name, func(value string) string {
		return name + ":\r\n\t" + strings.Replace(value, at, "\r\n "+at, 1)
	})
}

// refusing demands 420 that names exactly these.
func refusing(tags ...string) conformance.Verdict {
	return func(r *conformance.Reaction) error {
		if err := r.Status(420); err != nil {
			return err
		}
		if got := r.Answer.List("Unsupported"); !conformance.EqualTags(got, tags) {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "Unsupported: " + strings.Join(tags, ", "), Actual: "Unsupported: " + strings.Join(got, ", ")}
		}
		return nil
	}
}

func recorded(r *conformance.Reaction) error {
	want, got := []string{"<sip:a.example.com;lr>", "<sip:b.example.com;lr>"}, r.Answer.List("Record-Route")
	got = got[max(0, len(got)-len(want)):] // the target's own proxies stand before ours: RFC 3261 §16.6
	return conformance.HoldsRoutes("Record-Route", want, got, true)
}
