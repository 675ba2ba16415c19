package gate

import (
	"iter"
	"strings"

	"fedge/mutant"
)

// Params are parameters as written, from the first semicolon on.
type Params string

// mostParams bounds how many parameters one value may have, and with it the
// work of looking for two of one name.
const mostParams = 64

// Get returns a parameter's value, without its quotes, and whether it is
// there. Names have no case, and white space around ";" and "=" does not count
// (RFC 3261 §7.3.1, §25.1).
func (p Params) Get(name string) (value string, ok bool) {
	value, ok = p.raw(name)
	return unquote(value), ok
}

// raw is Get with the quotes.
func (p Params) raw(name string) (value string, ok bool) {
	for rest := string(p); rest != ""; {
		var key string
		key, value, rest = nextParam(rest)
		if len(key) == len(name) && strings.EqualFold(key, name) && (key == name || !mutant.On("syn.param-case")) {
			return value, true
		}
	}
	return "", false
}

// Has tells whether a parameter is there, with or without a value.
func (p Params) Has(name string) bool {
	_, ok := p.Get(name)
	return ok
}

// All goes through the parameters in their order, the values with their quotes.
// A name is empty where nothing stands between two semicolons.
func (p Params) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for rest := string(p); rest != ""; {
			var name, value string
			if name, value, rest = nextParam(rest); !yield(name, value) {
				return
			}
		}
	}
}

// nextParam cuts the first parameter off. The value keeps its quotes.
func nextParam(s string) (key, value, rest string) {
	s = s[strings.IndexByte(s, ';')+1:]
	end, equals := len(s), -1
scan:
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if !mutant.On("syn.quoted-param") {
				i = quoteEnd(s, i)
			}
		case '=':
			if equals < 0 {
				equals = i
			}
		case ';':
			end = i
			break scan
		}
	}
	rest = s[end:]
	if equals < 0 {
		key = s[:end]
	} else {
		key, value = s[:equals], s[equals+1:end]
	}
	if mutant.On("syn.lws-param") {
		return key, value, rest
	}
	return trim(key), trim(value), rest
}

// Find is Get by position: p[start:end] is the parameter's value with its
// quotes, empty behind the name when it has none (equals is false then).
func (p Params) Find(name string) (start, end int, equals, ok bool) {
	for rest := string(p); rest != ""; {
		at := len(p) - len(rest)
		key, value, next := nextParam(rest)
		if len(key) == len(name) && strings.EqualFold(key, name) {
			whole := string(p[at : len(p)-len(next)])
			eq := strings.IndexByte(whole, '=')
			if eq < 0 {
				start = at + strings.Index(whole, key) + len(key)
				return start, start, false, true
			}
			start = at + eq + 1 + strings.Index(whole[eq+1:], value)
			return start, start + len(value), true, true
		}
		rest = next
	}
	return 0, 0, false, false
}

// Check holds parameters to the grammar: names are tokens, none comes twice,
// quotes are closed.
func (p Params) Check() error {
	var few [8]string // most have no more; room for all would make the stacks of most goroutines grow
	seen := few[:0]
	for rest := string(p); rest != ""; {
		var key, value string
		key, value, rest = nextParam(rest)
		key, value = trim(key), trim(value)
		switch {
		case len(seen) == mostParams:
			return grammarError("too many parameters")
		case key == "" && mutant.On("syn.lax-sep"):
			continue
		case !all(key, tokenChar):
			return grammarError("a parameter name is malformed")
		case !valueRight(value):
			return grammarError("a parameter value is malformed")
		}
		for _, k := range seen {
			if len(k) == len(key) && strings.EqualFold(k, key) && !mutant.On("syn.dup-param") {
				return grammarError("a parameter is given twice")
			}
		}
		seen = append(seen, key)
	}
	return nil
}

// valueRight: a quoted string, or something without white space and quotes
// (token and host, and what Microsoft's products put there, such as base64).
func valueRight(s string) bool {
	if strings.HasPrefix(s, `"`) {
		return quoteEnd(s, 0) == len(s)-1
	}
	return !strings.ContainsAny(s, " \t\r\n\"<>")
}

// unquote takes the quotes off and resolves backslashes (RFC 3261 §25.1).
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
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
