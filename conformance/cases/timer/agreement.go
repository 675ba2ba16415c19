package timer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// agreementCases are about what the two ends agree on.
func agreementCases() []conformance.Case {
	media := conformance.Needs{Media: true}
	return []conformance.Case{{
		ID:    "TMR-001",
		Title: "A session interval is agreed",
		Requirement: "A node that claims session timers answers an INVITE that wants 1800 s with an interval no longer, who refreshes, " +
			"and Require: timer if that is the caller. What was the least before makes no later answer longer.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 4028 §9"},
		Needs:    conformance.Needs{Media: true, SessionTimers: true},
		Mutants:  []conformance.Mutant{{Name: "st.no-echo", Class: conformance.Content}, {Name: "st.none", Class: conformance.Content}},
		Run:      on(agree),
		Unclaimed: &conformance.Unclaimed{
			Title:       "Session timers are declined",
			Requirement: "A node that does not claim session timers refuses an INVITE that requires them with 420 and Unsupported: timer, takes one that supports them without Session-Expires in its 200, and does not name timer in Supported.",
			Refs:        []string{"RFC 3261 §8.2.2.3", "RFC 3261 §21.4.15", "RFC 4028 §9"},
			Run:         conformance.DeclinesExtension("timer", "Session-Expires: 1800"),
		},
	}, {
		ID:          "TMR-002",
		Title:       "An interval that is too short",
		Requirement: "An INVITE that wants 60 s is refused with 422, which is a MAY, or given no more than it wants; the 422 has a Min-SE of 90 or more, and the INVITE is taken when it wants that.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4028 §4", "RFC 4028 §6", "RFC 4028 §9"},
		Needs:       conformance.Needs{Media: true, SessionTimers: true},
		Mutants:     []conformance.Mutant{{Name: "st.no-422", Class: conformance.Status}},
		Run:         on(tooShort),
	}, {
		ID:    "TMR-003",
		Title: "A callee for whom our interval is too short",
		Requirement: "A 422 to the node's INVITE is followed by another INVITE, which is a MAY, of the same call and with the next CSeq number, which is a SHOULD, " +
			"and with an interval and Min-SE as the 422 wants them.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 4028 §7.3", "RFC 3261 §8.1.3.5"},
		Needs:    conformance.Needs{Called: true, SessionTimers: true},
		Mutants:  []conformance.Mutant{{Name: "st.no-retry", Class: conformance.Silence}},
		Run:      longer,
	}, {
		ID:          "TMR-006",
		Title:       "Nobody is forced to have a session timer",
		Requirement: "A caller who does not know session timers is answered without Require: timer and is not made to refresh, nor given an interval longer than a proxy asked for him.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4028 §9"},
		Needs:       media,
		Mutants:     []conformance.Mutant{{Name: "st.force", Class: conformance.Content}},
		Run:         on(unforced),
	}, {
		ID:          "TMR-008",
		Title:       "Intervals that make no sense",
		Requirement: "An interval of 0 is refused, which is a MAY, or not lengthened; one of 2^40 is refused or shortened, which is a SHOULD; one that is less than the Min-SE beside it is refused or not lengthened.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 4028 §4", "RFC 4028 §9"},
		Needs:       conformance.Needs{Media: true, SessionTimers: true},
		Mutants:     []conformance.Mutant{{Name: "st.zero", Class: conformance.Status}},
		Run:         on(senseless),
	}}
}

func agree(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	for _, want := range []string{"1800", "1800;refresher=uac"} {
		call, err := s.Establish(ctx, p, invite(s, true, methods, "Session-Expires: "+want))
		if err != nil {
			return err
		}
		call.Hangup(ctx)
		_, refresher, _ := strings.Cut(want, "refresher=")
		if _, err := agreed(call.Answer, 1800, refresher); err != nil {
			return err
		}
	}
	return shortened(ctx, s, p)
}

// shortened has a session whose least was its length refreshed with a shorter
// one (RFC 4028 §9: the answer's interval is no longer than the request's).
func shortened(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, invite(s, true, methods, "Session-Expires: 1800", "Min-SE: 1800"))
	if err != nil {
		return err
	}
	defer call.Hangup(ctx)
	answer, err := call.Ask(ctx, call.Refresh("UPDATE", nil).Line("Supported: timer").Line("Session-Expires: 600;refresher=uac"))
	if err != nil {
		return err
	}
	if answer.Status() == 405 || answer.Status() == 501 {
		s.Note("the node takes no UPDATE")
		return nil
	}
	if err := conformance.Gets(answer, 200); err != nil {
		return err
	}
	_, err = agreed(answer, 600, "uac")
	return err
}

// refusal sends an INVITE and returns its final response, which is acknowledged
// and hung up if it has to be.
func refusal(ctx context.Context, s *conformance.Stand, p *conformance.Peer, request []byte) (*raw.Message, error) {
	m, err := raw.Parse(request)
	if err != nil {
		return nil, err
	}
	answer, err := p.Ask(ctx, request)
	if err != nil {
		return nil, err
	}
	call := conformance.Answered(s, p, m, answer)
	if err := call.Ack(); err != nil {
		return nil, err
	}
	if answer.Status() < 300 {
		call.Hangup(ctx)
	}
	return answer, nil
}

