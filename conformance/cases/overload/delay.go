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
		Requirement: "Of calls that arrive together, up to 80 % of what the node carries (100 of 125; 20 where that cannot be set), 99 in 100 get their first response within half a second.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §17.2.1", "RFC 6076 §4.3.1"},
		Needs:       conformance.Needs{Media: true, ClientCertificate: true},
		Alone:       true,
		Mutants:     []conformance.Mutant{{Name: "ovl.queue", Class: conformance.Content}},
		Run:         together,
	}}
}

// together has the calls arrive at once: worse than any rate that they come at.
func together(ctx context.Context, s *conformance.Stand) error {
	const bound = 500 * time.Millisecond
	calls := 20
	if s.Target.Instruments.Variant != nil {
		there, err := holding(ctx, s, 125)
		if err != nil {
			return err
		}
		s, calls = there, 100
	}
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
	var took []time.Duration
	var up []*conformance.Call
	for len(up) < calls {
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
			took = append(took, time.Since(began))
		}
		if late := calls - len(took); time.Since(began) > bound && late > calls/100 {
			return &conformance.Mismatch{Class: conformance.Content, Expected: fmt.Sprintf("99 in 100 of %d calls heard within %s", calls, bound), Actual: fmt.Sprintf("%d are not", late), Timed: true}
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
	p99 := took[(calls*99+99)/100-1]
	s.Note("of %d calls 99 in 100 were heard within %s, the last after %s", calls, p99, took[calls-1])
	if p99 > bound {
		return &conformance.Mismatch{Class: conformance.Content, Expected: fmt.Sprintf("99 in 100 of %d calls heard within %s", calls, bound), Actual: p99.String(), Timed: true}
	}
	return nil
}
