package raw

import (
	"bytes"
	"fmt"
	"strconv"
)

// Builder writes a message line by line, in exactly the order and spelling it
// is told, right or wrong.
type Builder struct {
	head   []byte
	body   []byte
	length int // where the digits of Content-Length go, -1: at the end
	none   bool
}

// NewRequest begins a request with the start line "method uri SIP/2.0".
func NewRequest(method, uri string) *Builder { return NewMessage(method + " " + uri + " SIP/2.0") }

// NewResponse begins a response with the start line "SIP/2.0 status reason".
func NewResponse(status int, reason string) *Builder {
	return NewMessage("SIP/2.0 " + strconv.Itoa(status) + " " + reason)
}

// NewMessage begins a message with any start line.
func NewMessage(startLine string) *Builder {
	b := &Builder{head: make([]byte, 0, 1024), length: -1}
	return b.Line(startLine)
}

// Header appends "name: value".
func (b *Builder) Header(name, value string) *Builder {
	b.head = append(b.head, name...)
	b.head = append(b.head, ": "...)
	b.head = append(b.head, value...)
	b.head = append(b.head, "\r\n"...)
	return b
}

// Headerf appends "name: " and a formatted value.
func (b *Builder) Headerf(name, format string, args ...any) *Builder {
	return b.Header(name, fmt.Sprintf(format, args...))
}

// Line appends a whole line as it is, and its line break.
func (b *Builder) Line(line string) *Builder {
	b.head = append(b.head, line...)
	b.head = append(b.head, "\r\n"...)
	return b
}

// Raw appends bytes to the head as they are, without a line break.
func (b *Builder) Raw(bytes []byte) *Builder {
	b.head = append(b.head, bytes...)
	return b
}

// Copy appends all fields of these names as m has them, byte for byte and in
// m's order, so that interleaved Via and Record-Route stay interleaved.
func (b *Builder) Copy(m *Message, names ...string) *Builder {
	for i := range m.Headers {
		h := &m.Headers[i]
		for _, name := range names {
			if sameName(h.Name, name) {
				b.head = append(b.head, m.Bytes[h.Offset:h.end]...)
				b.head = append(b.head, "\r\n"...)
				break
			}
		}
	}
	return b
}

// Length puts Content-Length here; without it, it comes last.
func (b *Builder) Length() *Builder {
	b.head = append(b.head, "Content-Length: "...)
	b.length = len(b.head)
	b.head = append(b.head, "\r\n"...)
	return b
}

// NoLength leaves Content-Length to the caller: absent, wrong, or twice.
func (b *Builder) NoLength() *Builder {
	b.none = true
	return b
}

// Body sets the body and appends its Content-Type, unless that is "".
func (b *Builder) Body(contentType string, body []byte) *Builder {
	if contentType != "" {
		b.Header("Content-Type", contentType)
	}
	b.body = body
	return b
}

// Bytes is the message. The Builder may go on after it.
func (b *Builder) Bytes() []byte {
	out := make([]byte, 0, len(b.head)+len(b.body)+32)
	switch {
	case b.none:
		out = append(out, b.head...)
	case b.length >= 0:
		out = append(out, b.head[:b.length]...)
		out = strconv.AppendInt(out, int64(len(b.body)), 10)
		out = append(out, b.head[b.length:]...)
	default:
		out = append(out, b.head...)
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(b.body)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "\r\n"...)
	return append(out, b.body...)
}

// Message is the message with its index.
func (b *Builder) Message() (*Message, error) { return Parse(b.Bytes()) }

// Respond begins the response to a request: Via, From, To, Call-ID, CSeq and
// Record-Route as their bytes, in the request's order (RFC 3261 §8.2.6.2,
// §12.1.1). A To without tag gets this one, unless it is "".
func Respond(request *Message, status int, reason, tag string) *Builder {
	b := NewResponse(status, reason)
	for i := range request.Headers {
		h := &request.Headers[i]
		line := request.Bytes[h.Offset:h.end]
		switch {
		case sameName(h.Name, "To"):
			b.Raw(bytes.TrimRight(line, " \t\r"))
			if tag != "" && status > 100 {
				if _, has := fieldParam(h.Value, "tag"); !has {
					b.Raw([]byte(";tag=" + tag))
				}
			}
			b.Line("")
		case sameName(h.Name, "Record-Route"):
			if status > 100 && status < 300 {
				b.Raw(line).Line("")
			}
		case sameName(h.Name, "Via"), sameName(h.Name, "From"), sameName(h.Name, "Call-ID"), sameName(h.Name, "CSeq"):
			b.Raw(line).Line("")
		}
	}
	return b
}
