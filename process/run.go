package process

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"fedge/dns"
	"fedge/plan"
	"fedge/sip/stack"
)

// Options are what `edge run` takes from its command line.
type Options struct {
	Plan     string // the file
	Nodes    []string
	Listen   netip.AddrPort
	Admin    netip.AddrPort
	Resolver netip.AddrPort // zero: the plan's; the plan's zero: the system's
	T1       time.Duration  // zero: RFC 3261's 500 ms
	Drain    time.Duration
	Log      *slog.Logger
}

// Refused is an error of configuration: the plan, a file, a name, a port.
type Refused struct{ Err error }

func (r *Refused) Error() string { return r.Err.Error() }
func (r *Refused) Unwrap() error { return r.Err }

// Run serves the nodes until ctx is done and they have drained. Once every
// listener is open it writes one line to stdout, "ready" and the nodes' names,
// so that whoever started it need not poll. What cannot be started is *Refused.
func Run(ctx context.Context, o Options, stdout io.Writer) error {
	p, err := plan.Load(o.Plan)
	if err != nil {
		return &Refused{err}
	}
	resolver, err := o.resolver(p)
	if err != nil {
		return &Refused{err}
	}
	running, err := Start(ctx, Config{
		Plan: p, Nodes: o.Nodes, Resolver: resolver, Listen: o.Listen, Admin: o.Admin,
		Timers: stack.Timers{T1: o.T1}, Drain: o.Drain, Log: o.Log,
	})
	if err != nil {
		return &Refused{err}
	}
	if _, err := fmt.Fprintln(stdout, "ready", o.Nodes); err != nil {
		return fmt.Errorf("process: nobody listens to our output: %w", err)
	}
	return running.Wait()
}

func (o Options) resolver(p *plan.Plan) (*dns.Client, error) {
	switch {
	case o.Resolver.IsValid():
		return dns.NewClient(o.Resolver), nil
	case p.Resolver.IsValid():
		return dns.NewClient(p.Resolver), nil
	}
	return dns.System()
}
