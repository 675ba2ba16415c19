package gate

import (
	"strings"

	"fedge/mutant"
)

// Address is a From, To, Contact, Route or Record-Route value, split but not
// decoded (RFC 3261 §20.10).
type Address struct {
	Display string // as written, with its quotes
	URI     string // as written, without < >
	Params  Params // header parameters: what follows the URI
}

// Text is the display name as a person reads it: without quotes and escapes.
func (a Address) Text() string { return unquote(a.Display) }

// ParseAddress splits a name-addr or addr-spec. It refuses what two readers
// could read differently: a display name that is neither tokens nor quoted, an
// unclosed quote or bracket, anything between > and the parameters, a parameter
// given twice. It does not look into the URI.
func ParseAddress(s string) (Address, error) {
	s = trim(s)
	if mutant.On("syn.need-lws") && strings.Contains(s, "<") && !strings.Contains(" "+s, " <") {
		return Address{}, grammarError("no white space before <")
	}
	var a Address
	open := strings.IndexByte(s, '<')
	if mutant.On("syn.dn-gt") && strings.IndexByte(s, '>') < open {
		return a, grammarError("> before <")
	}
	if strings.HasPrefix(s, `"`) {
		end := quoteEnd(s, 0)
		if end == len(s) && mutant.On("syn.quote-lax") {
			end = max(open-1, 0)
		}
		if end == len(s) {
			return a, grammarError("a quote is not closed")
		}
		a.Display = s[:end+1]
		if s = trim(s[end+1:]); !strings.HasPrefix(s, "<") {
			return a, grammarError("a display name without < >")
		}
		open = 0
	} else if open > 0 {
		a.Display = trim(s[:open])
		if !wordsRight(a.Display) {
			return a, grammarError("a display name that is neither tokens nor quoted")
		}
	}
	if open < 0 {
		return bareAddress(s)
	}
	s = s[open+1:]
	before, after, ok := strings.Cut(s, ">")
	if mutant.On("syn.addr-space") {
		before = trim(before)
	}
	if !ok {
		return a, grammarError("a < is not closed")
	}
	a.URI = before
	return withParams(a, after)
}

// bareAddress splits a URI without < >: all parameters are the header's (RFC
// 3261 §20), and a comma or question mark would be ambiguous.
func bareAddress(s string) (Address, error) {
	end := strings.IndexAny(s, "; \t\r\n")
	if end < 0 {
		end = len(s)
	}
	a := Address{URI: s[:end]}
	if mutant.On("syn.addr-noltgt") {
		a.URI, _, _ = strings.Cut(a.URI, "?")
	}
	if strings.ContainsAny(a.URI, ",?") {
		return a, grammarError("a URI that needs < >")
	}
	return withParams(a, s[end:])
}

func withParams(a Address, rest string) (Address, error) {
	rest = trim(rest)
	if a.URI == "" || strings.ContainsAny(a.URI, " \t\r\n\"<>") {
		return a, grammarError("characters in a URI that are not allowed there")
	}
	if rest != "" && rest[0] != ';' {
		return a, grammarError("text between an address and its parameters")
	}
	a.Params = Params(rest)
	return a, a.Params.Check()
}

// wordsRight tells whether a display name is tokens and white space. Raw UTF-8
// passes: RFC 3261 wants it quoted, but no two readers differ over it.
func wordsRight(s string) bool {
	for i := range len(s) {
		if c := s[i]; classes[c]&tokenChar == 0 && c < 0x80 && strings.IndexByte(" \t\r\n", c) < 0 {
			return false
		}
	}
	return true
}
