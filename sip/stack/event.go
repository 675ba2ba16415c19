package stack

// Event is what a dialog's owner must know.
type Event struct {
	Kind    Kind
	Method  string    // of the request it is about: "INVITE" for the first, "BYE"…
	Tx      *ServerTx // Requested, Ended: to be answered
	Message *Message  // Provisional, Answered, Refused: the response; Confirmed: the ACK; Requested, Ended, Cancelled: the peer's request
	Err     error     // LinkLost: why; TimedOut: ErrTurn, if it was never sent

	final bool
}

// Kind says what happened.
type Kind uint8

const (
	// Cancelled: the INVITE was cancelled before its final answer. Inbound:
	// 487 has been sent, and it is Final unless it was a re-INVITE. Outbound: a
	// 2xx crossed our CANCEL and has been acknowledged and ended; Final.
	Cancelled Kind = iota + 1
	// Confirmed: the ACK for our 2xx came, with the answer in its body when our
	// 2xx held the offer. Method is always INVITE; it comes for re-INVITEs too.
	Confirmed
	// Requested: a request within the dialog; answer with Tx.Respond.
	Requested
	// Ended: the peer's BYE; answer with Tx.Respond, or leave it to Close. Final.
	Ended
	// Provisional: a 1xx other than 100 to a request of ours.
	Provisional
	// Answered: a 2xx to a request of ours. For the first INVITE the dialog is
	// up and its ACK has been sent; for BYE it is Final.
	Answered
	// Refused: a 3xx-6xx to a request of ours. For the first INVITE Final.
	Refused
	// TimedOut: no final answer to a request of ours in time. For the first
	// INVITE and for BYE Final; an INVITE that rang has been cancelled.
	TimedOut
	// Unconfirmed: no ACK came for our 2xx. The call should be ended by BYE (RFC
	// 3261 §13.3.1.4). With the Method PRACK: none came for a reliable
	// provisional answer, and the INVITE has been refused with 504 (RFC 3262
	// §3); for the first INVITE Final.
	Unconfirmed
	// Acknowledged: the PRACK for a reliable provisional answer of ours came, and
	// has been answered.
	Acknowledged
	// LinkLost: the link ended. With a Method: before that request was
	// answered, for the first INVITE Final. Without: the dialog lives on, its
	// next request is sent over a new link.
	LinkLost
)

// Final tells whether this is the last event of its dialog.
func (e Event) Final() bool { return e.final }

// names never changes.
var names = [...]string{
	Cancelled: "cancelled", Confirmed: "confirmed", Requested: "requested", Ended: "ended", Provisional: "provisional",
	Answered: "answered", Refused: "refused", Acknowledged: "acknowledged", TimedOut: "timed out", Unconfirmed: "unconfirmed", LinkLost: "link lost",
}

func (k Kind) String() string { return names[k] }
