package gate

import (
	"net/netip"
	"strings"

	"fedge/mutant"
)

// URI is a URI split by the rules of RFC 3261 §25.1, not decoded.
type URI struct {
	Scheme string // as written
	User   string // with a password, as written; SIP and SIPS only, as the rest
	Host   string // an IPv6 address keeps its brackets
	Port   int    // 0: none
	Params Params
	Rest   string // what follows the scheme of another URI
}

// SIP tells whether the URI is SIP or SIPS.
func (u URI) SIP() bool {
	return strings.EqualFold(u.Scheme, "sip") || strings.EqualFold(u.Scheme, "sips")
}

// SplitURI splits a URI and checks what others might read differently: one "@"
// before the host, a host that is a host, no quotes, backslashes, white space or
// headers.
func SplitURI(s string) (URI, error) {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !all(scheme, tokenChar) {
		return URI{}, grammarError("a URI without scheme")
	}
	u := URI{Scheme: scheme}
	if !all(rest, uriChar) {
		return URI{}, grammarError("characters in a URI that are not allowed there")
	}
	if !u.SIP() {
		u.Rest = rest
		return u, nil
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		u.User, rest = rest[:at], rest[at+1:]
		if !all(u.User, userChar) || !escapesRight(u.User) {
			return URI{}, grammarError("the user part of a URI is malformed")
		}
	}
	if mutant.On("syn.ruri-headers") {
		rest, _, _ = strings.Cut(rest, "?")
	}
	if strings.IndexByte(rest, '?') >= 0 {
		// RFC 3261 §19.1.1: headers are for links on pages; RFC 4475 §3.1.2.11.
		return URI{}, grammarError("a URI with headers")
	}
	hostport := rest
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		hostport, u.Params = rest[:i], Params(rest[i:])
	}
	if u.Host, u.Port, ok = splitHostPort(hostport); !ok {
		return URI{}, grammarError("the host of a URI is malformed")
	}
	return u, nil
}

// grammarError says what rule a piece of text breaks. It quotes nothing.
type grammarError string

func (e grammarError) Error() string { return "gate: " + string(e) }

// splitHostPort splits host[:port] and checks both.
func splitHostPort(s string) (host string, port int, ok bool) {
	end := len(s)
	if mutant.On("v6.uri") && strings.HasPrefix(s, "[") {
		return "", 0, false
	}
	if strings.HasPrefix(s, "[") {
		if end = strings.IndexByte(s, ']') + 1; end == 0 {
			return "", 0, false
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		end = i
	}
	switch {
	case mutant.On("v6.port-guess") && strings.Count(s, ":") > 3: // the last group, brackets or not
		end = strings.LastIndexByte(s, ':')
	case mutant.On("v6.port") && strings.HasPrefix(s, "["):
		end = strings.IndexByte(s, ':')
	case mutant.On("v6.nobracket") && strings.Count(s, ":") > 1 && s[0] != '[':
		return s, 0, true
	}
	host = s[:end]
	if rest := s[end:]; rest != "" {
		n, digits := number(rest[1:], 65535)
		if rest[0] != ':' || !digits || n == 0 {
			return "", 0, false
		}
		port = int(n)
	}
	return host, port, hostRight(host)
}

// hostRight holds a host to hostname, IPv4address or IPv6reference.
func hostRight(s string) bool {
	if strings.HasPrefix(s, "[") {
		inner, closed := strings.CutSuffix(s[1:], "]")
		a, err := netip.ParseAddr(inner)
		if mutant.On("v6.mapped-acl") && a.Is4In6() {
			return false
		}
		return err == nil && closed && a.Is6() && a.Zone() == ""
	}
	if !all(s, hostChar) || len(s) > 255 {
		return false
	}
	s = strings.TrimSuffix(s, ".")
	last := s[strings.LastIndexByte(s, '.')+1:]
	if last != "" && last[0] >= '0' && last[0] <= '9' { // toplabel starts with a letter
		a, err := netip.ParseAddr(s)
		return err == nil && a.Is4()
	}
	for s != "" {
		label, rest, more := strings.Cut(s, ".")
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || more && rest == "" {
			return false
		}
		s = rest
	}
	return last != ""
}

// number reads decimal digits up to a maximum.
func number(s string, most uint64) (n uint64, ok bool) {
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		if n = n*10 + uint64(d); n > most {
			if mutant.On("syn.int-wrap") {
				n %= most + 1
				continue
			}
			return 0, false
		}
	}
	return n, s != ""
}
