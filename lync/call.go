package lync

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"fedge/result"
	"fedge/sip/link"
	"fedge/sip/raw"
)

// Call is one call. All its methods may be called from any goroutine.
type Call struct {
	org    *Org
	callID string
	placed bool
	fresh  bool // the link was opened for this call
	spec   CallSpec
	media  *media // nil when described but not opened
	desc   *Description

	// Of the call's goroutine.
	machine *Machine
	link    *link.Link
	waiting *order
	then    []func(time.Time) []Action
	reply   *arrival // the request that is being answered

	inbox  chan arrival
	orders chan *order
	final  chan struct{} // closed when the INVITE is answered for good, or never will be
	done   chan struct{} // closed when the call's goroutine is gone

	mu         sync.Mutex
	flood      flood
	settled    bool // final is closed
	status     int
	err        error // why there is no call
	received   []byte
	answer     Answer
	why        string
	violations []Violation
}

// arrival is a message of the call and the link it came on.
type arrival struct {
	link *link.Link
	msg  *raw.Message
}

// order is something that a user of the call wants done.
type order struct {
	do     func(now time.Time) []Action // on the call's goroutine
	until  []ActionKind                 // what completes it
	result chan error
}

// inboxRoom is how many messages may wait for a call; a peer that sends more
// loses the call.
const inboxRoom = 32

func newCall(o *Org, l *link.Link) *Call {
	return &Call{
		org: o, link: l, inbox: make(chan arrival, inboxRoom), orders: make(chan *order, 4),
		final: make(chan struct{}), done: make(chan struct{}),
	}
}

// CallID is the Call-ID.
func (c *Call) CallID() string { return c.callID }

// Placed tells whether our side placed the call.
func (c *Call) Placed() bool { return c.placed }

// Status is the final response to the INVITE, 0 before there is one.
func (c *Call) Status() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// Node names the peer: the verified name and address of its link.
func (c *Call) Node() (name string, addr netip.AddrPort) { return c.link.Remote(), c.link.RemoteAddr() }

// Peer is what the peer proved in the handshake.
func (c *Call) Peer() link.Identity { return c.link.Peer() }

// Received is the peer's first word as it came: the INVITE of a call to us, the
// final response to a call of ours.
func (c *Call) Received() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.received)
}

// Answer is what the peer's description says; its offer for a call to us.
func (c *Call) Answer() Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answer
}

// Ended is closed when the call is over and its media has stopped.
func (c *Call) Ended() <-chan struct{} { return c.done }

// Why says why the call is over: "we hung up", "the peer hung up", …; "" while
// it is not.
func (c *Call) Why() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// Violations are the rules that the peer broke in this call.
func (c *Call) Violations() []Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// Ladder is the call's transcript; empty without a Recorder.
func (c *Call) Ladder() []result.Line { return c.org.cfg.Recorder.Ladder(c.callID) }

// Hold puts the call on hold by re-INVITE and waits for the answer.
func (c *Call) Hold(ctx context.Context) error { return c.reoffer(ctx, true) }

// Resume takes the call off hold.
func (c *Call) Resume(ctx context.Context) error { return c.reoffer(ctx, false) }

func (c *Call) reoffer(ctx context.Context, hold bool) error {
	return c.command(ctx, &order{
		until: []ActionKind{Reanswered},
		do: func(now time.Time) []Action {
			o := c.desc.offer
			o.Hold = hold
			o.Version++
			c.desc = Describe(o)
			return c.machine.Reoffer(now, c.desc)
		},
	})
}

// Hangup ends the call and waits until it is over.
func (c *Call) Hangup(ctx context.Context) error {
	err := c.command(ctx, &order{
		until: []ActionKind{Ended},
		do:    func(now time.Time) []Action { return c.machine.Hangup(now) },
	})
	if err != nil {
		return err
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave hangs up without waiting.
func (c *Call) leave() {
	o := &order{result: make(chan error, 1), until: []ActionKind{Ended}, do: func(now time.Time) []Action { return c.machine.Hangup(now) }}
	select {
	case c.orders <- o:
	case <-c.done:
	default:
	}
}

// command gives an order and waits for what completes it.
func (c *Call) command(ctx context.Context, o *order) error {
	o.result = make(chan error, 1)
	select {
	case c.orders <- o:
	case <-c.done:
		return c.overError()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-o.result:
		return err
	case <-c.done:
		select {
		case err := <-o.result:
			return err
		default:
			return c.overError()
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Call) overError() error { return &FailedError{Why: "the call is over: " + c.Why()} }

// deliver hands a message to the call's goroutine and never waits. A peer that
// sends more than a call can take is cut off.
func (c *Call) deliver(l *link.Link, m *raw.Message) {
	c.mu.Lock()
	err := c.flood.more(time.Now(), len(m.Bytes), "for one call")
	seen := c.flood
	c.mu.Unlock()
	if err == nil {
		select {
		case c.inbox <- arrival{l, m}:
			return
		case <-c.done:
			return
		default:
			err = &Flood{seen.seen, seen.bytes, "for one call, which did not get round to the last " + strconv.Itoa(inboxRoom)}
		}
	}
	c.org.journal.surprise(time.Now(), l.Remote(), "more messages than a call can take", m.Bytes)
	l.Cut(err)
}

// settle says that the INVITE has its final answer.
func (c *Call) settle(status int, received []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settled {
		return
	}
	c.settled, c.status, c.err = true, status, err
	if received != nil && c.placed {
		c.received = received
	}
	close(c.final)
}

func (c *Call) note(rule, detail string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.violations) < 2*maxViolations {
		c.violations = append(c.violations, Violation{rule, detail})
	}
}
