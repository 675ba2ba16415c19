// Package raw is SIP as bytes: a tolerant lexer, a bounded reader, a
// byte-exact writer and matchers, for the side that tests.
//
// It reads what a broken or hostile peer sends and keeps every byte of it, so
// that a verdict can quote the wire; it writes what it is told to, right or
// wrong. It holds no transactions, no dialogs and no opinion.
package raw

import (
	"errors"
	"strconv"
	"strings"
)

// Header is one header field of a message.
type Header struct {
	Name   string // as sent: "v", "VIA" and "Via" stay what they are
	Value  string // without surrounding white space; folded lines joined by one space
	Offset int    // where the field begins in Message.Bytes
	end    int    // where it ends, without its last line break
}

// Is tells whether the field has that name, whatever its case, compact or long.
func (h Header) Is(name string) bool { return sameName(h.Name, name) }

// Message is one SIP message: its bytes and an index over them.
//
// A Message is not changed after it was made and may be shared.
type Message struct {
	Bytes     []byte   // as received, from the start line to the end of the body
	StartLine string   // without its line break
	Headers   []Header // in the order received
	Body      []byte   // a part of Bytes
}

// ErrHead is returned for bytes that have no start line, or no blank line
// after the header fields.
var ErrHead = errors.New("raw: no complete message head")

// Parse indexes one whole message. Whatever follows the blank line is the
// body, whatever Content-Length says. The message keeps b.
//
// It is tolerant: bare line feeds, folded lines, unknown names and fields
// without a colon (Name is then empty) are all taken in.
func Parse(b []byte) (*Message, error) {
	end := headEnd(b, 0)
	if end < 0 {
		return nil, ErrHead
	}
	return parse(b, end)
}

// parse indexes b, whose head including the blank line is end bytes long.
func parse(b []byte, end int) (*Message, error) {
	head := string(b[:end])
	line, next := cutLine(head, 0)
	if line == "" {
		return nil, ErrHead
	}
	m := &Message{Bytes: b, StartLine: line, Body: b[end:], Headers: make([]Header, 0, strings.Count(head, "\n"))}
	for at := next; at < len(head); {
		if line, next = cutLine(head, at); line == "" {
			break
		}
		h := Header{Offset: at, end: at + len(line)}
		folded := false
		for next < len(head) && (head[next] == ' ' || head[next] == '\t') { // RFC 3261 §7.3.1
			var more string
			at = next
			more, next = cutLine(head, at)
			h.end, folded = at+len(more), true
		}
		name, value, found := strings.Cut(head[h.Offset:h.end], ":")
		if !found {
			name, value = "", name
		}
		if folded {
			value = unfold(value)
		}
		h.Name, h.Value = trim(name), trim(value)
		m.Headers = append(m.Headers, h)
		at = next
	}
	return m, nil
}

// unfold joins folded lines by one space each.
func unfold(value string) string {
	var b strings.Builder
	for line := range strings.Lines(value) {
		b.WriteString(trim(line))
		b.WriteByte(' ')
	}
	return b.String()
}

// cutLine returns the line of s at from, without its break, and where the
// next one begins.
func cutLine(s string, from int) (line string, next int) {
	i := strings.IndexByte(s[from:], '\n')
	if i < 0 {
		return s[from:], len(s)
	}
	return strings.TrimSuffix(s[from:from+i], "\r"), from + i + 1
}

// headEnd returns where the body begins, or -1. It looks from the byte before
// from on; what lies before was looked at already.
func headEnd(b []byte, from int) int {
	for i := max(from-3, 0); i < len(b); i++ {
		if b[i] != '\n' {
			continue
		}
		if i+1 < len(b) && b[i+1] == '\n' {
			return i + 2
		}
		if i+2 < len(b) && b[i+1] == '\r' && b[i+2] == '\n' {
			return i + 3
		}
	}
	return -1
}

