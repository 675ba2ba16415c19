package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"fedge/dns"
	"fedge/plan"
)

// maxNames is how many names of certificates are looked up.
const maxNames = 32

// Discover looks at a domain of which no plan is known: its federation record,
// the addresses behind that, the certificates shown there, and the names in
// them. Infer makes a plan of it. cfg.Plan is not used; each step is bounded as
// those of Observe are. When ctx is done, what was seen to the end by then is no
// ground for a plan.
func Discover(ctx context.Context, cfg Config, domain string) (Facts, error) {
	facts := Facts{At: time.Now().UTC(), Observer: cfg.As.Domain}
	if len(cfg.Resolvers) == 0 {
		return facts, errors.New("check: there is no resolver to ask")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Dial == nil && cfg.As.Address.IsValid() {
		cfg.Dial = (&net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(cfg.As.Address, 0))}).DialContext
	}
	domain = dns.Canonical(domain)
	cfg.Plan = &plan.Plan{Domains: []plan.Domain{usual(domain)}}
	o := &observer{cfg: cfg, at: facts.At}
	o.say("asking DNS for " + dns.FederationName(domain))
	facts.Lookups = o.lookUpServices(ctx)
	o.mute = o.silent(facts.Lookups)
	var alias []Lookup
	var side sync.WaitGroup // a name server that says nothing is waited for once
	side.Go(func() { alias = o.ask(ctx, o.want(nil, "lyncdiscover."+domain, "CNAME")) })
	hosts := o.lookUpHosts(ctx, facts)
	side.Wait()
	facts.Lookups = slices.Concat(facts.Lookups, hosts, alias)
	if facts.tenant(domain) != "" { // what is there is Microsoft's
		return facts.seen(ctx), nil
	}
	pool := facts.published(domain)
	targets := o.strangers(facts)
	facts.Endpoints = make([]Endpoint, len(targets))
	inParallel(len(targets), func(i int) {
		o.say(fmt.Sprintf("looking at %s", targets[i].address))
		facts.Endpoints[i] = o.glance(ctx, targets[i], pool)
		facts.Endpoints[i].half = ctx.Err() != nil
	})
	var wanted []question
	for _, name := range facts.hosts(domain) {
		wanted = o.want(wanted, name, "A")
	}
	facts.Lookups = append(facts.Lookups, o.ask(ctx, wanted)...)
	facts.Endpoints = append(facts.Endpoints, o.glanceAtNames(ctx, domain, facts)...)
	return facts.seen(ctx), nil
}

// glanceAtNames looks whether anybody speaks TLS where the names in certificates
// lead beside the pool: a certificate names other services, too. Nobody is looked
// for at addresses of the observer's own network.
func (o *observer) glanceAtNames(ctx context.Context, domain string, f Facts) []Endpoint {
	var targets []target
	for _, name := range f.hosts(domain) {
		at := f.answers(name, "A").addresses()
		if notNode(name) || len(at) != 1 || !at[0].Is4() || !o.cfg.Plan.IsPublic(at[0]) && !at[0].IsLoopback() {
			continue
		}
		t := target{address: netip.AddrPortFrom(at[0], plan.Port), node: name}
		if !slices.ContainsFunc(f.Endpoints, func(e Endpoint) bool { return e.Address == t.address }) &&
			!slices.ContainsFunc(targets, func(other target) bool { return other.address == t.address }) {
			targets = append(targets, t)
		}
	}
	list := make([]Endpoint, len(targets))
	inParallel(len(targets), func(i int) {
		o.say(fmt.Sprintf("looking at %s %s", targets[i].address, targets[i].node))
		list[i] = o.glance(ctx, targets[i], targets[i].node)
		list[i].Node, list[i].half = targets[i].node, ctx.Err() != nil
	})
	return list
}

// usual is a domain with the pool's usual name.
func usual(domain string) plan.Domain { return plan.Domain{Name: domain, Pool: "sip." + domain} }

// glance reads the certificate at an address.
func (o *observer) glance(ctx context.Context, t target, pool string) Endpoint {
	e := Endpoint{Address: t.address}
	for _, offer := range []string{offerEdge, offerNow} {
		h, refused := o.probe(ctx, t, pool, offer, nil)
		if refused != "" {
			e.Refused, e.Ours = refused, h.ours
			return e
		}
		if e.Handshakes = append(e.Handshakes, h); len(h.Chain) > 0 {
			return e
		}
	}
	return e
}

// hosts lists the names in the certificates shown in the pool that a node of the
// domain could have, in the certificates' order.
func (f Facts) hosts(domain string) []string {
	pool := f.published(domain)
	var hosts []string
	for _, e := range f.Endpoints {
		for _, h := range e.Handshakes {
			if len(h.Chain) == 0 || e.Node != "" { // who is there by a name of its own may be anybody
				continue
			}
			for _, name := range append([]string{h.Chain[0].CommonName}, h.Chain[0].Names...) {
				name = dns.Canonical(name)
				if strings.HasSuffix(name, "."+domain) && name != pool && name != domain && plan.IsHost(name) && !slices.Contains(hosts, name) && len(hosts) < maxNames {
					hosts = append(hosts, name)
				}
			}
		}
	}
	return hosts
}

// tenant says by which record a domain is seen to be in Office 365; "" if by
// none (rule DNS-14). Where a federation record leads elsewhere, so do calls,
// and a tenant's other records are DNS-15's.
func (f Facts) tenant(domain string) string {
	services := f.answers(dns.FederationName(domain), "SRV").best()
	for _, s := range services {
		if office365(s.Target) {
			return s.record(dns.FederationName(domain))
		}
		if alias := f.microsofts(s.Target); alias != "" {
			return alias
		}
	}
	if len(services) > 0 {
		return ""
	}
	for _, name := range []string{"sip." + domain, "lyncdiscover." + domain} {
		if alias := f.microsofts(name); alias != "" {
			return alias
		}
	}
	return ""
}

// microsofts is the record that makes a name an alias of Office 365's; "" if
// none does.
func (f Facts) microsofts(name string) string {
	for _, l := range f.answers(name, "CNAME").found {
		if office365(l.Alias) {
			return fmt.Sprintf("%s CNAME %s", name, l.Alias)
		}
	}
	return ""
}
