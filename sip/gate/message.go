package gate

import "iter"

// Message is one SIP message: its bytes as they came, and an index over them.
// It is immutable, and every string it returns is part of Raw.
type Message struct {
	Raw string
	// index follows
}

// Request tells a request from a response.
func (m *Message) Request() bool { panic("not written yet") }

// Method is a request's method as written; methods are case-sensitive (RFC
// 3261 §7.1). For a response it is the method in its CSeq.
func (m *Message) Method() string { panic("not written yet") }

// URI is a request's Request-URI as written.
func (m *Message) URI() string { panic("not written yet") }

// Status is a response's status code, 0 for a request.
func (m *Message) Status() int { panic("not written yet") }

// Reason is a response's reason phrase as written.
func (m *Message) Reason() string { panic("not written yet") }

// Body is the message's body, of exactly Content-Length bytes.
func (m *Message) Body() string { panic("not written yet") }

// Header returns the first value of the named header field, "" when there is
// none. The name's case does not matter and its compact form is known. Folded
// lines are joined by a space.
func (m *Message) Header(name string) string { panic("not written yet") }

// Has tells whether the header field is there, if only with an empty value.
func (m *Message) Has(name string) bool { panic("not written yet") }

// Values yields the values of all header lines of that name, top to bottom,
// however they interleave with others.
func (m *Message) Values(name string) iter.Seq[string] { panic("not written yet") }

// List yields the members of a comma-separated list header over all its lines:
// "Supported: a, b" and two Supported lines give the same (RFC 3261 §7.3.1).
func (m *Message) List(name string) iter.Seq[string] { panic("not written yet") }

// CallID is the Call-ID.
func (m *Message) CallID() string { panic("not written yet") }

// CSeq is the CSeq's number; its method is Method.
func (m *Message) CSeq() uint32 { panic("not written yet") }

// FromTag and ToTag are the tags, "" when there is none.
func (m *Message) FromTag() string { panic("not written yet") }

// ToTag see FromTag.
func (m *Message) ToTag() string { panic("not written yet") }

// Via is the topmost Via.
func (m *Message) Via() Via { panic("not written yet") }
