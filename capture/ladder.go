package capture

import (
	"fmt"
	"regexp"

	"fedge/result"
)

// Ladder returns the messages of one call as transcript lines: times count
// from the call's first message, SRTP keys are masked.
func (r *Recorder) Ladder(callID string) []result.Line {
	return Lines(r.Call(callID))
}

// Lines turns messages into transcript lines: times count from the first one,
// SRTP keys are masked.
func Lines(messages []Message) []result.Line {
	lines := make([]result.Line, 0, len(messages))
	for _, m := range messages {
		lines = append(lines, result.Line{
			AtSeconds: m.At.Sub(messages[0].At).Seconds(),
			From:      m.From,
			To:        m.To,
			Label:     m.Label.Text,
			Text:      string(Mask(m.Bytes)),
		})
	}
	return lines
}

// inline finds an SDES key, RFC 4568 §6.1, also in Lync's a=cryptoscale. The
// lifetime and MKI after it are no secret.
var inline = regexp.MustCompile(`(?i)(inline:)[A-Za-z0-9+/=_-]+`)

// Mask replaces the SRTP keys in a message: they are never shown, since they
// open the media to whoever reads a report.
func Mask(message []byte) []byte {
	return inline.ReplaceAll(message, []byte("${1}(masked)"))
}

// Drops says in words what the recorder had no room for; empty if nothing.
func (r *Recorder) Drops() string {
	n := r.Dropped()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d messages or packets were not recorded: the recorder's limit was reached", n)
}