// IsRequest tells whether the start line is not that of a response.
func (m *Message) IsRequest() bool {
	const version = "SIP/" // in any case (RFC 3261 §7.1)
	return len(m.StartLine) < len(version) || !strings.EqualFold(m.StartLine[:len(version)], version)
}

// Method is a request's method, or a response's method by its CSeq.
func (m *Message) Method() string {
	if !m.IsRequest() {
		_, method := m.CSeq()
		return method
	}
	method, _, _ := strings.Cut(m.StartLine, " ")
	return method
}

// RequestURI is a request's URI as sent, "" for a response.
func (m *Message) RequestURI() string {
	if !m.IsRequest() {
		return ""
	}
	_, rest, _ := strings.Cut(m.StartLine, " ")
	uri, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	return uri
}

// Status is a response's status code; 0 for a request or an unreadable one.
func (m *Message) Status() int {
	if m.IsRequest() {
		return 0
	}
	_, rest, _ := strings.Cut(m.StartLine, " ")
	code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	n, err := strconv.Atoi(code)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Reason is a response's reason phrase.
func (m *Message) Reason() string {
	if m.IsRequest() {
		return ""
	}
	_, rest, _ := strings.Cut(m.StartLine, " ")
	_, reason, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	return reason
}

// Label is the message in a word or two, for transcripts: "INVITE",
// "200 INVITE".
func (m *Message) Label() string {
	if m.IsRequest() {
		return m.Method()
	}
	_, rest, _ := strings.Cut(m.StartLine, " ")
	code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	return code + " " + m.Method()
}

// Get is the value of the first field of that name, "" if there is none.
// Names compare without regard to case; compact and long forms are the same.
func (m *Message) Get(name string) string {
	for i := range m.Headers {
		if sameName(m.Headers[i].Name, name) {
			return m.Headers[i].Value
		}
	}
	return ""
}

// Has tells whether there is a field of that name.
func (m *Message) Has(name string) bool {
	for i := range m.Headers {
		if sameName(m.Headers[i].Name, name) {
			return true
		}
	}
	return false
}

// All is the values of all fields of that name in order, one for each field;
// use [SplitList] for the elements of a comma-separated value.
func (m *Message) All(name string) []string {
	var values []string
	for i := range m.Headers {
		if sameName(m.Headers[i].Name, name) {
			values = append(values, m.Headers[i].Value)
		}
	}
	return values
}

// List is the elements of all fields of that name: several fields and one
// with commas are the same (RFC 3261 §7.3.1).
func (m *Message) List(name string) []string {
	var values []string
	for i := range m.Headers {
		if sameName(m.Headers[i].Name, name) {
			values = append(values, SplitList(m.Headers[i].Value)...)
		}
	}
	return values
}

// Lines is the bytes of all fields of that name as received, folds and all,
// each without its last line break.
func (m *Message) Lines(name string) [][]byte {
	var lines [][]byte
	for i := range m.Headers {
		if h := &m.Headers[i]; sameName(h.Name, name) {
			lines = append(lines, m.Bytes[h.Offset:h.end])
		}
	}
	return lines
}

// CallID is the Call-ID.
func (m *Message) CallID() string { return m.Get("Call-ID") }

// CSeq is the number and method of the CSeq field; 0 and "" if unreadable.
func (m *Message) CSeq() (uint32, string) {
	number, method, _ := cutSpace(m.Get("CSeq"))
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, ""
	}
	return uint32(n), method
}

// Param is a parameter of the first field of that name: of the field, not of
// the URI inside it.
func (m *Message) Param(header, param string) (string, bool) {
	return fieldParam(m.Get(header), param)
}

// Tag is the tag of From or To, "" without one.
func (m *Message) Tag(header string) string {
	tag, _ := m.Param(header, "tag")
	return tag
}

// sameName compares two field names (RFC 3261 §7.3.1, §7.3.3).
func sameName(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	if len(a) == 1 {
		a = longName(a[0])
	}
	if len(b) == 1 {
		b = longName(b[0])
	}
	return a != "" && strings.EqualFold(a, b)
}
