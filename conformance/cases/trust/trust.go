// Package trust holds the cases about trust: who may speak for which domain,
// how partners come to be trusted, and what a node tells those who are not.
package trust

import (
	"context"
	"slices"

	"fedge/conformance"
	"fedge/plan"
	"fedge/sip/raw"
)

// Cases of the area, by ID.
func Cases() []conformance.Case {
	return slices.Concat(fromCases(), certificateCases(), federationCases(), kindCases(), claimCases(), rateCases(), methodCases(), voiceCases())
}

// proves is what a node must claim for cases about From: that it checks it
// against the certificate.
var proves = conformance.Needs{FromAuthorisation: true, ClientCertificate: true, Media: true}

// with adds the instruments that a case takes.
func with(n conformance.Needs, add func(*conformance.Needs)) conformance.Needs {
	add(&n)
	return n
}

// makes: certificates and domains of the case's own.
func makes(n *conformance.Needs) { n.Authority, n.DNS = true, true }

// changes: all that, and another node set up as the case wants it.
func changes(n *conformance.Needs) { n.Authority, n.DNS, n.Variant = true, true, true }

// dial connects as a partner; that must work before anything can be said.
func dial(ctx context.Context, s *conformance.Stand, as conformance.Identity) (*conformance.Peer, error) {
	p, err := s.Dial(ctx, as, nil)
	return p, conformance.Preamble(err)
}

// speaks sends an INVITE for the room with this domain in From and wants one of
// these answers.
func speaks(ctx context.Context, s *conformance.Stand, p *conformance.Peer, as conformance.Identity, edit func(*raw.Builder), codes ...int) error {
	b := s.Request("INVITE", s.URI(), as, s.CallID()).Header("Supported", "timer")
	if edit != nil {
		edit(b)
	}
	answer, err := s.Try(ctx, p, b.Length().Body("application/sdp", s.Offer()).Bytes())
	if err != nil {
		return err
	}
	return conformance.Gets(answer, codes...)
}

// calls connects as a partner and has it call the room with its own domain.
func calls(ctx context.Context, s *conformance.Stand, as conformance.Identity, codes ...int) error {
	p, err := dial(ctx, s, as)
	if err != nil {
		return err
	}
	return speaks(ctx, s, p, as, nil, codes...)
}

// spoofed is the target's partner with a domain that is not its own.
func spoofed(s *conformance.Stand) conformance.Identity {
	as := s.Target.Partner
	as.Domain = "spoofed." + as.Domain
	return as
}

// trusting puts a partner into a plan, or changes the one that is there.
func trusting(p *plan.Plan, partner plan.Partner) {
	p.Partners = append(slices.DeleteFunc(slices.Clone(p.Partners), func(old plan.Partner) bool { return old.Domain == partner.Domain }), partner)
}
