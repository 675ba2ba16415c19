package gate

import (
	"bytes"

	"fedge/mutant"
)

// field is one header line, folds included, as offsets into its message.
type field struct {
	start, nameEnd uint32
	value, end     uint32 // without the white space around it
	name           name
	folded         bool
	spoilt         bool // it holds control characters
}

// index is what one pass over a header block finds. It is kept by the Reader
// and used again for each message.
type index struct {
	fields []field
	first  [known]uint16 // index+1 of the first field of each name
	line   int           // where the start line ends
	twice  name          // a field that is there more than once and must not be

	bare    bool // a line end that is not CRLF: readers differ over where lines end
	spoilt  bool // control characters
	noColon bool // a line that is neither a field nor the continuation of one
	spread  bool // the start line is continued
}

// read indexes a header block: whole lines, up to the empty one if that has
// been received.
func (x *index) read(b []byte) {
	*x = index{fields: x.fields[:0]}
	x.line = x.lineEnd(b, 0)
	x.spoilt = x.controls(b[:x.line])
	for at := x.next(b, x.line); at < len(b); {
		end := x.lineEnd(b, at)
		switch line := b[at:end]; {
		case len(line) == 0:
			x.close(b)
			return
		case line[0] == ' ' || line[0] == '\t':
			x.fold(line, end)
		default:
			x.close(b)
			x.open(line, at, end)
		}
		at = x.next(b, end)
	}
	x.close(b)
}

// lineEnd finds the end of the line at b[at:], before its CRLF.
func (x *index) lineEnd(b []byte, at int) int {
	i := bytes.IndexByte(b[at:], '\n')
	if i < 0 {
		return len(b)
	}
	if i > 0 && b[at+i-1] == '\r' {
		return at + i - 1
	}
	x.bare = true
	return at + i
}

// next steps over the line end at b[end:].
func (x *index) next(b []byte, end int) int {
	if end < len(b) && b[end] == '\r' {
		end++
	}
	return end + 1
}

// open begins a field.
func (x *index) open(line []byte, at, end int) {
	colon := bytes.IndexByte(line, ':')
	text := trimRight(line[:max(colon, 0)]) // HCOLON allows it, RFC 3261 §25.1
	if colon < 0 || !tokens(text) {
		x.noColon = true
	}
	if mutant.On("frame.name-space") && len(text) != colon {
		text = nil
	}
	f := field{
		start: uint32(at), nameEnd: uint32(at + len(text)),
		value: uint32(at + colon + 1), end: uint32(end), name: nameOf(text), spoilt: x.controls(line),
	}
	if mutant.On("frame.compact-cl") && len(text) == 1 && f.name == contentLength {
		f.name = other
	}
	x.fields = append(x.fields, f)
	x.spoilt = x.spoilt || f.spoilt
}

// fold continues the field above.
func (x *index) fold(line []byte, end int) {
	spoilt := x.controls(line)
	x.spoilt = x.spoilt || spoilt
	x.noColon = x.noColon || mutant.On("syn.no-fold")
	if len(x.fields) == 0 {
		x.spread = true
		return
	}
	f := &x.fields[len(x.fields)-1]
	f.end, f.folded, f.spoilt = uint32(end), true, f.spoilt || spoilt
}

// close completes the field above: it has all its lines now.
func (x *index) close(b []byte) {
	n := len(x.fields)
	if n == 0 {
		return
	}
	f := &x.fields[n-1]
	value := b[f.value:f.end]
	left := trimLeft(value)
	f.value += uint32(len(value) - len(left))
	f.end = f.value + uint32(len(trimRight(left)))
	f.folded = f.folded && bytes.IndexByte(b[f.value:f.end], '\n') >= 0
	switch {
	case f.name == other:
	case x.first[f.name] == 0:
		x.first[f.name] = uint16(n)
	case f.name == contentLength && mutant.On("frame.last-cl"):
		x.first[f.name] = uint16(n)
	case single[f.name]:
		x.twice = f.name
	}
}

// controls tells whether a line holds control characters; a CR among them is
// one that ends no line. Behind a backslash the others are legal: within quotes,
// which is looked at later (RFC 3261 §25.1, RFC 4475 §3.1.1.2).
func (x *index) controls(line []byte) bool {
	found := false
	for i, c := range line {
		if classes[c]&control == 0 {
			continue
		}
		if mutant.On("frame.bare-cr") && c == '\r' {
			continue
		}
		x.bare = x.bare || c == '\r'
		found = found || i == 0 || line[i-1] != '\\' || c == '\r'
	}
	return found
}

func tokens(b []byte) bool {
	for _, c := range b {
		if classes[c]&tokenChar == 0 {
			return false
		}
	}
	return len(b) > 0
}

// length finds out how long the body is. On a stream everything that follows
// hangs on it, so there is exactly one Content-Length and it is digits (RFC 3261
// §18.3, §20.14; RFC 4475 §3.3.9).
func (x *index) length(b []byte, most int) (int, *Reject) {
	i := x.first[contentLength]
	switch {
	case x.bare && !mutant.On("frame.bare-lf") && !(mutant.On("frame.lf-only") && b[x.line] == '\n'):
		return 0, &Reject{Check: "line-end", Detail: "a CR or LF that is not a CRLF", Status: 400, Reason: "Bare CR or LF", Close: true}
	case i == 0 && mutant.On("frame.cl-default0"):
		return 0, nil
	case i == 0:
		return 0, &Reject{Check: "content-length", Detail: "none", Status: 400, Reason: "Content-Length Missing", Close: true}
	case x.twice == contentLength && mutant.On("frame.cl-twice-drop"):
		return 0, &Reject{Check: "content-length"}
	case x.twice == contentLength:
		return 0, &Reject{Check: "content-length", Detail: "more than one", Status: 400, Reason: "Content-Length Twice", Close: true}
	}
	f := &x.fields[i-1]
	if mutant.On("frame.neg-cl") && b[f.value] == '-' {
		return 0, nil
	}
	n := 0
	if mutant.On("frame.no-fold") && bytes.IndexByte(b[f.nameEnd:f.value], '\n') >= 0 {
		return 0, &Reject{Check: "content-length", Status: 400, Reason: "Content-Length Malformed", Close: true}
	}
	for _, c := range b[f.value:f.end] {
		if mutant.On("frame.lax-int") && (c < '0' || c > '9') {
			continue
		}
		if c < '0' || c > '9' {
			return 0, &Reject{Check: "content-length", Detail: "not a number", Status: 400, Reason: "Content-Length Malformed", Close: true}
		}
		n = min(n*10+int(c-'0'), most+1)
	}
	switch {
	case f.value == f.end:
		return 0, &Reject{Check: "content-length", Detail: "empty", Status: 400, Reason: "Content-Length Malformed", Close: true}
	case n > most:
		return 0, &Reject{Check: "body", Detail: "longer than the limit", Status: 413, Reason: "Request Entity Too Large", Close: true}
	}
	return n, nil
}
