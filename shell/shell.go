// Package shell writes commands for readers to paste.
package shell

import (
	"strings"
	"unicode"
)

// Line is a command that a POSIX shell takes apart into these words again. Those
// that it would read otherwise are in quotes, the others as they are.
func Line(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}

// quote puts single quotes around a word that needs them: nothing in them means
// anything to a shell, but their end.
func quote(word string) string {
	if word != "" && !strings.ContainsFunc(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// special tells whether a shell may read more in a character than itself.
func special(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("%+,-./:=@_", r)
}
