package routing

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// deployment is a node of the case's own with media nodes of these capacities,
// and a connection to it.
func deployment(ctx context.Context, s *conformance.Stand, capacities ...int) (*conformance.Stand, *conformance.Peer, error) {
	there, err := s.Variant(ctx, conformance.Variant{Media: capacities})
	if err != nil {
		return nil, nil, err
	}
	p, err := there.Dial(ctx, there.Target.Partner, nil)
	return there, p, conformance.Preamble(err)
}

// join calls the room.
func join(ctx context.Context, s *conformance.Stand, p *conformance.Peer) (*conformance.Call, netip.Addr, error) {
	call, err := s.Establish(ctx, p, s.Invite(s.Target.Partner, s.Offer()).Bytes())
	if err != nil {
		return nil, netip.Addr{}, err
	}
	at, err := mediaAt(call.Answer.Body)
	return call, at, err
}

// mediaAt is the address in the c= line of a description.
func mediaAt(sdp []byte) (netip.Addr, error) {
	for line := range strings.Lines(string(sdp)) {
		if value, ok := strings.CutPrefix(line, "c=IN IP4 "); ok {
			return netip.ParseAddr(strings.TrimSpace(value))
		}
	}
	return netip.Addr{}, conformance.Holds("session description", "a c= line", string(sdp))
}

func together(ctx context.Context, s *conformance.Stand) error {
	there, p, err := deployment(ctx, s, 10, 10)
	if err != nil {
		return err
	}
	_, first, err := join(ctx, there, p)
	if err != nil {
		return conformance.Preamble(err)
	}
	for range 3 {
		_, next, err := join(ctx, there, p)
		if err != nil {
			return err
		}
		if err := conformance.Holds("media of the next call", first.String(), next.String()); err != nil {
			return err
		}
	}
	return nil
}

func elsewhere(ctx context.Context, s *conformance.Stand) error {
	there, p, err := deployment(ctx, s, 10, 10)
	if err != nil {
		return err
	}
	_, gone, err := join(ctx, there, p)
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := there.StopMedia(gone); err != nil {
		return err
	}
	_, next, err := join(ctx, there, p)
	if err != nil {
		return err
	}
	if next == gone {
		return conformance.Holds("media of the next call", "another node than "+gone.String(), next.String())
	}
	return nil
}

func full(ctx context.Context, s *conformance.Stand) error {
	there, p, err := deployment(ctx, s, 2)
	if err != nil {
		return err
	}
	first, _, err := join(ctx, there, p)
	if err != nil {
		return conformance.Preamble(err)
	}
	if _, _, err := join(ctx, there, p); err != nil {
		return conformance.Preamble(err)
	}
	answer, err := there.Try(ctx, p, there.Invite(there.Target.Partner, there.Offer()).Bytes())
	if err != nil {
		return err
	}
	if err := conformance.Gets(answer, 503, 486); err != nil {
		return err
	}
	if answer.Status() == 503 && answer.Get("Retry-After") == "" {
		if err := s.Lesser(conformance.Should, conformance.Holds("Retry-After of the 503", "seconds", "")); err != nil { // RFC 3261 §21.5.4: MAY
			return err
		}
	}
	if answer, err = first.Request(ctx, "BYE"); err != nil {
		return err
	}
	if err := conformance.Gets(answer, 200); err != nil {
		return err
	}
	_, _, err = join(ctx, there, p)
	return err
}

// patience is how long a call may be without its media node.
const patience = 5 * time.Second

func orphan(ctx context.Context, s *conformance.Stand) error {
	there, p, err := deployment(ctx, s, 10, 10)
	if err != nil {
		return err
	}
	call, gone, err := join(ctx, there, p)
	if err != nil {
		return conformance.Preamble(err)
	}
	if err := there.StopMedia(gone); err != nil {
		return err
	}
	mine := raw.And(raw.Or(raw.Request("BYE"), raw.Request("INVITE")), raw.InCall(call.Invite.CallID()))
	m, err := p.Within(patience).Await(ctx, "BYE, or a re-INVITE", mine)
	if err != nil {
		return err
	}
	s.Note("%s, Reason: %s", m.Method(), m.Get("Reason"))
	if m.Method() == "BYE" {
		return p.Respond(m, 200, "OK", nil)
	}
	at, err := mediaAt(m.Body)
	if err != nil {
		return err
	}
	if at == gone {
		return conformance.Holds("media that the re-INVITE offers", fmt.Sprintf("another node than %s", gone), at.String())
	}
	return p.Respond(m, 488, "Not Acceptable Here", nil)
}
