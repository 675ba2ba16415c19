package overload

import (
	"context"
	"fmt"

	"fedge/conformance"
	"fedge/dns"
)

func drainCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "OVL-006",
		Title:       "A node that goes ends no call",
		Requirement: "A node that is told to end refuses new calls with 503, and serves those that are up until they are over.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §21.5.4"},
		Needs:       fullNode,
		Mutants:     []conformance.Mutant{{Name: "ops.hard-stop", Class: conformance.Closed}},
		Run:         draining,
	}, {
		ID:          "OVL-007",
		Title:       "Calls go on without DNS",
		Requirement: "When the name server is silent about a partner's domain, the partner's calls that are up are served, and so are new calls of others.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2"},
		Needs:       conformance.Needs{Media: true, ClientCertificate: true, Authority: true, DNS: true},
		Mutants:     []conformance.Mutant{{Name: "dns.block-all", Class: conformance.Silence}},
		Run:         withoutDNS,
	}}
}

func draining(ctx context.Context, s *conformance.Stand) error {
	there, err := holding(ctx, s, 100)
	if err != nil {
		return err
	}
	p, err := dial(ctx, there, s.Target.Partner)
	if err != nil {
		return err
	}
	call, err := there.Establish(ctx, p, there.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := there.Drain(); err != nil {
		return err
	}
	// The node hears of it beside its calls, so that one or two may still come in.
	for tries := 0; ; tries++ {
		answer, err := there.Try(ctx, p, there.Invite(s.Target.Partner, s.Offer()).Bytes())
		if err != nil {
			return err
		}
		if answer.Status() == 200 && tries < 100 {
			continue
		}
		if err := conformance.Gets(answer, 503); err != nil {
			return err
		}
		break
	}
	return served(ctx, call)
}

// served wants the call alive, and ended by BYE.
func served(ctx context.Context, call *conformance.Call) error {
	for _, method := range []string{"OPTIONS", "INFO", "BYE"} {
		answer, err := call.Request(ctx, method)
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 200); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
	}
	return nil
}

func withoutDNS(ctx context.Context, s *conformance.Stand) error {
	as, err := another(s)
	if err != nil {
		return err
	}
	p, err := dial(ctx, s, as)
	if err != nil {
		return err
	}
	call, err := s.Establish(ctx, p, s.Invite(as, s.Offer()).Bytes())
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := s.Misbehave(as.Domain, dns.Behaviour{Silent: true}); err != nil {
		return err
	}
	if err := served(ctx, call); err != nil {
		return err
	}
	q, err := dial(ctx, s, s.Target.Partner)
	if err != nil {
		return err
	}
	answer, err := s.Try(ctx, q, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	return conformance.Gets(answer, 200)
}
