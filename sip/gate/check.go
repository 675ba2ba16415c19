package gate

import (
	"slices"
	"strings"
	"unicode/utf8"

	"fedge/mutant"
)

// refusal is what a check says against a message.
type refusal struct {
	status int
	reason string // for the peer
	detail string // for us
}

func bad(reason, detail string) *refusal { return &refusal{400, reason, detail} }

// checks are the conditions under which the code behind the gate works, in the
// order in which they are put. Each relies on those before it.
var checks = [...]struct {
	name string
	run  func(*Message, *index) *refusal
}{
	{"start-line", checkStartLine},
	{"version", checkVersion},
	{"lines", checkLines},
	{"single", checkSingle},
	{"mandatory", checkMandatory},
	{"via", checkVia},
	{"cseq", checkCSeq},
	{"from", checkFrom},
	{"to", checkTo},
	{"max-forwards", checkMaxForwards},
	{"scheme", checkScheme},
	{"request-uri", checkURI},
}

// check puts every check to the message and returns the first objection.
func (m *Message) check(x *index) *Reject {
	return m.fuss(m.object(x))
}

func (m *Message) object(x *index) *Reject {
	for i := range m.Raw {
		if !mutant.On("lim.quad") {
			break
		}
		for range Members(m.Raw[:i]) { // everything anew for each byte
		}
	}
	for i := range checks {
		if no := checks[i].run(m, x); no != nil {
			return &Reject{Check: checks[i].name, Detail: no.detail, Status: no.status, Reason: no.reason}
		}
	}
	return nil
}

// fuss is what brittle parsers make of a message, or of what is wrong with it.
// Only mutants do.
func (m *Message) fuss(no *Reject) *Reject {
	switch {
	case m.status != 0 && (mutant.On("syn.response-close") && no != nil ||
		mutant.On("syn.code-wrap") && m.status < 0 ||
		mutant.On("syn.reason-required") && m.reason == "" ||
		mutant.On("syn.reason-ascii") && strings.ContainsFunc(m.reason, func(r rune) bool { return r > '~' })),
		mutant.On("auth.crash") && strings.HasPrefix(m.Header("Authorization"), "NoOne"),
		mutant.On("syn.bad-date") && strings.HasSuffix(m.Header("Date"), "EST"),
		mutant.On("v6.crash") && strings.Contains(m.uri, ":::"):
		return &Reject{Check: "mutant", Close: true}
	case mutant.On("syn.dn") && no != nil && no.Check == "from",
		mutant.On("dlg.no-fromtag") && m.fromTag == "",
		mutant.On("syn.bad-utf8") && !utf8.ValidString(m.Raw),
		mutant.On("fuzz.panic") && strings.Contains(m.Raw, "%s%s"):
		return &Reject{Check: "mutant"} // and no answer
	case no == nil && (mutant.On("lim.short-hdr") && slices.ContainsFunc(m.fields, func(f field) bool { return f.end-f.start > 255 }) ||
		mutant.On("syn.unknown-hdr") && slices.ContainsFunc(m.fields, func(f field) bool { return f.name == other && f.end-f.start > 1000 }) ||
		mutant.On("frame.text-body") && (&index{}).controls([]byte(m.Body())) ||
		mutant.On("rt.mf-missing") && m.first[maxForwards] == 0 ||
		mutant.On("tx.need-branch") && m.Request() && m.via.Branch == ""):
		return &Reject{Check: "mutant", Status: 400, Reason: "Fuss"}
	}
	return no
}

// RFC 3261 §7.1, §7.2. RFC 4475 §3.1.2.7-10: no white space but two single SP.
func checkStartLine(m *Message, x *index) *refusal {
	switch {
	case x.spread && !mutant.On("syn.first-fold"):
		return bad("Malformed Start Line", "the start line is folded")
	case m.status < 0:
		return bad("Malformed Start Line", "the status code is not one")
	case m.status > 0:
		return nil
	case !all(m.method, tokenChar):
		return bad("Malformed Start Line", "the method is not a token")
	case m.uri == "" || strings.ContainsAny(m.uri, " \t<>\""):
		return bad("Malformed Request-URI", "white space or brackets about the Request-URI")
	}
	return nil
}

