package gate

import "fedge/mutant"

// name is a header field name that the gate or the stack looks up often;
// other marks the rest, which are compared as text.
type name uint8

const (
	other name = iota
	via
	from
	to
	callID
	cseq
	contentLength
	contentType
	maxForwards
	contact
	route
	recordRoute
	require
	supported
	contentEncoding
	event
	subject
	allowEvents
	referTo
	referredBy
	sessionExpires
	known // how many there are
)

// spelling holds the long and the compact form of each (RFC 3261 §7.3.3, RFC
// 3265, RFC 3515, RFC 3892, RFC 4028).
var spelling = [known]struct{ long, short string }{
	via:             {"Via", "v"},
	from:            {"From", "f"},
	to:              {"To", "t"},
	callID:          {"Call-ID", "i"},
	cseq:            {"CSeq", ""},
	contentLength:   {"Content-Length", "l"},
	contentType:     {"Content-Type", "c"},
	maxForwards:     {"Max-Forwards", ""},
	contact:         {"Contact", "m"},
	route:           {"Route", ""},
	recordRoute:     {"Record-Route", ""},
	require:         {"Require", ""},
	supported:       {"Supported", "k"},
	contentEncoding: {"Content-Encoding", "e"},
	event:           {"Event", "o"},
	subject:         {"Subject", "s"},
	allowEvents:     {"Allow-Events", "u"},
	referTo:         {"Refer-To", "r"},
	referredBy:      {"Referred-By", "b"},
	sessionExpires:  {"Session-Expires", "x"},
}

// nameOf finds a spelling, whatever its case.
func nameOf[T string | []byte](s T) name {
	for n := other + 1; n < known; n++ {
		if sp := &spelling[n]; sameName(s, sp.long) || sameName(s, sp.short) && sp.short != "" && !mutant.On("syn.no-compact") {
			return n
		}
	}
	return other
}

// sameName compares header names, which have no case. They are ASCII.
func sameName[T string | []byte](s T, with string) bool {
	if len(s) != len(with) {
		return false
	}
	for i := range len(s) {
		if a, b := s[i], with[i]; a != b && (mutant.On("syn.case") || a|0x20 != b|0x20 || a|0x20 < 'a' || a|0x20 > 'z') {
			return false
		}
	}
	return true
}

// single lists the fields that a message may hold once only: with two of them
// two readers could act on different ones (RFC 3261 §7.3.1, RFC 4475 §3.3.8).
var single = [known]bool{
	from: true, to: true, callID: true, cseq: true, maxForwards: true, contentLength: true, contentType: true,
	event: true, referTo: true, sessionExpires: true,
}
