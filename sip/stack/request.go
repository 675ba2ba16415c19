package stack

import (
	"slices"
	"strconv"
	"strings"

	"fedge/mutant"
)

// request handles a request that is neither ACK nor CANCEL.
func (s *Stack) request(c *conn, m *Message) error {
	c.scratch = serverKey(c.scratch[:0], m, m.Method())
	no, d, tx, err := s.begin(c, m)
	switch {
	case no.Status != 0:
		s.reply(c, m, no)
	case d != nil || tx != nil:
		s.hand(d, tx)
	}
	return err
}

// begin finds out what a request is: a copy, one of a dialog's, or something
// new, which it returns for its owner.
func (s *Stack) begin(c *conn, m *Message) (no Response, d *Dialog, tx *ServerTx, err error) {
	s.mu.Lock()
	defer s.mu.Unlock() // also when something here panics: the others go on
	if tx := c.server[string(c.scratch)]; tx != nil && !tx.forgotten() {
		tx.again()
		return no, nil, nil, nil
	}
	switch {
	case mutant.On("rt.mf-wrap") && Exhausted(m), // 0 - 1 is 4,294,967,295: it travels on
		m.Method() == "REFER" && mutant.On("dlg.refer-drop"):
	case m.ToTag() != "":
		no, err = s.inside(c, m)
	default:
		no, d, tx = s.outside(c, m)
	}
	return no, d, tx, err
}

// outside begins a transaction, and for an INVITE a dialog, or says why not.
func (s *Stack) outside(c *conn, m *Message) (no Response, d *Dialog, tx *ServerTx) {
	if no = s.objection(m); no.Status != 0 {
		return no, nil, nil
	}
	key := string(c.scratch)
	c.scratch = mergeKey(c.scratch[:0], m)
	// What came over a link that has broken is rather tried again than merged.
	if first := c.kin.merged[string(c.scratch)]; first != nil && !first.conn.gone && !mutant.On("tx.no-482") {
		return Response{Status: 482, Reason: "Merged Request"}, nil, nil // RFC 3261 §8.2.2.2
	}
	if s.full(c, false) || m.Method() == "INVITE" && s.crowded(c) {
		return overload(), nil, nil
	}
	if m.Method() != "INVITE" {
		tx := s.newServer(c, m, key, string(c.scratch), unguessable(8))
		if mutant.On("tx.early-1xx") {
			s.reply(c, m, Response{Status: 180})
		}
		return no, nil, tx.handle
	}
	d, bad := s.inbound(c, m)
	if bad != "" {
		return Response{Status: 400, Reason: "Bad " + bad}, nil, nil
	}
	d.first = s.newServer(c, m, key, string(c.scratch), d.localTag)
	d.first.belong(d)
	return no, d, nil
}

// objection is what RFC 3261 §8.2 has against a request whoever it is for; a
// zero Status: nothing.
func (s *Stack) objection(m *Message) Response {
	switch method := m.Method(); {
	case !s.allowed(method):
		return Response{Status: 405}
	case method == "BYE" && mutant.On("dlg.early-bye"):
		return Response{Status: 200}
	case method == "BYE", method == "UPDATE", method == "PRACK":
		return Response{Status: 481} // they exist within dialogs only
	}
	return s.unsupported(m)
}

// allowed tells whether anybody here serves the method.
func (s *Stack) allowed(method string) bool {
	if method == "INVITE" && s.cfg.Handlers.Invite == nil || method != "INVITE" && s.cfg.Handlers.Request == nil {
		return false
	}
	return s.allowedWithin(method)
}

// allowedWithin is allowed for requests within a dialog, whose owner answers
// them all.
func (s *Stack) allowedWithin(method string) bool {
	return len(s.cfg.Allow) == 0 || slices.Contains(s.cfg.Allow, method) // methods have a case, RFC 3261 §7.1
}

// unsupported refuses extensions we do not know (RFC 3261 §8.2.2.3).
func (s *Stack) unsupported(m *Message) (no Response) {
	var unknown []string
	for tag := range m.List("Require") {
		if !s.supports(tag) {
			unknown = append(unknown, tag)
		}
	}
	if unknown == nil || mutant.On("ext.no-420") {
		return encoded(m)
	}
	return Response{Status: 420, Headers: []Header{{"Unsupported", strings.Join(unknown, ", ")}}}
}

