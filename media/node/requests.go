package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"fedge/media/conference"
	"fedge/media/sdp"
	"fedge/media/session"
)

// Open takes one participant's media (see session.Open). The same ID again
// gives the same Answer. Errors are *session.Error: Full, Incompatible,
// Malformed; NodeLost from a node that has stopped.
func (n *Node) Open(ctx context.Context, m session.Open) (session.Answer, error) {
	if err := ctx.Err(); err != nil {
		return session.Answer{}, fmt.Errorf("media node %s: opening %s: %w", n.cfg.Name, m.ID, err)
	}
	p, known, err := n.admit(m)
	if err != nil {
		return session.Answer{}, err
	}
	if known {
		p.mu.Lock() // until the first request for it has its answer
	}
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return session.Answer{}, &session.Error{Reason: session.Unknown, Detail: "it was closed meanwhile"}
	case known:
		return p.answer, nil
	}
	answer, err := p.describe(m.Offer)
	if err != nil {
		p.leave(false)
		return session.Answer{}, refusal(err)
	}
	return answer, nil
}

// admit finds the session or makes room for it. A new participant comes locked.
func (n *Node) admit(m session.Open) (p *participant, known bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopped {
		return nil, false, &session.Error{Reason: session.NodeLost, Detail: n.cfg.Name + " has stopped"}
	}
	if p := n.sessions[m.ID]; p != nil {
		return p, true, nil
	}
	if len(n.sessions) >= n.cfg.Capacity {
		return nil, false, &session.Error{Reason: session.Full, Detail: fmt.Sprintf("%s holds %d sessions", n.cfg.Name, n.cfg.Capacity)}
	}
	r := n.rooms[m.Conference]
	if r == nil {
		r = &room{name: m.Conference, conference: conference.New()}
		n.rooms[m.Conference] = r
	}
	r.sessions++
	p = newParticipant(n, r, m)
	p.mu.Lock()
	n.sessions[m.ID] = p
	return p, false, nil
}

// forget takes a session off the books.
func (n *Node) forget(p *participant) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.sessions, p.id)
	if p.room.sessions--; p.room.sessions == 0 {
		delete(n.rooms, p.room.name)
	}
}

// find locks and returns a session; the caller unlocks it.
func (n *Node) find(id string) (*participant, error) {
	n.mu.Lock()
	p, stopped := n.sessions[id], n.stopped
	n.mu.Unlock()
	if stopped {
		return nil, &session.Error{Reason: session.NodeLost, Detail: n.cfg.Name + " has stopped"}
	}
	if p != nil {
		p.mu.Lock()
		if !p.closed {
			return p, nil
		}
		p.mu.Unlock()
	}
	return nil, &session.Error{Reason: session.Unknown, Detail: "no session " + id + " on " + n.cfg.Name}
}

// Update answers a re-INVITE's offer, or makes an offer when m holds none.
// The same offer again gets the same answer. Unknown when there is no such
// session; after any error the session goes on as it was.
func (n *Node) Update(_ context.Context, m session.Update) (session.Answer, error) {
	p, err := n.find(m.ID)
	if err != nil {
		return session.Answer{}, err
	}
	defer p.mu.Unlock()
	answer, err := p.describe(m.Offer)
	return answer, refusal(err)
}

// Accept takes the far end's answer to the node's own offer.
func (n *Node) Accept(_ context.Context, m session.Accept) error {
	p, err := n.find(m.ID)
	if err != nil {
		return err
	}
	defer p.mu.Unlock()
	if p.offered == nil && bytes.Equal(p.accepted, m.Answer) {
		return nil // a repetition
	}
	return refusal(p.accept(m.Answer))
}

// Close ends a session, says BYE in RTCP and frees its ports before it returns.
func (n *Node) Close(_ context.Context, m session.Close) error {
	n.mu.Lock()
	p := n.sessions[m.ID]
	n.mu.Unlock()
	if p != nil {
		p.mu.Lock()
		p.leave(true)
		p.mu.Unlock()
	}
	return nil
}

// refusal puts an error into the words of the session messages.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*sdp.SyntaxError](err); ok {
		return &session.Error{Reason: session.Malformed, Detail: err.Error()}
	}
	if _, ok := errors.AsType[*sdp.Incompatible](err); ok {
		return &session.Error{Reason: session.Incompatible, Detail: err.Error()}
	}
	return &session.Error{Reason: session.Full, Detail: err.Error()}
}
