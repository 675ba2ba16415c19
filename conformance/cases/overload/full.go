package overload

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

func fullCases() []conformance.Case {
	return []conformance.Case{{
		ID:          "OVL-001",
		Title:       "A full node says when to come back",
		Requirement: "A node that carries as many calls as it may refuses the next with 503 and Retry-After.",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §21.5.4", "RFC 3261 §20.33"},
		Needs:       fullNode,
		Mutants:     []conformance.Mutant{{Name: "ovl.no-ra", Class: conformance.Content}},
		Run: whenFull(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer, call *conformance.Call) error {
			return refused(ctx, s, p)
		}),
	}, {
		ID:          "OVL-004",
		Title:       "A full node serves the calls that it has",
		Requirement: "While new calls are refused for lack of room, requests within calls are served, and BYE above all.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5390 §5", "RFC 7339 §5.10.1"},
		Needs:       fullNode,
		Mutants:     []conformance.Mutant{{Name: "ovl.drop-bye", Class: conformance.Status}},
		Run: whenFull(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer, call *conformance.Call) error {
			for _, method := range []string{"OPTIONS", "BYE"} {
				answer, err := call.Request(ctx, method)
				if err != nil {
					return err
				}
				if err := conformance.Gets(answer, 200); err != nil {
					return err
				}
			}
			return nil
		}),
	}, {
		ID:          "OVL-005",
		Title:       "A node that was full takes calls again",
		Requirement: "When a call of a full node has ended the next one is answered.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5390 §5"},
		Needs:       fullNode,
		Mutants:     []conformance.Mutant{{Name: "ovl.sticky", Class: conformance.Status}},
		Run: whenFull(func(ctx context.Context, s *conformance.Stand, p *conformance.Peer, call *conformance.Call) error {
			if err := refused(ctx, s, p); err != nil {
				return conformance.Preamble(err)
			}
			call.Hangup(ctx)
			answer, err := s.Try(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
			if err != nil {
				return err
			}
			return conformance.Gets(answer, 200)
		}),
	}, {
		ID:          "OVL-009",
		Title:       "One partner's flood leaves room for another",
		Requirement: "A partner that fills a node with calls, and goes on calling, neither fills it nor makes others wait: each of another partner's calls is answered, 99 in 100 within twice what they take of an idle node, or 100 ms more than that.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 5390 §5", "RFC 7339 §5.10.2"},
		Needs:       conformance.Needs{Media: true, ClientCertificate: true, Variant: true, Authority: true, DNS: true},
		Mutants:     []conformance.Mutant{{Name: "ovl.no-fair", Class: conformance.Status}},
		Run:         flooded,
	}}
}

// whenFull puts a node to the test that carries one call, and does.
func whenFull(then func(context.Context, *conformance.Stand, *conformance.Peer, *conformance.Call) error) func(context.Context, *conformance.Stand) error {
	return func(ctx context.Context, s *conformance.Stand) error {
		there, err := holding(ctx, s, 1)
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
		return then(ctx, there, p, call)
	}
}

// refused wants a call turned away for lack of room, and told for how long.
func refused(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	answer, err := s.Try(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 503); err != nil {
		return err
	}
	_, err = conformance.RetryAfter(answer)
	return err
}

func flooded(ctx context.Context, s *conformance.Stand) error {
	const room = 10
	there, err := holding(ctx, s, room)
	if err != nil {
		return err
	}
	other, err := another(s)
	if err != nil {
		return err
	}
	q, err := dial(ctx, there, other)
	if err != nil {
		return err
	}
	idle, err := p99(ctx, there, q, other)
	if err != nil {
		return conformance.Preamble(err)
	}
	p, err := dial(ctx, there, s.Target.Partner)
	if err != nil {
		return err
	}
	up := 0
	for range 2 * room {
		if _, err := there.Establish(ctx, p, there.Invite(s.Target.Partner, s.Offer()).Bytes()); err == nil {
			up++
		}
	}
	s.Note("of %d calls of one partner %d are up", 2*room, up)
	if up < room/2 {
		return conformance.Preamble(fmt.Errorf("a node for %d calls takes %d of one partner", room, up))
	}
	end, refused := flood(ctx, there, p)
	busy, err := p99(ctx, there, q, other)
	end()
	if err != nil {
		return err
	}
	s.Note("99 in 100 calls of the other took %s at most, and %s beside %d more of the first partner's", idle, busy, refused.Load())
	if most := max(2*idle, idle+100*time.Millisecond); busy > most {
		return &conformance.Mismatch{Class: conformance.Silence, Expected: fmt.Sprintf("99 in 100 calls of the other partner answered within %s", most), Actual: busy.String()}
	}
	return nil
}

// p99 makes a hundred calls, one after the other, and says how long all but one
// took at most to be answered and ended.
func p99(ctx context.Context, s *conformance.Stand, p *conformance.Peer, as conformance.Identity) (time.Duration, error) {
	var took []time.Duration
	for range 100 {
		began := time.Now()
		answer, err := s.Try(ctx, p, s.Invite(as, s.Offer()).Bytes())
		if err == nil {
			err = conformance.Gets(answer, 200)
		}
		if err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[98], nil
}

// flood calls over and over on a connection, ten at a time and 2,000 a second at
// most, until it is ended: beyond that it would be our own work that is slow. What
// becomes of it is its own affair; answered counts the refusals.
func flood(ctx context.Context, s *conformance.Stand, p *conformance.Peer) (end func(), answered *atomic.Int64) {
	const atOnce, most, pause = 10, 2000, 5 * time.Millisecond
	var invites []*raw.Message // made now: a stand is one goroutine's
	for range most {
		if m, err := s.Invite(s.Target.Partner, s.Offer()).Message(); err == nil {
			invites = append(invites, m)
		}
	}
	answered = new(atomic.Int64)
	ctx, stop := context.WithCancel(ctx)
	var crew sync.WaitGroup
	crew.Go(func() {
		for some := range slices.Chunk(invites, atOnce) {
			under := map[string]*raw.Message{}
			for _, m := range some {
				under[m.CallID()] = m
				if p.Send(m.Bytes, "INVITE") != nil {
					return
				}
			}
			for len(under) > 0 && ctx.Err() == nil {
				answer, err := p.Await(ctx, "an answer to each INVITE", func(m *raw.Message) bool { return raw.Final()(m) && under[m.CallID()] != nil })
				if err != nil {
					return
				}
				answered.Add(1)
				_ = conformance.Answered(s, p, under[answer.CallID()], answer).Ack() // its loss is the next one's
				delete(under, answer.CallID())
			}
			if s.Wait(ctx, pause) != nil {
				return
			}
		}
	})
	return func() { stop(); crew.Wait() }, answered
}