func (s *Stack) supports(tag string) bool {
	for _, known := range s.cfg.Supported {
		if strings.EqualFold(tag, known) {
			return true
		}
	}
	return false
}

// Exhausted tells whether a request has used up its hops: it must not travel on
// (RFC 3261 §16.3 step 3). Where it is for, it has arrived and counts like any
// other (RFC 4475 §3.3.11).
func Exhausted(m *Message) bool {
	hops := m.Header("Max-Forwards")
	return hops != "" && strings.Trim(hops, "0") == ""
}

func overload() Response {
	return Response{Status: 503, Headers: []Header{{"Retry-After", "5"}}}
}

// inside handles a request within a dialog.
func (s *Stack) inside(c *conn, m *Message) (no Response, err error) {
	d := s.dialogOf(c, m)
	if d == nil && m.Method() == "BYE" && mutant.On("dlg.bye-200") {
		return Response{Status: 200}, nil
	}
	if d == nil {
		return Response{Status: 481}, nil // RFC 3261 §12.2.2; a stranger learns no more
	}
	if no = d.objection(m); no.Status != 0 {
		if no.Status == 200 {
			d.crossed(m)
		}
		return no, nil
	}
	if s.full(c, true) {
		return overload(), nil
	}
	if d.busy(m.Method()) {
		return Response{Status: 500, Headers: []Header{{"Retry-After", "1"}}}, nil
	}
	if m.Has("Reason") && mutant.On("tx.reason") {
		return Response{Status: 400}, nil
	}
	d.adopt(c)
	d.remoteCSeq, d.heard = m.CSeq(), true
	tx := s.newServer(c, m, string(c.scratch), "", d.localTag)
	tx.belong(d)
	if m.Method() == "PRACK" {
		return no, tx.pracked(m)
	}
	e := Event{Kind: Requested, Method: m.Method(), Tx: tx.handle, Message: m}
	if m.Method() == "BYE" {
		e.Kind, e.final = Ended, true
		d.endOpen()
		d.withdraw()
	}
	if !d.post(e, e.final) {
		return no, errOverrun
	}
	return no, nil
}

// ack handles an ACK. It is never answered (RFC 3261 §17).
func (s *Stack) ack(c *conn, m *Message) error {
	c.scratch = serverKey(c.scratch[:0], m, "INVITE")
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := c.server[string(c.scratch)]
	if tx != nil && tx.state == completed && mutant.On("tx.ack-leak") {
		s.reply(c, m, Response{Status: 405})
	}
	if tx == nil || tx.state == accepted {
		// For a 2xx it is a request of its own, matched by the dialog; RFC 2543
		// gave it the INVITE's branch.
		d := s.dialogOf(c, m)
		if d == nil && mutant.On("tx.reply-ack") {
			s.reply(c, m, Response{Status: 405})
		}
		if d == nil {
			return nil
		}
		d.adopt(c)
		tx = d.unacknowledged(m.CSeq())
	}
	if tx == nil {
		if mutant.On("tx.ack-dup") {
			s.reply(c, m, Response{Status: 481})
		}
		return nil
	}
	d := tx.dialog
	if !tx.acknowledged() {
		return nil
	}
	d.forget(tx)
	if !d.post(Event{Kind: Confirmed, Method: "INVITE", Message: m}, true) { // its INVITE was taken: no more come than the owner lets
		return errOverrun
	}
	return nil
}

// reply answers without a transaction: the request has changed nothing, so a
// copy of it gets the same answer, with the same tag (RFC 3261 §8.2.7), and the
// ACK for it is let go.
func (s *Stack) reply(c *conn, m *Message, r Response) {
	if r.Status == 0 {
		return
	}
	switch {
	case r.Status == 405 && mutant.On("tx.408"):
		r.Status = 408
	case m.Method() == "REGISTER" && mutant.On("sec.register"), m.Method() == "PUBLISH" && mutant.On("sec.publish"):
		r.Status = 200
	}
	c.scratch = serverKey(c.scratch[:0], m, m.Method())
	b, err := s.render.response(c.link.RemoteAddr(), m, s.repeatable(c.scratch), r)
	if err != nil {
		s.cfg.Log.Error("cannot render an answer", "status", strconv.Itoa(r.Status), "error", err)
		return
	}
	c.reply(b, labelOf(r.Status, m))
}
