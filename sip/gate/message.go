package gate

import (
	"iter"
	"strconv"
	"strings"

	"fedge/capture"
)

// Message is one SIP message: its bytes as they came, and an index over them.
// It is immutable, and the strings that its methods return are parts of Raw
// wherever nothing had to be unfolded.
type Message struct {
	Raw string

	method  string
	uri     string
	version string
	status  int
	reason  string
	fields  []field
	first   [known]uint16 // index+1 of the first field of each name
	body    int           // where the body starts in Raw

	cseq     uint32
	from, to Address
	fromTag  string
	toTag    string
	via      Via
}

// Request tells a request from a response.
func (m *Message) Request() bool { return m.status == 0 }

// Method is a request's method as written; methods are case-sensitive (RFC
// 3261 §7.1). For a response it is the method in its CSeq.
func (m *Message) Method() string { return m.method }

// URI is a request's Request-URI as written.
func (m *Message) URI() string { return m.uri }

// Status is a response's status code, 0 for a request.
func (m *Message) Status() int { return m.status }

// Reason is a response's reason phrase as written.
func (m *Message) Reason() string { return m.reason }

// Body is the message's body, of exactly Content-Length bytes.
func (m *Message) Body() string { return m.Raw[m.body:] }

// Header returns the first value of the named header field, "" when there is
// none. The name's case does not matter and its compact form is known. Folded
// lines are joined by a space.
func (m *Message) Header(name string) string {
	if i := m.find(0, nameOf(name), name); i >= 0 {
		return m.unfolded(i)
	}
	return ""
}

// Has tells whether the header field is there, if only with an empty value.
func (m *Message) Has(name string) bool {
	return m.find(0, nameOf(name), name) >= 0
}

// Values yields the values of all header lines of that name, top to bottom,
// however they interleave with others. Folded lines are joined.
func (m *Message) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		n := nameOf(name)
		for i := m.find(0, n, name); i >= 0 && yield(m.unfolded(i)); {
			i = m.find(i+1, n, name)
		}
	}
}

// Lines yields the same values as they came, folds and all, to be echoed.
func (m *Message) Lines(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		n := nameOf(name)
		for i := m.find(0, n, name); i >= 0 && yield(m.value(i)); {
			i = m.find(i+1, n, name)
		}
	}
}

// List yields the members of a comma-separated list header over all its lines:
// "Supported: a, b" and two Supported lines give the same (RFC 3261 §7.3.1).
func (m *Message) List(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		n := nameOf(name)
		for i := m.find(0, n, name); i >= 0; i = m.find(i+1, n, name) {
			for rest := m.unfolded(i); rest != ""; {
				var member string
				member, rest = nextMember(rest)
				if member != "" && !yield(member) {
					return
				}
			}
		}
	}
}

// CallID is the Call-ID.
func (m *Message) CallID() string { return m.get(callID) }

// CSeq is the CSeq's number; its method is Method.
func (m *Message) CSeq() uint32 { return m.cseq }

// From is the From header field, split.
func (m *Message) From() Address { return m.from }

// To is the To header field, split.
func (m *Message) To() Address { return m.to }

// FromTag is the From tag, "" when there is none (RFC 2543 wrote none).
func (m *Message) FromTag() string { return m.fromTag }

// ToTag is the To tag, "" when there is none.
func (m *Message) ToTag() string { return m.toTag }

// Via is the topmost Via.
func (m *Message) Via() Via { return m.via }

// Label names the message in a transcript.
func (m *Message) Label() capture.Label {
	l := capture.Label{Text: m.method, CallID: m.CallID(), CSeq: m.get(cseq)}
	if m.status != 0 {
		l.Text = strconv.Itoa(m.status) + " " + m.method
	}
	return l
}

// find returns the index of the first field of that name from the given one
// on, -1 when there is none. n is the name's number, or other.
func (m *Message) find(from int, n name, text string) int {
	if n != other {
		if m.first[n] == 0 {
			return -1
		}
		from = max(from, int(m.first[n])-1)
	}
	for i := from; i < len(m.fields); i++ {
		f := &m.fields[i]
		if f.name == n && (n != other || sameName(m.Raw[f.start:f.nameEnd], text)) {
			return i
		}
	}
	return -1
}

// get is Header for a known name.
func (m *Message) get(n name) string {
	i := m.first[n]
	if i == 0 {
		return ""
	}
	return m.unfolded(int(i) - 1)
}

func (m *Message) value(i int) string {
	f := &m.fields[i]
	return m.Raw[f.value:f.end]
}

func (m *Message) unfolded(i int) string {
	if m.fields[i].folded {
		return unfold(m.value(i))
	}
	return m.value(i)
}

// unfold joins the lines of a folded value by one space (RFC 3261 §7.3.1).
func unfold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\n')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(strings.TrimRight(s[:i], " \t\r"))
		b.WriteByte(' ')
		s = strings.TrimLeft(s[i+1:], " \t")
	}
}
