package torture

import (
	"bytes"
	"strconv"
	"strings"

	"fedge/sip/raw"
)

// lines joins header lines with CRLF; the last, empty one ends the head.
func lines(all ...string) string { return strings.Join(all, "\r\n") + "\r\n" }

func decimal(n int) string { return strconv.Itoa(n) }

// final matches a final response by CSeq alone: there is no Call-ID to go by.
func final(cseq string) raw.Match {
	return func(m *raw.Message) bool { return m.Status() >= 200 && m.Get("CSeq") == cseq }
}

// without drops a header line.
func without(message []byte, name string) []byte {
	var out []byte
	for line := range bytes.Lines(message) {
		if !bytes.HasPrefix(line, []byte(name+":")) {
			out = append(out, line...)
		}
	}
	return out
}
