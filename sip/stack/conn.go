package stack

import (
	"bytes"
	"slices"

	"fedge/sip/link"
)

// conn is what the stack knows of one link: the transactions that came in on
// it and went out on it, which no other link's messages can match, and the
// dialogs that live on it.
type conn struct {
	link    *link.Link
	kin     *kin                 // the links of its peer
	meter   *meter               // of its partner; nil: that takes any number of messages
	server  map[string]*serverTx // by serverKey
	client  map[string]*clientTx // by branch
	dialogs map[*Dialog]struct{}
	gone    bool

	answered chan struct{} // closed, and nil, once a peer that sends no more has all its answers

	scratch []byte // the reader's, for keys
}

// attach finds or makes the link's conn.
func (s *Stack) attach(l *link.Link) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connOf(l)
}

// live finds or makes the conn of a link that has not ended, else nil, with the
// stack locked.
func (s *Stack) live(l *link.Link) *conn {
	if l.Err() != nil {
		return nil
	}
	if c := s.connOf(l); !c.gone {
		return c
	}
	return nil
}

func (s *Stack) connOf(l *link.Link) *conn {
	c := s.conns[l]
	if c == nil {
		c = &conn{
			link: l, server: make(map[string]*serverTx),
			client: make(map[string]*clientTx), dialogs: make(map[*Dialog]struct{}),
		}
		s.conns[l] = c
		s.join(c)
		c.meter = s.meterOf(l)
	}
	return c
}

// lose ends everything that cannot go on without the link. A dialog goes on.
func (s *Stack) lose(c *conn, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.gone = true
	if why == nil {
		why = ErrNoLink
	}
	for _, tx := range c.client {
		tx.lost(why)
	}
	for _, tx := range c.server {
		tx.lost(why)
	}
	for d := range c.dialogs {
		d.post(Event{Kind: LinkLost, Err: why}, true)
	}
}

// detach forgets a link that is closed.
func (s *Stack) detach(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c.link)
	s.part(c)
	c.meter.part()
}

// full tells whether another transaction would exceed the limits. Requests of
// dialogs get some more room: under overload a BYE is worth more than an INVITE
// (RFC 5390).
func (s *Stack) full(c *conn, inDialog bool) bool {
	perLink, total := s.cfg.Limits.LinkTransactions, s.cfg.Limits.Transactions
	if inDialog {
		perLink, total = perLink+perLink/4, total+total/4
	}
	return len(c.server)+len(c.client) >= perLink || s.transactions >= total
}

// same tells whether two links' peers proved to be the same: the same
// certificate, or verified ones that have a name in common.
func same(a, b link.Identity) bool {
	if len(a.Chain) == 0 || len(b.Chain) == 0 {
		return false
	}
	if bytes.Equal(a.Chain[0].Raw, b.Chain[0].Raw) {
		return true
	}
	if a.Err != nil || b.Err != nil {
		return false
	}
	names := a.Names()
	return slices.ContainsFunc(b.Names(), func(name string) bool { return slices.Contains(names, name) })
}
