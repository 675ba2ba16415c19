package stack

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync"
	"time"

	"fedge/capture"
	"fedge/mutant"
	"fedge/sip/gate"
	"fedge/sip/link"
)

// Stack holds the transactions and dialogs of one node.
//
// One lock guards all of it. What is done under it takes about a microsecond a
// message (reading, parsing and rendering are done outside), and there is no
// order of locks to get wrong.
type Stack struct {
	cfg    Config
	render renderer
	seed   maphash.Seed

	mu           sync.Mutex
	timers       timers
	conns        map[*link.Link]*conn
	kin          map[proof]*kin
	meters       map[string]*meter // by partner
	hurried      bool              // nothing waits for its turn any more
	dialogs      map[dialogKey]*Dialog
	transactions int
}

// New returns a Stack.
func New(cfg Config) *Stack {
	cfg = cfg.withDefaults()
	s := &Stack{
		cfg: cfg, render: newRenderer(cfg),
		conns: make(map[*link.Link]*conn), kin: make(map[proof]*kin), meters: make(map[string]*meter),
		dialogs: make(map[dialogKey]*Dialog), seed: maphash.MakeSeed(),
	}
	s.timers.epoch = time.Now()
	s.timers.alarm = time.AfterFunc(time.Hour, s.ring)
	s.timers.alarm.Stop()
	return s
}

// errOverrun ends a link whose peer has confirmed more than a call has asked
// for: what else is too much is refused.
var errOverrun = errors.New("stack: a dialog's mailbox is full")

// pong answers a keep-alive (RFC 5626 §3.5.1).
var pong = []byte("\r\n")

// Serve reads the link until it ends and handles its messages in the order of
// their arrival. When it returns, the link is closed and its transactions are
// gone; a request that was still open has been reported as LinkLost. The error
// is nil when the peer closed the link between messages or ctx was done.
func (s *Stack) Serve(ctx context.Context, l *link.Link) error {
	c := s.attach(l)
	stop := context.AfterFunc(ctx, func() { l.Close() })
	err := s.readOrFall(c)
	if errors.Is(err, io.EOF) && !mutant.On("con.eof-kills") {
		s.finish(ctx, c)
	}
	stop()
	if errors.Is(err, io.EOF) || ctx.Err() != nil {
		err = nil
	}
	s.lose(c, err)
	if mutant.On("tls.no-closenotify") {
		l.Abort()
	}
	l.Close() // flushes; waits also for a Close that ctx began
	s.detach(c)
	return err
}

// read is the link's reader loop.
func (s *Stack) read(c *conn) error {
	limits := s.cfg.Limits.Gate
	if mutant.On("con.idle-60") {
		limits.Idle = s.cfg.Timers.Seconds(60)
	}
	r := gate.NewReader(c.link, limits, func() { c.link.Send(pong, capture.Label{Text: "pong"}) })
	for {
		if mutant.On("con.write-block") {
			s.mu.Lock() // everybody waits
			c.link.Pace()
			s.mu.Unlock()
		}
		c.link.Pace()
		m, err := r.Next()
		if rej, ok := errors.AsType[*gate.Reject](err); ok {
			if s.refuse(c, rej, r.Wire()); rej.Close {
				return fmt.Errorf("stack: %s: %w", c.link.Remote(), err)
			}
			continue
		}
		if err != nil {
			return err
		}
		c.link.Received(r.Wire(), m.Label())
		if err := s.receive(c, m); err != nil {
			return fmt.Errorf("stack: %s: %w", c.link.Remote(), err)
		}
	}
}

// refuse answers what the gate did not let through.
func (s *Stack) refuse(c *conn, rej *gate.Reject, wire []byte) {
	label := capture.Label{Text: "refused"}
	if rej.Message != nil {
		label = rej.Message.Label()
	}
	c.link.Received(wire, label)
	if answer := rej.Response(s.cfg.Product); answer != nil {
		c.reply(answer, labelOf(rej.Status, rej.Message))
	}
	if s.cfg.Handlers.Refused != nil {
		s.cfg.Handlers.Refused(c.link, rej)
	}
}

// receive handles one message. An error ends the link.
func (s *Stack) receive(c *conn, m *Message) error {
	switch {
	case !m.Request():
		s.response(c, m)
	case m.Method() == "ACK":
		return s.ack(c, m)
	case m.Method() == "CANCEL":
		s.cancel(c, m)
	default:
		return s.request(c, m)
	}
	return nil
}

// Counts tells how much the stack holds.
type Counts struct{ Links, Transactions, Dialogs int }

// Counts returns the numbers of this moment, for metrics and tests.
func (s *Stack) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{Links: len(s.conns), Transactions: s.transactions, Dialogs: len(s.dialogs)}
}
