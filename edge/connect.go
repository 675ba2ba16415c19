package edge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"fedge/dns"
	"fedge/mutant"
	"fedge/plan"
	"fedge/sip/link"
)

// Bounds of looking for a way to a domain.
const (
	connectBudget = 4 * time.Second  // TCP and TLS with one address, so that the next is tried within five; less only in a lab whose seconds are short
	maxAttempts   = 8                // addresses, over all records
	maxRecords    = 16               // SRV records looked at: a zone may have a thousand, whose hosts have no address
	locateBudget  = 20 * time.Second // all look-ups of one call together
	hostBudget    = 5 * time.Second  // the look-up of one host
)

// search is one call's way through the addresses of a domain.
type search struct {
	edge   *Edge
	domain string
	direct bool // the plan names its Edge
	use    func(*link.Link) (again bool, err error)

	left     time.Duration // of locateBudget
	attempts int
	dead     []trunk // failed lately: their turn comes last
	last     *Failure
}

// connect finds a verified link to a SIP domain and calls use with it. An
// address that refuses, is silent, or shows a certificate of somebody else
// makes it go on to the next one, and so does use when it says again (RFC 3263
// §4.3). The error is the *Failure that came last.
func (e *Edge) connect(ctx context.Context, domain string, use func(*link.Link) (again bool, err error)) error {
	began := time.Now()
	records, err := e.records(ctx, domain)
	if err != nil {
		return err
	}
	s := &search{
		edge: e, domain: domain, left: locateBudget - time.Since(began), direct: e.trust.direct(domain) != "", use: use,
		last: &Failure{Stage: StageDNS, Err: fmt.Errorf("edge: no address to call %s at", domain)},
	}
	for _, record := range records[:min(len(records), maxRecords)] {
		if !s.record(ctx, record) {
			return s.result()
		}
	}
	for _, want := range s.dead {
		if !s.try(ctx, want) {
			break
		}
	}
	return s.result()
}

// result is nil once use was content.
func (s *search) result() error {
	if s.last == nil {
		return nil
	}
	return s.last
}

// record tries a record's addresses; false ends the search. Without time left to
// look up its host it is passed over.
func (s *search) record(ctx context.Context, record dns.SRV) bool {
	port := record.Port
	switch {
	case mutant.On("dns.fixed-port") && !strings.HasPrefix(record.Target, "sip."): // which controls call
		port = plan.Port
	case mutant.On("dns.dot-target") && record.Target == ".":
		port, record.Target = plan.Port, s.domain
	}
	if s.left <= 0 {
		return true
	}
	began := time.Now()
	addresses, err := s.edge.addresses(ctx, record.Target, s.left)
	s.left -= time.Since(began)
	if err != nil {
		s.last = unresolved(record.Target, err)
		return ctx.Err() == nil
	}
	for _, address := range addresses {
		want := trunk{host: record.Target, domain: s.domain, addr: netip.AddrPortFrom(address.Addr, port)}
		want.foreign = !s.direct && !within(s.domain, record.Target) && !s.edge.config.Plan.Provides(record.Target) &&
			!mutant.On("trust.srv-any-target")
		if !s.edge.reachable(record.Target, address.Addr) {
			s.last = &Failure{Stage: StageDNS, Err: fmt.Errorf("edge: DNS says that %s is at %s, which is no public address", record.Target, address.Addr)}
			continue
		}
		switch s.edge.targets.condition(want.target()) {
		case dead:
			s.dead = append(s.dead, want)
		case resting:
			s.last = &Failure{Stage: StageSIP, Status: 503, Err: fmt.Errorf("edge: %s at %s asked not to be called for a while", want.host, want.addr)}
		default:
			if !s.try(ctx, want) {
				return false
			}
		}
	}
	return true
}

// try tries one address; false ends the search.
func (s *search) try(ctx context.Context, want trunk) bool {
	if s.attempts++; s.attempts > maxAttempts {
		return false
	}
	again, failure := s.edge.tryAddress(ctx, want, s.use)
	s.last = failure
	if failure == nil {
		return false
	}
	if ctx.Err() == nil {
		s.edge.blame(want.target(), failure)
	}
	if !again || ctx.Err() != nil || mutant.On("dns.no-failover") || mutant.On("dns.tlsfail-stop") && failure.Stage == StageTLS {
		return false
	}
	s.edge.log.Info("trying the next address", "domain", s.domain, "host", want.host, "address", want.addr.String(), "error", failure)
	return true
}

// blame remembers what a failure says about an address.
func (e *Edge) blame(who target, failure *Failure) {
	switch {
	case errors.Is(failure.Err, errTooManyTrunks), errors.Is(failure.Err, errClosed):
	case failure.Status == 503:
		e.targets.overloaded(who, failure.retryAfter)
	case failure.Stage == StageConnect, failure.Stage == StageTLS, errors.Is(failure.Err, errSilent):
		e.targets.failed(who)
	}
}

