package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fedge/sip/raw"
)

// Build starts the dialog's next request, for a case to go on with: it has no
// Contact, no body and no Content-Length yet.
func (c *Call) Build(method string) *raw.Builder {
	c.cseq++
	c.over = c.over || method == "BYE"
	return c.At(method, c.cseq)
}

// At is Build with a CSeq of the case's choice, which does not count.
func (c *Call) At(method string, cseq uint32) *raw.Builder {
	return c.request(method, c.remote(), c.via(), cseq)
}

// Skip leaves a gap in the dialog's CSeq.
func (c *Call) Skip(n uint32) { c.cseq += n }

// Refresh is Build for a target refresh: INVITE or UPDATE with the INVITE's
// Contact and, unless it is nil, an offer.
func (c *Call) Refresh(method string, offer []byte) *raw.Builder {
	b := c.Build(method).Header("Contact", c.Invite.Get("Contact"))
	if offer != nil {
		b.Body("application/sdp", offer)
	}
	return b
}

// Ask sends a request of the dialog's and returns its final response. That to
// an INVITE is acknowledged.
func (c *Call) Ask(ctx context.Context, b *raw.Builder) (*raw.Message, error) {
	request, err := b.Message()
	if err != nil {
		return nil, fmt.Errorf("conformance: our own request does not parse: %w", err)
	}
	answer, err := c.peer.Ask(ctx, request.Bytes)
	if err == nil && request.Method() == "INVITE" {
		err = c.AckFor(request, answer, nil)
	}
	return answer, err
}

// AckFor acknowledges the answer to an INVITE of the dialog's; body, if not
// nil, is the answer to an offer in a 2xx.
func (c *Call) AckFor(invite, answer *raw.Message, body []byte) error {
	uri, via, routes := c.remote(), c.via(), c.routes()
	if answer.Status() >= 300 {
		uri, via, routes = invite.RequestURI(), invite.Get("Via"), invite.All("Route")
	}
	n, _ := invite.CSeq()
	ack := raw.NewRequest("ACK", uri).
		Header("Via", via).
		Header("Max-Forwards", "70")
	for _, route := range routes {
		ack.Header("Route", route)
	}
	ack.
		Copy(invite, "From").
		Copy(answer, "To").
		Copy(invite, "Call-ID").
		Headerf("CSeq", "%d ACK", n)
	if body != nil {
		ack.Body("application/sdp", body)
	}
	return c.peer.Send(ack.Bytes(), "ACK")
}

// Formed says whether the answer made a dialog: it has a To tag and a Contact.
func (c *Call) Formed() error { return c.formed() }

func (c *Call) via() string { return "SIP/2.0/TLS " + c.host() + ";branch=" + c.stand.Branch() }

// HungUp makes the node end a call by itself and returns its BYE, answered: the
// only request that every node sends within a dialog. The INVITE has no offer
// and the ACK lacks the answer to the node's (RFC 3261 §13.2.1), so the node has
// a dialog without a session. Edit, if not nil, changes the INVITE first; a node
// that does not hang up gives no verdict.
func (s *Stand) HungUp(ctx context.Context, p *Peer, edit func(*raw.Builder)) (bye *raw.Message, call *Call, err error) {
	b := s.Request("INVITE", s.URI(), s.Target.Partner, s.CallID()).Header("Supported", "timer")
	if edit != nil {
		edit(b)
	}
	if call, err = s.Establish(ctx, p, b.Bytes()); err != nil {
		return nil, nil, Preamble(err)
	}
	bye, err = call.Ended(ctx)
	return bye, call, err
}

// Ended waits for the node's BYE and answers it.
func (c *Call) Ended(ctx context.Context) (*raw.Message, error) {
	bye, err := c.peer.Await(ctx, "BYE", raw.And(raw.Request("BYE"), raw.InCall(c.Invite.CallID())))
	if m, ok := errors.AsType[*Mismatch](err); ok && m.Class == Silence {
		return nil, &Lack{"a reason to end a call by itself, even one whose offer was never answered"}
	}
	if err != nil {
		return nil, Preamble(err)
	}
	c.over = true
	return bye, c.peer.Send(raw.Respond(bye, 200, "OK", "").Length().Bytes(), "200 BYE")
}

// With is a message with another value for one of its headers; "": without it.
func With(m *raw.Message, name, value string) (*raw.Message, error) {
	b := raw.NewMessage(m.StartLine)
	for _, h := range m.Headers {
		switch {
		case !h.Is(name):
			b.Header(h.Name, h.Value)
		case value != "":
			b.Header(name, value)
		}
	}
	return b.NoLength().Body("", m.Body).Message()
}

// Try sends an INVITE that may be answered or not, acknowledges what comes and
// hangs up if that was a call.
func (s *Stand) Try(ctx context.Context, p *Peer, b []byte) (*raw.Message, error) {
	invite, err := raw.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("conformance: our own INVITE does not parse: %w", err)
	}
	answer, err := p.Ask(ctx, invite.Bytes)
	if err != nil {
		return nil, err
	}
	call := Answered(s, p, invite, answer)
	if err := call.Ack(); err != nil {
		return nil, err
	}
	if answer.Status() >= 300 {
		return answer, nil
	}
	if err := call.Formed(); err != nil {
		return nil, err
	}
	call.Hangup(ctx)
	return answer, nil
}

// Gets is nil when an answer has one of these codes. Taking what had to be
// refused is another fault than refusing it in the wrong words.
func Gets(answer *raw.Message, codes ...int) error {
	if slices.Contains(codes, answer.Status()) {
		return nil
	}
	m := &Mismatch{Class: Status, Expected: fmt.Sprint(codes[0]), Actual: answer.StartLine}
	for _, code := range codes[1:] {
		m.Expected += fmt.Sprintf(" or %d", code)
	}
	_, method := answer.CSeq()
	m.Expected += " to " + method
	if answer.Status() < 300 && !slices.ContainsFunc(codes, func(code int) bool { return code < 300 }) {
		m.Class = Accepted
	}
	return m
}

// Holds is nil when a header, or another text, is as it must be.
func Holds(what, expected, actual string) error {
	if expected == actual {
		return nil
	}
	if actual == "" {
		actual = "nothing"
	}
	return &Mismatch{Class: Content, Expected: what + ": " + expected, Actual: actual}
}
