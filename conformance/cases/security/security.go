// Package security holds the cases about attackers: who poses as another, who
// hides a message in a message, who makes the node act or speak for him, and what
// a node shows to strangers.
package security

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(posing(), smuggling(), injecting(), guessing(), hijacking(), using(), showing(), opening())
}

var (
	// proves: the node checks From against the certificate.
	proves = conformance.Needs{FromAuthorisation: true, ClientCertificate: true, Media: true}
	// others: and there are other partners, with names and records of ours.
	others = conformance.Needs{FromAuthorisation: true, ClientCertificate: true, Media: true, Authority: true, DNS: true}
	// outward: the node calls a partner of ours.
	outward = conformance.Needs{Media: true, Trigger: true, DNS: true, Authority: true}
)

// from is an INVITE of the target's partner for the room, with this From.
func from(s *conformance.Stand, value string, more ...string) []byte {
	b := s.Invite(s.Target.Partner, s.Offer()).Bytes()
	return conformance.Adding(append([]string{"From: " + value}, more...)...)(s, conformance.Without("From")(s, b))
}

// accepted says that a node took what it had to refuse.
func accepted(expected, actual string) error {
	return &conformance.Mismatch{Class: conformance.Accepted, Expected: expected, Actual: actual}
}

// content says that what a node wrote is not what it must be.
func content(expected, actual string) error {
	return &conformance.Mismatch{Class: conformance.Content, Expected: expected, Actual: actual}
}

// gets wants one of these answers, or, where closing is allowed, the end of the
// connection.
func gets(r conformance.Reaction, what string, closes bool, codes ...int) error {
	if r.Answer == nil && r.Closed && closes {
		return nil
	}
	if r.Answer == nil {
		return r.Status(codes...)
	}
	err := conformance.Gets(r.Answer, codes...)
	if m, ok := conformance.AsMismatch(err); ok {
		m.Expected += ", " + what
	}
	return err
}

// planted is the field that a message holds if a line end was let through.
const planted = "X-Injected"

// whole is nil when a message's head is lines of its own and nothing planted is
// among them.
func whole(m *raw.Message) error {
	if m.Has(planted) {
		return content("no field of a peer's making", planted+": "+m.Get(planted))
	}
	head, _, _ := bytes.Cut(m.Bytes, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if at := bytes.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }); at >= 0 {
			return content("no control character within a line", fmt.Sprintf("%q", line))
		}
		if bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte(planted)) {
			return content("no line of a peer's making", fmt.Sprintf("%q", line))
		}
	}
	return nil
}

// holds finds a text in a message as a word of its own: 10.0.0.1 is not in
// 10.0.0.10.
func holds(message []byte, text string) (line string, found bool) {
	for from := 0; ; {
		at := strings.Index(string(message[from:]), text)
		if at < 0 {
			return "", false
		}
		at += from
		from = at + len(text)
		if digit(message, at-1) && digit(message, at) || digit(message, from) && digit(message, from-1) {
			continue
		}
		begin := bytes.LastIndexByte(message[:at], '\n') + 1
		rest, _, _ := bytes.Cut(message[begin:], []byte("\r"))
		return string(rest), true
	}
}

func digit(b []byte, at int) bool { return at >= 0 && at < len(b) && b[at] >= '0' && b[at] <= '9' }