// tryAddress tries one address; a link that was open already and turns out to
// be dead is replaced once.
func (e *Edge) tryAddress(ctx context.Context, want trunk, use func(*link.Link) (bool, error)) (again bool, failure *Failure) {
	for {
		l, fresh, err := e.trunks.get(ctx, want)
		if err != nil {
			return true, unconnected(err)
		}
		e.targets.recovered(want.target())
		again, err := use(l)
		if err == nil {
			return false, nil
		}
		failure := asFailure(err)
		if errors.Is(failure.Err, errSilent) { // whoever calls next shall not wait for it as well
			e.trunks.gone(l)
		}
		if !again || fresh || failure.Stage != StageConnect || ctx.Err() != nil {
			return again, failure
		}
		l.Abort()
		e.trunks.gone(l)
	}
}

// records says where a domain lives, best first.
func (e *Edge) records(ctx context.Context, domain string) ([]dns.SRV, error) {
	if err := e.trust.federates(domain); err != nil {
		return nil, &Failure{Stage: StageRequest, Err: fmt.Errorf("%w: %w", errNoPartner, err)}
	}
	if host := e.trust.direct(domain); host != "" {
		return []dns.SRV{{Target: host, Port: plan.Port}}, nil // reached directly: no SRV is asked for
	}
	switch {
	case mutant.On("dns.skip-srv"): // not at first, at least
		_, _ = e.resolver.Addresses(ctx, domain)
	case mutant.On("dns.ip-literal") && isAddress(domain):
		return []dns.SRV{{Target: domain, Port: plan.Port}}, nil
	}
	records, err := e.trust.records.lookupOurs(ctx, domain)
	switch {
	case err != nil && missing(err):
		if mutant.On("dns.nx-hang") {
			<-ctx.Done()
		}
		return nil, noRecord(domain, err)
	case err != nil:
		return nil, &Failure{Stage: StageDNS, Err: fmt.Errorf("edge: where %s lives: %w", domain, err)}
	case notOffered(records):
		return nil, &Failure{Stage: StageDNS, Record: dns.FederationName(domain),
			Err: fmt.Errorf("edge: DNS SRV record %s has the target \".\": %s takes no federated calls", dns.FederationName(domain), domain)}
	}
	return inOrder(records, func(n int) int { return rand.IntN(n + 1) }), nil
}

// addresses says where a host is, if DNS says it within the time that is left.
func (e *Edge) addresses(ctx context.Context, host string, left time.Duration) ([]dns.Address, error) {
	ctx, stop := context.WithTimeout(ctx, min(left, hostBudget))
	defer stop()
	if addr, err := netip.ParseAddr(host); err == nil && mutant.On("dns.ip-literal") {
		return []dns.Address{{Addr: addr}}, nil
	}
	return e.resolver.Addresses(ctx, host)
}

// seek dials a next hop's addresses, one after the other, and tells those who wait.
func (e *Edge) seek(ctx context.Context, host string, r *redial) (l *link.Link, err error) {
	fresh := false
	err = errPanicked
	defer func() { e.trunks.found(ctx, host, r, l, fresh, err) }()
	addresses, unknown := e.addresses(ctx, host, hostBudget)
	if unknown != nil {
		return nil, fmt.Errorf("edge: where the next hop %s lives: %w", host, unknown)
	}
	var failures []error
	for _, address := range addresses[:min(len(addresses), maxAttempts)] {
		if !e.reachable(host, address.Addr) {
			failures = append(failures, fmt.Errorf("edge: %s is no public address", address.Addr))
			continue
		}
		dialled, first, failure := e.trunks.get(ctx, trunk{host: host, addr: netip.AddrPortFrom(address.Addr, uint16(r.port))})
		if failure == nil {
			fresh = first
			return dialled, nil
		}
		failures = append(failures, failure)
	}
	return nil, fmt.Errorf("edge: no way to the next hop %s: %w", host, errors.Join(failures...))
}

// reachable tells whether a host may be called at an address. Who controls a
// zone could make us talk to our own side of the firewall: addresses that are
// not public are for hosts that the plan names.
func (e *Edge) reachable(host string, addr netip.Addr) bool {
	return e.config.Plan.IsPublic(addr) || e.trust.names(host) || mutant.On("dns.allow-private")
}

func unresolved(host string, err error) *Failure {
	if missing(err) {
		return &Failure{Stage: StageDNS, Record: host, Err: fmt.Errorf("edge: no DNS A record %s: %w", host, err)}
	}
	return &Failure{Stage: StageDNS, Err: fmt.Errorf("edge: the address of %s: %w", host, err)}
}

func unconnected(err error) *Failure {
	if dialling, ok := errors.AsType[*link.DialError](err); ok && dialling.Stage == link.Handshake {
		return &Failure{Stage: StageTLS, Err: err}
	}
	return &Failure{Stage: StageConnect, Err: err}
}

// asFailure keeps an error's own stage, if it has one.
func asFailure(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{Stage: StageSIP, Err: err}
}