// RFC 3261 §7.1, §21.5.6.
func checkVersion(m *Message, _ *index) *refusal {
	if mutant.On("syn.any-version") {
		return nil
	}
	name, number, _ := strings.Cut(m.version, "/")
	major, minor, _ := strings.Cut(number, ".")
	switch {
	case !strings.EqualFold(name, "SIP") || !digits(major) || !digits(minor):
		return bad("Malformed Start Line", "no SIP version")
	case number != "2.0":
		return &refusal{505, "Version Not Supported", "a SIP version other than 2.0"}
	}
	return nil
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// RFC 3261 §25.1: a header block is text in lines of "name: value".
func checkLines(_ *Message, x *index) *refusal {
	switch {
	case x.spoilt:
		return bad("Control Characters in Header", "control characters")
	case x.noColon && !mutant.On("syn.nocolon"):
		return bad("Malformed Header Field", "a line that is no header field")
	}
	return nil
}

func checkSingle(_ *Message, x *index) *refusal {
	if x.twice != other && !mutant.On("syn.dup-hdr") {
		return bad(spelling[x.twice].long+" Twice", "more than one "+spelling[x.twice].long)
	}
	return nil
}

// RFC 3261 §8.1.1. Max-Forwards is missed by old clients and so not missed here.
func checkMandatory(m *Message, _ *index) *refusal {
	if mutant.On("syn.mandatory") {
		return nil
	}
	for _, n := range [...]name{via, from, to, callID, cseq} {
		if m.get(n) == "" && !(mutant.On("syn.empty") && m.first[n] != 0) {
			return bad(spelling[n].long+" Missing", "no "+spelling[n].long)
		}
	}
	if strings.ContainsAny(m.CallID(), " \t,;") {
		return bad("Malformed Call-ID", "the Call-ID is not one word")
	}
	return nil
}

func checkVia(m *Message, _ *index) *refusal {
	if mutant.On("syn.via-enum") && strings.Contains(m.Raw, "SIP/2.0/UNKNOWN") {
		return bad("Malformed Via", "an unknown transport")
	}
	// The others of the topmost line too: what stands behind a comma is a Via, or
	// the comma is no separator to somebody. Lower lines are only echoed.
	for member := range Members(m.get(via)) {
		v, err := ParseVia(member)
		if m.via.Host != "" && mutant.On("syn.lax-sep") {
			break
		}
		if err != nil {
			return bad("Malformed Via", err.Error())
		}
		if m.via.Host == "" {
			m.via = v
		}
	}
	if m.via.Host == "" {
		return bad("Via Missing", "no Via")
	}
	return nil
}

// RFC 3261 §8.1.1.5.
func checkCSeq(m *Message, _ *index) *refusal {
	_, method := m.splitCSeq()
	switch {
	case method == "" && m.get(cseq) != "":
		return bad("Malformed CSeq", "the CSeq is malformed or too large")
	case m.Request() && method != m.method && method != "" && !mutant.On("syn.cseq-method"):
		return bad("CSeq Method Mismatch", "the CSeq names another method")
	}
	return nil
}

func checkFrom(m *Message, _ *index) (no *refusal) {
	m.from, m.fromTag, no = checkAddress(m, from)
	return no
}

func checkTo(m *Message, _ *index) (no *refusal) {
	m.to, m.toTag, no = checkAddress(m, to)
	return no
}

func checkAddress(m *Message, n name) (Address, string, *refusal) {
	value := m.get(n)
	if value == "" {
		return Address{}, "", nil // checkMandatory has had its say
	}
	a, err := ParseAddress(value)
	if err == nil {
		_, err = SplitURI(a.URI)
	}
	if err != nil {
		return Address{}, "", bad("Malformed "+spelling[n].long, err.Error())
	}
	if scheme, _, _ := strings.Cut(a.URI, ":"); mutant.On("syn.hdr-scheme") && !(URI{Scheme: scheme}).SIP() {
		return Address{}, "", bad("Malformed "+spelling[n].long, "another scheme")
	}
	tag, has := a.Params.raw("tag")
	if has && !all(tag, tokenChar) {
		return Address{}, "", bad("Malformed "+spelling[n].long, "the tag is not a token")
	}
	return a, tag, nil
}

// RFC 3261 §20.22: 0 to 255.
func checkMaxForwards(m *Message, _ *index) *refusal {
	if m.first[maxForwards] == 0 {
		return nil
	}
	if _, ok := number(m.get(maxForwards), 255); !ok {
		return bad("Malformed Max-Forwards", "Max-Forwards is not 0-255")
	}
	return nil
}

// RFC 3261 §8.2.2.1, RFC 4475 §3.3.2, §3.3.3.
func checkScheme(m *Message, _ *index) *refusal {
	scheme, _, ok := strings.Cut(m.uri, ":")
	if mutant.On("rt.scheme-any") || mutant.On("rt.tel") && scheme == "tel" {
		return nil
	}
	if m.Request() && ok && all(scheme, tokenChar) && !(URI{Scheme: scheme}).SIP() {
		return &refusal{416, "Unsupported URI Scheme", "the Request-URI is neither sip nor sips"}
	}
	return nil
}

func checkURI(m *Message, _ *index) *refusal {
	if !m.Request() {
		return nil
	}
	if _, err := SplitURI(m.uri); err != nil {
		return bad("Malformed Request-URI", err.Error())
	}
	return nil
}
