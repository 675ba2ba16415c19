package check

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"fedge/dns"
	"fedge/lync"
)

// atOnce is how many questions, or endpoints, are in hand at the same time.
const atOnce = 16

// observer is one observation.
type observer struct {
	cfg Config
	at  time.Time

	zonePort uint16 // where zones' own name servers answer; zero: where a resolver does that is one of them, or 53
	mute     []bool // resolvers that answered nothing at first, and are not waited for again

	own []ownServer

	mu sync.Mutex // one word of progress at a time, and own
}

// Observe looks at a deployment: DNS through every resolver, then TCP, TLS and
// SIP at every node's address, whatever DNS says, and at every address that
// DNS leads to, while the nodes are asked to call. Each step is bounded by the
// configuration's Timeout.
//
// What fails is a fact, not an error. An error means that the configuration
// does not allow an observation, or that the observing partner itself could
// not be brought up; facts hold what was seen nevertheless.
func Observe(ctx context.Context, cfg Config) (Facts, error) {
	facts := Facts{At: time.Now().UTC(), Observer: cfg.As.Domain}
	if err := cfg.valid(); err != nil {
		return facts, err
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Dial == nil && cfg.As.Address.IsValid() { // firewalls know the partner by its address
		cfg.Dial = (&net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(cfg.As.Address, 0))}).DialContext
	}
	o := &observer{cfg: cfg, at: facts.At}
	callers, err := o.callers(ctx)
	if err != nil {
		return facts, err
	}
	defer callers.stop()
	o.say("asking DNS for " + dns.FederationName(cfg.Plan.Domains[0].Name))
	facts.Lookups = o.lookUpServices(ctx)
	o.mute = o.silent(facts.Lookups)

	var endpoints, strangers []Endpoint
	var hosts, tenants, zones []Lookup
	var calls []OutboundCall
	var unplaced string
	var deaf bool
	var asking, rest sync.WaitGroup
	known := facts // whatever is found out besides
	rest.Go(func() { endpoints = o.endpoints(ctx, callers, o.planned(), known) })
	asking.Go(func() { hosts = o.lookUpHosts(ctx, facts) })
	asking.Go(func() { tenants = o.lookUpTenants(ctx) })
	asking.Go(func() { zones = o.askZones(ctx, facts) })
	rest.Go(func() { calls, unplaced, deaf = o.outbound(ctx) })
	asking.Wait()
	facts.Lookups = o.owned(slices.Concat(facts.Lookups, hosts, tenants, zones))
	seen := facts
	rest.Go(func() { facts.Partners = o.partners(ctx, seen) })
	rest.Go(func() { strangers = o.endpoints(ctx, callers, o.strangers(seen), seen) })
	rest.Wait()
	facts.Outbound, facts.Unplaced, facts.Deaf = calls, unplaced, deaf
	facts.Endpoints = append(endpoints, strangers...)
	o.callStrays(ctx, callers.partner, facts)
	return facts.seen(ctx), nil
}

// known tells whether there is an identity to observe as.
func (o *observer) known() bool { return o.cfg.As.Domain != "" }

// pools is the hosts that partners connect to when they call what a target is
// planned for: its domain's. A stranger is asked for all.
func (o *observer) pools(f Facts, t target) []string {
	if d, known := o.cfg.Plan.Domain(t.node); known {
		return f.leads(d)
	}
	var pools []string
	for _, d := range o.cfg.Plan.Domains {
		pools = append(pools, f.leads(d)...)
	}
	return slices.Compact(pools)
}

// endpoints looks at addresses, some at a time, and keeps their order.
func (o *observer) endpoints(ctx context.Context, by callers, targets []target, f Facts) []Endpoint {
	list := make([]Endpoint, len(targets))
	inParallel(len(targets), func(i int) {
		t := targets[i]
		name := t.node
		if o.cfg.Inferred.madeUp(name) {
			name = ""
		}
		o.say(strings.TrimSpace(fmt.Sprintf("looking at %s %s", t.address, name)))
		list[i] = o.endpoint(ctx, by, t, o.pools(f, t))
		list[i].half = ctx.Err() != nil
	})
	return list
}

// callStrays calls the nodes that are in the pool against the plan: whether
// they answer makes a difference.
func (o *observer) callStrays(ctx context.Context, org *lync.Org, f Facts) {
	inParallel(len(f.Endpoints), func(i int) {
		e := &f.Endpoints[i]
		if e.Node == "" || e.Invite != nil || !e.answers() {
			return
		}
		for _, d := range o.cfg.Plan.Domains {
			if slices.Contains(f.addresses(d), e.Address.Addr()) {
				e.Invite = o.invite(ctx, org, target{address: e.Address, node: e.Node})
				e.half = ctx.Err() != nil
			}
		}
	})
}

// say reports progress, one word at a time.
func (o *observer) say(what string) {
	if o.cfg.Progress == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cfg.Progress(what)
}

// together does all steps, as inParallel does.
func together(steps ...func()) { inParallel(len(steps), func(i int) { steps[i]() }) }

// inParallel does n things, atOnce at a time, and waits for all of them.
func inParallel(n int, do func(i int)) {
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	all.Wait()
}
