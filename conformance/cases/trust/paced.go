package trust

import (
	"context"
	"fmt"
	"time"

	"fedge/conformance"
	"fedge/plan"
	"fedge/sip/raw"
)

// burstOut is how many calls are placed at once, to a partner that takes
// perSecond messages.
const (
	burstOut  = 30
	perSecond = 4
)

func paced(ctx context.Context, s *conformance.Stand) error {
	there, err := s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.Limits.Outbound = perSecond }})
	if err != nil {
		return err
	}
	to, err := s.Partner(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	for n := range burstOut {
		if _, err := there.Place(ctx, conformance.Place{To: fmt.Sprintf("sip:user%d@%s", n, to.Domain)}); err != nil {
			return err
		}
	}
	p, err := to.Edge.Accept(ctx)
	if err != nil {
		return err
	}
	all := callees{stand: s, peer: p, contact: fmt.Sprintf("<sip:user@%s:%d;transport=tls>", to.Host, to.Edge.AddrPort().Port())}
	if err := all.each(ctx, "INVITE", began, func(m *raw.Message) error {
		all.invites = append(all.invites, m)
		return nil
	}); err != nil {
		return err
	}
	if err := all.ring(ctx); err != nil {
		return err
	}
	return all.hungUpOn(ctx)
}

// callees are the callees of all these calls.
type callees struct {
	stand   *conformance.Stand
	peer    *conformance.Peer
	contact string
	invites []*raw.Message
}

// each takes one request of every call. Whoever is slow, the node, the network
// or we, makes it only longer; a node that counts in seconds of its own may need
// one less.
func (b *callees) each(ctx context.Context, method string, began time.Time, take func(*raw.Message) error) error {
	for range burstOut {
		m, err := b.peer.Await(ctx, method, raw.Request(method))
		if err != nil {
			return err
		}
		if err := take(m); err != nil {
			return err
		}
	}
	took, least := time.Since(began), ((burstOut-1)/perSecond-1)*b.stand.Second()
	b.stand.Note("%d %s within %s", burstOut, method, took)
	if took < least {
		return &conformance.Mismatch{
			Class: conformance.Content, Expected: fmt.Sprintf("%d %s to take no less than %s", burstOut, method, least), Actual: took.String(),
		}
	}
	return nil
}

// ring has every callee ring in a way that wants a PRACK, all at once.
func (b *callees) ring(ctx context.Context) error {
	began := time.Now()
	for _, invite := range b.invites {
		if err := b.peer.Respond(invite, 183, "Session Progress", func(r *raw.Builder) {
			r.Header("Contact", b.contact).Header("Require", "100rel").Header("RSeq", "1")
		}); err != nil {
			return err
		}
	}
	return b.each(ctx, "PRACK", began, b.ok)
}

// hungUpOn has every callee answer all at once without a session description,
// so that the node has to hang up.
func (b *callees) hungUpOn(ctx context.Context) error {
	began := time.Now()
	for _, invite := range b.invites {
		if err := b.peer.Respond(invite, 200, "OK", func(r *raw.Builder) { r.Header("Contact", b.contact) }); err != nil {
			return err
		}
	}
	return b.each(ctx, "BYE", began, b.ok)
}

func (b *callees) ok(m *raw.Message) error { return b.peer.Respond(m, 200, "OK", nil) }
