package conformance

import (
	"context"
	"fmt"

	"fedge/sip/raw"
)

// Incoming is a call that the node makes to a partner of the case's own:
// its INVITE, not answered yet.
type Incoming struct {
	*Peer
	Partner *Partner
	Invite  *raw.Message
	Placing *Placing
	GiveUp  context.CancelFunc // the node's caller loses patience

	stand *Stand
}

// incomingTag is ours in To.
const incomingTag = "fedge"

// Called makes the node call a fresh partner and waits for its INVITE. It takes
// Needs.Called.
func (s *Stand) Called(ctx context.Context) (*Incoming, error) {
	partner, err := s.Partner(ctx)
	if err != nil {
		return nil, err
	}
	in, err := s.CalledBy(ctx, partner, "anna@"+partner.Domain)
	return in, Preamble(err)
}

// CalledBy is Called, for a partner that is there already.
func (s *Stand) CalledBy(ctx context.Context, partner *Partner, to string) (*Incoming, error) {
	return s.calledBy(ctx, partner, Place{To: "sip:" + to})
}

func (s *Stand) calledBy(ctx context.Context, partner *Partner, call Place) (*Incoming, error) {
	ctx, giveUp := context.WithCancel(ctx)
	s.after(giveUp)
	placing, err := s.Place(ctx, call)
	if err != nil {
		return nil, err
	}
	p, err := placing.arrives(ctx, partner.Edge)
	if err != nil {
		return nil, err
	}
	invite, err := p.Await(ctx, "INVITE", raw.Request("INVITE"))
	if err != nil {
		return nil, err
	}
	return &Incoming{Peer: p, Partner: partner, Invite: invite, Placing: placing, GiveUp: giveUp, stand: s}, nil
}

// Response begins a response to the INVITE, under a tag of its own for each
// fork, with the Contact of that fork.
func (in *Incoming) Response(status int, reason, tag string) *raw.Builder {
	b := raw.Respond(in.Invite, status, reason, tag)
	if status > 100 && status < 300 {
		b.Header("Contact", in.Contact(tag))
	}
	return b
}

// Contact is where a fork of ours is reached.
func (in *Incoming) Contact(tag string) string {
	return fmt.Sprintf("<sip:anna-%s@%s:%d;transport=tls>", tag, in.Partner.Host, in.Partner.Edge.AddrPort().Port())
}

// Answer answers the INVITE with 200 and an answer to its offer; lines go before
// the body.
func (in *Incoming) Answer(lines ...string) *raw.Message {
	b := in.Response(200, "OK", incomingTag)
	for _, line := range lines {
		b.Line(line)
	}
	b.Length().Body("application/sdp", in.stand.AnswerFor(in.Invite.Body))
	m, _ := raw.Parse(b.Bytes()) // we wrote it
	return m
}

// Tell sends a response of ours.
func (in *Incoming) Tell(m *raw.Message) error { return in.Send(m.Bytes, m.Label()) }

// Take answers the call and waits for its ACK and for what the trigger says.
func (in *Incoming) Take(ctx context.Context, lines ...string) error {
	if err := in.Tell(in.Answer(lines...)); err != nil {
		return err
	}
	if _, err := in.Await(ctx, "ACK", in.Mine("ACK")); err != nil {
		return err
	}
	placed, err := in.Placing.Result(ctx)
	if err == nil && placed.SIP >= 300 || placed.Status >= 300 {
		err = fmt.Errorf("conformance: the node does not take the answer: %s", placed.Body)
	}
	return err
}

// Mine matches requests of the node's in this call.
func (in *Incoming) Mine(method string) raw.Match {
	return raw.And(raw.Request(method), raw.InCall(in.Invite.CallID()))
}

// Request writes a request of ours within the call, the callee's: the way to
// the node is its Contact.
func (in *Incoming) Request(cseq int, method string) *raw.Builder {
	uri := in.Invite.RequestURI()
	if contact, err := raw.ParseNameAddr(in.Invite.Get("Contact")); err == nil {
		uri = contact.URI.Original
	}
	return raw.NewRequest(method, uri).
		Header("Via", "SIP/2.0/TLS "+in.Partner.Host+":5061;branch="+in.stand.Branch()).
		Header("Max-Forwards", "70").
		Header("From", in.Invite.Get("To")+";tag="+incomingTag).
		Header("To", in.Invite.Get("From")).
		Header("Call-ID", in.Invite.CallID()).
		Headerf("CSeq", "%d %s", cseq, method)
}

// Hangup is the postamble: what it comes to is no verdict.
func (in *Incoming) Hangup(ctx context.Context) {
	if _, err := in.Ask(ctx, in.Request(100, "BYE").Length().Bytes()); err != nil {
		in.stand.Note("hanging up afterwards: %v", err)
	}
}
