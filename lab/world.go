package lab

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"fedge/certs"
	"fedge/dns"
	"fedge/edge"
	"fedge/lync"
	"fedge/plan"
	"fedge/process"
	"fedge/sip/gate"
	"fedge/sip/stack"
)

// Config says which world to build.
type Config struct {
	Faults []string // names of Faults
	Dir    string   // where its files go; "": a directory that Close removes

	// Program, if set, runs every signaling node, with two media nodes, as a
	// process of its own: a command that takes the flags of `edge run`, and
	// should end when its standard input does.
	Program []string
	Output  io.Writer // what those processes write to stderr goes here too; nil: nowhere

	// NAT puts the nodes behind one: they listen on addresses of their own, and
	// the world knows them by others, one for each, all ports the same. Their
	// media ports are a hundred then. Not with Program.
	NAT      bool
	Expanded bool // plans, and runs, a third signaling node
	// TwoDomains plans, and runs, a second SIP domain with a pool of its own.
	TwoDomains bool

	// Short scales SIP's timers down to T1 = 20 ms, for conformance runs.
	Short bool
	Drain time.Duration // how long calls may go on after Close; 0: 1 s
	Log   *slog.Logger  // nil: none
}

// World is a running lab.
type World struct {
	Plan     *plan.Plan // what was planned; faults do not show in it
	Dir      string
	Resolver netip.AddrPort // its first name server, which nodes ask
	Second   netip.AddrPort // the other one; both have all zones
	Roots    *x509.CertPool // what its certificates chain to
	Hosts    []Host

	cfg       Config
	network   *claim
	root      *certs.Authority
	authority *certs.Authority // the intermediate
	dns       *dns.Server      // the first
	secondary *dns.Server
	partner   *lync.Org // Northwind
	nat       *nat
	silent    []io.Closer      // what takes packets and answers none
	nodes     *process.Process // in one process
	children  []*child         // or several
	variants  variants         // and those that conformance cases start
	temporary bool
}

// SIP's time in a world with Config.Short: T1, and how long a second lasts that
// the protocol counts.
const (
	ShortT1     = 20 * time.Millisecond
	ShortSecond = 40 * time.Millisecond

	ShortMessage = time.Second // for half of a message to become a whole one
)

// Start builds a world and returns when every node that is meant to live
// answers on its port. Close must be called, also when ctx is done: ctx bounds
// the start, and ends the nodes.
func Start(ctx context.Context, cfg Config) (*World, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Drain == 0 {
		cfg.Drain = time.Second
	}
	for attempt := 1; ; attempt++ {
		w := &World{cfg: cfg}
		err := w.start(ctx)
		if err == nil {
			return w, nil
		}
		err = errors.Join(err, w.Close())
		// Somebody else's listener in a network that nobody claims: another
		// network is as good.
		if attempt == attempts || !errors.Is(err, syscall.EADDRINUSE) || ctx.Err() != nil {
			return nil, err
		}
	}
}

// attempts is how many networks a world is tried in.
const attempts = 4

func (w *World) start(ctx context.Context) (err error) {
	if w.network, err = claimNetwork(); err != nil {
		return err
	}
	b, err := w.draw()
	if err != nil {
		return err
	}
	if err := w.makeDir(); err != nil {
		return err
	}
	if err := w.issue(b); err != nil {
		return err
	}
	if err := w.publish(ctx, b); err != nil {
		return err
	}
	configured, err := w.configure(b)
	if err != nil {
		return err
	}
	if len(w.cfg.Program) > 0 {
		err = w.spawn(ctx, b, configured)
	} else {
		err = w.run(ctx, b, configured)
	}
	if err != nil {
		return err
	}
	if err := w.swallow(b); err != nil {
		return err
	}
	if err := w.hang(b); err != nil {
		return err
	}
	if w.partner, err = w.Organisation(ctx, Northwind, nil); err != nil {
		return err
	}
	w.Hosts = w.hosts(b)
	return w.describe()
}

