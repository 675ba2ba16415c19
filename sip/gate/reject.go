package gate

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
)

// Reject is a message that the gate did not let through.
type Reject struct {
	Check   string   // the check that failed, in a word: "content-length", "version"
	Detail  string   // what was wrong; quotes nothing of the peer's
	Status  int      // the answer the peer is owed: 400, 413, 414, 416, 505, 513; 0: none (a response, an ACK, no SIP at all)
	Reason  string   // its reason phrase
	Close   bool     // where the next message starts is unknown: answer, then close the link
	Message *Message // what could be indexed of it, for the log and the transcript
}

func (r *Reject) Error() string { return "gate: " + r.Check + ": " + r.Detail }

// about completes a Reject with its message. Responses and ACKs are never
// answered (RFC 3261 §17.1.1.3, §18.1.2).
func (r Reject) about(m *Message) *Reject {
	r.Message = m
	if !m.Request() || m.method == "ACK" || m.method == "" {
		r.Status = 0
	}
	return &r
}

// echoed are the fields an answer copies (RFC 3261 §8.2.6.2).
var echoed = [...]name{via, from, to, callID, cseq}

// Response renders the answer that the peer is owed, nil when it is owed none
// or when there is no Via to send it by. It copies only fields without control
// characters, and of fields that must be single the first.
func (r *Reject) Response(product string) []byte {
	m := r.Message
	if r.Status == 0 || m == nil {
		return nil
	}
	b := make([]byte, 0, 512)
	b = append(b, "SIP/2.0 "...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(append(b, ' '), r.Reason...)
	vias := 0
	for _, n := range echoed {
		for i := range m.fields {
			f := &m.fields[i]
			if f.name != n || f.spoilt || m.bareLines(i) {
				continue
			}
			b = append(append(b, "\r\n"...), spelling[n].long...)
			b = append(append(b, ": "...), m.value(i)...)
			if n == via {
				vias++
				continue
			}
			if n == to {
				b = m.answerTag(b)
			}
			break
		}
	}
	if vias == 0 {
		return nil
	}
	if product != "" {
		b = append(append(b, "\r\nServer: "...), product...)
	}
	return append(b, "\r\nContent-Length: 0\r\n\r\n"...)
}

// answerTag adds a tag to a To that has none (RFC 3261 §8.2.6.2). What follows
// a To that could not be read would not be a parameter, and so stays away.
func (m *Message) answerTag(b []byte) []byte {
	a, err := ParseAddress(m.get(to))
	if err != nil || a.Params.Has("tag") {
		return b
	}
	var tag [8]byte
	for i, v := 0, rand.Uint64(); i < len(tag); i, v = i+1, v>>8 {
		tag[i] = byte(v)
	}
	return hex.AppendEncode(append(b, ";tag="...), tag[:])
}

// bareLines tells whether a field holds a line end that is no CRLF: copied, it
// could become a line of its own to some reader.
func (m *Message) bareLines(i int) bool {
	v := m.value(i)
	for j := range len(v) {
		if v[j] == '\n' && (j == 0 || v[j-1] != '\r') || v[j] == '\r' && (j+1 == len(v) || v[j+1] != '\n') {
			return true
		}
	}
	return false
}
