package stack

import (
	"context"
	"log/slog"
	"time"

	"fedge/sip/gate"
	"fedge/sip/link"
)

// Config is what a Stack is made from. Host is the only field that must be set.
type Config struct {
	Host      string   // this node's FQDN: the sent-by of our Via
	Port      int      // of the sent-by: 5061
	Product   string   // Server and User-Agent; "": neither is sent
	Allow     []string // methods for the Allow header of INVITE and OPTIONS answers and of a 405
	Supported []string // option tags: sent as Supported; a Require naming another is refused with 420
	Timers    Timers
	Limits    Limits
	Log       *slog.Logger // nil: discards
	Handlers  Handlers

	// Redial returns a link proved for the name, already served by this
	// stack. It is asked when an in-dialog request has to leave and the
	// dialog's own link is gone; peer is what that proved at the dialog's
	// begin, and port is 0 when the route names none. Nil: such a request
	// fails with ErrNoLink.
	Redial func(ctx context.Context, peer link.Identity, host string, port int) (*link.Link, error)

	// Pace says how many messages a second the partner at a link's other end
	// takes, and whose they are counted as; 0: any number. Requests wait for
	// their turn then. It is asked with the stack locked and must not block. Nil:
	// everybody takes any number.
	Pace func(l *link.Link) (partner string, most int)
}

// Handlers are called on the goroutine that reads the link, and must not block.
type Handlers struct {
	// Invite gets each INVITE outside a dialog. Its owner reads d.Events and
	// answers with d.Respond; it must call d.Close at the end. Nil: 405.
	Invite func(d *Dialog)
	// Request gets every other request outside a dialog: OPTIONS, MESSAGE,
	// SUBSCRIBE… It answers with tx.Respond, now or later. Nil: 405 with Allow.
	Request func(tx *ServerTx)
	// Refused hears of each message that the gate did not let through.
	Refused func(l *link.Link, r *gate.Reject)
	// Panicked hears of each panic that a message, or a timer, set off: where it
	// was caught, its value and its trace. Nil: it is logged.
	Panicked func(where string, value any, trace []byte)
}

// Timers are RFC 3261's (table 4) and a few of ours. A zero field means the
// default; those given as multiples follow T1.
type Timers struct {
	T1     time.Duration // 500 ms
	Second time.Duration // what a second of the protocol lasts: one of Session-Expires, Retry-After, a ring limit. 1 s; less in a lab only
	T2     time.Duration // 8*T1, 4 s: the longest pause between two copies of a 2xx
	Trying time.Duration // 200 ms until 100 is sent for us (§17.2.1)
	B      time.Duration // 64*T1: an INVITE of ours without any response
	C      time.Duration // 180 Seconds: an INVITE of ours that rings; each 1xx starts it anew (§16.6 step 11)
	F      time.Duration // 64*T1: another request of ours without final response
	H      time.Duration // 64*T1: a 2xx or other final answer of ours without ACK
	J      time.Duration // 8*T1, 4 s: how long a non-INVITE answer absorbs copies of its request. RFC: 0 on a stream
	L      time.Duration // 64*T1: how long an answered INVITE absorbs copies of itself (RFC 6026)
	M      time.Duration // 64*T1: how long copies of a 2xx to our INVITE, and other forks' 2xx, are still expected (RFC 6026)
}

// Seconds is how long so many seconds of the protocol last.
func (t Timers) Seconds(n int) time.Duration { return time.Duration(n) * or(t.Second, time.Second) }

// Limits bounds what peers can make the stack hold. A zero field means the
// default.
type Limits struct {
	Gate             gate.Limits
	Mailbox          int // events waiting in a dialog: 32; when full, its peer's requests are refused with 500 and Retry-After
	LinkTransactions int // on one link: 64 Ki; beyond, requests are refused with 503
	Transactions     int // in all: 256 Ki
	LinkDialogs      int // begun on one link: 16 Ki; beyond, INVITEs are refused with 503
	Dialogs          int // in all: 64 Ki
}

func (c Config) withDefaults() Config {
	c.Port = or(c.Port, 5061)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	t := &c.Timers
	t.T1 = or(t.T1, 500*time.Millisecond)
	t.T2 = or(t.T2, 8*t.T1)
	t.Trying = or(t.Trying, 200*time.Millisecond)
	t.Second = t.Seconds(1)
	t.C = or(t.C, t.Seconds(180))
	t.J = or(t.J, 8*t.T1)
	for _, d := range []*time.Duration{&t.B, &t.F, &t.H, &t.L, &t.M} {
		*d = or(*d, 64*t.T1)
	}
	l := &c.Limits
	l.Mailbox = or(l.Mailbox, 32)
	l.LinkTransactions = or(l.LinkTransactions, 64<<10)
	l.Transactions = or(l.Transactions, 256<<10)
	l.LinkDialogs = or(l.LinkDialogs, 16<<10)
	l.Dialogs = or(l.Dialogs, 64<<10)
	return c
}

func or[T int | time.Duration](value, standard T) T {
	if value == 0 {
		return standard
	}
	return value
}
