// Package sdp is the media node's side of offer and answer (RFC 3264), in the
// standard spelling and in Lync's ([MS-SDPEXT]). It keeps a description as its
// lines in order, unknown ones included: libraries that know better refuse
// `m=applicationsharing`, and lose what they do not know.
package sdp

import (
	"fmt"
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
// end of a line are dropped (Lync 2013 leaves some). The error is a *SyntaxError.
func Parse(body []byte) (*Description, error) {
	if len(body) > maxSize {
		return nil, &SyntaxError{0, fmt.Sprintf("%d bytes; at most %d are read", len(body), maxSize)}
	}
	d := new(Description)
	number := 0
	for text := range strings.Lines(string(body)) {
		if number++; number > maxLines {
			return nil, &SyntaxError{number, fmt.Sprintf("more than %d lines", maxLines)}
		}
		text = strings.TrimRight(text, " \t\r\n")
		if text == "" {
			continue
		}
		if problem := d.add(text); problem != "" {
			return nil, &SyntaxError{number, problem}
		}
	}
	return d, d.complete()
}

// add takes the next line and says what is wrong with it.
func (d *Description) add(text string) (problem string) {
	if len(text) < 2 || text[1] != '=' || text[0] < 'a' || text[0] > 'z' {
		return "not of the form x=value"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return "a control character"
	}
	line := Line{text[0], text[2:]}
	if len(d.Lines) == 0 && line != (Line{'v', "0"}) {
		return "a description starts with v=0"
	}
	if line.Type == 'm' {
		m, problem := parseMedia(line.Value)
		if problem == "" && len(d.Media) == maxMedia {
			problem = fmt.Sprintf("more than %d media", maxMedia)
		}
		d.Media = append(d.Media, m)
		return problem
	}
	if n := len(d.Media); n > 0 {
		d.Media[n-1].Lines = append(d.Media[n-1].Lines, line)
	} else {
		d.Lines = append(d.Lines, line)
	}
	return ""
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
	if !ok || len(strings.Fields(origin)) != 6 {
		return &SyntaxError{0, "no o= line with six fields"}
	}
	return nil
}

// Bytes writes the description; every line ends in CRLF.
func (d *Description) Bytes() []byte {
	var b []byte
	for _, l := range d.Lines {
		b = l.append(b)
	}
	for _, m := range d.Media {
		b = m.line().append(b)
		for _, l := range m.Lines {
			b = l.append(b)
		}
	}
	return b
}

func (l Line) append(b []byte) []byte {
	b = append(b, l.Type, '=')
	b = append(b, l.Value...)
	return append(b, "\r\n"...)
}

func (m *Media) line() Line {
	words := append([]string{m.Kind, strconv.Itoa(int(m.Port)), m.Proto}, m.Formats...)
	return Line{'m', strings.Join(words, " ")}
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
func (m *Media) Attribute(name string) (string, bool) { return attribute(m.Lines, name) }

// Attributes finds the values of all a=name:value lines.
func (m *Media) Attributes(name string) []string {
	var values []string
	for _, l := range m.Lines {
		if found, v := l.attribute(); found == name {
			values = append(values, v)
		}
	}
	return values
}

func attribute(lines []Line, name string) (string, bool) {
	for _, l := range lines {
		if found, v := l.attribute(); found == name {
			return v, true
		}
	}
	return "", false
}

// attribute splits an a= line; the name is empty for other lines.
func (l Line) attribute() (name, value string) {
	if l.Type != 'a' {
		return "", ""
	}
	name, value, _ = strings.Cut(l.Value, ":")
	return name, strings.TrimSpace(value)
}

// add appends an a= line.
func (m *Media) add(format string, args ...any) {
	m.Lines = append(m.Lines, Line{'a', fmt.Sprintf(format, args...)})
}
