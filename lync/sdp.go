package lync

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"fedge/sip/raw"
)

// description is an SDP body as its lines (RFC 4566), kept in order. It is our
// own reading, apart from that of the nodes we test.
type description struct {
	session []sdpLine
	media   []section
}

type sdpLine struct {
	kind  byte // 'm', 'a', …
	value string
}

// section is one m-line and what belongs to it.
type section struct {
	kind    string // audio, video, applicationsharing, …
	port    uint16
	proto   string
	formats []string
	lines   []sdpLine
}

// maxSections bounds the m-lines of a description.
const maxSections = 16

// parseSDP reads a description. It is tolerant of line breaks and of unknown
// lines, not of lines that are no "x=" at all.
func parseSDP(body []byte) (*description, error) {
	d := &description{}
	for line := range strings.Lines(string(body)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' {
			return nil, fmt.Errorf("lync: not a line of SDP: %.60q", line)
		}
		l := sdpLine{line[0], line[2:]}
		switch {
		case l.kind == 'm':
			s, err := parseSection(l.value)
			if err != nil {
				return nil, err
			}
			if len(d.media) == maxSections {
				return nil, fmt.Errorf("lync: more than %d m-lines", maxSections)
			}
			d.media = append(d.media, s)
		case len(d.media) == 0:
			d.session = append(d.session, l)
		default:
			last := &d.media[len(d.media)-1]
			last.lines = append(last.lines, l)
		}
	}
	if len(d.session) == 0 || d.session[0] != (sdpLine{'v', "0"}) {
		return nil, fmt.Errorf("lync: SDP does not begin with v=0")
	}
	return d, nil
}

func parseSection(value string) (section, error) {
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return section{}, fmt.Errorf("lync: m-line too short: %.60q", value)
	}
	port, _, _ := strings.Cut(fields[1], "/")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return section{}, fmt.Errorf("lync: m-line with port %.20q", fields[1])
	}
	return section{kind: fields[0], port: uint16(n), proto: fields[2], formats: fields[3:]}, nil
}

// sdpOf finds the description in a message: its body, or the last part that is
// one ([MS-SIPRE] 3.15.4.1: the last is the best).
func sdpOf(m *raw.Message) ([]byte, error) {
	switch kind, params := raw.MediaType(m.Get("Content-Type")); {
	case len(m.Body) == 0:
		return nil, fmt.Errorf("lync: %s has no body", m.Label())
	case kind == "application/sdp":
		return m.Body, nil
	case !strings.HasPrefix(kind, "multipart/"):
		return nil, fmt.Errorf("lync: %s has a body of type %.60q", m.Label(), kind)
	default:
		return lastSDP(m.Body, params)
	}
}

// attributes are the values of a=name: lines, "" for a=name.
func attributes(lines []sdpLine, name string) []string {
	var values []string
	for _, l := range lines {
		if l.kind != 'a' {
			continue
		}
		if key, value, _ := strings.Cut(l.value, ":"); key == name {
			values = append(values, value)
		}
	}
	return values
}

func (s *section) attribute(name string) (string, bool) {
	if values := attributes(s.lines, name); len(values) > 0 {
		return values[0], true
	}
	return "", false
}

// direction is that of the m-line, or else of the session.
func (d *description) direction(s *section) string {
	for _, lines := range [][]sdpLine{s.lines, d.session} {
		for _, l := range lines {
			switch l.value {
			case "sendrecv", "sendonly", "recvonly", "inactive":
				if l.kind == 'a' {
					return l.value
				}
			}
		}
	}
	return "sendrecv"
}

// address is the connection address of the m-line, or else of the session.
func (d *description) address(s *section) (netip.Addr, error) {
	for _, lines := range [][]sdpLine{s.lines, d.session} {
		for _, l := range lines {
			if l.kind != 'c' {
				continue
			}
			fields := strings.Fields(l.value)
			if len(fields) != 3 || fields[0] != "IN" {
				return netip.Addr{}, fmt.Errorf("lync: c-line %.60q", l.value)
			}
			return netip.ParseAddr(fields[2])
		}
	}
	return netip.Addr{}, fmt.Errorf("lync: no c-line for m=%s", s.kind)
}

// rtpmap is the encoding that a payload type stands for: "PCMU/8000".
func (s *section) rtpmap(format string) string {
	for _, value := range attributes(s.lines, "rtpmap") {
		if pt, name, _ := strings.Cut(value, " "); pt == format {
			return strings.TrimSpace(name)
		}
	}
	switch format { // RFC 3551 §6
	case "0":
		return "PCMU/8000"
	case "8":
		return "PCMA/8000"
	}
	return ""
}

// find is the payload type of an encoding, "" when the m-line has none.
func (s *section) find(encoding string) string {
	i := slices.IndexFunc(s.formats, func(f string) bool { return strings.EqualFold(s.rtpmap(f), encoding) })
	if i < 0 {
		return ""
	}
	return s.formats[i]
}

// facts are what a description says, for verdicts and for the media to use.
func (d *description) facts(body []byte) (Answer, error) {
	a := Answer{SDP: body}
	for i := range d.media {
		s := &d.media[i]
		m := AnswerMedia{Kind: s.kind, Profile: s.proto, Formats: s.formats, Direction: d.direction(s)}
		_, m.Mux = s.attribute("rtcp-mux")
		if s.port != 0 {
			addr, err := d.address(s)
			if err != nil {
				return a, err
			}
			m.RTP = netip.AddrPortFrom(addr, s.port)
			m.RTCP = d.rtcp(s, m.RTP, m.Mux)
		}
		for _, line := range attributes(s.lines, "crypto") {
			if c, err := parseCrypto(line); err == nil && m.CryptoTag == 0 {
				m.CryptoTag = c.tag
			}
		}
		a.Media = append(a.Media, m)
	}
	return a, nil
}

// rtcp is where RTCP goes: RFC 5761, RFC 3605, else the next port.
func (d *description) rtcp(s *section, at netip.AddrPort, mux bool) netip.AddrPort {
	if mux {
		return at
	}
	port := at.Port() + 1
	addr := at.Addr()
	if value, ok := s.attribute("rtcp"); ok {
		fields := strings.Fields(value)
		if len(fields) > 0 {
			if n, err := strconv.ParseUint(fields[0], 10, 16); err == nil {
				port = uint16(n)
			}
		}
		if len(fields) == 4 {
			if a, err := netip.ParseAddr(fields[3]); err == nil {
				addr = a
			}
		}
	}
	return netip.AddrPortFrom(addr, port)
}
