// Package stack is the edge's SIP: transactions (RFC 3261 §17, RFC 6026) and
// dialogs (§12) over links.
//
// Transactions belong to the link that they came in on or went out on, so that
// no other peer's response or CANCEL can match them. A dialog outlives its
// link: its next request goes over a link proved for the next hop's name.
//
// One goroutine a link, in Serve, reads and handles messages in the order of
// their arrival. It never waits for a call: what a call must know is posted to
// the dialog's bounded mailbox, Dialog.Events. All methods may be called from
// any goroutine, and only Request on a dialog whose link is gone may block.
package stack
