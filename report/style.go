package report

import (
	"os"

	"golang.org/x/term"
)

// Style says what a terminal can take.
type Style struct {
	Width int  // columns; 0: 100
	Color bool // ANSI colours
}

// Terminal finds the style of f: colours and its width if it is a terminal.
// NO_COLOR, set to anything, and TERM=dumb switch colours off
// (https://no-color.org).
func Terminal(f *os.File) Style {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return Style{}
	}
	s := Style{Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(fd); err == nil {
		s.Width = width
	}
	return s
}

// width is what lines may take: never so narrow that nothing fits.
func (s Style) width() int {
	if s.Width == 0 {
		return 100
	}
	return max(s.Width, 60)
}

// tone is how a word looks.
type tone string

// The tones of words that carry a verdict, and of what stands back.
const (
	plain tone = ""
	good  tone = "32"
	bad   tone = "31;1"
	doubt tone = "33"
	faint tone = "2"
	bold  tone = "1"
)

// paint colours s if the terminal takes it.
func (s Style) paint(t tone, text string) string {
	if !s.Color || t == plain || text == "" {
		return text
	}
	return "\x1b[" + string(t) + "m" + text + "\x1b[0m"
}

// toneOf is the tone of a verdict or outcome word.
func toneOf(word string) tone {
	switch word {
	case "pass", "ok", "good":
		return good
	case "fail", "error", "invalid":
		return bad
	case "inconclusive", "nonstrict", "aborted", "expected-fail":
		return doubt
	case "not-checked", "not-tried", "not-applicable", "skipped", "withdrawn", "not-measured":
		return faint
	}
	return plain
}
