package gate

import (
	"strings"

	"fedge/mutant"
)

// Via is one Via value (RFC 3261 §20.42).
type Via struct {
	Raw       string // the whole value
	Transport string // as written
	Host      string // of the sent-by; an IPv6 address keeps its brackets
	Port      string // of the sent-by, "" when it names none
	Branch    string // "" when there is none: Lync clients write none
	Params    Params
}

// ParseVia splits one Via value.
func ParseVia(s string) (Via, error) {
	v := Via{Raw: s}
	head := s
	if i := strings.IndexByte(s, ';'); i >= 0 {
		head, v.Params = s[:i], Params(s[i:])
	}
	name, rest, ok1 := strings.Cut(head, "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	if !ok1 || !ok2 || !strings.EqualFold(trim(name), "SIP") || trim(version) != "2.0" {
		return v, grammarError("a Via that is not SIP/2.0")
	}
	rest = trim(rest)
	space := strings.IndexAny(rest, " \t")
	if space < 0 {
		return v, grammarError("a Via without sent-by")
	}
	v.Transport = rest[:space]
	var ported bool
	v.Host, v.Port, ported = splitSentBy(trim(rest[space:]))
	if !all(v.Transport, tokenChar) || !sentByRight(v.Host) {
		return v, grammarError("a malformed sent-by in Via")
	}
	if ported {
		if n, ok := number(v.Port, 65535); !ok || n == 0 {
			return v, grammarError("a malformed port in Via")
		}
	}
	if received, _ := v.Params.Get("received"); mutant.On("v6.recv") && strings.Contains(received, ":") {
		return v, grammarError("an address in received that is none")
	}
	v.Branch, _ = v.Params.Get("branch")
	return v, v.Params.Check()
}

func splitSentBy(s string) (host, port string, ported bool) {
	colon := strings.LastIndexByte(s, ':')
	if colon < strings.IndexByte(s, ']') {
		colon = -1
	}
	if colon < 0 {
		return s, "", false
	}
	return trim(s[:colon]), trim(s[colon+1:]), true
}

// sentByRight is wider than hostRight: the inner names of a partner's servers
// stand here, and they are only ever echoed.
func sentByRight(s string) bool {
	if strings.HasPrefix(s, "[") {
		return hostRight(s)
	}
	return all(s, tokenChar)
}
