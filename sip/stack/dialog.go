package stack

import (
	"context"
	"errors"

	"fedge/sip/link"
)

// Errors of Dialog and ServerTx.
var (
	ErrAnswered = errors.New("stack: the request has its final answer already")
	ErrPending  = errors.New("stack: an INVITE of this dialog is still open; try again when it is answered")
	ErrEnded    = errors.New("stack: the dialog is over")
	ErrNoLink   = errors.New("stack: the link is gone and the next hop cannot be reached again")
	ErrFull     = errors.New("stack: too many transactions or dialogs")
	ErrHeader   = errors.New("stack: a header value holds control characters")
)

// Dialog is an INVITE and the dialog that comes of it, inbound or outbound.
// One goroutine should own it: read Events, act, and call Close at the end.
type Dialog struct{}

// Inbound tells a call of the peer from one of ours.
func (d *Dialog) Inbound() bool { panic("not written yet") }

// Invite is the INVITE that began it: the peer's as received, nil for ours.
func (d *Dialog) Invite() *Message { panic("not written yet") }

// CallID is the Call-ID.
func (d *Dialog) CallID() string { panic("not written yet") }

// Link is the link that the dialog lives on now. It may have ended.
func (d *Dialog) Link() *link.Link { panic("not written yet") }

// Peer is what the link on which the dialog began proved of the peer.
func (d *Dialog) Peer() link.Identity { panic("not written yet") }

// Events is the dialog's mailbox. It is never closed: after an event that is
// Final nothing more comes.
func (d *Dialog) Events() <-chan Event { panic("not written yet") }

// Respond answers the INVITE that began an inbound dialog: provisional (with
// our tag, but for 100), then one final. It returns ErrAnswered after a final
// answer, also when a CANCEL had it answered with 487.
func (d *Dialog) Respond(r Response) error { panic("not written yet") }

// Request sends a request within the dialog: BYE, INVITE, UPDATE, INFO,
// OPTIONS… What comes of it arrives as an event: Answered, Refused, TimedOut or
// LinkLost, with its Method. It blocks, at most until ctx is done, only when the
// dialog's link is gone and the next hop has to be dialled. A 2xx to a re-INVITE
// is acknowledged by the stack.
func (d *Dialog) Request(ctx context.Context, method string, o Outgoing) error {
	panic("not written yet")
}

// Cancel gives up an outbound INVITE that has no final answer. The CANCEL is
// withheld until there is a provisional one (RFC 3261 §9.1). A 2xx that crosses
// it is acknowledged and ended by BYE. The event that comes is Refused (mostly
// 487) or Cancelled. After a final answer Cancel does nothing.
func (d *Dialog) Cancel() { panic("not written yet") }

// Close lets go of the dialog: nothing more is posted, and later requests are
// answered 481. Whatever is still unanswered then is answered for the caller: a
// BYE with 200, an INVITE with 480, another request with 481. It sends no BYE.
// Requests that were sent, a BYE above all, still run to their end.
func (d *Dialog) Close() { panic("not written yet") }
