package stack

import (
	"fmt"
	"runtime/debug"
)

// A panic that a message sets off is our mistake. It must not become everybody's
// (the wire must not be able to end a process), so it ends as little as can be: a
// request is answered 500, else the connection falls; a timer is over. Whatever
// holds the stack's lock gives it back as it unwinds.

// panicked tells of a panic that was caught.
func (s *Stack) panicked(where string, value any) {
	trace := debug.Stack()
	if s.cfg.Handlers.Panicked != nil {
		s.cfg.Handlers.Panicked(where, value, trace)
		return
	}
	s.cfg.Log.Error("panic", "where", where, "value", fmt.Sprint(value), "trace", string(trace))
}

// readOrFall reads a link until it ends, be it by a panic.
func (s *Stack) readOrFall(c *conn) (err error) {
	defer func() {
		if value := recover(); value != nil {
			s.panicked("link", value)
			err = fmt.Errorf("stack: %s: a panic while handling its message: %v", c.link.Remote(), value)
		}
	}()
	return s.read(c)
}

// hand gives what has begun to its owner. An owner that panics is none: the
// request is answered for it.
func (s *Stack) hand(d *Dialog, tx *ServerTx) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		s.panicked("request", value)
		if d != nil {
			_ = d.Respond(Response{Status: 500}) // it may have its answer
			d.Close()
			return
		}
		_ = tx.Respond(Response{Status: 500})
	}()
	if d != nil {
		s.cfg.Handlers.Invite(d)
		return
	}
	s.cfg.Handlers.Request(tx)
}

// ring is the alarm of all timers.
func (s *Stack) ring() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.expired() {
	}
}

// expired lets expire what is due, and tells whether that went without panic:
// the timer that it was about runs no more.
func (s *Stack) expired() (whole bool) {
	defer func() {
		if value := recover(); value != nil {
			s.panicked("timer", value)
		}
	}()
	s.timers.run()
	return true
}
