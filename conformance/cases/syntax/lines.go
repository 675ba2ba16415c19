package syntax

import (
	"bytes"
	"strings"

	"fedge/conformance"
)

// lines are about where they end, and what one is.
func lines() []conformance.Case {
	return []conformance.Case{{
		ID: "SYN-020", Severity: conformance.Should, Title: "Bare CR in a header field",
		Requirement: "A CR without LF in the head ends the stream: 400, or the end of the connection.",
		Refs:        []string{"RFC 3261 §7", "RFC 3261 §25.1"},
		Mutants:     by(conformance.Status, "frame.bare-cr"),
		Run: conformance.Steps(options("with a bare CR", closing, conformance.Adding("Subject: a\rX-Injected: b")),
			options("with a bare CR in From", closing, before("From", "\"a\rX-Injected: b\" ")), conformance.PlainCall()),
	}, {
		ID: "SYN-021", Severity: conformance.Must, Title: "Bare LF in a header field",
		Requirement: "A LF without CR in the head is never sent back: to some reader it would be a line of its own. It is refused with 400 or the end of the connection, which is a SHOULD: RFC 3261 §8.2.2 has malformed fields ignored that are not needed.",
		Refs:        []string{"RFC 3261 §7", "RFC 3261 §7.5"},
		Mutants:     by(conformance.Status, "frame.bare-lf"),
		Run: conformance.Steps(options("with a bare LF", conformance.All(nothingInjected, conformance.Only(conformance.Should, closing)), conformance.Adding("Subject: a\nX-Injected: b")),
			options("with a bare LF in From", conformance.All(nothingInjected, conformance.Only(conformance.Should, closing)), before("From", "\"a\nX-Injected: b\" ")), conformance.PlainCall()),
	}, {
		ID: "SYN-022", Severity: conformance.Should, Title: "A message with LF for line ends",
		Requirement: "A message whose lines end in LF alone is none: it is refused, or the connection ends, or nothing comes of it.",
		Refs:        []string{"RFC 3261 §7"},
		Mutants:     by(conformance.Accepted, "frame.lf-only"),
		Run: conformance.Steps(conformance.Step{What: "OPTIONS in lines that end in LF", Silent: true, Verdict: notAccepted, Make: func(s *conformance.Stand) []byte {
			return bytes.ReplaceAll(s.Options(s.Target.Partner), []byte("\r\n"), []byte("\n"))
		}}, conformance.PlainCall()),
	}, {
		ID: "SYN-023", Severity: conformance.Should, Title: "A first header line that begins with white space",
		Requirement: "White space at the beginning of the line below the start line continues nothing: 400.",
		Refs:        []string{"RFC 3261 §7.3.1", "RFC 3261 §25.1"},
		Mutants:     by(conformance.Status, "syn.first-fold"),
		Run: conformance.Steps(options("with a first line that is folded", closing, func(_ *conformance.Stand, m []byte) []byte {
			return bytes.Replace(m, []byte("\r\n"), []byte("\r\n Subject: a\r\n"), 1)
		}), conformance.PlainCall()),
	}, {
		ID: "SYN-024", Severity: conformance.May, Title: "A header line without colon or name",
		Requirement: "A line that is no header field makes a request malformed: 400. (To refuse is no more than a MAY: RFC 3261 §8.2.2 has malformed fields ignored that are not needed.)",
		Refs:        []string{"RFC 3261 §25.1", "RFC 3261 §8.2.2"},
		Mutants:     by(conformance.Status, "syn.nocolon"),
		Run: conformance.Steps(options("with a line without colon", closing, conformance.Adding("Subject a")),
			options("with a line without name", closing, conformance.Adding(": a")),
			options("with a name of two words", closing, conformance.Adding("Sub ject: a")), conformance.PlainCall()),
	}, {
		ID: "SYN-025", Severity: conformance.Must, Title: "Empty header values",
		Requirement: "An optional header field may be empty, one that is needed may not: 400, which is a SHOULD.",
		Refs:        []string{"RFC 3261 §25.1", "RFC 3261 §8.1.1"},
		Mutants:     by(conformance.Status, "syn.empty"),
		Run: conformance.Steps(invite("with an empty Subject", taken, conformance.Adding("Subject:", "Organization: ", "Supported:")),
			options("with an empty Call-ID", conformance.Only(conformance.Should, conformance.Owes(400)), conformance.Field("Call-ID", put("Call-ID:")))),
	}}
}

func nothingInjected(r *conformance.Reaction) error {
	if r.Answer == nil {
		return nil
	}
	for line := range strings.Lines(string(r.Answer.Bytes)) {
		if strings.HasPrefix(line, "X-Injected") {
			return &conformance.Mismatch{Class: conformance.Content, Expected: "an answer without the line hidden behind LF", Actual: strings.TrimSpace(line)}
		}
	}
	return nil
}

func notAccepted(r *conformance.Reaction) error {
	if r.Answer != nil && r.Answer.Status() < 300 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "no success with lines that end in LF", Actual: r.Answer.StartLine}
	}
	return nil
}

// upTo is what stands before a piece of text.
func upTo(text, piece string) string {
	before, _, _ := strings.Cut(text, piece)
	return before
}