func tooShort(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	answer, err := refusal(ctx, s, p, invite(s, true, methods, "Session-Expires: 60"))
	if err != nil {
		return err
	}
	if answer.Status() != 422 {
		return tookShort(s, answer)
	}
	number, _, _ := strings.Cut(answer.Get("Min-SE"), ";") // RFC 4028 §5: it may have parameters
	least, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || least < 90 {
		return conformance.Fault(conformance.Content, "a Min-SE of 90 or more in the 422", answer.Get("Min-SE"))
	}
	call, err := s.Establish(ctx, p, invite(s, true, methods, fmt.Sprintf("Session-Expires: %d", least), fmt.Sprintf("Min-SE: %d", least)))
	if err != nil {
		return err
	}
	call.Hangup(ctx)
	_, err = agreed(call.Answer, least, "")
	return err
}

// tookShort judges another answer than 422 to an INVITE that wants 60 s: it may
// be taken, for nobody has to refuse it (RFC 4028 §9), but never lengthened.
func tookShort(s *conformance.Stand, answer *raw.Message) error {
	refusal := conformance.Fault(conformance.Status, "422 to a session of 60 s", answer.StartLine)
	if answer.Status() >= 300 {
		return refusal
	}
	if got, err := interval(answer); err != nil || got.there && got.seconds > 60 {
		return conformance.Fault(conformance.Content, "422, or a session of 60 s at most", answer.Get("Session-Expires"))
	}
	return s.Lesser(conformance.May, refusal)
}

func longer(ctx context.Context, s *conformance.Stand) error {
	in, err := s.Called(ctx)
	if err != nil {
		return err
	}
	wants, err := interval(in.Invite)
	if err != nil {
		return err
	}
	if !wants.there {
		return conformance.Preamble(errors.New("the node's INVITE wants no session timer, so that none can be too short"))
	}
	more := strconv.Itoa(wants.seconds * 2)
	short, err := in.Response(422, "Session Interval Too Small", "fedge").Header("Min-SE", more).Length().Message()
	if err != nil {
		return err
	}
	if err := in.Tell(short); err != nil {
		return err
	}
	if _, err := in.Await(ctx, "ACK of the 422", in.Mine("ACK")); err != nil {
		return err
	}
	again, err := in.Await(ctx, "another INVITE, with a longer interval", raw.And(raw.Request("INVITE"), raw.Not(raw.ForCSeq(1, "INVITE"))))
	if err != nil {
		return s.Lesser(conformance.May, err) // RFC 4028 §7.3: the UAC MAY retry
	}
	before, _ := in.Invite.CSeq()
	for _, field := range []struct{ what, got, want string }{
		{"Call-ID", again.CallID(), in.Invite.CallID()},
		{"From", again.Get("From"), in.Invite.Get("From")},
		{"To", again.Get("To"), in.Invite.Get("To")},
		{"CSeq", again.Get("CSeq"), fmt.Sprintf("%d INVITE", before+1)},
		{"Min-SE", again.Get("Min-SE"), more},
	} {
		if !conformance.EqualField(field.what, field.got, field.want) {
			err := conformance.Fault(conformance.Content, field.what+" "+field.want+" in the second INVITE", field.got)
			if field.what == "Min-SE" {
				return err
			}
			if err := s.Lesser(conformance.Should, err); err != nil { // RFC 3261 §8.1.3.5
				return err
			}
		}
	}
	if got, err := interval(again); err != nil || got.seconds < wants.seconds*2 {
		return conformance.Fault(conformance.Content, "Session-Expires of "+more+" or more", again.Get("Session-Expires"))
	}
	in.Invite = again
	if err := in.Take(ctx, "Require: timer", "Session-Expires: "+more+";refresher=uac"); err != nil {
		return err
	}
	in.Hangup(ctx)
	return nil
}

func unforced(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := s.Establish(ctx, p, invite(s, false, methods))
	if err != nil {
		return err
	}
	call.Hangup(ctx)
	got, err := interval(call.Answer)
	switch {
	case err != nil:
		return err
	case requires(call.Answer, "timer"):
		return conformance.Fault(conformance.Content, "no Require: timer to a caller who does not know it", call.Answer.Get("Require"))
	case got.there && got.refresher != "uas":
		return conformance.Fault(conformance.Content, "no Session-Expires, or one that is on the node", call.Answer.Get("Session-Expires"))
	}
	// A proxy's 60 s may be refused, or left out; they are not the node's to lengthen.
	answer, err := refusal(ctx, s, p, invite(s, false, methods, "Session-Expires: 60"))
	if err != nil {
		return err
	}
	if got, err = interval(answer); err != nil || answer.Status() < 300 && got.there && got.seconds > 60 {
		return conformance.Fault(conformance.Content, "no Session-Expires, or one of 60 s at most", answer.Get("Session-Expires"))
	}
	// Who knows timers but wants none may be given one, as long as it is a proper one.
	call, err = s.Establish(ctx, p, invite(s, true, methods))
	if err != nil {
		return err
	}
	call.Hangup(ctx)
	if call.Answer.Get("Session-Expires") != "" {
		_, err = agreed(call.Answer, 1<<31-1, "")
	}
	return err
}
