package gate

import (
	"iter"

	"fedge/mutant"
)

// Members yields the members of a comma-separated header value, trimmed.
// Commas within quotes and within < > do not separate (RFC 3261 §25.1).
func Members(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := s; rest != ""; {
			var member string
			member, rest = nextMember(rest)
			if member != "" && !yield(member) {
				return
			}
		}
	}
}

// nextMember cuts the first member off, trimmed, and its comma.
func nextMember(s string) (member, rest string) {
	end := memberEnd(s)
	return trim(s[:end]), s[min(end+1, len(s)):]
}

// CutMember cuts the first member off a comma-separated header value, with the
// white space and folds that surround it; rest begins with its comma. Empty
// members before it, which say nothing, are left out.
func CutMember(s string) (member, rest string) {
	end := memberEnd(s)
	for end < len(s) && trim(s[:end]) == "" {
		s = s[end+1:]
		end = memberEnd(s)
	}
	return s[:end], s[end:]
}

// memberEnd is where the first member of s ends.
func memberEnd(s string) int {
	angle := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if !angle && !mutant.On("syn.comma-quote") {
				i = quoteEnd(s, i)
			}
		case '<':
			angle = true
		case '>':
			angle = false
		case ',':
			if !angle && !mutant.On("syn.comma") {
				return i
			}
		}
	}
	return len(s)
}

// quoteEnd is the index of the quote that closes the one at s[start], len(s)
// if none does.
func quoteEnd(s string, start int) int {
	for i := start + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if !mutant.On("syn.backslash") {
				i++
			}
		case '"':
			return i
		}
	}
	return len(s)
}

// trim takes the white space off that a field value may have around it.
func trim[T string | []byte](s T) T { return trimRight(trimLeft(s)) }

func trimLeft[T string | []byte](s T) T {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

func trimRight[T string | []byte](s T) T {
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
