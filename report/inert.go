package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"fedge/capture"
)

// marshal is the result's JSON without SRTP keys. A key's alphabet needs no
// escapes in JSON, so it can be masked here, once for every format.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return capture.Mask(buf.Bytes()), nil
}

// hidden finds, in JSON text, escapes and the characters that act on a terminal
// or turn text around though JSON lets them stand: DEL, C1 (a CSI of its own),
// the bidirectional controls and the byte order mark.
var hidden = regexp.MustCompile(`\\r\\n|\\u[0-9a-fA-F]{4}|\\.|[\x{7f}-\x{9f}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]`)

// escapeControls turns, in JSON text, every control character within a string
// into a visible escape. Line ends become \n and stay, as do tabs.
func escapeControls(text []byte) []byte {
	return hidden.ReplaceAllFunc(text, func(found []byte) []byte {
		switch s := string(found); s {
		case `\r\n`:
			return []byte(`\n`)
		case `\r`, `\b`, `\f`:
			return []byte(`\` + s)
		default:
			if strings.HasPrefix(s, `\u`) {
				code, err := strconv.ParseUint(s[2:], 16, 16)
				if err != nil || !control(rune(code)) {
					return found
				}
				return visible(rune(code))
			}
			if s[0] == '\\' {
				return found
			}
			c, _ := utf8.DecodeRune(found)
			return visible(c)
		}
	})
}

// control tells whether c must not reach a terminal, within what JSON escapes.
func control(c rune) bool {
	return c < 0x20 || c >= 0x7f && c < 0xa0 || c == 0x2028 || c == 0x2029
}

// visible is c as a JSON string shows an escape: backslash and code.
func visible(c rune) []byte {
	if c < 0x100 {
		return fmt.Appendf(nil, `\\x%02x`, c)
	}
	return fmt.Appendf(nil, `\\u%04x`, c)
}

// escapeInJSON writes the hidden characters as JSON escapes: the same values,
// and harmless when the JSON is printed on a terminal.
func escapeInJSON(text []byte) []byte {
	return hidden.ReplaceAllFunc(text, func(found []byte) []byte {
		if found[0] == '\\' {
			return found
		}
		c, _ := utf8.DecodeRune(found)
		return fmt.Appendf(nil, `\u%04x`, c)
	})
}

// oneLine keeps s on one line of a terminal.
func oneLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", " ").Replace(s)
}
