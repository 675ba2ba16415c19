// Package srtp holds the cases about SRTP keying by description (RFC 4568).
package srtp

import (
	"context"
	"fmt"
	"regexp"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return []conformance.Case{{
		ID:          "SRT-001",
		Title:       "Crypto answered under the offered tag",
		Requirement: "An offer whose only crypto line has tag 2 is answered with one crypto line: tag 2, the same suite, a key of the node's own.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4568 §5.1.2", "RFC 4568 §6.1"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     []conformance.Mutant{{Name: "srtp.tag1", Class: conformance.Content}},
		Run:         tagTwo,
	}}
}

// answer is a crypto attribute of RFC 4568 §9.1 with the one suite that Lync
// speaks ([MS-SDPEXT] 3.1.5.17): 16 bytes of key and 14 of salt, base64.
var answer = regexp.MustCompile(`^2 AES_CM_128_HMAC_SHA1_80 inline:([A-Za-z0-9+/]{40})(\|(2\^\d+|\d+))?(\|\d+:\d+)?$`)

func tagTwo(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	offered := conformance.Crypto(2)
	offer := s.OfferHead() + conformance.Audio(9, offered)
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, []byte(offer)).Bytes())
	if err != nil {
		return err
	}
	defer call.Hangup(ctx)
	sections := conformance.MediaLines(call.Answer.Body)
	if len(sections) != 1 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "one m= line", Actual: fmt.Sprint(len(sections))}
	}
	lines := sections[0].Attributes("crypto")
	if len(lines) != 1 {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "one a=crypto line", Actual: fmt.Sprint(len(lines))}
	}
	if !answer.MatchString(lines[0]) {
		tag, _, _ := cut(lines[0])
		return &conformance.Mismatch{Class: conformance.Content, Expected: "tag 2 with AES_CM_128_HMAC_SHA1_80 and 30 bytes of key", Actual: "tag " + tag}
	}
	if _, _, key := cut(lines[0]); "a=crypto:2 AES_CM_128_HMAC_SHA1_80 "+key+"\r\n" == offered {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "a key of the node's own", Actual: "our key, sent back"}
	}
	return nil
}
