package dialog

import (
	"context"
	"fmt"

	"fedge/conformance"
	"fedge/sip/raw"
)

// refreshing are the cases about requests that a node sends in a call that
// stands: it has to refresh a session of 90 s, the shortest there is, half-way.
func refreshing() []conformance.Case {
	return []conformance.Case{{
		ID:          "DLG-010",
		Title:       "re-INVITE glare",
		Requirement: "A re-INVITE that crosses the node's own is refused with 491; the node takes a 491 to its own and tries again a little later, which is a SHOULD.",
		Severity:    conformance.Must,
		Refs:        []string{"RFC 3261 §14.1", "RFC 3261 §14.2"},
		Needs:       conformance.Needs{Media: true, SessionTimers: true},
		Mutants:     conformance.Kills("dlg.no-491", conformance.Accepted),
		Lasts:       90,
		Run:         conformance.Connected(glare),
	}, {
		ID:          "DLG-016",
		Title:       "The peer has forgotten the call",
		Requirement: "A call whose peer answers a request in it with 481 is over; with 408, too, and then the node says BYE. (RFC 4028 §10 has a BYE after a 481 as well; RFC 5057, which is later and about this alone, has nobody left who would know it.)",
		Severity:    conformance.Should,
		Refs:        []string{"RFC 3261 §12.2.1.2", "RFC 5057 §5.1"},
		Needs:       conformance.Needs{Media: true, SessionTimers: true},
		Mutants:     conformance.Kills("dlg.481-keep", conformance.Accepted),
		Lasts:       90,
		Run:         forgotten,
	}}
}

// half is how long a node may take to refresh a session, in its seconds.
const half = 75

// kept makes a call that the node has to refresh.
func kept(ctx context.Context, s *conformance.Stand, p *conformance.Peer, allow string) (*conformance.Call, error) {
	invite := s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).
		Header("Supported", "timer").
		Header("Allow", allow).
		Header("Session-Expires", "90;refresher=uas").
		Body("application/sdp", s.Offer())
	call, err := s.Establish(ctx, p, invite.Bytes())
	if err == nil && call.Answer.Get("Session-Expires") == "" {
		return nil, &conformance.Lack{What: "session timers (RFC 4028)"}
	}
	return call, conformance.Preamble(err)
}

// refresh waits for the node's refresh of a call.
func refresh(ctx context.Context, s *conformance.Stand, p *conformance.Peer, call *conformance.Call) (*raw.Message, error) {
	wanted := raw.And(raw.Or(raw.Request("INVITE"), raw.Request("UPDATE")), raw.InCall(call.Invite.CallID()))
	return p.Within(half*s.Second()).Await(ctx, "the node's refresh", wanted)
}

// glare lets the node refresh by INVITE, as we take no UPDATE.
func glare(ctx context.Context, s *conformance.Stand, p *conformance.Peer) error {
	call, err := kept(ctx, s, p, "INVITE, ACK, BYE, CANCEL, OPTIONS")
	if err != nil {
		return err
	}
	theirs, err := refresh(ctx, s, p, call)
	if err != nil {
		return conformance.Preamble(err)
	}
	if theirs.Method() != "INVITE" {
		return conformance.Preamble(fmt.Errorf("the node refreshes by %s, which we do not take", theirs.Method()))
	}
	answer, err := call.Ask(ctx, call.Refresh("INVITE", s.Offer()))
	if err != nil {
		return err
	}
	if err := p.Respond(theirs, 491, "Request Pending", nil); err != nil {
		return err
	}
	if err := conformance.Gets(answer, 491); err != nil {
		return err
	}
	again, err := refresh(ctx, s, p, call)
	if err != nil {
		return s.Lesser(conformance.Should, err) // RFC 3261 §14.1
	}
	before, _ := theirs.CSeq()
	if now, _ := again.CSeq(); now <= before {
		return conformance.Holds("CSeq of the second try", fmt.Sprintf("more than %d", before), fmt.Sprint(now))
	}
	if err := p.Respond(again, 488, "Not Acceptable Here", nil); err != nil {
		return err
	}
	call.Hangup(ctx)
	return nil
}

func forgotten(ctx context.Context, s *conformance.Stand) error {
	type one struct {
		peer *conformance.Peer
		call *conformance.Call
	}
	var calls []one
	for range 2 { // on connections of their own, so that both wait at the same time
		p, err := s.Dial(ctx, s.Target.Partner, nil)
		if err != nil {
			return conformance.Preamble(err)
		}
		call, err := kept(ctx, s, p, "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE")
		if err != nil {
			return err
		}
		calls = append(calls, one{p, call})
	}
	for i, status := range []int{481, 408} {
		p, call := calls[i].peer, calls[i].call
		request, err := refresh(ctx, s, p, call)
		if err != nil {
			return conformance.Preamble(err)
		}
		if err := p.Respond(request, status, "Gone", nil); err != nil {
			return err
		}
		if status == 408 {
			bye, err := p.Await(ctx, "BYE after 408", raw.And(raw.Request("BYE"), raw.InCall(call.Invite.CallID())))
			if err != nil {
				return err
			}
			if err := p.Respond(bye, 200, "OK", nil); err != nil {
				return err
			}
		}
		answer, err := call.Ask(ctx, call.Refresh("INVITE", s.Offer()))
		if err != nil {
			return err
		}
		if err := conformance.Gets(answer, 481); err != nil {
			return err
		}
	}
	return nil
}
