package stack

import "fedge/mutant"

// cancel handles a CANCEL (RFC 3261 §9.2). It is answered on the link that it
// came on (§18.2.2), and never for its Require (§9.1 allows none).
func (s *Stack) cancel(c *conn, m *Message) {
	c.scratch = serverKey(c.scratch[:0], m, "INVITE")
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.cancellable(c, c.scratch)
	switch {
	case tx == nil && mutant.On("tx.cancel-405"):
		s.reply(c, m, Response{Status: 405})
		return
	case tx == nil:
		s.reply(c, m, Response{Status: 481})
		return
	case m.Has("Require") && mutant.On("tx.cancel-420"):
		s.reply(c, m, Response{Status: 420})
		return
	}
	on := c
	if mutant.On("tx.cancel-conn") {
		on = tx.conn
	}
	if b, err := s.render.response(c.link.RemoteAddr(), m, tx.tag, Response{Status: 200}); err == nil {
		on.send(b, labelOf(200, m))
	}
	if d := s.dialogs[dialogKey{m.CallID(), tx.tag}]; d != nil && tx.state > proceeding && mutant.On("tx.cancel-kills") {
		d.unlink()
	}
	if tx.state <= proceeding && !mutant.On("tx.no-487") {
		d := tx.dialog // which lets go of an INVITE that is answered
		tx.terminate()
		d.post(Event{Kind: Cancelled, Method: "INVITE", Message: m, final: d.first == tx}, true)
	}
}

// cancellable finds the INVITE that a CANCEL is for: one that came on the same
// link, or on another one of the same peer's. Same is who shows the same
// certificate: whoever only guesses a branch is told what he would be told of
// any branch.
func (s *Stack) cancellable(c *conn, key []byte) *serverTx {
	if tx := c.server[string(key)]; tx != nil {
		return tx
	}
	for other := range c.kin.conns {
		if tx := other.server[string(key)]; tx != nil {
			return tx
		}
	}
	if mutant.On("sec.cancel-any") {
		for _, other := range s.conns {
			if tx := other.server[string(key)]; tx != nil {
				return tx
			}
		}
	}
	return nil
}

// terminate answers an INVITE with 487, with the stack locked.
func (tx *serverTx) terminate() {
	if b, err := tx.s.render.response(tx.conn.link.RemoteAddr(), tx.handle.request, tx.tag, Response{Status: 487}); err == nil {
		_ = tx.answer(487, b) // without link there is nobody to tell
	}
}
