// Package discovery holds the cases about DNS: where a node looks for a domain
// that it calls, which of the servers found it calls, and what it does when they
// do not answer (RFC 2782, RFC 3263 §4).
package discovery

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"fedge/certs"
	"fedge/conformance"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(recordCases(), choiceCases(), failoverCases(), absentCases(), addressCases(), cacheCases(), nameCases(), foreignCases(), selfCases())
}

// calls is what cases about calls outward take: a trigger, and domains and
// certificates of their own.
var calls = conformance.Needs{Trigger: true, DNS: true, Authority: true}

// site is a SIP domain of the case's own with as many servers as it wants.
type site struct {
	*conformance.Stand
	domain string
}

func newSite(s *conformance.Stand) site { return site{s, s.Domain()} }

// host is the name of one of its servers.
func (d site) host(label string) string { return label + "." + d.domain }

// server opens a server with a certificate for its own name.
func (d site) server(ctx context.Context, label string) (*conformance.Edge, error) {
	return d.listen(ctx, conformance.Listening{Host: d.host(label)}, d.host(label))
}

// listen opens a server with a certificate for these names.
func (d site) listen(ctx context.Context, l conformance.Listening, names ...string) (*conformance.Edge, error) {
	certificate, err := d.Issue(certs.Request{CommonName: "fedge", Names: names})
	if err != nil {
		return nil, err
	}
	l.Certificate = certificate
	return d.Listen(ctx, l)
}

// desk is a server that answers calls with 486.
func (d site) desk(ctx context.Context, label string) (*conformance.Edge, *conformance.Desk, error) {
	e, err := d.server(ctx, label)
	if err != nil {
		return nil, nil, err
	}
	return e, d.Desk(ctx, e, nil), nil
}

// at is the address record of a server of ours.
func at(label string, e *conformance.Edge) string { return conformance.A(label, e.AddrPort().Addr()) }

// to leads the domain to a server.
func to(priority, weight uint16, label string, e *conformance.Edge) string {
	return conformance.SRV(priority, weight, e.AddrPort().Port(), label)
}

// nobody is a port of a server's address where nothing listens: none but a few
// programs of the eighties did.
const nobody = 1

// call makes the node call somebody at the domain, and waits until that is over.
func (d site) call(ctx context.Context) (conformance.Placed, error) {
	return place(ctx, d.Stand, "anna@"+d.domain)
}

func place(ctx context.Context, s *conformance.Stand, user string) (conformance.Placed, error) {
	placing, err := s.Place(ctx, conformance.Place{To: "sip:" + user})
	if err != nil {
		return conformance.Placed{}, err
	}
	return placing.Result(ctx)
}

// reaches makes the node call and wants the call at this desk, and the caller
// told 486.
func (d site) reaches(ctx context.Context, desk *conformance.Desk) error {
	before := desk.Count()
	placed, err := d.call(ctx)
	if err != nil {
		return err
	}
	if desk.Count() == before {
		return &conformance.Mismatch{Class: conformance.Silence, Expected: "a call to " + d.domain, Actual: "none; the trigger says " + placed.Body}
	}
	return told(placed, 486)
}

// told wants the caller to hear the status that ended the call.
func told(placed conformance.Placed, status int) error {
	if placed.SIP == status {
		return nil
	}
	return &conformance.Mismatch{Class: conformance.Status, Expected: fmt.Sprintf("the caller to hear %d", status), Actual: placed.Body}
}

// fails makes the node call and wants that to fail within limit, without any
// connection to these servers.
func (d site) fails(ctx context.Context, limit time.Duration, servers ...*conformance.Edge) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	placed, err := d.call(ctx)
	if err != nil {
		return err
	}
	return unconnected(placed, servers...)
}

func unconnected(placed conformance.Placed, servers ...*conformance.Edge) error {
	for _, e := range servers {
		if n := e.Count(); n > 0 {
			return &conformance.Mismatch{Class: conformance.Accepted, Expected: fmt.Sprintf("no connection to %s", e.AddrPort()), Actual: fmt.Sprintf("%d", n)}
		}
	}
	if placed.Status < 400 {
		return &conformance.Mismatch{Class: conformance.Accepted, Expected: "the call to fail", Actual: placed.Body}
	}
	return nil
}

// promptly is how soon a call must fail that cannot succeed: a caller waits.
const promptly = 2 * time.Second

// many makes the node call so often, a few at once.
func (d site) many(ctx context.Context, calls int) error {
	const atOnce = 8
	errs := make(chan error, calls)
	slots := make(chan struct{}, atOnce)
	var crew sync.WaitGroup
	for range calls {
		slots <- struct{}{}
		crew.Go(func() {
			defer func() { <-slots }()
			placed, err := d.call(ctx)
			if err == nil {
				err = told(placed, 486)
			}
			errs <- err
		})
	}
	crew.Wait()
	for range calls {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}
