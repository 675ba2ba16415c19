package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fedge/mutant"
	"fedge/sip/link"
)

// Errors of Dialog and ServerTx.
var (
	ErrAnswered = errors.New("stack: the request has its final answer already")
	ErrPending  = errors.New("stack: an INVITE of this dialog is still open; try again when it is answered")
	ErrEnded    = errors.New("stack: the dialog is over")
	// ErrUnacknowledged: wait for the event Acknowledged, or the one that is Final.
	ErrUnacknowledged = errors.New("stack: a reliable provisional answer has no PRACK yet")

	ErrEarly   = errors.New("stack: the dialog is not up yet")
	ErrNoLink  = errors.New("stack: the link is gone and the next hop cannot be reached again")
	ErrFull    = errors.New("stack: too many transactions or dialogs")
	ErrHeader  = errors.New("stack: a header that cannot be sent")
	ErrTurn    = errors.New("stack: too much waits to be sent to a partner that takes only so many messages a second")
	ErrContact = errors.New("stack: an INVITE and its 2xx need a Contact")
)

// Dialog is an INVITE and the dialog that comes of it, inbound or outbound.
// One goroutine should own it: read Events, act, and call Close at the end.
type Dialog struct {
	s        *Stack
	invite   *Message // nil: outbound
	callID   string
	localTag string
	peer     link.Identity
	events   chan Event

	// The stack's lock guards the rest.
	conn        *conn
	first       *serverTx // of an inbound INVITE
	firstCall   *clientTx // of an outbound one
	open        []*serverTx
	calls       []*clientTx
	local       string // From of our requests, with tag
	remote      string // To of our requests, with tag once it is known
	remoteTag   string
	early       []string // tags of the forks that ring
	contact     string
	target      string   // Request-URI of our requests
	routes      []string // URIs, as they came
	localCSeq   uint32
	remoteCSeq  uint32
	heard       bool          // remoteCSeq is set
	established bool          // a 2xx was sent or received
	leaving     bool          // our BYE is on its way
	closed      bool          // by its owner
	finished    bool          // its final event is posted
	unsent      int           // requests that wait for their turn
	said        chan struct{} // closed, and nil, once none does
}

// Some bounds that no honest peer meets.
const (
	reserve  = 16 // places in a mailbox for what is not of the peer's making
	mostOpen = 8  // requests of ours at once in one dialog
	forks    = 8  // answers to one INVITE from different ends
)

func (s *Stack) newDialog(c *conn, callID, localTag string) *Dialog {
	d := &Dialog{
		s: s, conn: c, callID: callID, localTag: localTag, peer: c.link.Peer(),
		events: make(chan Event, s.cfg.Limits.Mailbox+reserve),
	}
	s.dialogs[dialogKey{callID, localTag}] = d
	c.dialogs[d] = struct{}{}
	return d
}

// inbound makes the dialog of an INVITE (RFC 3261 §12.1.1).
func (s *Stack) inbound(c *conn, m *Message) (d *Dialog, bad string) {
	target, err := contactOf(m)
	if err != nil {
		return nil, "Contact"
	}
	if target == "" { // RFC 2543 asked for none
		target = m.From().URI
	}
	routes, err := recorded(m)
	if err != nil {
		return nil, "Record-Route"
	}
	if mutant.On("dlg.rr-reverse") {
		slices.Reverse(routes)
	}
	if mutant.On("rt.strip-uri-params") {
		target, _, _ = strings.Cut(target, ";")
	}
	d = s.newDialog(c, strings.Clone(m.CallID()), unguessable(8))
	d.invite, d.target, d.routes = m, target, routes
	d.local, d.remote, d.remoteTag = m.Header("To")+";tag="+d.localTag, m.Header("From"), m.FromTag()
	d.remoteCSeq, d.heard = m.CSeq(), true
	return d, ""
}

// Inbound tells a call of the peer from one of ours.
func (d *Dialog) Inbound() bool { return d.invite != nil }

// Invite is the INVITE that began it: the peer's as received, nil for ours.
func (d *Dialog) Invite() *Message { return d.invite }

// CallID is the Call-ID.
func (d *Dialog) CallID() string { return d.callID }

// Link is the link that the dialog lives on now. It may have ended.
func (d *Dialog) Link() *link.Link {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.conn.link
}

// Peer is what the link on which the dialog began proved of the peer.
func (d *Dialog) Peer() link.Identity { return d.peer }

// Events is the dialog's mailbox. It is never closed: after an event that is
// Final nothing more comes.
func (d *Dialog) Events() <-chan Event { return d.events }

