package stack

import (
	"context"
	"time"
)

// finish lets a link whose peer has ended its direction live on until the
// peer's requests are answered: it may well be listening still (RFC 3261
// §18.2.2 has the answer go by the connection of the request while that is
// open). Timer H bounds it, since a peer that is gone for good looks the same until
// something is sent to it.
func (s *Stack) finish(ctx context.Context, c *conn) {
	s.mu.Lock()
	answered := make(chan struct{})
	c.answered = answered
	c.checkAnswered()
	s.mu.Unlock()
	limit := time.NewTimer(s.cfg.Timers.H)
	defer limit.Stop()
	select {
	case <-answered:
	case <-c.link.Done():
	case <-ctx.Done():
	case <-limit.C:
	}
}

// checkAnswered tells finish once no request of the link's waits for its final
// answer, with the stack locked.
func (c *conn) checkAnswered() {
	if c.answered == nil {
		return
	}
	for _, tx := range c.server {
		if tx.state <= proceeding {
			return
		}
	}
	close(c.answered)
	c.answered = nil
}
