// Package process is the share of a deployment that lives in one process: the
// nodes of a plan that were asked for, their listeners and media, the pool that
// they share, and their admin interfaces. `edge run` is one; a lab in one
// process is one that holds them all.
package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"net/netip"
	"sync"
	"time"

	"fedge/dns"
	"fedge/edge"
	"fedge/media/node"
	"fedge/media/pool"
	"fedge/media/session"
	"fedge/metrics"
	"fedge/plan"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// Config says which nodes to run. Plan, Nodes and Resolver must be set.
type Config struct {
	Plan         *plan.Plan
	Nodes        []string                            // FQDNs in the plan
	Resolver     dns.Resolver                        // what the nodes ask
	Listen       netip.AddrPort                      // instead of the plan's address and 5061; for one node only
	Admin        netip.AddrPort                      // instead of the plan's; for one node only
	Timers       stack.Timers                        // zero: RFC 3261's
	Settings     map[string]edge.Settings            // of single nodes, by FQDN in the plan
	Links        link.Limits                         // on links that peers open; zero fields: link's
	WriteTimeout time.Duration                       // of one write to a peer; zero: link's
	SIP          stack.Limits                        // on what messages may make a node hold and wait for; zero fields: the stack's
	Dial         func(from netip.Addr) link.DialFunc // how nodes call out of their addresses; nil: straight
	Silence      time.Duration                       // media silence that ends a session; zero: 60 s
	Drain        time.Duration                       // how long calls may go on after Stop; zero: 30 s
	Log          *slog.Logger
	Wall         func() time.Time // the time of day, for certificates; nil: time.Now
}

// Process is running nodes.
type Process struct {
	cfg   Config
	log   *slog.Logger
	pool  *pool.Pool
	nodes []*host
	media map[string]*node.Node

	stop   context.CancelFunc // begins the drain
	end    context.CancelFunc // ends media and liveness, after the drain
	crew   sync.WaitGroup     // what ends with the drain
	helper sync.WaitGroup     // what outlives it
	mu     sync.Mutex
	failed []error
}

// Start reads the certificates, opens every listener and serves. What it
// refuses is configuration: a file, a name, a port in use. Nothing stays open
// after an error. The nodes run until Stop, or until ctx is done.
func Start(ctx context.Context, cfg Config) (*Process, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	p := &Process{
		cfg: cfg, log: cfg.Log, media: map[string]*node.Node{},
		pool: pool.New(pool.Config{Overflow: overflow(cfg.Plan), Log: cfg.Log}),
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	serving, stop := context.WithCancel(ctx)
	p.end, p.stop = end, stop
	if err := p.open(life); err != nil {
		p.abandon()
		return nil, err
	}
	if len(p.media) == 0 {
		p.log.Warn("no media node in this process: calls will be refused with 503; name one beside the signaling node", "nodes", cfg.Nodes)
	}
	p.helper.Go(func() { p.pool.Run(life) })
	for _, h := range p.nodes {
		p.crew.Go(func() { p.fail(h.edge.Serve(serving, h.listener)) })
		if h.admin != nil {
			p.helper.Go(func() { p.fail(serveAdmin(h)) })
		}
	}
	return p, nil
}

func (c *Config) check() error {
	if c.Plan == nil || c.Resolver == nil || len(c.Nodes) == 0 {
		return errors.New("process: needs a plan, a resolver and the names of nodes")
	}
	if len(c.Nodes) > 1 && (c.Listen.IsValid() || c.Admin.IsValid()) {
		return errors.New("process: a listening address can be given for one node only; several take theirs from the plan")
	}
	if c.Dial == nil {
		c.Dial = dialer
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Silence == 0 {
		c.Silence = time.Minute
	}
	return nil
}

// open makes every node, its media first.
func (p *Process) open(life context.Context) error {
	for _, name := range p.cfg.Nodes {
		n, ok := p.cfg.Plan.Node(name)
		if !ok {
			return fmt.Errorf("process: the plan has no node %q; it has %v", name, names(p.cfg.Plan))
		}
		registry := metrics.New()
		if n.Has(plan.Media) {
			if err := p.openMedia(life, n, registry); err != nil {
				return err
			}
		}
		if err := p.openHost(n, registry); err != nil {
			return err
		}
	}
	return nil
}

func (p *Process) openMedia(life context.Context, n plan.Node, registry *metrics.Registry) error {
	m, err := node.Start(life, node.Config{
		Name: n.Name, Bind: n.Address, Public: n.PublicAddr(), Capacity: n.Capacity, Silence: p.cfg.Silence,
		Ports: node.Ports{First: p.cfg.Plan.MediaPorts.First, Last: p.cfg.Plan.MediaPorts.Last},
		Log:   p.log, Event: p.pool.Ended,
		Publish: func(load session.Load) {
			p.pool.Heard(load)
			registry.MediaSessions(load.Node, load.Sessions)
		},
	})
	if err != nil {
		return err
	}
	p.media[n.Name] = m
	p.pool.Join(n.Name, n.Location, n.Capacity, m)
	return nil
}

// Stop drains: new calls are refused, those that are up get Drain to end. It
// returns when every goroutine is gone, with what failed meanwhile.
func (p *Process) Stop() error {
	p.stop()
	return p.Wait()
}

// Wait returns when the nodes have drained: after Stop, when Start's context is
// done, or when a listener fails.
func (p *Process) Wait() error {
	p.crew.Wait()
	p.abandon()
	p.helper.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.failed...)
}

// abandon closes what is open without draining.
func (p *Process) abandon() {
	p.stop()
	p.end()
	for _, h := range p.nodes {
		if h.listener != nil {
			h.listener.Close()
		}
		if h.admin != nil {
			h.admin.Close()
		}
		if h.adminLn != nil {
			h.adminLn.Close()
		}
	}
	for _, m := range p.media {
		m.Stop()
	}
}

func (p *Process) fail(err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	p.failed = append(p.failed, err)
	p.mu.Unlock()
	p.stop() // one node down takes its siblings along: a half-alive process helps nobody
}

// StopMedia is the sudden death of one media node, and only of its media.
func (p *Process) StopMedia(name string) error {
	m, ok := p.media[name]
	if !ok {
		return fmt.Errorf("process: no media node %q here", name)
	}
	m.Stop()
	return nil
}

// Load is a media node's own count of its sessions and packets.
func (p *Process) Load(name string) (session.Load, bool) {
	m, ok := p.media[name]
	if !ok {
		return session.Load{}, false
	}
	return m.Load(), true
}

// Edge is a node's signaling side.
func (p *Process) Edge(name string) (*edge.Edge, bool) {
	for _, h := range p.nodes {
		if h.plan.Name == name {
			return h.edge, true
		}
	}
	return nil, false
}

func overflow(p *plan.Plan) map[string][]string {
	out := map[string][]string{}
	for _, l := range p.Locations {
		out[l.Name] = l.Overflow
	}
	return out
}

func names(p *plan.Plan) (out []string) {
	for _, n := range p.Nodes {
		out = append(out, n.Name)
	}
	return out
}
