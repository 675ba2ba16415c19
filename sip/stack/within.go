package stack

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"fedge/mutant"
	"fedge/sip/link"
)

// dialogOf finds the dialog that a message belongs to (RFC 3261 §12: it has three
// names), if the link may speak in it.
func (s *Stack) dialogOf(c *conn, m *Message) *Dialog {
	d := s.dialogs[dialogKey{m.CallID(), m.ToTag()}]
	switch {
	case mutant.On("dlg.callid-only"):
		return c.anyDialog(func(other *Dialog) bool { return other.callID == m.CallID() })
	case d == nil || !d.with(m.FromTag()) || !d.from(c):
		return nil
	case m.Method() == "BYE" && len(c.dialogs) > 1 && mutant.On("dlg.cross"):
		return c.anyDialog(func(other *Dialog) bool { return other != d })
	}
	return d
}

// anyDialog is for mutants.
func (c *conn) anyDialog(fits func(*Dialog) bool) *Dialog {
	for d := range c.dialogs {
		if fits(d) {
			return d
		}
	}
	return nil
}

// with tells whether the peer's tag is this dialog's (RFC 3261 §12: a dialog is
// known by three things, not by its Call-ID).
func (d *Dialog) with(tag string) bool {
	if d.Inbound() || d.established {
		return tag == d.remoteTag
	}
	return slices.Contains(d.early, tag)
}

// from tells whether a link may speak for this dialog's peer: it is the
// dialog's own, or proves the same identity.
func (d *Dialog) from(c *conn) bool {
	if theirs := c.link.Peer().Chain; mutant.On("sec.dlg-any") && len(theirs) > 0 && len(d.peer.Chain) > 0 {
		return bytes.Equal(theirs[0].RawIssuer, d.peer.Chain[0].RawIssuer)
	}
	return d.conn == c || same(c.link.Peer(), d.peer) && !mutant.On("dlg.conn-bound") || mutant.On("dlg.any-identity")
}

// objection is what stands against a request within the dialog; a zero Status:
// nothing.
func (d *Dialog) objection(m *Message) (no Response) {
	switch method := m.Method(); {
	case d.closed || d.leaving:
		if method == "BYE" { // it crossed ours
			return Response{Status: 200}
		}
		return Response{Status: 481}
	case !d.s.allowedWithin(method), method == "UPDATE" && mutant.On("upd.no"):
		return Response{Status: 405}
	case d.heard && m.CSeq() <= d.remoteCSeq && !mutant.On("dlg.cseq-any"): // RFC 3261 §12.2.2
		return Response{Status: 500, Reason: "CSeq Out Of Order"}
	case d.heard && m.CSeq() > d.remoteCSeq+1 && mutant.On("dlg.cseq-strict"):
		return Response{Status: 500}
	case method == "INVITE", method == "UPDATE":
		if _, err := contactOf(m); err != nil && !mutant.On("upd.contacts") { // of several, which would be the target? RFC 3261 §8.1.1.8
			return Response{Status: 400, Reason: "Bad Contact"}
		}
	}
	if no = d.glare(m); no.Status != 0 {
		return no
	}
	return d.s.unsupported(m)
}

// adopt moves the dialog to the link that its peer now uses, once its own is
// gone.
func (d *Dialog) adopt(c *conn) {
	if d.conn == c || !d.conn.gone {
		return
	}
	delete(d.conn.dialogs, d)
	d.conn = c
	c.dialogs[d] = struct{}{}
}

// dial makes a link with the stack unlocked. Whatever becomes of that, its caller
// expects it locked again.
func (d *Dialog) dial(ctx context.Context, host string, port int) (*link.Link, error) {
	d.s.mu.Unlock()
	defer d.s.mu.Lock()
	return d.s.cfg.Redial(ctx, d.peer, host, port)
}

// redial finds a new link to the next hop. The stack is locked before and
// after, not while the link is made.
func (d *Dialog) redial(ctx context.Context) error {
	if err := d.ready("BYE"); err != nil {
		return err
	}
	host, port, err := nextHop(d.target, d.routes)
	if err != nil {
		return err
	}
	if d.s.cfg.Redial == nil || mutant.On("con.no-redial") {
		return ErrNoLink
	}
	l, err := d.dial(ctx, host, port)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrNoLink, host, err)
	}
	if err := d.ready("BYE"); err != nil { // much may have happened meanwhile
		return err
	}
	c := d.s.live(l)
	if c == nil {
		return fmt.Errorf("%w: %s: the new link ended at once", ErrNoLink, host)
	}
	d.adopt(c)
	return nil
}

// answered follows a final response of ours to the peer's request.
func (d *Dialog) answered(tx *serverTx, request *Message, status int) {
	success := status/100 == 2
	switch {
	case tx == d.first && success:
		d.established = true
	case tx == d.first:
		d.unlink()
	case success && (tx.method == "INVITE" || tx.method == "UPDATE"): // RFC 3261 §12.2.2
		d.refresh(request)
	}
	if tx.state != accepted {
		d.forget(tx)
	}
}

// refresh takes a new remote target from a Contact.
func (d *Dialog) refresh(m *Message) {
	if target, err := contactOf(m); err == nil && target != "" && !mutant.On("dlg.no-refresh") {
		d.target = target
	}
}

// endOpen answers an INVITE that a BYE overtook (RFC 3261 §15.1.2); a 2xx needs
// no ACK any more. Other requests came before the BYE and are the owner's.
func (d *Dialog) endOpen() {
	for _, tx := range slices.Clone(d.open) {
		switch {
		case tx.state == accepted:
			tx.acknowledged()
			d.forget(tx)
		case tx.method == "INVITE" && tx.state <= proceeding:
			tx.terminate()
		}
	}
}

// unacknowledged finds the 2xx that an ACK is for.
func (d *Dialog) unacknowledged(cseq uint32) *serverTx {
	for _, tx := range d.open {
		if tx.state == accepted && tx.cseq == cseq {
			return tx
		}
	}
	return nil
}

// forget lets go of a request of the peer's that needs nothing more.
func (d *Dialog) forget(tx *serverTx) {
	if i := slices.Index(d.open, tx); i >= 0 {
		d.open = slices.Delete(d.open, i, i+1)
	}
}

// forgetCall lets go of a request of ours that has come to its end.
func (d *Dialog) forgetCall(tx *clientTx) {
	if i := slices.Index(d.calls, tx); i >= 0 {
		d.calls = slices.Delete(d.calls, i, i+1)
	}
}

// contactFor finds the Contact of a response within the dialog and remembers a
// new one.
func (d *Dialog) contactFor(r Response, request *Message) (string, error) {
	method := request.Method()
	refreshes := method == "INVITE" || method == "UPDATE"
	if r.Status <= 100 || r.Status >= 300 || r.Contact == "" && !refreshes {
		return r.Contact, nil
	}
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if r.Contact != "" {
		d.contact = r.Contact
	}
	if d.contact == "" && method == "INVITE" && r.Status >= 200 {
		return "", ErrContact // RFC 3261 §12.1.1
	}
	return d.contact, nil
}
