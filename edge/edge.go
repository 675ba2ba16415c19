package edge

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"fedge/dns"
	"fedge/media/pool"
	"fedge/metrics"
	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/gate"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// Config is what a node is made from. Plan, Node, Credentials, Resolver and
// Pool must be set.
type Config struct {
	Plan         *plan.Plan
	Node         string      // its FQDN in the plan
	Port         int         // for Via and Contact; plan.Port
	Settings     Settings    // of this node alone
	Credentials  Credentials // what it proves itself with, and judges others by
	Resolver     dns.Resolver
	Pool         *pool.Pool        // may be shared by the nodes of one process
	Timers       stack.Timers      // zero: RFC 3261's
	Links        link.Limits       // on links that peers open
	WriteTimeout time.Duration     // one write to a peer that does not read; 10 s
	SIP          stack.Limits      // on what their messages may make us hold
	Calls        int               // at once, in and out; the plan's, or 10,000
	Drain        time.Duration     // how long calls may go on once Serve's context is done; 30 s
	Product      string            // Server and User-Agent; "fedge"
	Log          *slog.Logger      // nil: discards
	Metrics      *metrics.Registry // nil: counts nothing
	Dial         link.DialFunc     // nil: the network's
	Reload       func() error      // reads again what Credentials came from, and calls Renew; nil: Admin cannot reload
	Wall         func() time.Time  // the time of day, by which certificates are judged and nothing else is timed; nil: time.Now
}

func (c Config) withDefaults() Config {
	if c.Port == 0 {
		c.Port = plan.Port
	}
	if c.Calls == 0 {
		c.Calls = cmp.Or(c.Plan.Limits.Calls, 10_000)
	}
	if c.Drain == 0 {
		c.Drain = 30 * time.Second
	}
	if c.Product == "" {
		c.Product = "fedge"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Wall == nil {
		c.Wall = time.Now
	}
	return c
}

// Edge is one Conferencing Node.
type Edge struct {
	config   Config
	node     plan.Node
	log      *slog.Logger
	noise    *sparing                    // for what strangers can cause
	identity atomic.Pointer[credentials] // as they were last read
	refusals *sparing                    // for calls that came to nothing
	alarms   *sparing                    // for our own mistakes, which strangers may find
	resolver dns.Resolver
	trust    trust
	stack    *stack.Stack
	calls    *calls
	trunks   *trunks
	targets  *targets    // addresses that did not serve us
	throttle *throttle   // of discovered partners
	prison   *quarantine // of addresses that try aliases

	lookUps atomic.Int32 // OPTIONS for users that are being looked into

	serving atomic.Bool
	life    context.Context // of links and calls; they outlive Serve's context to drain
	die     context.CancelFunc
	crew    crew // calls, and readers of links that we dialled
}

// New makes a node. It listens to nobody until Serve.
func New(config Config) (*Edge, error) {
	if config.Plan == nil || config.Resolver == nil || config.Pool == nil {
		return nil, errors.New("edge: a node needs a plan, a resolver and a pool")
	}
	config = config.withDefaults()
	node, ok := config.Plan.Node(config.Node)
	if !ok {
		return nil, fmt.Errorf("edge: the plan has no node %q", config.Node)
	}
	if len(config.Credentials.Certificate.Certificate) == 0 {
		return nil, errors.New("edge: a node needs a certificate: federation is mutual TLS")
	}
	config.Settings = config.Settings.withDefaults(node.Name)
	_, home, _ := strings.Cut(node.Name, ".")
	resolver := counted{config.Resolver, config.Metrics, home}
	e := &Edge{
		config:   config,
		node:     node,
		log:      config.Log.With("node", node.Name),
		noise:    &sparing{log: config.Log.With("node", node.Name)},
		refusals: &sparing{log: config.Log.With("node", node.Name)},
		alarms:   &sparing{log: config.Log.With("node", node.Name)},
		resolver: resolver,
		trust:    trust{plan: config.Plan, records: newFederations(resolver, config.Timers), anyName: config.Settings.AnyName},
		calls:    newCalls(config.Calls),
		targets:  newTargets(config.Timers),
		throttle: newThrottle(config.Plan.Limits.Discovered, config.Timers),
		prison:   newQuarantine(config.Plan.Limits.WrongAliases, config.Timers),
	}
	e.renew(config.Credentials)
	e.life, e.die = context.WithCancel(context.Background())
	e.trunks = newTrunks(e.dial)
	e.stack = stack.New(stack.Config{
		Host: config.Settings.SentBy, Port: config.Port, Product: config.Product,
		Allow: methods(), Supported: extensions(),
		Timers: config.Timers, Limits: config.SIP, Log: e.log,
		Handlers: stack.Handlers{Invite: e.invited, Request: e.requested, Refused: e.refused, Panicked: e.panicked},
		Redial:   e.redial,
		Pace:     e.pace,
	})
	config.Metrics.Hold(func() metrics.Held {
		held := e.stack.Counts()
		return metrics.Held{Transactions: held.Transactions, Dialogs: held.Dialogs}
	})
	return e, nil
}

// Serve takes links and calls from ln until ctx is done. Then it drains: new
// calls are refused, calls that are up may end by themselves for Config.Drain
// and are hung up after that. It returns when all is quiet; ln is closed. The
// error is nil unless ln failed. A node is served once.
func (e *Edge) Serve(ctx context.Context, ln net.Listener) error {
	failed := make(chan error, 1)
	links := e.linkConfig(e.config.Settings.server(serverConfig(e.credentials)))
	if mutant.On("con.accept-dies") {
		links.Refused = func(netip.AddrPort, error) { ln.Close() }
	}
	go func() { failed <- link.Serve(e.life, eager(ln), links, e.limits(), e.attend) }()
	defer e.expose(ln)()
	e.serving.Store(true)
	e.log.Info("serving", "address", ln.Addr().String())
	var err error
	select {
	case <-ctx.Done():
		e.log.Info("draining", "calls", len(e.calls.list()), "why", context.Cause(ctx))
		e.drain()
		e.die()
		err = <-failed
	case err = <-failed:
		e.calls.close()
		e.die()
	}
	e.serving.Store(false)
	e.crew.dismiss()
	if err != nil {
		return fmt.Errorf("edge: %s: %w", e.node.Name, err)
	}
	return nil
}

// farewell is how long calls that were hung up have to say goodbye.
const farewell = 2 * time.Second

func (e *Edge) drain() {
	e.calls.close()
	if mutant.On("ops.hard-stop") {
		return
	}
	until := time.Now().Add(e.config.Drain)
	if e.quietBut(until) {
		return
	}
	paced := func(e *entry) bool { return e.dialog != nil && e.dialog.Paced() }
	if n := e.calls.endSuch(paced, shutDown); n > 0 {
		e.log.Warn("hanging up calls of partners that take only so many messages a second", "calls", n)
	}
	if e.quiet(time.Until(until)) {
		return
	}
	e.log.Warn("hanging up what the drain time left", "calls", e.calls.end("", shutDown))
	if !e.quiet(farewell) {
		e.stack.Hurry() // the links are closed once all is written
	}
}

// quietBut is quiet until what is left is just the time that it takes to hang
// everybody up.
func (e *Edge) quietBut(until time.Time) bool {
	for left := time.Until(until); left > 0; {
		if e.quiet(left - e.stack.Farewell()) {
			return true
		}
		if left = time.Until(until); left <= e.stack.Farewell() {
			return false
		}
	}
	return false
}

// quiet waits until no call is left, and tells whether that came to pass.
func (e *Edge) quiet(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-e.calls.emptied:
		return true
	case <-timer.C:
		return false
	}
}

