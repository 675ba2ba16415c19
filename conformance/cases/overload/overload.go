// Package overload holds the cases about too much: what a node says when it is
// full or its partner is, what goes on all the same, and what a far end's
// refusal does to a call.
package overload

import (
	"context"
	"fmt"
	"slices"

	"fedge/certs"
	"fedge/conformance"
	"fedge/plan"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(fullCases(), restCases(), drainCases(), delayCases(), refusalCases())
}

// fullNode takes another node that carries as many calls as the case wants.
var fullNode = conformance.Needs{Media: true, ClientCertificate: true, Variant: true}

// calls is what cases about calls outward take.
var calls = conformance.Needs{Trigger: true, DNS: true, Authority: true}

// holding starts a node that carries so many calls.
func holding(ctx context.Context, s *conformance.Stand, calls int) (*conformance.Stand, error) {
	return s.Variant(ctx, conformance.Variant{Plan: func(p *plan.Plan) { p.Limits.Calls = calls }})
}

// dial connects as the target's partner.
func dial(ctx context.Context, s *conformance.Stand, as conformance.Identity) (*conformance.Peer, error) {
	p, err := s.Dial(ctx, as, nil)
	return p, conformance.Preamble(err)
}

// another is a partner of the case's own, found by its record, that nobody
// calls.
func another(s *conformance.Stand) (conformance.Identity, error) {
	domain := s.Domain()
	host := "sip." + domain
	certificate, err := s.Issue(certs.Request{CommonName: "fedge", Names: []string{host}})
	if err != nil {
		return conformance.Identity{}, err
	}
	as := conformance.Identity{Domain: domain, Host: host, Certificate: certificate}
	return as, s.Publish(domain, conformance.SRV(0, 0, 5061, "sip"))
}

// place makes the node call somebody and waits until that is over.
func place(ctx context.Context, s *conformance.Stand, domain string) (conformance.Placed, error) {
	placing, err := s.Place(ctx, conformance.Place{To: "sip:anna@" + domain})
	if err != nil {
		return conformance.Placed{}, err
	}
	return placing.Result(ctx)
}

// told wants the caller to hear the status that ended the call.
func told(placed conformance.Placed, status int) error {
	if placed.SIP == status {
		return nil
	}
	return &conformance.Mismatch{Class: conformance.Content, Expected: fmt.Sprintf("the caller to hear %d", status), Actual: placed.Body}
}
