package conformance

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
)

// Offer is a plain SIP description with one protected audio line, ours to
// bend. Our media points at the target's idea of our address, port 9: cases
// about signaling listen to no media.
func (s *Stand) Offer() []byte {
	return []byte(s.OfferHead() + Audio(9, Crypto(1)))
}

// OfferHead is the session part of a description.
func (s *Stand) OfferHead() string {
	addr := s.Target.MediaFrom
	if !addr.IsValid() {
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=session\r\nc=IN IP4 %s\r\nt=0 0\r\n", addr, addr)
}

// Audio is an m-line for G.711 under SDES, with its crypto lines.
func Audio(port int, crypto ...string) string {
	return fmt.Sprintf("m=audio %d RTP/SAVP 0 8\r\n%sa=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n", port, strings.Join(crypto, ""))
}

// Crypto is an SDES line with a fresh key (RFC 4568 §6.1).
func Crypto(tag int) string {
	key := make([]byte, 30)
	rand.Read(key) // never fails: crypto/rand ends the program instead
	return fmt.Sprintf("a=crypto:%d AES_CM_128_HMAC_SHA1_80 inline:%s\r\n", tag, base64.StdEncoding.EncodeToString(key))
}

// MediaLine is one m= section of an answer.
type MediaLine struct {
	Kind  string // audio, video, …
	Port  string
	Lines []string // the section's other lines
}

// MediaLines cuts an answer's body into its m= sections, in order.
func MediaLines(body []byte) []MediaLine {
	var out []MediaLine
	for line := range strings.Lines(string(body)) {
		line = strings.TrimRight(line, "\r\n")
		if m, ok := strings.CutPrefix(line, "m="); ok {
			fields := append(strings.Fields(m), "", "")
			out = append(out, MediaLine{Kind: fields[0], Port: fields[1]})
			continue
		}
		if len(out) > 0 {
			last := &out[len(out)-1]
			last.Lines = append(last.Lines, line)
		}
	}
	return out
}

// Attributes lists the values of an a= attribute in a section.
func (m MediaLine) Attributes(name string) []string {
	var out []string
	for _, line := range m.Lines {
		if value, ok := strings.CutPrefix(line, "a="+name+":"); ok {
			out = append(out, value)
		}
	}
	return out
}
