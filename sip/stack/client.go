package stack

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"fedge/mutant"
	"fedge/sip/gate"
	"fedge/sip/link"
)

// clientTx is a request of ours (RFC 3261 §17.1, RFC 6026 §7.2). The stack's
// lock guards it.
type clientTx struct {
	s      *Stack
	conn   *conn
	dialog *Dialog
	method string
	head   head

	row     *row // while it waits for its turn
	ringing bool // it is counted as an INVITE that will have its ACK

	state   state
	timer   timer
	giveUp  bool // its owner does not want it any more
	stopped bool // the CANCEL is out
	told    bool // its owner has heard what came of it
	offer   bool // it holds an offer, or another body
	acks    []acked

	progress []progress // of an INVITE's ends that answer reliably
}

// acked is the ACK that one end's 2xx got, to be sent again with each copy.
type acked struct {
	tag string
	ack []byte
}

// Invite sends an INVITE over the link, which must be or soon be served by this
// stack. What comes of it arrives as events of the dialog. It does not block.
func (s *Stack) Invite(ctx context.Context, l *link.Link, o Outgoing) (*Dialog, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if _, err := gate.SplitURI(o.URI); err != nil {
		return nil, fmt.Errorf("%w: Request-URI: %w", ErrURI, err)
	}
	for _, value := range [...]string{o.From, o.To, o.Contact} {
		if _, err := gate.ParseAddress(value); err != nil {
			return nil, fmt.Errorf("%w: From, To and Contact are needed: %w", ErrURI, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.live(l)
	if c == nil {
		return nil, ErrNoLink
	}
	if s.full(c, false) || s.crowded(c) {
		return nil, ErrFull
	}
	if c.meter.hopeless() {
		return nil, ErrTurn
	}
	callID, tag, cseq := unguessable(16), unguessable(8), uint32(1)
	if o.Again != nil && s.dialogs[dialogKey{o.Again.callID, o.Again.localTag}] == nil {
		callID, tag = o.Again.callID, o.Again.localTag
		if o.Next {
			cseq = o.Again.localCSeq + 1
		}
	}
	d := s.newDialog(c, callID, tag)
	d.local, d.remote = o.From+";tag="+d.localTag, o.To
	d.contact, d.target, d.localCSeq = o.Contact, o.URI, cseq
	d.firstCall = s.newClient(d, c, "INVITE", head{uri: o.URI, from: d.local, to: d.remote, callID: d.callID, cseq: cseq})
	d.firstCall.ask(o.Contact, o)
	if mutant.On("tx.rtx-tcp") {
		d.firstCall.send("INVITE", o.Contact, o)
	}
	return d, nil
}

// newClient enters a request of ours into its link's table.
func (s *Stack) newClient(d *Dialog, c *conn, method string, h head) *clientTx {
	h.branch = unguessable(12)
	tx := &clientTx{s: s, conn: c, dialog: d, method: method, head: h}
	tx.timer.owner = tx
	c.client[h.branch] = tx
	s.transactions++
	d.calls = append(d.calls, tx)
	return tx
}

// ask renders the request, and sends it when its turn has come.
func (tx *clientTx) ask(contact string, o Outgoing) {
	h := tx.head
	b := tx.s.render.request(tx.method, h, contact, o)
	tx.conn.ask(tx.dialog, unsent{tx.conn, tx, b, label(0, tx.method, h.callID, h.cseq)})
}

// begin starts the time of a request that has been sent.
func (tx *clientTx) begin() {
	s, after := tx.s, tx.s.cfg.Timers.F
	if tx.method == "INVITE" {
		after = s.cfg.Timers.B
		if m := tx.conn.meter; m != nil {
			tx.ringing = true
			m.ringing++
		}
	}
	if tx.method == "INVITE" && mutant.On("tx.no-b") || tx.method != "INVITE" && mutant.On("tx.no-f") {
		return
	}
	s.timers.start(&tx.timer, after)
}

// settled is told that an INVITE has its ACK, or will have none.
func (tx *clientTx) settled() {
	if tx.ringing {
		tx.ringing = false
		tx.conn.meter.ringing--
	}
}

// send renders and sends the request's ACK or CANCEL, and returns the bytes.
func (tx *clientTx) send(method, contact string, o Outgoing) []byte {
	return tx.sendAs(method, tx.head, contact, o)
}

func (tx *clientTx) sendAs(method string, h head, contact string, o Outgoing) []byte {
	b := tx.s.render.request(method, h, contact, o)
	tx.conn.send(b, label(0, method, h.callID, h.cseq))
	return b
}

// response handles a response. It belongs to a request that went out on the
// same link, or to none (RFC 3261 §17.1.3, §18.1.2, §8.1.3.3).
func (s *Stack) response(c *conn, m *Message) {
	branch := m.Via().Branch
	if moreVias(m) && mutant.On("via.stray-forward") {
		_ = c.link.Send([]byte(m.Raw), m.Label())
	}
	if len(branch) <= len(cookie) || moreVias(m) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := c.client[branch[len(cookie):]]
	if tx == nil && mutant.On("tx.stray") {
		c.link.Abort()
	}
	if tx == nil && mutant.On("sec.resp-any") {
		for _, other := range s.conns {
			tx = cmp.Or(tx, other.client[branch[len(cookie):]])
		}
	}
	if mutant.On("tx.code-unknown") && reasons[m.Status()] == "" {
		return
	}
	if tx == nil || tx.method != m.Method() || tx.head.cseq != m.CSeq() {
		return
	}
	switch {
	case tx.method != "INVITE":
		tx.replied(m)
	case m.Status() < 200:
		tx.provisional(m)
	case m.Status() < 300:
		tx.success(m)
	default:
		tx.failure(m)
	}
}

func moreVias(m *Message) bool {
	n := 0
	for range m.List("Via") {
		n++
	}
	return n > 1
}

// replied ends a request other than INVITE.
func (tx *clientTx) replied(m *Message) {
	if m.Status() < 200 {
		return
	}
	kind := Answered
	switch {
	case m.Status() >= 300:
		kind = Refused
	case tx.method == "UPDATE": // RFC 3311 §5.1
		tx.dialog.refresh(m)
	}
	tx.end(Event{Kind: kind, Message: m})
}

// end removes the transaction and tells the dialog what came of it. With a BYE
// the dialog is over, whatever came.
func (tx *clientTx) end(e Event) {
	d := tx.dialog
	e.Method = tx.method
	e.final = e.final || tx.method == "BYE"
	tx.remove()
	if e.final {
		d.unlink()
	}
	if !tx.told {
		d.post(e, true)
	}
}

// expire is the end of whatever the transaction was waiting for: Timer B, F
// and C, or the time that copies are still expected.
func (tx *clientTx) expire(time.Duration) {
	d := tx.dialog
	first := tx == d.firstCall
	switch {
	case tx.row != nil:
		tx.end(Event{Kind: TimedOut, Err: ErrTurn, final: first})
	case tx.state == proceeding && !tx.stopped: // Timer C
		tx.cancel()
		tx.told = true
		d.forgetCall(tx)
		d.post(Event{Kind: TimedOut, Method: tx.method, final: first}, true)
	case tx.state <= proceeding:
		tx.end(Event{Kind: TimedOut, final: first})
	default:
		tx.remove()
	}
}

// lost ends a transaction with its link.
func (tx *clientTx) lost(why error) {
	switch {
	case tx.state > proceeding:
		tx.remove()
		return
	case tx.row != nil && tx.method == "BYE" && !tx.dialog.closed: // Said tells its owner
		tx.dialog.leaving = false
		tx.remove()
		return
	}
	tx.end(Event{Kind: LinkLost, Err: why, final: tx == tx.dialog.firstCall})
}

// remove takes the transaction out of every table.
func (tx *clientTx) remove() {
	if tx.state == removed {
		return
	}
	tx.state = removed
	tx.withdraw()
	tx.settled()
	tx.s.timers.stop(&tx.timer)
	tx.s.transactions--
	delete(tx.conn.client, tx.head.branch)
	tx.dialog.forgetCall(tx)
}

// crowded tells whether another dialog would exceed the limits.
func (s *Stack) crowded(c *conn) bool {
	return len(c.dialogs) >= s.cfg.Limits.LinkDialogs || len(s.dialogs) >= s.cfg.Limits.Dialogs
}

// ackFor finds the ACK that this end's 2xx got.
func (tx *clientTx) ackFor(tag string) []byte {
	if i := slices.IndexFunc(tx.acks, func(a acked) bool { return a.tag == tag }); i >= 0 {
		return tx.acks[i].ack
	}
	return nil
}