func (w *World) makeDir() error {
	if w.cfg.Dir == "" {
		dir, err := os.MkdirTemp("", "fedge-lab-")
		if err != nil {
			return fmt.Errorf("lab: %w", err)
		}
		w.Dir, w.temporary = dir, true
		return nil
	}
	dir, err := filepath.Abs(w.cfg.Dir)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	w.Dir = dir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("lab: cannot write the world's files: %w", err)
	}
	return nil
}

// configure writes what was planned and what the nodes are told, and reads
// both back, as a user's own files would be.
func (w *World) configure(b *blueprint) (*plan.Plan, error) {
	planned, err := w.writePlan("deployment.yaml", b.plan)
	if err != nil {
		return nil, err
	}
	w.Plan = planned
	return w.writePlan("configured.yaml", b.configured)
}

func (w *World) writePlan(name string, p *plan.Plan) (*plan.Plan, error) {
	text, err := p.Marshal()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	file := filepath.Join(w.Dir, name)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	return plan.Load(file)
}

// run brings the nodes up in this process.
func (w *World) run(ctx context.Context, b *blueprint, configured *plan.Plan) error {
	c := process.Config{
		Plan: configured, Nodes: b.living(), Resolver: w.Client(), Timers: w.Timers(), SIP: w.limits(),
		Drain: w.cfg.Drain, Log: w.cfg.Log, Settings: b.settingsOf(),
	}
	if b.nat {
		w.nat = newNAT(w.cfg.Log)
		c.Dial = w.nat.dialer(b)
		if err := w.nat.forward(b); err != nil {
			return err
		}
	}
	nodes, err := process.Start(ctx, c)
	w.nodes = nodes
	return err
}

// settingsOf are those of single nodes.
func (b *blueprint) settingsOf() map[string]edge.Settings {
	out := map[string]edge.Settings{}
	for node, s := range b.settings {
		out[node] = *s
	}
	return out
}

// living are the nodes that come up.
func (b *blueprint) living() (out []string) {
	for _, n := range b.plan.Nodes {
		if !b.dead[n.Name] {
			out = append(out, n.Name)
		}
	}
	return out
}

// limits are the nodes' on what messages may make them hold and wait for; zero
// means the stack's. With short timers nobody waits 10 s for half a message.
func (w *World) limits() stack.Limits {
	if !w.cfg.Short {
		return stack.Limits{}
	}
	return stack.Limits{Gate: gate.Limits{HeaderTime: ShortMessage, BodyTime: ShortMessage}}
}

// Timers are the nodes' SIP timers; zero means RFC 3261's.
func (w *World) Timers() stack.Timers {
	if !w.cfg.Short {
		return stack.Timers{}
	}
	return stack.Timers{T1: ShortT1, Second: ShortSecond}
}

// Client asks the world's name server.
func (w *World) Client() *dns.Client { return dns.NewClient(w.Resolver) }

// Nodes are the nodes of a world in one process; nil when there are several.
func (w *World) Nodes() *process.Process { return w.nodes }

// Close ends the world: nodes drain, processes are waited for, the network is
// given back, temporary files go.
func (w *World) Close() error {
	var errs []error
	if w.nodes != nil {
		errs = append(errs, w.nodes.Stop())
	}
	for _, c := range w.children {
		errs = append(errs, c.stop())
	}
	if w.nat != nil {
		w.nat.close()
	}
	for _, s := range w.silent {
		errs = append(errs, s.Close())
	}
	if w.partner != nil {
		w.partner.Stop()
	}
	for _, server := range []*dns.Server{w.dns, w.secondary} {
		if server != nil {
			errs = append(errs, server.Close())
		}
	}
	if w.network != nil {
		errs = append(errs, w.network.release())
	}
	if w.temporary {
		errs = append(errs, os.RemoveAll(w.Dir))
	}
	return errors.Join(errs...)
}
