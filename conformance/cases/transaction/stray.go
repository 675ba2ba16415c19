package transaction

import (
	"context"

	"fedge/conformance"
	"fedge/sip/raw"
)

// strayCases are about what belongs to no transaction of the node's.
func strayCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "TXN-027",
		Title:       "A stray response is discarded",
		Requirement: "Responses whose branch is none of the node's cause nothing: no answer, no end of the connection.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §18.1.2", "RFC 3261 §8.1.3.3"},
		Mutants:     []conformance.Mutant{{Name: "tx.stray", Class: conformance.Closed}},
		Run:         on(stray),
	}}
}

func stray(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	node := s.Target.Partner // what the node would have sent, had it sent anything
	node.Host = s.Target.Node
	for _, method := range []string{"INVITE", "OPTIONS", "BYE", "CANCEL"} {
		request, err := s.Request(method, "sip:nobody@"+s.Target.Partner.Domain, node, s.CallID()).Length().Message()
		if err != nil {
			return err
		}
		for _, status := range []int{100, 180, 200, 404} {
			answer := raw.Respond(request, status, "Stray", s.Tag()).
				Header("Contact", "<sip:"+s.Target.Partner.Host+":5061;transport=tls>").Length().Bytes()
			if err := p.Send(answer, "a stray response"); err != nil {
				return err
			}
		}
	}
	if _, err := p.Ask(ctx, s.Options(s.Target.Partner)); err != nil {
		return err
	}
	return never(ctx, p, while(s), "no answer to a response", raw.Not(raw.Request("OPTIONS")))
}
