package edge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"fedge/dns"
	"fedge/plan"
	"fedge/sip/link"
)

// Bounds of looking for a way to a domain.
const (
	connectBudget = 5 * time.Second // TCP and TLS with one address
	maxAttempts   = 8               // addresses, over all records
)

// connect finds a verified link to a SIP domain and calls use with it. An
// address that refuses, is silent, or shows a certificate of somebody else
// makes it go on to the next one, and so does use when it says again. The error
// is the *Failure that came last.
func (e *Edge) connect(ctx context.Context, domain string, use func(*link.Link) (again bool, err error)) error {
	records, err := e.records(ctx, domain)
	if err != nil {
		return err
	}
	last := &Failure{Stage: StageDNS, Err: fmt.Errorf("edge: no address to call %s at", domain)}
	for attempts := 0; len(records) > 0; records = records[1:] {
		record := records[0]
		addresses, err := e.resolver.Addresses(ctx, record.Target)
		if err != nil {
			last = unresolved(record.Target, err)
			continue
		}
		for _, address := range addresses {
			if attempts++; attempts > maxAttempts {
				return last
			}
			want := trunk{record.Target, domain, netip.AddrPortFrom(address.Addr, record.Port)}
			again, err := e.tryAddress(ctx, want, use)
			if err == nil {
				return nil
			}
			last = err
			if !again || ctx.Err() != nil {
				return last
			}
			e.log.Info("trying the next address", "domain", domain, "host", want.host, "address", want.addr.String(), "error", err)
		}
	}
	return last
}

// tryAddress tries one address; a link that was open already and turns out to
// be dead is replaced once.
func (e *Edge) tryAddress(ctx context.Context, want trunk, use func(*link.Link) (bool, error)) (again bool, failure *Failure) {
	for {
		l, fresh, err := e.trunks.get(ctx, want)
		if err != nil {
			return true, unconnected(err)
		}
		again, err := use(l)
		if err == nil {
			return false, nil
		}
		if !again || fresh || ctx.Err() != nil {
			return again, asFailure(err)
		}
		l.Abort()
		e.trunks.gone(l)
	}
}

// records says where a domain lives, best first.
func (e *Edge) records(ctx context.Context, domain string) ([]dns.SRV, error) {
	if partner, ok := e.config.Plan.Partner(domain); ok && partner.Trust == plan.Allowed && partner.Edge != "" {
		return []dns.SRV{{Target: partner.Edge, Port: plan.Port}}, nil // reached directly: no SRV is asked for
	}
	records, err := e.resolver.SRV(ctx, dns.FederationName(domain))
	switch {
	case err != nil && missing(err), err == nil && len(records) == 0:
		return nil, noRecord(domain, err)
	case err != nil:
		return nil, &Failure{Stage: StageDNS, Err: fmt.Errorf("edge: where %s lives: %w", domain, err)}
	case notOffered(records):
		return nil, &Failure{Stage: StageDNS, Record: dns.FederationName(domain),
			Err: fmt.Errorf("edge: DNS SRV record %s has the target \".\": %s takes no federated calls", dns.FederationName(domain), domain)}
	}
	return inOrder(records, func(n int) int { return rand.IntN(n + 1) }), nil
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
