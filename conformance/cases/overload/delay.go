package overload

import (
	"context"
	"fmt"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

func delayCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "OVL-008",
		Title:       "Calls that come at once are heard at once",
		Requirement: "Of twenty calls that arrive together each gets its first response within half a second.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §17.2.1", "RFC 6076 §4.3.1"},
		Needs:       conformance.Needs{Media: true, ClientCertificate: true},
		Alone:       true,
		Mutants:     []conformance.Mutant{{Name: "ovl.queue", Class: conformance.Content}},
		Run:         together,
	}}
}

func together(ctx context.Context, s *conformance.Stand) error {
	const calls, bound = 20, 500 * time.Millisecond
	p, err := dial(ctx, s, s.Target.Partner)
	if err != nil {
		return err
	}
	invites := map[string]*raw.Message{}
	var all []byte
	for range calls {
		invite, err := s.Invite(s.Target.Partner, s.Offer()).Message()
		if err != nil {
			return err
		}
		invites[invite.CallID()] = invite
		all = append(all, invite.Bytes...)
	}
	began := time.Now()
	if err := p.Send(all, fmt.Sprintf("INVITE, %d times", calls)); err != nil {
		return err
	}
	heard := map[string]bool{}
	var worst time.Duration
	var up []*conformance.Call
	for len(heard) < calls || len(up) < calls {
		answer, err := p.Await(ctx, "a response to each INVITE", raw.Response())
		if err != nil {
			return err
		}
		invite, mine := invites[answer.CallID()]
		if !mine {
			continue
		}
		if !heard[answer.CallID()] {
			heard[answer.CallID()] = true
			worst = time.Since(began)
		}
		if _, method := answer.CSeq(); method != "INVITE" || answer.Status() < 200 || invite == nil {
			continue
		}
		invites[answer.CallID()] = nil // a copy of the 2xx says nothing new
		call := conformance.Answered(s, p, invite, answer)
		if err := call.Ack(); err != nil {
			return err
		}
		if err := conformance.Gets(answer, 200); err != nil {
			return err
		}
		up = append(up, call)
	}
	for _, call := range up {
		call.Hangup(ctx)
	}
	s.Note("the last of %d calls was heard after %s", calls, worst)
	if worst > bound {
		return &conformance.Mismatch{Class: conformance.Content, Expected: fmt.Sprintf("each of %d calls heard within %s", calls, bound), Actual: worst.String()}
	}
	return nil
}
