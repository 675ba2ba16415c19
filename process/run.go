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
)

// Options are what a process that a lab started takes from its command line.
// `edge run` has more flags, and calls Start itself.
type Options struct {
	Plan     string // the file
	Nodes    []string
	Resolver netip.AddrPort // zero: the plan's; the plan's zero: the system's
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
		Plan: p, Nodes: o.Nodes, Resolver: resolver, Drain: o.Drain, Log: o.Log,
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
