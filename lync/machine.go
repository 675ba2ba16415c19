package lync

import (
	"time"

	"fedge/capture"
	"fedge/sip/raw"
)

// State is how far a call has come.
type State uint8

// The states of a call.
const (
	Idle        State = iota
	Calling           // INVITE sent or received, no final response yet
	Established       // 2xx sent or received
	Ending            // BYE sent, or CANCEL sent, not answered yet
	Over
)

func (s State) String() string {
	return [...]string{"idle", "calling", "established", "ending", "over"}[s]
}

// ActionKind is what a machine wants done, or wants known.
type ActionKind uint8

// Kinds of actions.
const (
	Send       ActionKind = iota // write Bytes to the link
	Progress                     // a 1xx other than 100 to our INVITE
	Answered                     // 2xx to our INVITE; the ACK is among the actions
	Refused                      // a final refusal of our INVITE; acknowledged
	Confirmed                    // the peer's ACK of our 2xx
	Offered                      // the peer's re-INVITE or UPDATE; Accept or Reject it
	Reanswered                   // 2xx to our re-INVITE; acknowledged
	Declined                     // a refusal of our re-INVITE; the call goes on
	Ended                        // the call is over in order: BYE either way, or CANCEL
	Failed                       // the call is over out of order; Reason says why
	Unexpected                   // a message that has no place; the call goes on
)

func (k ActionKind) String() string {
	return [...]string{
		"send", "progress", "answered", "refused", "confirmed", "offered", "reanswered", "declined", "ended", "failed", "unexpected",
	}[k]
}

// Action is one thing that comes of an input.
type Action struct {
	Kind    ActionKind
	Bytes   []byte        // Send: the message, handed over
	Label   capture.Label // Send: for the transcript
	Message *raw.Message  // what caused it, if a message did
	Reason  string        // Failed, Unexpected, Ended: why
}

// Timers are the waits of a call. Zero values mean RFC 3261's (§17, table 4).
type Timers struct {
	T1   time.Duration // 500 ms; requests time out after 64·T1
	T2   time.Duration // 4 s; the longest pause between two 2xx
	Ring time.Duration // 3 min; from the last 1xx to giving up (timer C)
}

func (t Timers) withDefaults() Timers {
	if t.T1 <= 0 {
		t.T1 = 500 * time.Millisecond
	}
	if t.T2 <= 0 {
		t.T2 = 4 * time.Second
	}
	if t.Ring <= 0 {
		t.Ring = 3 * time.Minute
	}
	return t
}

func (t Timers) giveUp() time.Duration { return 64 * t.T1 }

// Party is one end of a call as our side presents it.
type Party struct {
	Address string // user@domain
	Display string // as written before "<", with its quotes; "" leaves the variant's
}

// CallerConfig is what an outgoing call is made of.
type CallerConfig struct {
	Profile *Profile
	Variant int    // which of the profile's variants; any number is good
	ID      ID     // from an [IDs]
	From    Party  // one of our users
	To      string // user@domain, the Request-URI without its scheme
	Via     string // ADDR:PORT of our end of the link, for the Edge's Via
	Offer   *Description
	Timers  Timers
	Lenient bool // do not look for violations; saves time under load
}

// Machine is the SIP side of one call, ours calling or called: no goroutine, no
// clock, no socket. Its owner feeds it messages and time and does the actions
// in order. It is not safe for concurrent use.
//
// The actions returned are valid until the next call of a method.
type Machine struct {
	profile *Profile
	variant *variant
	id      ID
	timers  Timers
	via     string
	lenient bool
	caller  bool

	state     State
	callID    string
	uri       string // Request-URI of the INVITE we sent
	local     string // our From or To value, with tag
	remote    string // theirs, with tag once it is known
	remoteTag string
	contact   string   // our GRUU, without brackets
	target    string   // their Contact's URI
	routes    []string // Route values of our requests
	cseq      uint32   // of our last request
	theirs    uint32   // of their last

	invite  transaction // our INVITE or re-INVITE
	request transaction // our BYE, CANCEL or other request
	ack     []byte      // to be sent again when a 2xx comes again
	cancel  bool        // hang up as soon as that is possible
	offer   *Description

	received *raw.Message // their INVITE, re-INVITE or UPDATE that is not answered yet
	ok       []byte       // our 2xx, repeated until it is acknowledged
	okCSeq   uint32
	okNext   time.Time
	okPause  time.Duration
	okEnd    time.Time

	facts Answer     // what the peer's last offer says
	taken []accepted // what we took of it

	out        []Action
	violations []Violation
}

