package raw

import (
	"fmt"
	"strconv"
	"strings"
)

// Param is one parameter; Value is "" for a flag, Flag tells the two apart.
type Param struct {
	Name, Value string
	Flag        bool // there was no "="
}

// Params are the parameters of a field or of a URI, in order.
type Params []Param

// Get finds a parameter without regard to case.
func (p Params) Get(name string) (string, bool) {
	for _, q := range p {
		if strings.EqualFold(q.Name, name) {
			return q.Value, true
		}
	}
	return "", false
}

// URI is a SIP, SIPS or TEL URI, read tolerantly: what has no "@" has no user.
type URI struct {
	Scheme   string // lower case
	User     string // as sent, with password
	Host     string // as sent; an IPv6 reference keeps its brackets
	Port     int    // 0 when absent
	Params   Params
	Headers  string // after "?"
	Original string
}

// ParseURI reads a URI. For schemes other than sip and sips only Scheme and
// User (all the rest) are set.
func ParseURI(s string) (URI, error) {
	u := URI{Original: s}
	scheme, rest, found := strings.Cut(s, ":")
	if !found || scheme == "" {
		return u, fmt.Errorf("raw: URI without scheme: %q", s)
	}
	u.Scheme = strings.ToLower(scheme)
	if u.Scheme != "sip" && u.Scheme != "sips" {
		u.User = rest
		return u, nil
	}
	// The user part may hold ";" and "?", the host may not (RFC 3261 §25.1).
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		u.User, rest = rest[:at], rest[at+1:]
	}
	rest, u.Headers, _ = strings.Cut(rest, "?")
	host, params, _ := strings.Cut(rest, ";")
	u.Params = parseParams(params)
	host, port := splitPort(trim(host))
	if host == "" {
		return u, fmt.Errorf("raw: URI without host: %q", s)
	}
	u.Host = host
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return u, fmt.Errorf("raw: URI with port %q: %q", port, s)
		}
		u.Port = int(n)
	}
	return u, nil
}

// Address is user@host in lower-case host, what identity rules compare.
func (u URI) Address() string {
	if u.User == "" {
		return strings.ToLower(u.Host)
	}
	return u.User + "@" + strings.ToLower(u.Host)
}

// NameAddr is the value of From, To, Contact, Route and their like.
type NameAddr struct {
	Display string // without quotes, backslashes resolved
	URI     URI
	Params  Params // of the field, after ">"
}

// ParseNameAddr reads one name-addr or addr-spec. In the form without angle
// brackets parameters belong to the field (RFC 3261 §20.10).
func ParseNameAddr(s string) (NameAddr, error) {
	var n NameAddr
	s = trim(s)
	rest := s
	if strings.HasPrefix(s, `"`) {
		end := quotedEnd(s)
		if end < 0 {
			return n, fmt.Errorf("raw: unclosed display name: %q", s)
		}
		n.Display, rest = unquote(s[:end]), trim(s[end:])
	}
	open := strings.IndexByte(rest, '<')
	if open < 0 {
		uri, params, _ := strings.Cut(rest, ";")
		n.Params = parseParams(params)
		u, err := ParseURI(trim(uri))
		n.URI = u
		return n, err
	}
	if n.Display == "" {
		n.Display = trim(rest[:open])
	}
	end := strings.IndexByte(rest[open:], '>')
	if end < 0 {
		return n, fmt.Errorf("raw: unclosed <: %q", s)
	}
	_, params, _ := strings.Cut(rest[open+end+1:], ";")
	n.Params = parseParams(params)
	u, err := ParseURI(trim(rest[open+1 : open+end]))
	n.URI = u
	return n, err
}

// Via is one Via value.
type Via struct {
	Transport string // as sent: "TLS"
	Host      string
	Port      int // 0 when absent
	Params    Params
}

// ParseVia reads one Via value.
func ParseVia(s string) (Via, error) {
	var v Via
	head, params, _ := strings.Cut(s, ";")
	v.Params = parseParams(params)
	protocol, by, found := cutSpace(trim(head))
	if !found {
		return v, fmt.Errorf("raw: Via without sent-by: %q", s)
	}
	// White space may stand around the slashes (RFC 3261 §25.1).
	for strings.HasPrefix(by, "/") || strings.HasSuffix(protocol, "/") {
		part, rest, ok := cutSpace(trim(strings.TrimPrefix(by, "/")))
		if !ok {
			return v, fmt.Errorf("raw: Via without sent-by: %q", s)
		}
		protocol, by = strings.TrimSuffix(protocol, "/")+"/"+part, rest
	}
	v.Transport = protocol[strings.LastIndexByte(protocol, '/')+1:]
	host, port := splitPort(by)
	v.Host = host
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return v, fmt.Errorf("raw: Via with port %q: %q", port, s)
		}
		v.Port = int(n)
	}
	return v, nil
}

// trim takes away the white space of the grammar alone (RFC 3261 §25.1, LWS):
// what Unicode adds to it is text.
func trim(s string) string { return strings.Trim(s, " \t\r\n") }

func cutSpace(s string) (before, after string, found bool) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, "", false
	}
	return s[:i], trim(s[i:]), true
}

// splitPort cuts host:port; the brackets of IPv6 stay with the host.
func splitPort(s string) (host, port string) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 || colon < strings.LastIndexByte(s, ']') {
		return s, ""
	}
	return trim(s[:colon]), trim(s[colon+1:])
}

// SplitList cuts a field value at its commas, but not inside quotes or angle
// brackets. Elements are trimmed; empty ones are left out.
func SplitList(value string) []string {
	var list []string
	for value != "" {
		end := indexOutside(value, ',')
		element := value
		if end < 0 {
			value = ""
		} else {
			element, value = value[:end], value[end+1:]
		}
		if element = trim(element); element != "" {
			list = append(list, element)
		}
	}
	return list
}

// indexOutside finds c outside quotes and angle brackets, or -1.
func indexOutside(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case c:
			return i
		case '"':
			end := quotedEnd(s[i:])
			if end < 0 {
				return -1
			}
			i += end - 1
		case '<':
			end := strings.IndexByte(s[i:], '>')
			if end < 0 {
				return -1
			}
			i += end
		}
	}
	return -1
}

// quotedEnd is the length of the quoted string that s begins with, or -1.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func unquote(s string) string {
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// parseParams reads what follows the first semicolon.
func parseParams(s string) Params {
	var params Params
	for s != "" {
		end := indexOutside(s, ';')
		element := s
		if end < 0 {
			s = ""
		} else {
			element, s = s[:end], s[end+1:]
		}
		if element = trim(element); element == "" {
			continue
		}
		name, value, found := strings.Cut(element, "=")
		value = trim(value)
		if len(value) > 1 && value[0] == '"' && quotedEnd(value) == len(value) {
			value = unquote(value)
		}
		params = append(params, Param{Name: trim(name), Value: value, Flag: !found})
	}
	return params
}

// fieldParam finds a parameter of a field value without reading the rest.
func fieldParam(value, name string) (string, bool) {
	end := indexOutside(value, ';')
	if end < 0 {
		return "", false
	}
	return parseParams(value[end+1:]).Get(name)
}
