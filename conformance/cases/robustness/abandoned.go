package robustness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"fedge/conformance"
	"fedge/plan"
	"fedge/sip/raw"
)

func abandoned() []conformance.Case {
	return []conformance.Case{{
		ID:          "ROB-013",
		Title:       "INVITEs to nobody, without ACK",
		Requirement: "An INVITE to an alias that is not there is refused with 404 and leaves nothing behind 64*T1 later, acknowledged or not.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §17.2.1", "RFC 3261 §21.4.5"},
		Needs:       conformance.Needs{Variant: true, Inside: true},
		Destructive: true,
		Mutants:     conformance.Kills("tx.leak", conformance.Content),
		Lasts:       32,
		Run:         varied(conformance.Variant{}, toNobody),
	}, {
		ID:          "ROB-014",
		Title:       "Calls that are begun and left",
		Requirement: "Of 1,000 calls whose 200 is never acknowledged nothing is left once that timer (64*T1) has run out and BYE is answered; where BYE is not answered either, once its own has, too.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §13.3.1.4", "RFC 3261 §17.1.2.2"},
		Needs:       conformance.Needs{Variant: true, Inside: true, Media: true},
		Destructive: true,
		Mutants:     conformance.Kills("dlg.leak", conformance.Content),
		Lasts:       64,
		Run:         varied(conformance.Variant{Plan: unpaced}, unacknowledged),
	}, {
		ID:          "ROB-015",
		Title:       "Calls whose connection is reset",
		Requirement: "Calls whose connection is gone, and whose peer cannot be reached any more, are ended.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §12.2.1.2", "RFC 5923 §4.2"},
		Needs:       conformance.Needs{Variant: true, Inside: true, Media: true},
		Destructive: true,
		Mutants:     conformance.Kills("dlg.leak-rst", conformance.Content),
		Lasts:       62,
		Run:         varied(conformance.Variant{Plan: withoutMedia}, reset),
	}}
}

// withoutMedia makes calls cheap: these cases are about what signalling holds.
func withoutMedia(p *plan.Plan) {
	p.Rooms = slices.Clone(p.Rooms)
	for i := range p.Rooms {
		p.Rooms[i].Media = plan.MediaNone
	}
}

// unpaced lets the node say BYE as often as it has to: a thousand take a minute
// of a partner who takes twenty messages a second.
func unpaced(p *plan.Plan) {
	withoutMedia(p)
	p.Limits.Outbound = 100_000
}

// figures reads what the node holds, and wants all of it told.
func figures(ctx context.Context, s *conformance.Stand) (conformance.Inside, error) {
	before, err := s.Inside(ctx)
	if err == nil {
		err = exported(before, held...)
	}
	return before, conformance.Preamble(err)
}

func toNobody(ctx context.Context, s *conformance.Stand) error {
	const n, atOnce = 300, 50 // a peer may bound how much of one connection's it has in hand
	before, err := figures(ctx, s)
	if err != nil {
		return err
	}
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	invites := map[string]*raw.Message{}
	send := func() error {
		m, err := s.Request("INVITE", "sip:nobody."+s.Tag()+"@"+s.Target.Domain, s.Target.Partner, s.CallID()).
			Length().Body("application/sdp", s.Offer()).Message()
		if err != nil {
			return err
		}
		invites[m.CallID()] = m
		return p.Send(m.Bytes, "INVITE")
	}
	for i := range n {
		for i%atOnce == 0 && len(invites) < i+atOnce {
			if err := send(); err != nil {
				return err
			}
		}
		answer, err := p.Await(ctx, fmt.Sprintf("404 to all of %d INVITEs", n), raw.Final())
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 404); err != nil {
			return err
		}
		if i%2 == 0 {
			continue // never acknowledged
		}
		if err := conformance.Answered(s, p, invites[answer.CallID()], answer).Ack(); err != nil {
			return err
		}
	}
	return reading(p, nil, func() error { return settles(ctx, s, before, 64*s.T1()+patience, held...) })
}

func unacknowledged(ctx context.Context, s *conformance.Stand) error {
	const n, atOnce = 1000, 25
	before, err := figures(ctx, s)
	if err != nil {
		return err
	}
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	answered := map[string]bool{}
	for sent := 0; len(answered) < n; {
		for len(answered) == sent && sent < n || sent%atOnce != 0 {
			if err := p.Send(s.Invite(s.Target.Partner, s.Offer()).Bytes(), "INVITE"); err != nil {
				return err
			}
			sent++
		}
		answer, err := p.Await(ctx, fmt.Sprintf("200 to all of %d INVITEs", n), raw.Final())
		if err == nil {
			err = conformance.Gets(answer, 200)
		}
		if err != nil {
			return conformance.Preamble(err)
		}
		answered[answer.CallID()] = true
	}
	half := maps.Clone(before)
	for _, name := range held {
		half[name] += n / 2
	}
	return reading(p, everyOther(p), func() error {
		if err := settles(ctx, s, half, 64*s.T1()+patience, held...); err != nil {
			return err
		}
		return settles(ctx, s, before, 64*s.T1()+patience, held...)
	})
}

// everyOther answers every other BYE.
func everyOther(p *conformance.Peer) func(*raw.Message) {
	n := 0
	return func(m *raw.Message) {
		if m.Method() != "BYE" {
			return
		}
		if n++; n%2 == 0 {
			p.Respond(m, 200, "OK", nil) // the connection is gone: its calls are over
		}
	}
}

// reading lets something happen while the node is listened to and heard, if not
// nil, makes of it what it likes: one that is not read from would give up for
// another reason.
func reading(p *conformance.Peer, heard func(*raw.Message), wait func() error) error {
	ctx, stop := context.WithCancel(context.Background())
	var crew sync.WaitGroup
	crew.Go(func() {
		for ctx.Err() == nil {
			_, err := p.Within(bound).Await(ctx, "nothing", func(m *raw.Message) bool {
				if heard != nil {
					heard(m)
				}
				return false
			})
			if m, ok := conformance.AsMismatch(err); !ok || m.Class != conformance.Silence {
				return
			}
		}
	})
	defer crew.Wait()
	defer p.Abort()
	defer stop()
	return wait()
}

// reset makes calls, drops their connection and is nowhere to be found.
func reset(ctx context.Context, s *conformance.Stand) error {
	before, err := figures(ctx, s)
	if err != nil {
		return err
	}
	p, err := s.Dial(ctx, s.Target.Partner, nil)
	if err != nil {
		return conformance.Preamble(err)
	}
	for range 20 {
		if _, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes()); err != nil {
			return conformance.Preamble(err)
		}
	}
	p.Abort()
	return settles(ctx, s, before, 64*s.T1()+30*s.Second()+patience, held...)
}
