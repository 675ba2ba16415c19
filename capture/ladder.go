package capture

import (
	"fmt"
	"regexp"

	"fedge/result"
)

// Ladder returns the messages of one call as transcript lines: times count
// from the call's first message, SRTP keys are masked.
func (r *Recorder) Ladder(callID string) []result.Line {
	return r.Transcript(func(m Message) bool { return m.Label.CallID == callID })
}

// Transcript returns the messages that are to be kept as transcript lines: times
// count from the first one, SRTP keys are masked. When messages were dropped the
// last line says so.
func (r *Recorder) Transcript(keep func(Message) bool) []result.Line {
	messages := r.filter(keep)
	out := lines(messages)
	if r == nil {
		return out
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.untold > 0 {
		since := r.full
		if len(messages) > 0 {
			since = messages[0].At
		}
		out = append(out, result.Line{
			AtSeconds: r.full.Sub(since).Seconds(), Label: fmt.Sprintf("%d not recorded", r.untold),
			Text: fmt.Sprintf("From here on %d messages, of this call or of others, were not recorded: there was room for %d bytes.\n", r.untold, r.limit),
		})
	}
	return out
}

func lines(messages []Message) []result.Line {
	out := make([]result.Line, 0, len(messages))
	for _, m := range messages {
		out = append(out, result.Line{
			AtSeconds: m.At.Sub(messages[0].At).Seconds(),
			From:      m.From,
			To:        m.To,
			Label:     m.Label.Text,
			Text:      string(Mask(m.Bytes)),
		})
	}
	return out
}

// inline finds an SDES key, RFC 4568 §6.1, also in Lync's a=cryptoscale. The
// lifetime and MKI after it are no secret.
var inline = regexp.MustCompile(`(?i)(inline:)[A-Za-z0-9+/=_-]+`)

// Mask replaces the SRTP keys in a message: they are never shown, since they
// open the media to whoever reads a report.
func Mask(message []byte) []byte {
	return inline.ReplaceAll(message, []byte("${1}(masked)"))
}
