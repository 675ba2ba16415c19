// Package inert makes text that a peer may have written safe to print: what
// would steer a terminal, or turn the direction of writing, becomes an escape
// that is seen.
package inert

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Text is s with nothing in it that acts on a terminal. Line ends and tabs stay.
func Text(s string) string {
	if !strings.ContainsFunc(s, acts) {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		c, size := utf8.DecodeRuneInString(s)
		switch {
		case c == utf8.RuneError && size == 1: // half a character, or a C1 control by itself
			fmt.Fprintf(&out, `\x%02x`, s[0])
		case c == utf8.RuneError: // somebody's replacement for what could not be read
			out.WriteString(s[:size])
		case c < ' ' && acts(c):
			fmt.Fprintf(&out, `\x%02x`, c)
		case acts(c): // as JSON escapes it: JSON lets these stand, so a line of it stays JSON
			fmt.Fprintf(&out, `\u%04x`, c)
		default:
			out.WriteString(s[:size])
		}
		s = s[size:]
	}
	return out.String()
}

// acts tells whether c does something else than to be seen: controls, among
// them C1, where U+009B begins a command like ESC [, what turns text around,
// and what separates lines for some readers only.
func acts(c rune) bool {
	switch c {
	case '\n', '\t':
		return false
	case utf8.RuneError, 0x200b, 0x2028, 0x2029, 0xfeff:
		return true
	}
	return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c >= 0x2060 && c <= 0x2069
}

// Writer passes on what is written to it, made inert.
func Writer(to io.Writer) io.Writer { return &writer{to: to} }

type writer struct {
	mu   sync.Mutex
	to   io.Writer
	half []byte // the beginning of a character whose end is not written yet
}

// Write writes p as [Text] has it. A program's output may be cut anywhere, so a
// character that is not whole yet waits for its end.
func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := append(w.half, p...)
	whole := len(text) - unfinished(text)
	w.half = bytes.Clone(text[whole:])
	if _, err := w.to.Write([]byte(Text(string(text[:whole])))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// unfinished is how many bytes at the end of p begin a character and do not end
// it.
func unfinished(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if last := p[len(p)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}
