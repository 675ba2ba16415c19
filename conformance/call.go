package conformance

import (
	"context"
	"fmt"
	"slices"

	"fedge/sip/raw"
)

// Call is a dialog that a case has with the target: the INVITE as sent and the
// answer that made it.
type Call struct {
	Invite *raw.Message
	Answer *raw.Message
	peer   *Peer
	stand  *Stand
	cseq   uint32
	over   bool // as far as the case is concerned
}

// Invite starts an INVITE of a partner's for the room, with an offer.
func (s *Stand) Invite(as Identity, offer []byte) *raw.Builder {
	return s.InviteTo(s.URI(), as, offer)
}

// InviteTo is Invite for another URI.
func (s *Stand) InviteTo(uri string, as Identity, offer []byte) *raw.Builder {
	return s.Request("INVITE", uri, as, s.CallID()).
		Header("Supported", "timer").
		Header("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE").
		Length().Body("application/sdp", offer)
}

// Establish sends an INVITE and acknowledges its 2xx. Another final response is
// acknowledged too (RFC 3261 §17.1.1.3) and comes back as a Mismatch, as does a
// 2xx that makes no dialog.
func (s *Stand) Establish(ctx context.Context, p *Peer, invite []byte) (*Call, error) {
	request, err := raw.Parse(invite)
	if err != nil {
		return nil, fmt.Errorf("conformance: our own INVITE does not parse: %w", err)
	}
	answer, err := p.Ask(ctx, invite)
	if err != nil {
		return nil, err
	}
	call := Answered(s, p, request, answer)
	if err := call.Ack(); err != nil {
		return nil, err
	}
	if answer.Status() >= 300 {
		return nil, &Mismatch{Class: Status, Expected: "200 to INVITE", Actual: answer.StartLine}
	}
	return call, call.formed()
}

// formed says that a 2xx holds what makes a dialog (RFC 3261 §12.1.1): an answer
// without it is no call, whatever its status.
func (c *Call) formed() error {
	if c.Answer.Tag("To") == "" || c.Answer.Get("Contact") == "" {
		return &Mismatch{Class: Content, Expected: "a 200 that makes a dialog: a tag in To, a Contact",
			Actual: fmt.Sprintf("To: %s, Contact: %s", c.Answer.Get("To"), c.Answer.Get("Contact"))}
	}
	return nil
}

// Answered is a call whose final response the case read itself.
func Answered(s *Stand, p *Peer, invite, answer *raw.Message) *Call {
	c := &Call{Invite: invite, Answer: answer, peer: p, stand: s, cseq: 1}
	s.begun(c)
	return c
}

// Ack acknowledges the answer: in the dialog for a 2xx, in the transaction for
// anything else, with the INVITE's own Via (RFC 3261 §13.2.2.4, §17.1.1.3).
func (c *Call) Ack() error { return c.AckFor(c.Invite, c.Answer, nil) }

// Request asks for something within the dialog and returns the final response.
func (c *Call) Request(ctx context.Context, method string) (*raw.Message, error) {
	return c.peer.Ask(ctx, c.Next(method))
}

// Next renders the dialog's next request.
func (c *Call) Next(method string) []byte { return c.Build(method).Bytes() }

// Hangup is the postamble: what it comes to is no verdict.
func (c *Call) Hangup(ctx context.Context) {
	if _, err := c.Request(ctx, "BYE"); err != nil {
		c.stand.Note("hanging up afterwards: %v", err)
	}
}

// request follows the route that proxies on the way have recorded.
func (c *Call) request(method, uri, via string, cseq uint32) *raw.Builder {
	b := raw.NewRequest(method, uri).
		Header("Via", via).
		Header("Max-Forwards", "70")
	for _, route := range c.routes() {
		b.Header("Route", route)
	}
	return b.
		Header("From", c.Invite.Get("From")).
		Header("To", c.Answer.Get("To")).
		Header("Call-ID", c.Invite.CallID()).
		Headerf("CSeq", "%d %s", cseq, method)
}

// routes are what the answer says has been recorded between us and the room,
// the nearest first (RFC 3261 §12.1.2). What the INVITE had before it was ours
// stands for hops on our own side, which are behind us.
func (c *Call) routes() []string {
	recorded := c.Answer.List("Record-Route")
	recorded = recorded[:max(0, len(recorded)-len(c.Invite.List("Record-Route")))]
	slices.Reverse(recorded)
	return recorded
}

// remote is the dialog's remote target: the node's Contact (RFC 3261 §12.1.2).
func (c *Call) remote() string {
	if contact, err := raw.ParseNameAddr(c.Answer.Get("Contact")); err == nil && contact.URI.Host != "" {
		return contact.URI.Original
	}
	return c.Invite.RequestURI()
}

func (c *Call) host() string { return c.stand.Target.Partner.Host + ":5061" }
