package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"fedge/lync"
	"fedge/result"
	"fedge/sip/raw"
)

// Record begins the record of a call that was answered.
func Record(name string, call *lync.Call, spec lync.CallSpec) result.Call {
	_, node := call.Node()
	out := result.Call{
		Name: name, Direction: "inbound", CallID: call.CallID(), From: spec.From, To: spec.To,
		Node: node.Addr().String(), Status: call.Status(), Verdict: result.Pass,
	}
	for _, m := range call.Answer().Media {
		if m.RTP.Port() != 0 {
			out.MediaNode = m.RTP.Addr().String()
			break
		}
	}
	return out
}

// Finish adds what is known once a call is over: its ladder, what was heard,
// and which rules the node broke on the way.
func Finish(out *result.Call, call *lync.Call) {
	out.Ladder, out.Media = call.Ladder(), call.Quality()
	for _, v := range call.Violations() {
		out.Verdict = result.Fail
		out.Detail = fmt.Sprintf("%s: %s", v.Rule, v.Detail)
	}
}

// Name puts the names of the world's nodes where calls have their addresses.
func (w *World) Name(calls []result.Call) []result.Call {
	for i := range calls {
		calls[i].Node, calls[i].MediaNode = w.nameOf(calls[i].Node), w.nameOf(calls[i].MediaNode)
		for j := range calls[i].Media {
			calls[i].Media[j].From = w.nameOf(calls[i].Media[j].From)
		}
	}
	return calls
}

func (w *World) nameOf(address string) string {
	host := address
	if at, err := netip.ParseAddrPort(address); err == nil {
		host = at.Addr().String()
	}
	for _, h := range w.Hosts {
		if h.Address.String() == host {
			return h.Name
		}
	}
	return address
}

// arrival is how long a call that a node has placed may take to show.
const arrival = 5 * time.Second

// Arrived takes the next call that a partner's user was called with, listens
// for these tones if there are any, hangs it up, and returns its record and the
// From that the partner received.
func (w *World) Arrived(ctx context.Context, org *lync.Org, tones ...float64) (result.Call, string, error) {
	waiting, cancel := context.WithTimeout(ctx, arrival)
	defer cancel()
	select {
	case call := <-org.Answered():
		invite, err := raw.Parse(call.Received())
		if err != nil {
			return result.Call{}, "", fmt.Errorf("lab: the INVITE as received: %w", err)
		}
		out := Record("a node calls a partner's user", call, lync.CallSpec{From: address(invite, "From"), To: address(invite, "To")})
		out.Direction = "outbound"
		if len(tones) > 0 {
			err = Hear(ctx, call, time.Second, tones...)
		}
		err = errors.Join(err, call.Hangup(ctx))
		Finish(&out, call)
		if err != nil {
			out.Verdict, out.Detail = result.Fail, err.Error()
		}
		return out, invite.Get("From"), nil
	case <-waiting.Done():
		return result.Call{}, "", fmt.Errorf("lab: no call arrived at the partner: %w", waiting.Err())
	}
}

// address is the URI in a header, for a reader; the whole header if it has none.
func address(m *raw.Message, header string) string {
	if parsed, err := raw.ParseNameAddr(m.Get(header)); err == nil {
		return parsed.URI.Original
	}
	return m.Get(header)
}
