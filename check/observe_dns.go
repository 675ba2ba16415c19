package check

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"fedge/dns"
)

// What of an answer is kept. A domain that publishes more is not one that
// anybody federates with.
const (
	maxServices  = 16
	maxAddresses = 32
)

// question is one name and type, for one resolver.
type question struct {
	name, kind string
	resolver   int
}

// recordTypes is what a resolver can show besides what calls are routed by.
// *dns.Client has it; a resolver that has not leaves its rules not-visible.
type recordTypes interface {
	A(ctx context.Context, host string) ([]dns.Address, error)
	AAAA(ctx context.Context, host string) ([]dns.Address, error)
	CNAME(ctx context.Context, name string) (string, error)
}

// lookUpServices asks for the SRV records of the plan's domains and partners.
func (o *observer) lookUpServices(ctx context.Context) []Lookup {
	var wanted []question
	for _, d := range o.cfg.Plan.Domains {
		wanted = o.want(wanted, dns.FederationName(d.Name), "SRV")
	}
	for _, p := range o.cfg.Plan.Partners {
		if p.Edge == "" {
			wanted = o.want(wanted, dns.FederationName(p.Domain), "SRV")
		}
	}
	return o.ask(ctx, wanted)
}

// lookUpHosts asks for the addresses of every host that matters: the pool as
// planned and as published, the nodes, the Edges of partners.
func (o *observer) lookUpHosts(ctx context.Context, services Facts) []Lookup {
	var wanted []question
	for _, d := range o.cfg.Plan.Domains {
		for _, pool := range services.leads(d) {
			for _, kind := range []string{"A", "AAAA", "CNAME"} {
				wanted = o.want(wanted, pool, kind)
			}
		}
	}
	for _, n := range o.cfg.Plan.Outside() {
		if o.cfg.Inferred.madeUp(n.Name) {
			continue
		}
		wanted = o.want(wanted, n.Name, "A")
		wanted = o.want(wanted, n.Name, "AAAA")
	}
	for _, p := range o.cfg.Plan.Partners {
		hosts := services.edgesOf(o.cfg.Plan, p)
		for _, host := range hosts[:min(len(hosts), maxTargets)] {
			wanted = o.want(wanted, host, "A")
			if aliasesCount(o.cfg.Plan, p, host) {
				wanted = o.want(wanted, host, "CNAME")
			}
		}
	}
	return o.ask(ctx, wanted)
}

// want adds a question to all resolvers that can take it, once.
func (o *observer) want(list []question, name, kind string) []question {
	name = dns.Canonical(name)
	for i, r := range o.cfg.Resolvers {
		if _, able := r.(recordTypes); !able && (kind == "AAAA" || kind == "CNAME") {
			continue
		}
		if q := (question{name, kind, i}); !slices.Contains(list, q) {
			list = append(list, q)
		}
	}
	return list
}

// ask puts the questions, some at a time, and keeps their order. Those for which
// there is no patience left are not put.
func (o *observer) ask(ctx context.Context, list []question) []Lookup {
	lookups := make([]Lookup, len(list))
	left := o.patience()
	inParallel(len(list), func(i int) {
		if left.over(list[i]) {
			lookups[i] = o.unasked(list[i], notAskedOn)
			return
		}
		bounded, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
		defer cancel()
		lookups[i] = o.lookUp(bounded, list[i])
		lookups[i].half = lookups[i].Failure != "" && ctx.Err() != nil
		left.heard(list[i], lookups[i])
	})
	return lookups
}

// Why a question was not put to a name server.
const (
	notAsked   = "not asked: this name server had answered nothing before"
	notAskedOn = "not asked: this name server had let others of the kind go unanswered"
)

// unasked is a question that was not put, for want of answers to others.
func (o *observer) unasked(q question, why string) Lookup {
	return Lookup{Name: q.name, Type: q.kind, Resolver: o.resolverName(q.resolver), Failure: string(dns.Timeout), Detail: why}
}

// wasPut tells whether a question was put to its server at all.
func (l Lookup) wasPut() bool { return l.Detail != notAsked && l.Detail != notAskedOn }

// silent finds the resolvers that let all questions time out. To wait for them
// again and again would take longer than anybody does.
func (o *observer) silent(asked []Lookup) []bool {
	mute := make([]bool, len(o.cfg.Resolvers))
	for i := range mute {
		name := o.resolverName(i)
		spoke := func(l Lookup) bool { return l.Resolver == name && l.Failure != string(dns.Timeout) }
		mute[i] = len(asked) > 0 && !slices.ContainsFunc(asked, spoke)
	}
	return mute
}

func (o *observer) lookUp(ctx context.Context, q question) Lookup {
	if len(o.mute) > q.resolver && o.mute[q.resolver] {
		return o.unasked(q, notAsked)
	}
	l := Lookup{Name: q.name, Type: q.kind, Resolver: o.resolverName(q.resolver)}
	r := o.cfg.Resolvers[q.resolver]
	types, _ := r.(recordTypes)
	var err error
	switch q.kind {
	case "SRV":
		l.Services, err = services(r.SRV(ctx, q.name))
	case "AAAA":
		l.Addresses, err = addresses(types.AAAA(ctx, q.name))
	case "CNAME":
		l.Alias, err = types.CNAME(ctx, q.name)
	default:
		if types != nil {
			l.Addresses, err = addresses(types.A(ctx, q.name))
		} else {
			l.Addresses, err = addresses(r.Addresses(ctx, q.name))
		}
	}
	if err != nil {
		l.Failure, l.Detail = string(kindOf(err)), err.Error()
	}
	return l
}

// kindOf says why there was no record; whatever is no answer at all counts as
// a server that cannot be reached.
func kindOf(err error) dns.Kind {
	var why *dns.Error
	switch {
	case errors.As(err, &why):
		return why.Kind
	case errors.Is(err, context.DeadlineExceeded):
		return dns.Timeout
	}
	return dns.Unreachable
}

// resolverName is what evidence calls a resolver.
func (o *observer) resolverName(i int) string {
	c, named := o.cfg.Resolvers[i].(*dns.Client)
	if !named {
		return fmt.Sprintf("resolver %d", i+1)
	}
	servers := make([]string, len(c.Servers))
	for i, s := range c.Servers {
		servers[i] = s.String()
	}
	return strings.Join(servers, ", ")
}

func services(records []dns.SRV, err error) ([]Service, error) {
	list := make([]Service, 0, len(records))
	for _, r := range records[:min(len(records), maxServices)] {
		list = append(list, Service{dns.Canonical(r.Target), r.Port, r.Priority, r.Weight, seconds(r.TTL)})
	}
	return list, err
}

func addresses(records []dns.Address, err error) ([]Address, error) {
	list := make([]Address, 0, len(records))
	for _, r := range records[:min(len(records), maxAddresses)] {
		list = append(list, Address{r.Addr.Unmap(), seconds(r.TTL)})
	}
	slices.SortFunc(list, func(a, b Address) int { return netip.Addr.Compare(a.Addr, b.Addr) }) // servers rotate them
	return list, err
}

func seconds(d time.Duration) int { return int(d / time.Second) }
