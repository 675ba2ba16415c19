// Package sdp holds the cases about offers and answers (RFC 3264, [MS-SDPEXT]).
package sdp

import (
	"context"
	"fmt"

	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return []conformance.Case{{
		ID:          "SDP-001",
		Title:       "Media lines kept in number and order",
		Requirement: "The answer to three m= lines has three m= lines in the same order; what the node does not take has port 0.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3264 §6"},
		Needs:       conformance.Needs{Media: true},
		Mutants:     []conformance.Mutant{{Name: "sdp.drop-m", Class: conformance.Content}},
		Run:         threeLines,
	}}
}

// threeLines offers audio between two lines that nobody takes: one of an
// unknown type, and Lync's application sharing without a candidate.
func threeLines(ctx context.Context, s *conformance.Stand) error {
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	offer := s.OfferHead() +
		"m=applicationsharing 9 TCP/RTP/SAVP 127\r\na=rtpmap:127 x-data/90000\r\n" +
		conformance.Audio(9, conformance.Crypto(1)) +
		"m=x-fedge 9 UDP/x-fedge 99\r\n"
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, []byte(offer)).Bytes())
	if err != nil {
		return err
	}
	defer call.Hangup(ctx)
	sections := conformance.MediaLines(call.Answer.Body)
	want := []string{"applicationsharing", "audio", "x-fedge"}
	var got []string
	for _, m := range sections {
		got = append(got, m.Kind)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return &conformance.Mismatch{Class: conformance.Content, Expected: fmt.Sprintf("m= lines %v", want), Actual: fmt.Sprint(got)}
	}
	if sections[1].Port == "0" {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "audio taken", Actual: "m=audio 0"}
	}
	for _, i := range []int{0, 2} {
		if sections[i].Port != "0" {
			return &conformance.Mismatch{
				Class: conformance.Content, Expected: "port 0 for what is not taken",
				Actual: "m=" + sections[i].Kind + " " + sections[i].Port,
			}
		}
	}
	return nil
}
