package lab_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"fedge/conformance"
	"fedge/dns"
	"fedge/lab"
	"fedge/plan"
	"fedge/result"
	"fedge/sip/raw"
)

// TestInstruments uses each instrument of a lab's target once, as a case would.
func TestInstruments(t *testing.T) {
	w := start(t, lab.Config{Short: true})
	target, err := w.Target(w.Plan.Signaling()[0])
	if err != nil {
		t.Fatal(err)
	}
	needs := conformance.Needs{Trigger: true, DNS: true, Authority: true, Variant: true, Inside: true}
	run := func(id string, run func(context.Context, *conformance.Stand) error) conformance.Case {
		return conformance.Case{ID: id, Severity: conformance.Must, Needs: needs, Run: run}
	}
	got := conformance.Run(t.Context(), conformance.Config{Target: target, Cases: []conformance.Case{
		run("OUT-001", placed), run("OUT-002", misbehaved), run("OUT-003", varied), run("OUT-004", inside),
	}, Seed: 1})
	if got.Preflight != "good" || len(got.Cases) != 4 {
		t.Fatalf("preflight %s, %d cases", got.Preflight, len(got.Cases))
	}
	for _, c := range got.Cases {
		if c.Outcome != result.CasePass {
			t.Errorf("%s: %s (%s): expected %s, got %s", c.ID, c.Outcome, c.Class, c.Expected, c.Actual)
		}
	}
}

// placed meets a call of the node's and answers it.
func placed(ctx context.Context, s *conformance.Stand) error {
	partner, err := s.Partner(ctx)
	if err != nil {
		return err
	}
	placing, err := s.Place(ctx, conformance.Place{To: "sip:ben@" + partner.Domain})
	if err != nil {
		return err
	}
	p, err := partner.Edge.Accept(ctx)
	if err != nil {
		return err
	}
	if names := p.Identity().Names(); len(names) == 0 {
		return errors.New("the node proved no name")
	}
	invite, err := p.Await(ctx, "INVITE", raw.Request("INVITE"))
	if err != nil {
		return err
	}
	if err := p.Respond(invite, 603, "Decline", nil); err != nil {
		return err
	}
	if _, err := p.Await(ctx, "ACK", raw.Request("ACK")); err != nil {
		return err
	}
	told, err := placing.Result(ctx)
	if err != nil {
		return err
	}
	if told.SIP != 603 || partner.Edge.Count() != 1 {
		return fmt.Errorf("told %+v after %d connections", told, partner.Edge.Count())
	}
	return nil
}

// misbehaved lets the name server fail for one domain alone.
func misbehaved(ctx context.Context, s *conformance.Stand) error {
	domain := s.Domain()
	if err := s.Publish(domain, conformance.SRV(0, 0, 5061, "sip")); err != nil {
		return err
	}
	if err := s.Misbehave(domain, dns.Behaviour{Code: "SERVFAIL"}); err != nil {
		return err
	}
	placing, err := s.Place(ctx, conformance.Place{To: "sip:ben@" + domain})
	if err != nil {
		return err
	}
	told, err := placing.Result(ctx)
	if err != nil {
		return err
	}
	asked := s.Asked(domain)
	if told.Status < 400 || len(asked) == 0 || asked[0].Code != "SERVFAIL" {
		return fmt.Errorf("told %+v after questions %+v", told, asked)
	}
	return nil
}

// varied talks to a node with other rooms.
func varied(ctx context.Context, s *conformance.Stand) error {
	const other = "sip:elsewhere@" + lab.Domain
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) {
		p.Rooms = []plan.Room{{Name: "other", Aliases: []string{strings.TrimPrefix(other, "sip:")}}}
	}})
	if err != nil {
		return err
	}
	for _, try := range []struct {
		stand *conformance.Stand
		want  int
	}{{there, 200}, {s, 404}} {
		p, err := try.stand.Dial(ctx, try.stand.Target.Partner, nil)
		if err != nil {
			return err
		}
		invite := s.Request("INVITE", other, s.Target.Partner, s.CallID()).Length().Body("application/sdp", s.Offer())
		answer, err := p.Ask(ctx, invite.Bytes())
		if err != nil {
			return err
		}
		if answer.Status() != try.want {
			return fmt.Errorf("%s answers %s, want %d", try.stand.Target.Node, answer.StartLine, try.want)
		}
	}
	return nil
}

// inside reads a figure that only the node knows.
func inside(ctx context.Context, s *conformance.Stand) error {
	figures, err := s.Inside(ctx)
	if err != nil {
		return err
	}
	if figures["go_goroutines"] == 0 || figures["edge_build_info"] != 1 {
		return fmt.Errorf("figures %v", figures)
	}
	return nil
}
