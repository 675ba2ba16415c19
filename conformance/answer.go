package conformance

import (
	"fmt"
	"strings"
)

// AnswerFor is a plain answer to the node's offer: G.711 on its first audio
// line, under its first SDES line if it has one, and nothing else.
func (s *Stand) AnswerFor(offer []byte) []byte {
	var b strings.Builder
	b.WriteString(s.OfferHead())
	taken, protected := false, false
	for line := range strings.Lines(string(offer)) {
		line = strings.TrimRight(line, "\r\n")
		if m, ok := strings.CutPrefix(line, "m="); ok {
			fields := append(strings.Fields(m), "", "", "", "") // kind, port, protocol, formats
			if fields[0] != "audio" || taken {
				taken = taken || fields[0] == "audio"
				protected = true // of no interest any more
				fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", fields[0], fields[2], fields[3])
				continue
			}
			taken = true
			protected = !strings.HasPrefix(fields[2], "RTP/SAVP")
			fmt.Fprintf(&b, "m=audio 9 %s 0\r\na=rtpmap:0 PCMU/8000\r\n", fields[2])
			continue
		}
		if crypto, ok := strings.CutPrefix(line, "a=crypto:"); ok && !protected && strings.Contains(crypto, " AES_CM_128_HMAC_SHA1_80 ") {
			protected = true
			tag := 0
			fmt.Sscan(crypto, &tag) // an unreadable tag is answered with 0, which the node refuses
			b.WriteString(Crypto(tag))
		}
	}
	return []byte(b.String())
}
