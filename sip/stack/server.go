package stack

import (
	"bytes"
	"strings"
	"time"

	"fedge/capture"
	"fedge/mutant"
	"fedge/sip/link"
)

// ServerTx is one request of a peer, to be answered once.
type ServerTx struct {
	tx      *serverTx
	request *Message
}

// Request is the request.
func (t *ServerTx) Request() *Message { return t.request }

// Link is the link it came on, and where its answer goes.
func (t *ServerTx) Link() *link.Link { return t.tx.conn.link }

// Respond answers. After a final response it returns ErrAnswered. A 2xx to a
// re-INVITE is repeated until its ACK, like the first one. A provisional answer
// to anything but INVITE is not sent (RFC 4320 §4.1). One to an INVITE that
// requires 100rel is repeated until its PRACK, and until then a 2xx returns
// ErrUnacknowledged (RFC 3262).
func (t *ServerTx) Respond(r Response) error {
	if r.Status < 200 && t.tx.method != "INVITE" {
		return nil
	}
	s := t.tx.s
	d, early := t.tx.whose()
	if early && r.Status/100 == 2 {
		return ErrUnacknowledged
	}
	if err := r.check(); err != nil {
		return err
	}
	if t.tx.number(&r, t.request) {
		return nil
	}
	if d != nil {
		var err error
		if r.Contact, err = d.contactFor(r, t.request); err != nil {
			return err
		}
	}
	b, err := s.render.response(t.tx.conn.link.RemoteAddr(), t.request, t.tx.tag, r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.tx.answer(r.Status, b)
}

// whose is the dialog of a request, and whether a reliable provisional answer to
// it waits for its PRACK.
func (tx *serverTx) whose() (d *Dialog, early bool) {
	tx.s.mu.Lock()
	defer tx.s.mu.Unlock()
	return tx.dialog, tx.unprovided()
}

// state is how far a transaction is.
type state uint8

const (
	trying     state = iota // nothing sent (server), nothing heard (client)
	proceeding              // a provisional response
	completed               // a final one: to or of an INVITE, 300-699; else any
	accepted                // a 2xx to INVITE (RFC 6026)
	absorbing               // acknowledged; copies are still caught
	removed
)

// serverTx is a server transaction (RFC 3261 §17.2, RFC 6026 §7.1). The
// stack's lock guards it.
type serverTx struct {
	s      *Stack
	conn   *conn
	key    string
	merge  string // "": within a dialog
	method string // no part of the request: that is garbage long before the transaction
	cseq   uint32
	offer  bool      // it held an offer, or another body; an INVITE without one has its 2xx make the offer
	tag    string    // of our To
	callID string    // of the dialog, for transcripts
	dialog *Dialog   // nil once it has nothing to hear any more: another 32 s would be long
	handle *ServerTx // nil once it is answered for good: the request is garbage then
	rel    *reliable // of an INVITE that requires reliable provisional answers

	state  state
	status int
	last   []byte // our last response; a link does not change what it is given
	timer  timer
	pause  time.Duration // before the next copy of a 2xx
	until  time.Duration // on the stack's clock: no more copies
}

// newServer enters a request into its link's table, with the stack locked.
func (s *Stack) newServer(c *conn, m *Message, key, merge, tag string) *serverTx {
	tx := &serverTx{s: s, conn: c, key: key, merge: merge, method: methodOf(m), cseq: m.CSeq(), tag: tag}
	tx.handle, tx.offer = &ServerTx{tx, m}, describes(m)
	tx.timer.owner = tx
	c.server[key] = tx
	if merge != "" {
		c.kin.merged[merge] = tx
	}
	s.transactions++
	if tx.method == "INVITE" {
		s.timers.start(&tx.timer, s.cfg.Timers.Trying)
	} else {
		s.timers.start(&tx.timer, s.cfg.Timers.H) // nobody answers: forget it, without 408 (RFC 4320 §4.2)
	}
	return tx
}

// methodOf is a request's method as a string of its own.
func methodOf(m *Message) string {
	for _, method := range [...]string{"INVITE", "BYE", "UPDATE", "INFO", "OPTIONS"} {
		if m.Method() == method {
			return method
		}
	}
	return strings.Clone(m.Method())
}

// belong makes the transaction one of a dialog.
func (tx *serverTx) belong(d *Dialog) {
	tx.dialog, tx.callID = d, d.callID
	d.open = append(d.open, tx)
}

// answer sends a response and moves on, with the stack locked.
func (tx *serverTx) answer(status int, b []byte) error {
	switch {
	case tx.conn.gone && (tx.state <= proceeding || tx.state == removed):
		return ErrNoLink
	case tx.state > proceeding:
		return ErrAnswered
	}
	tx.state, tx.status, tx.last = proceeding, status, b
	t := &tx.s.cfg.Timers
	switch {
	case status > 100 && status < 200 && tx.unprovided():
		tx.persist()
	case status < 200:
		tx.s.timers.stop(&tx.timer)
	case tx.method != "INVITE":
		tx.state = completed
		tx.s.timers.start(&tx.timer, t.J)
	case status < 300:
		tx.state = accepted
		tx.pause, tx.until = t.T1, tx.s.timers.now()+t.H
		tx.s.timers.start(&tx.timer, tx.pause)
	default:
		tx.state = completed
		tx.s.timers.start(&tx.timer, t.H)
	}
	if !(tx.method == "BYE" && mutant.On("dlg.bye-unanswered")) && !tx.astray(b) {
		tx.conn.send(b, tx.label())
	}
	if status >= 200 {
		tx.settled(status)
		tx.conn.checkAnswered()
	}
	return nil
}

// label names the last response in a transcript.
func (tx *serverTx) label() capture.Label {
	callID := tx.callID
	if callID == "" {
		callID, _, _ = strings.Cut(tx.merge, "\n")
	}
	return label(tx.status, tx.method, callID, tx.cseq)
}

// settled lets go of what an answered request no longer needs.
func (tx *serverTx) settled(status int) {
	request := tx.handle.request
	tx.handle, tx.rel = nil, nil
	if tx.dialog != nil {
		tx.dialog.answered(tx, request, status)
		if tx.state != accepted {
			tx.dialog = nil
		}
	}
	if tx.merge != "" && tx.state != accepted {
		// A proxy may try again after a 415, with another branch and the same
		// CSeq: that is no merged request ([MS-SIPRE] 3.9.5.5).
		tx.unmerge()
	}
}

// again handles a copy of the request (RFC 3261 §17.2.1, §17.2.2). After a 2xx
// the repetition of that has its own rhythm.
func (tx *serverTx) again() {
	if (tx.state == proceeding || tx.state == completed) && tx.last != nil {
		tx.conn.send(tx.last, tx.label())
	}
}

// forgotten tells whether a defect makes the stack take a copy for a new
// request.
func (tx *serverTx) forgotten() bool {
	if tx.method == "INVITE" && tx.state >= accepted && mutant.On("sec.replay") {
		tx.unmerge()
		return true
	}
	return tx.method == "INVITE" && tx.state >= completed && mutant.On("tx.reprocess") ||
		tx.method != "INVITE" && mutant.On("tx.no-absorb")
}

// acknowledged handles the ACK for a final response to INVITE and tells
// whether it was the first for a 2xx.
func (tx *serverTx) acknowledged() (first bool) {
	switch tx.state {
	case completed: // Timer I is 0 on a stream; J still catches copies of the INVITE
		tx.s.timers.start(&tx.timer, tx.s.cfg.Timers.J)
	case accepted:
		if mutant.On("tx.2xx-forever") {
			return true
		}
		tx.s.timers.start(&tx.timer, tx.s.cfg.Timers.L)
		first = true
	default:
		return false
	}
	tx.state, tx.last, tx.dialog = absorbing, nil, nil
	return first
}

// expire is the end of whatever the transaction was waiting for.
func (tx *serverTx) expire(now time.Duration) {
	switch {
	case tx.method == "INVITE" && tx.state == trying && mutant.On("tx.no-100"):
	case tx.method == "INVITE" && tx.state == trying:
		b, err := tx.s.render.response(tx.conn.link.RemoteAddr(), tx.handle.request, "", Response{Status: 100})
		if err == nil {
			_ = tx.answer(100, b) // without link there is nobody to tell
		}
	case tx.state == proceeding && tx.unprovided():
		tx.insist(now)
	case tx.state == accepted && now < tx.until:
		if mutant.On("dlg.tag-change") {
			tx.last = bytes.ReplaceAll(tx.last, []byte(tx.tag), []byte("another"))
		}
		if !mutant.On("tx.no-2xx-rtx") {
			tx.conn.send(tx.last, tx.label())
		}
		tx.pause = min(2*tx.pause, tx.s.cfg.Timers.T2)
		tx.s.timers.start(&tx.timer, min(tx.pause, tx.until-now))
	case tx.state == accepted:
		if tx.dialog != nil {
			tx.dialog.post(Event{Kind: Unconfirmed, Method: "INVITE"}, true)
		}
		tx.remove()
	default:
		tx.remove()
	}
}

// lost ends a transaction with its link. A 2xx still waits: its ACK may come
// over the peer's next link.
func (tx *serverTx) lost(why error) {
	if tx.state == accepted {
		return
	}
	if d := tx.dialog; d != nil && tx.state <= proceeding && d.first == tx {
		d.post(Event{Kind: LinkLost, Method: "INVITE", Err: why, final: true}, true)
	}
	tx.remove()
}

// remove takes the transaction out of every table.
func (tx *serverTx) remove() {
	if tx.state == removed || tx.method == "INVITE" && mutant.On("tx.leak") {
		return
	}
	tx.state, tx.handle, tx.last = removed, nil, nil
	tx.s.timers.stop(&tx.timer)
	tx.s.transactions--
	delete(tx.conn.server, tx.key)
	tx.conn.checkAnswered()
	tx.unmerge()
	if tx.dialog != nil {
		tx.dialog.forget(tx)
	}
}

func (tx *serverTx) unmerge() {
	if tx.conn.kin.merged[tx.merge] == tx {
		delete(tx.conn.kin.merged, tx.merge)
	}
}
