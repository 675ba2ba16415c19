package transaction

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fedge/conformance"
	"fedge/sip/raw"
)

// timerCases are about the node's requests other than INVITE. It sends none
// outside of calls, so that the catalogue's MESSAGE is a session refresh here.
func timerCases() []conformance.Case {
	return []conformance.Case{{
		ID:    "TXN-026",
		Title: "A request that nobody answers",
		Requirement: "A request of the node's within a call goes out once over TLS; without final response after 64*T1 it counts as 408, " +
			"and the call is ended with BYE, which is a SHOULD.",
		Severity: conformance.Must,
		Refs:     []string{"RFC 3261 §17.1.2.2", "RFC 3261 §8.1.3.1", "RFC 3261 §12.2.1.2"},
		Needs:    conformance.Needs{Media: true, SessionTimers: true},
		Mutants:  []conformance.Mutant{{Name: "tx.no-f", Class: conformance.Silence}},
		Lasts:    130,
		Run:      on(unansweredRequest),
	}}
}

// interval is one in which 64*T1, 32 s, are over long before the session is.
const interval = 180

func unansweredRequest(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	offer := append(s.Offer(), "a=inactive\r\n"...) // so that the silence of our media ends nothing
	plain := string(s.Invite(s.Target.Partner, offer).Bytes())
	call, err := s.Establish(ctx, p, []byte(strings.Replace(plain, "Supported: timer\r\n",
		fmt.Sprintf("Supported: timer\r\nSession-Expires: %d;refresher=uas\r\n", interval), 1)))
	if err != nil {
		return conformance.Preamble(err)
	}
	if refresher, _ := call.Answer.Param("Session-Expires", "refresher"); !strings.EqualFold(refresher, "uas") {
		return conformance.Preamble(errors.New("the node does not agree to refresh a session"))
	}
	mine := raw.And(raw.Request(""), raw.InCall(call.Invite.CallID()))
	refresh, err := p.Within(interval*s.Second()).Await(ctx, "a session refresh", mine)
	if err != nil {
		return conformance.Preamble(err)
	}
	if refresh.Method() == "BYE" {
		return conformance.Preamble(fmt.Errorf("the node hung up before it had to refresh: %s", refresh.Get("Reason")))
	}
	bye, err := p.Within(64*s.T1()*3/2).Await(ctx, "BYE once nobody has answered for 64*T1", mine)
	if err != nil {
		return s.Lesser(conformance.Should, err) // RFC 3261 §12.2.1.2
	}
	if bye.Method() != "BYE" {
		return conformance.Fault(conformance.Accepted, "one "+refresh.Method()+", and BYE once nobody has answered it", bye.StartLine)
	}
	if err := p.Send(raw.Respond(bye, 200, "OK", "").Length().Bytes(), "200 BYE"); err != nil {
		return err
	}
	return never(ctx, p, while(s), "silence after the BYE", mine)
}
