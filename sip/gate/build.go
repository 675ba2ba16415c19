package gate

import (
	"slices"
	"strings"

	"fedge/mutant"
)

// newMessage makes a message of its bytes and what the index found in its
// header block. It is as complete as the bytes allow; check tells whether that
// is enough.
func newMessage(raw string, x *index, head int) *Message {
	m := &Message{Raw: raw, fields: slices.Clone(x.fields), first: x.first, body: head}
	m.startLine(raw[:min(x.line, len(raw))])
	number, method := m.splitCSeq()
	if m.cseq = number; m.status != 0 {
		m.method = method
	}
	return m
}

// startLine splits the start line at its first and last space, which is where
// every reader agrees about it; check looks at the rest.
func (m *Message) startLine(line string) {
	if mutant.On("syn.trail-sp") {
		line = strings.TrimRight(line, " ")
	}
	if len(line) >= 4 && strings.EqualFold(line[:4], "SIP/") {
		var code string
		m.version, code, _ = strings.Cut(line, " ")
		code, m.reason, _ = strings.Cut(code, " ")
		m.status = -1
		if n, ok := number(code, 699); ok && len(code) == 3 && n >= 100 {
			m.status = int(n)
		}
		return
	}
	m.method, m.uri, _ = strings.Cut(line, " ")
	if i := strings.LastIndexByte(m.uri, ' '); i >= 0 {
		m.uri, m.version = m.uri[:i], m.uri[i+1:]
	}
	m.guess()
}

// guess is what lenient parsers make of a request line. Only mutants do.
func (m *Message) guess() {
	switch {
	case mutant.On("syn.method-fold"):
		m.method = strings.ToUpper(m.method)
	case mutant.On("syn.unescape-method"):
		m.method = strings.NewReplacer("%47", "G", "%45", "E").Replace(m.method)
	case mutant.On("syn.strip-ltgt"):
		m.uri = strings.Trim(m.uri, "<>")
	case mutant.On("syn.ruri-lws"):
		m.uri = strings.ReplaceAll(m.uri, " ", "")
	case mutant.On("syn.multi-sp"):
		m.uri = trim(m.uri)
	}
}

// mostCSeq is the greatest number a request may start with (RFC 3261 §8.1.1.5).
const mostCSeq = 1<<31 - 1

// splitCSeq returns the number and method, "" when the field is malformed.
func (m *Message) splitCSeq() (uint32, string) {
	value := m.get(cseq)
	space := strings.IndexAny(value, " \t")
	if space < 0 {
		return 0, ""
	}
	most := uint64(mostCSeq)
	if mutant.On("syn.cseq-max") {
		most = 1<<32 - 1
	}
	n, ok := number(value[:space], most)
	method := trim(value[space:])
	if mutant.On("syn.cseq-ws") && method != value[space+1:] {
		return 0, ""
	}
	if !ok || !all(method, tokenChar) {
		return 0, ""
	}
	return uint32(n), method
}
