package trust

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

func voiceCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TRU-019",
		Title:       "Responses from the verified connection only",
		Requirement: "A response to the node's INVITE that comes over another connection, though it is right in every header, is no response.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.1.2", "RFC 3261 §26.3.2.2"},
		Needs:       conformance.Needs{Trigger: true, DNS: true, Authority: true},
		Mutants:     []conformance.Mutant{{Name: "sec.resp-any", Class: conformance.Accepted}},
		Run:         strangersAnswer,
	}, {
		ID:          "TRU-020",
		Title:       "Refusals say nothing about the inside",
		Requirement: "The refusal of a stranger, of an unknown alias or of an offer names no host or address of the inside, nor how the node came to it: ms-diagnostics is for the inside, ms-diagnostics-public for others.",
		Severity:    conformance.Should,
		Refs:        []string{"[MS-OCER] 2.2.1", "RFC 3261 §20.43"},
		Needs:       proves,
		Mutants:     []conformance.Mutant{{Name: "diag.leak", Class: conformance.Content}},
		Run:         discreet,
	}}
}

func strangersAnswer(ctx context.Context, s *conformance.Stand) error {
	in, err := s.Called(ctx)
	if err != nil {
		return err
	}
	other, err := partner(s)
	if err != nil {
		return err
	}
	q, err := dial(ctx, s, other)
	if err != nil {
		return err
	}
	if err := q.Send(in.Answer().Bytes, "200 INVITE, by a stranger"); err != nil {
		return err
	}
	// It was heard and passed over: the connection serves its own requests.
	answer, err := q.Ask(ctx, s.Options(other))
	if m, ok := errors.AsType[*conformance.Mismatch](err); ok && m.Class == conformance.Closed {
		err = nil // so may it treat one who sends what it was not asked for
	} else if err == nil {
		err = conformance.Gets(answer, 200)
	}
	if err != nil {
		return err
	}
	if err := in.Quiet(ctx, 2*s.T1()); err != nil {
		return err
	}
	if err := in.Respond(in.Invite, 486, "Busy Here", nil); err != nil {
		return err
	}
	if _, err := in.Await(ctx, "ACK", in.Mine("ACK")); err != nil {
		return err
	}
	placed, err := in.Placing.Result(ctx)
	if err != nil {
		return err
	}
	if placed.SIP != 486 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "the partner's 486 to end the call", Actual: placed.Body}
	}
	return nil
}

func discreet(ctx context.Context, s *conformance.Stand) error {
	p, err := dial(ctx, s, s.Target.Partner)
	if err != nil {
		return err
	}
	nowhere := s.Request("INVITE", "sip:no.such.room.fedge@"+s.Target.Domain, s.Target.Partner, s.CallID()).
		Length().Body("application/sdp", s.Offer())
	stranger := s.Invite(spoofed(s), s.Offer())
	unreadable := s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).Length().Body("application/sdp", []byte("v=0\r\n"))
	for _, invite := range []*raw.Builder{stranger, nowhere, unreadable} {
		answer, err := s.Try(ctx, p, invite.Bytes())
		if err != nil {
			return err
		}
		if answer.Status() < 400 {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: "a refusal", Actual: answer.StartLine}
		}
		if err := tellsNothing(s, answer); err != nil {
			return err
		}
	}
	return nil
}

// echoed are the headers that a response has from its request, and those that
// are the node's public name, with their short forms.
var echoed = []string{"Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq", "Record-Route", "Contact", "m"}

// hostName finds what looks like a host, hostAddress what looks like an IPv4
// address, machinery the words of programs about themselves.
var (
	hostName    = regexp.MustCompile(`(?i)\b[a-z0-9-]+(\.[a-z0-9-]+)+\.[a-z]{2,}\b`)
	hostAddress = regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b`)
	machinery   = regexp.MustCompile(`(?i)goroutine|panic|exception|stack trace|errno|/(usr|var|opt|etc|home)/|_tcp\.|x509|0x[0-9a-f]{6,}`)
)

// tellsNothing looks through what the node itself wrote.
func tellsNothing(s *conformance.Stand, answer *raw.Message) error {
	public := []string{s.Target.Pool, s.Target.Domain, s.Target.Partner.Domain, s.Target.Partner.Host}
	leak := func(what string) error {
		return &conformance.Mismatch{Class: conformance.Content, Expected: "nothing about the inside in a refusal", Actual: what}
	}
	text := []string{answer.Reason(), string(answer.Body)}
	for _, h := range answer.Headers {
		if h.Is("ms-diagnostics") {
			return leak(h.Name + ": " + h.Value)
		}
		if !slices.ContainsFunc(echoed, h.Is) {
			text = append(text, h.Name+": "+h.Value)
		}
	}
	for _, line := range text {
		for _, host := range hostName.FindAllString(line, -1) {
			if !slices.ContainsFunc(public, func(known string) bool { return strings.EqualFold(known, host) }) {
				return leak(fmt.Sprintf("the host %s in %q", host, line))
			}
		}
		for _, found := range hostAddress.FindAllString(line, -1) {
			if addr, err := netip.ParseAddr(found); err == nil && addr != s.Target.Address.Addr() {
				return leak(fmt.Sprintf("the address %s in %q", found, line))
			}
		}
		if word := machinery.FindString(line); word != "" {
			return leak(fmt.Sprintf("%q in %q", word, line))
		}
	}
	return nil
}
