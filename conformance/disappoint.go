package conformance

import (
	"context"
	"fmt"

	"fedge/sip/raw"
)

// CalledAs is Called, by a caller of the case's choice: To is a user of the
// fresh partner's, with its scheme; "": sip:anna.
func (s *Stand) CalledAs(ctx context.Context, call Place) (*Incoming, error) {
	partner, err := s.Partner(ctx)
	if err != nil {
		return nil, err
	}
	if call.To == "" {
		call.To = "sip:anna"
	}
	call.To += "@" + partner.Domain
	return s.calledBy(ctx, partner, call)
}

// Decline refuses the call and waits for the ACK.
func (in *Incoming) Decline(ctx context.Context) error {
	if err := in.Respond(in.Invite, 486, "Busy Here", nil); err != nil {
		return err
	}
	_, err := in.Await(ctx, "ACK of the 486", in.Mine("ACK"))
	return err
}

// Disappoint answers 200 without the session description that the INVITE's
// offer asks for (RFC 3261 §13.2.1), so that the node has to acknowledge a call
// and end it at once. Its BYE is answered. Lines go into the 200; to is its To,
// or "" for the usual one.
func (in *Incoming) Disappoint(ctx context.Context, to string, lines ...string) (ack, bye *raw.Message, err error) {
	answer, err := in.Response(200, "OK", incomingTag).Message()
	if err == nil && to != "" {
		answer, err = With(answer, "To", to)
	}
	if err != nil {
		return nil, nil, err
	}
	b := raw.NewMessage(answer.StartLine)
	for _, h := range answer.Headers {
		if !h.Is("Content-Length") {
			b.Header(h.Name, h.Value)
		}
	}
	for _, line := range lines {
		b.Line(line)
	}
	if err := in.Send(b.Length().Bytes(), "200 INVITE"); err != nil {
		return nil, nil, err
	}
	if ack, err = in.Await(ctx, "ACK of the 200", in.Mine("ACK")); err != nil {
		return nil, nil, err
	}
	if bye, err = in.Await(ctx, "BYE", in.Mine("BYE")); err != nil {
		return ack, nil, Preamble(fmt.Errorf("the node keeps a call that its offer got no answer in: %w", err))
	}
	return ack, bye, in.Respond(bye, 200, "OK", nil)
}
