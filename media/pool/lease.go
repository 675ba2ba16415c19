package pool

import (
	"context"
	"errors"

	"fedge/media/session"
	"fedge/mutant"
)

// Lease is a session on a node: what Take returns and its owner closes.
type Lease struct {
	pool       *Pool
	id         string
	conference string
	member     *member
	host       Host   // the member's, when the lease was taken
	doubtful   []Host // nodes that may hold the session too: their Open had no clear outcome
	answer     session.Answer
	ended      chan session.Event
}

// Node is the name of the media node that holds the session.
func (l *Lease) Node() string { return l.answer.Node }

// Answer is the node's answer to Open.
func (l *Lease) Answer() session.Answer { return l.answer }

// Ended receives one event if the session ends by itself: the node was lost,
// or gave the session up. It is never closed.
func (l *Lease) Ended() <-chan session.Event { return l.ended }

// Update passes a re-INVITE's offer, or asks for an offer when it is nil.
func (l *Lease) Update(ctx context.Context, offer []byte) (session.Answer, error) {
	return l.host.Update(ctx, session.Update{ID: l.id, Offer: offer})
}

// Accept passes the far end's answer to the node's own offer.
func (l *Lease) Accept(ctx context.Context, answer []byte) error {
	return l.host.Accept(ctx, session.Accept{ID: l.id, Answer: answer})
}

// Close ends the session and frees its place. It is safe to call more than
// once, and after Ended. When the node cannot be reached, the place counts as
// free all the same and the node's own silence timer ends the session.
func (l *Lease) Close(ctx context.Context) error {
	err := l.host.Close(ctx, session.Close{ID: l.id})
	for _, h := range l.doubtful {
		err = errors.Join(err, h.Close(ctx, session.Close{ID: l.id}))
	}
	if mutant.On("pool.leak") {
		return err
	}
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	l.pool.drop(l)
	return err
}