// linkConfig is how links are made, whoever opens them.
func (e *Edge) linkConfig(settings *tls.Config) link.Config {
	timeout := e.config.WriteTimeout
	if mutant.On("con.write-block") {
		timeout = time.Hour
	}
	return link.Config{
		Local: e.node.Name, TLS: settings, Judge: e.judge, Log: e.log, WriteTimeout: timeout,
		Refused: func(from netip.AddrPort, err error) {
			reason := "handshake"
			switch {
			case errors.Is(err, link.ErrTooMany):
				reason = "total"
			case errors.Is(err, link.ErrTooManyFromAddress):
				reason = "per-address"
			}
			if reason == "handshake" {
				e.config.Metrics.Handshake(metrics.Inbound, "failed", 0)
			}
			e.config.Metrics.LinkRefused(metrics.Inbound, reason)
			e.noise.info("link refused", "peer", from.String(), "reason", reason, "error", err)
		},
	}
}

// attend reads a link until it ends.
func (e *Edge) attend(ctx context.Context, l *link.Link) {
	defer e.guard("link")
	direction := metrics.Inbound
	if l.Dialled() {
		direction = metrics.Outbound
	}
	e.config.Metrics.Handshake(direction, "ok", l.Handshake())
	e.config.Metrics.LinkOpened(direction)
	defer e.config.Metrics.LinkClosed(direction)
	log := e.log.With("peer", l.Remote(), "address", l.RemoteAddr().String(), "link", l.ID())
	e.trunks.entice(l, "")
	log.Debug("link opened", "names", l.Peer().Names(), "unproved", l.Peer().Err)
	err := e.stack.Serve(ctx, l)
	log.Debug("link closed", "error", err)
}

// refused hears of messages that the gate did not let through.
func (e *Edge) refused(l *link.Link, r *gate.Reject) {
	e.config.Metrics.GateRefused(r.Check)
	if mutant.On("log.raw") {
		e.log.Info("message refused", "peer", l.Remote(), "message", r.Message.Raw)
	}
	e.noise.info("message refused", "peer", l.Remote(), "check", r.Check, "detail", r.Detail, "status", r.Status)
}