// Respond answers the INVITE that began an inbound dialog: provisional (with
// our tag, but for 100), then one final. It returns ErrAnswered after a final
// answer, also when a CANCEL had it answered with 487. After a 3xx-6xx the
// dialog is over.
func (d *Dialog) Respond(r Response) error {
	if d.first == nil {
		return ErrAnswered
	}
	return (&ServerTx{d.first, d.invite}).Respond(r)
}

// Request sends a request within the dialog: BYE, INVITE, UPDATE, INFO,
// OPTIONS… What comes of it arrives as an event: Answered, Refused, TimedOut or
// LinkLost, with its Method. It blocks, at most until ctx is done, only when the
// dialog's link is gone and the next hop has to be dialled. A 2xx to a re-INVITE
// is acknowledged by the stack. To a partner that takes only so many messages a
// second it goes when its turn has come, and no sooner its time runs; BYE takes
// the place of what the dialog has waiting, of which nothing is heard any more.
func (d *Dialog) Request(ctx context.Context, method string, o Outgoing) error {
	if err := o.check(); err != nil {
		return err
	}
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if d.conn.gone {
		if err := d.redial(ctx); err != nil {
			return err
		}
	}
	if err := d.ready(method); err != nil {
		return err
	}
	if ours, theirs := d.offers(); len(o.Body) > 0 && (ours || theirs) {
		return ErrPending // RFC 3264 §4, RFC 3311 §5.1
	}
	if o.Contact != "" {
		d.contact = o.Contact
	}
	d.localCSeq++
	uri, routes := routing(d.target, d.routes)
	from := d.local
	if method == "BYE" && mutant.On("id.bye-orig") || method != "INVITE" && mutant.On("id.invite-only") {
		from = d.contact + ";tag=" + d.localTag
	}
	if method == "BYE" {
		d.withdraw()
	}
	tx := d.s.newClient(d, d.conn, method, head{
		uri: uri, routes: routes, from: from, to: d.remote, callID: d.callID, cseq: d.localCSeq,
	})
	tx.offer = len(o.Body) > 0
	d.leaving = method == "BYE"
	contact := ""
	if method == "INVITE" || method == "UPDATE" {
		contact = d.contact
	}
	tx.ask(contact, o)
	return nil
}

// ready tells whether the dialog can take another request of ours.
func (d *Dialog) ready(method string) error {
	switch {
	case d.finished || d.closed || d.leaving || d.first != nil && d.first.status >= 300:
		return ErrEnded
	case !d.established && !d.Inbound():
		return ErrEarly
	case method == "INVITE" && d.inviting():
		return ErrPending
	case method == "INVITE" && d.contact == "":
		return ErrContact
	case method == "ACK" || method == "CANCEL" || method == "":
		return fmt.Errorf("stack: %q is not for Request", method)
	case method != "BYE" && len(d.calls) >= mostOpen || d.s.full(d.conn, true):
		return ErrFull
	}
	return nil
}

// Cancel gives up an outbound INVITE that has no final answer. The CANCEL is
// withheld until there is a provisional one (RFC 3261 §9.1). A 2xx that crosses
// it is acknowledged and ended by BYE. The event that comes is Refused (mostly
// 487), Cancelled or TimedOut. After a final answer Cancel does nothing.
func (d *Dialog) Cancel() {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if d.firstCall != nil {
		d.firstCall.cancel()
	}
}

// Close lets go of the dialog: nothing more is posted, and later requests are
// answered 481. Whatever is still unanswered then is answered for the caller: a
// BYE with 200, the first INVITE with 480, another request with 481; an INVITE
// of ours is cancelled. It sends no BYE. Requests that were sent, a BYE above
// all, still run to their end.
func (d *Dialog) Close() {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if d.closed {
		return
	}
	d.closed = true
	for _, tx := range slices.Clone(d.open) {
		tx.close()
	}
	if d.firstCall != nil {
		d.firstCall.cancel()
	}
	if !d.leaving {
		d.withdraw()
		d.unlink()
	}
}

// close answers what the dialog's owner left unanswered, and stops repeating.
func (tx *serverTx) close() {
	if tx.state == accepted {
		tx.acknowledged()
		return
	}
	status := 481
	switch tx.method {
	case "BYE":
		status = 200
	case "INVITE":
		if tx == tx.dialog.first { // a re-INVITE finds no dialog any more
			status = 480
		}
	}
	b, err := tx.s.render.response(tx.conn.link.RemoteAddr(), tx.handle.request, tx.tag, Response{Status: status})
	if err == nil {
		_ = tx.answer(status, b) // without link there is nobody to tell
	}
}

// unlink takes the dialog out of the tables.
func (d *Dialog) unlink() {
	if mutant.On("dlg.leak") {
		return
	}
	if key := (dialogKey{d.callID, d.localTag}); d.s.dialogs[key] == d { // not one that came after it
		delete(d.s.dialogs, key)
	}
	delete(d.conn.dialogs, d)
}