// transaction is a request of ours that waits for a final response.
type transaction struct {
	method   string
	cseq     uint32
	branch   string
	answered bool // a provisional response came
	deadline time.Time
	ringEnd  time.Time // no 1xx puts the deadline off beyond it; zero before the first
}

func (t *transaction) open() bool { return !t.deadline.IsZero() }
func (t *transaction) close()     { t.deadline = time.Time{} }

// NewCaller makes the machine of an outgoing call. Start sends its INVITE.
func NewCaller(c CallerConfig) *Machine {
	m := newMachine(c.Profile, c.Variant, c.ID, c.Timers)
	m.caller, m.via, m.lenient, m.offer = true, c.Via, c.Lenient, c.Offer
	display := c.From.Display
	if display == "" {
		display = m.variant.display
	}
	m.callID = c.ID.CallID()
	m.uri = "sip:" + c.To
	m.local = display + "<sip:" + c.From.Address + ">" + m.party()
	m.remote = "<sip:" + c.To + ">" + m.variant.toEpid
	m.contact = m.gruu(c.From.Address)
	m.cseq = 1
	m.invite = transaction{method: "INVITE", cseq: 1, branch: c.ID.branch() + "." + c.ID.branchTail()}
	return m
}

func newMachine(p *Profile, n int, id ID, t Timers) *Machine {
	return &Machine{
		profile: p, variant: &p.variants[uint(n)%variants], id: id, timers: t.withDefaults(),
	}
}

// party are the parameters that name our end of the dialog.
func (m *Machine) party() string {
	if m.variant.epidFirst {
		return ";epid=" + m.id.Epid() + ";tag=" + m.id.Tag()
	}
	return ";tag=" + m.id.Tag() + ";epid=" + m.id.Epid()
}

func (m *Machine) gruu(address string) string {
	return "sip:" + address + ";opaque=user:epid:" + m.id.gruu() + "AA;gruu"
}

// State tells how far the call has come.
func (m *Machine) State() State { return m.state }

// CallID is the call's Call-ID.
func (m *Machine) CallID() string { return m.callID }

// Caller tells whether our side placed the call.
func (m *Machine) Caller() bool { return m.caller }

// Handle takes a message of this call in.
func (m *Machine) Handle(now time.Time, msg *raw.Message) []Action {
	m.out = m.out[:0]
	switch {
	case m.state == Over:
		m.late(msg)
	case msg.IsRequest():
		m.handleRequest(now, msg)
	default:
		m.handleResponse(now, msg)
	}
	return m.out
}

// late takes what comes after the end: a BYE that crossed ours, a 2xx whose ACK
// was lost. There is nothing wrong with either.
func (m *Machine) late(msg *raw.Message) {
	switch _, method := msg.CSeq(); {
	case msg.IsRequest() && method != "ACK":
		m.reply(msg, 481, "Call Leg/Transaction Does Not Exist", nil)
	case !msg.IsRequest() && method == "INVITE" && msg.Status()/100 == 2 && m.ack != nil:
		m.send(m.ack, "ACK", cseqText(m.invite.cseq, "ACK"))
	}
}

// Deadline is when Tick is to be called next; false when nothing is waited for.
func (m *Machine) Deadline() (time.Time, bool) {
	next := m.invite.deadline
	for _, at := range [...]time.Time{m.request.deadline, m.okNext} {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// Tick lets time pass: repeats what is to be repeated and gives up what took
// too long. Calling it early does no harm.
func (m *Machine) Tick(now time.Time) []Action {
	m.out = m.out[:0]
	if !m.okNext.IsZero() && !now.Before(m.okNext) {
		m.repeatOK(now)
	}
	if m.invite.open() && !now.Before(m.invite.deadline) {
		m.inviteTimedOut(now)
	}
	if m.request.open() && !now.Before(m.request.deadline) {
		m.request.close()
		m.fail(m.request.method + " was not answered in time")
	}
	return m.out
}

// do adds an action.
func (m *Machine) do(a Action) { m.out = append(m.out, a) }

// fail ends the call out of order.
func (m *Machine) fail(reason string) {
	m.over()
	m.do(Action{Kind: Failed, Reason: reason})
}

// over stops all waiting.
func (m *Machine) over() {
	m.state = Over
	m.invite.close()
	m.request.close()
	m.okNext = time.Time{}
	m.received = nil
}

func (m *Machine) unexpected(msg *raw.Message, reason string) {
	m.do(Action{Kind: Unexpected, Message: msg, Reason: reason})
}
