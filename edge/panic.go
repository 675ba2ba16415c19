package edge

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"fedge/plan"
	"fedge/sip/stack"
)

// A panic is our mistake, and whoever sets it off may be a stranger. It ends the
// call or the link that it is about; the process and all the other calls go on,
// a metric counts it, and the log has its trace.

// errPanicked: a mistake of ours ended it.
var errPanicked = errors.New("edge: an error of this node's own; its log has a panic with a trace")

// panicked tells of a panic that was caught.
func (e *Edge) panicked(where string, value any, trace []byte) {
	e.config.Metrics.Panicked(where)
	e.alarms.error("panic", "where", where, "value", fmt.Sprint(value), "trace", string(trace))
}

// guard, deferred, lets a panic end no more than the goroutine that it is
// deferred in.
func (e *Edge) guard(where string) {
	if value := recover(); value != nil {
		e.panicked(where, value, debug.Stack())
	}
}

// safely is loop; a panic hangs up.
func (c *call) safely(ctx context.Context) (why ending) {
	defer func() {
		if value := recover(); value != nil {
			c.edge.panicked("call", value, debug.Stack())
			c.bye(ctx, ourFault)
			why = ourFault
		}
	}()
	return c.loop(ctx)
}

// hear is listen; a panic gives the call up.
func (c *call) hear(ctx context.Context, giveUp func()) (gone *stack.Response) {
	defer func() {
		if value := recover(); value != nil {
			c.edge.panicked("call", value, debug.Stack())
			giveUp()
			gone = &stack.Response{Status: 500}
		}
	}()
	return c.listen(ctx, giveUp)
}

// reachOrFall is reach; a panic is a failure like another.
func (c *call) reachOrFall(ctx context.Context, domain string, room plan.Room, out stack.Outgoing) (err error) {
	defer func() {
		if value := recover(); value != nil {
			c.edge.panicked("call", value, debug.Stack())
			err = &Failure{Stage: StageRequest, Err: errPanicked}
		}
	}()
	return c.reach(ctx, domain, room, out)
}

// fall, deferred, ends a call that panicked before it was up.
func (c *call) fall() {
	value := recover()
	if value == nil {
		return
	}
	c.edge.panicked("call", value, debug.Stack())
	_ = c.dialog.Respond(stack.Response{Status: 500}) // it may have its answer
	if c.lease != nil {
		c.release()
	}
}
