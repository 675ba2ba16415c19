// Package sdp is the media node's side of offer and answer (RFC 3264), in the
// standard spelling and in Lync's ([MS-SDPEXT]). It keeps a description as its
// lines in order, unknown ones included: libraries that know better refuse
// `m=applicationsharing`, and lose what they do not know.
package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits on what a peer may send. Real Lync offers have about 8 kB, 100 lines
// and two or three media.
const (
	maxSize  = 64 << 10
	maxLines = 2000
	maxMedia = 32
)

// Line is one line of a description: a=rtpmap:0 PCMU/8000 is {'a', "rtpmap:0 PCMU/8000"}.
type Line struct {
	Type  byte
	Value string
}

// Media is an m= line and the lines below it.
type Media struct {
	Kind    string // "audio", "video", "applicationsharing", …
	Port    uint16 // 0: rejected or ended
	Proto   string // "RTP/SAVP", "TCP/RTP/AVP", …
	Formats []string
	Lines   []Line
}

// Description is an SDP body.
type Description struct {
	Lines []Line // the session part, v= included
	Media []Media
}

// SyntaxError says where a description cannot be read: 400 for its sender.
type SyntaxError struct {
	Line    int // counted from 1; 0: the whole
	Problem string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "sdp: " + e.Problem
	}
	return fmt.Sprintf("sdp: line %d: %s", e.Line, e.Problem)
}

// Parse reads a description. Line ends may be CRLF or LF, and blanks at the
// end of a line are dropped (Lync 2013 leaves some). The description's strings
// are parts of body, of a copy if it is bytes. The error is a *SyntaxError.
func Parse[T string | []byte](body T) (*Description, error) {
	if len(body) > maxSize {
		return nil, &SyntaxError{0, fmt.Sprintf("%d bytes; at most %d are read", len(body), maxSize)}
	}
	d, text := new(Description), string(body)
	// One array holds the lines of all parts: an offer has about a hundred.
	lines := make([]Line, 0, min(strings.Count(text, "\n")+1, maxLines))
	first := 0 // line of the part being read
	for number := 1; text != ""; number++ {
		if number > maxLines {
			return nil, &SyntaxError{number, fmt.Sprintf("more than %d lines", maxLines)}
		}
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if line = trimRight(line); line == "" {
			continue
		}
		l, problem := parseLine(line)
		switch {
		case problem != "":
		case len(lines) == 0 && l != (Line{'v', "0"}):
			problem = "a description starts with v=0"
		case l.Type == 'm':
			d.keep(lines[first:])
			first = len(lines)
			problem = d.begin(l.Value)
		default:
			lines = append(lines, l)
		}
		if problem != "" {
			return nil, &SyntaxError{number, problem}
		}
	}
	d.keep(lines[first:])
	return d, d.complete()
}

// parseLine reads a line and says what is wrong with it.
func parseLine(text string) (l Line, problem string) {
	if len(text) < 2 || text[1] != '=' || text[0] < 'a' || text[0] > 'z' {
		return l, "not of the form x=value"
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return l, "a control character"
		}
	}
	return Line{text[0], text[2:]}, ""
}

// trimRight drops blanks, and the CR of a line end.
func trimRight(line string) string {
	n := len(line)
	for n > 0 && (line[n-1] == ' ' || line[n-1] == '\t' || line[n-1] == '\r') {
		n--
	}
	return line[:n]
}

// begin takes an m= line and says what is wrong with it.
func (d *Description) begin(value string) (problem string) {
	m, problem := parseMedia(value)
	if problem == "" && len(d.Media) == maxMedia {
		problem = fmt.Sprintf("more than %d media", maxMedia)
	}
	d.Media = append(d.Media, m)
	return problem
}

// keep takes the lines of the part that was begun last.
func (d *Description) keep(lines []Line) {
	lines = slices.Clip(lines) // what is appended must not reach the next part
	if n := len(d.Media); n > 0 {
		d.Media[n-1].Lines = lines
	} else {
		d.Lines = lines
	}
}

// parseMedia reads the value of an m= line (RFC 8866 §5.14).
func parseMedia(value string) (m Media, problem string) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return m, "m= needs a kind, a port and a protocol"
	}
	first, count, several := strings.Cut(fields[1], "/")
	port, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return m, "m= has no port between 0 and 65535"
	}
	if several {
		if _, err := strconv.ParseUint(count, 10, 16); err != nil {
			return m, "m= has no number of ports after the /"
		}
	}
	return Media{Kind: fields[0], Port: uint16(port), Proto: fields[2], Formats: fields[3:]}, ""
}

// complete checks what every description must have.
func (d *Description) complete() error {
	if len(d.Lines) == 0 {
		return &SyntaxError{0, "an empty description"}
	}
	origin, ok := value(d.Lines, 'o')
	if !ok || words(origin, nil) != 6 {
		return &SyntaxError{0, "no o= line with six fields"}
	}
	return nil
}

// words puts the first words of a text into some and returns how many there are.
func words(text string, some []string) (n int) {
	for word := range strings.FieldsSeq(text) {
		if n < len(some) {
			some[n] = word
		}
		n++
	}
	return n
}

// Bytes writes the description; every line ends in CRLF.
func (d *Description) Bytes() []byte {
	b := appendLines(make([]byte, 0, usual), d.Lines)
	for i := range d.Media {
		m := &d.Media[i]
		b = append(append(b, "m="...), m.Kind...)
		b = strconv.AppendUint(append(b, ' '), uint64(m.Port), 10)
		b = append(append(b, ' '), m.Proto...)
		for _, format := range m.Formats {
			b = append(append(b, ' '), format...)
		}
		b = appendLines(append(b, "\r\n"...), m.Lines)
	}
	return b
}

// usual is room for a description of ours.
const usual = 1 << 10

func appendLines(b []byte, lines []Line) []byte {
	for _, l := range lines {
		b = l.append(b)
	}
	return b
}

func (l Line) append(b []byte) []byte {
	b = append(b, l.Type, '=')
	b = append(b, l.Value...)
	return append(b, "\r\n"...)
}

// value finds the first line of a type.
func value(lines []Line, kind byte) (string, bool) {
	for _, l := range lines {
		if l.Type == kind {
			return l.Value, true
		}
	}
	return "", false
}

// Attribute finds the first a=name or a=name:value; it reports the value.
func (m *Media) Attribute(name string) (string, bool) {
	for i := range m.Lines {
		if v, ok := m.Lines[i].attribute(name); ok {
			return v, true
		}
	}
	return "", false
}

// attribute is the value of a=name:value, or "" of a=name; false for another
// line.
func (l *Line) attribute(name string) (value string, ok bool) {
	rest, ok := strings.CutPrefix(l.Value, name)
	switch {
	case !ok || l.Type != 'a':
		return "", false
	case rest == "":
		return "", true
	}
	return strings.TrimSpace(rest[1:]), rest[0] == ':'
}

// add appends an a= line.
func (m *Media) add(text string) { m.Lines = append(m.Lines, Line{'a', text}) }
