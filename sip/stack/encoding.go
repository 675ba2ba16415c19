package stack

import (
	"strings"

	"fedge/mutant"
	"fedge/sip/gate"
)

// encoded refuses a body in an encoding that nobody here undoes, unless it may be
// passed over (RFC 3261 §8.2.3: 415 with Accept-Encoding); a zero Status: nothing.
func encoded(m *Message) Response {
	if Encoded(m) && !gate.ParseDisposition(m.Header("Content-Disposition")).Optional() {
		return Response{Status: 415, Headers: []Header{{"Accept-Encoding", "identity"}}}
	}
	return Response{}
}

// Encoded tells whether a message has a body in an encoding that nobody here
// undoes. A request that has one gets here only if it may be passed over.
func Encoded(m *Message) bool {
	if m.Body() == "" || mutant.On("body.enc") {
		return false
	}
	for encoding := range m.List("Content-Encoding") {
		if !strings.EqualFold(encoding, "identity") {
			return true
		}
	}
	return false
}
