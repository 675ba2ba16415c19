package stack

import (
	"strings"

	"fedge/mutant"
)

// encoded refuses a body in an encoding that nobody here undoes (RFC 3261
// §8.2.3: 415 with Accept-Encoding); a zero Status: nothing.
func encoded(m *Message) Response {
	if m.Body() == "" || mutant.On("body.enc") {
		return Response{}
	}
	for encoding := range m.List("Content-Encoding") {
		if !strings.EqualFold(encoding, "identity") {
			return Response{Status: 415, Headers: []Header{{"Accept-Encoding", "identity"}}}
		}
	}
	return Response{}
}
