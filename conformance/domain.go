package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"

	"fedge/certs"
	"fedge/dns"
)

// Domain is a fresh SIP domain of the case's own, which names it in the node's
// log and meets nothing that the node remembers.
func (s *Stand) Domain() string {
	s.count++
	return fmt.Sprintf("%s-%d-%s.%s", strings.ToLower(s.ID), s.count, random(3), s.Target.Instruments.Suffix)
}

// Issue signs a certificate by an authority that the node trusts.
func (s *Stand) Issue(r certs.Request) (tls.Certificate, error) {
	if s.Target.Instruments.Issue == nil {
		return tls.Certificate{}, ErrNotThere
	}
	return s.Target.Instruments.Issue(r)
}

// Publish puts records into the zone of a domain of ours, until the case ends:
// lines in BIND's form, with names relative to the domain. Publishing again
// replaces what was there.
func (s *Stand) Publish(domain string, records ...string) error {
	zones := s.Target.Instruments.Zones
	if zones.Publish == nil {
		return ErrNotThere
	}
	if err := zones.Publish(domain, records); err != nil {
		return fmt.Errorf("conformance: publishing %s: %w", domain, err)
	}
	s.after(func() { zones.Remove(domain) })
	return nil
}

// Misbehave makes the name server fail in a chosen way when asked about a
// domain of ours; the zero Behaviour, or the case's end, ends it.
func (s *Stand) Misbehave(domain string, how dns.Behaviour) error {
	if s.Target.Instruments.Zones.Misbehave == nil {
		return ErrNotThere
	}
	s.Target.Instruments.Zones.Misbehave(domain, how)
	return nil
}

// Asked lists what the node, or anybody, asked about a domain of ours.
func (s *Stand) Asked(domain string) []dns.Question {
	if s.Target.Instruments.Zones.Asked == nil {
		return nil
	}
	return s.Target.Instruments.Zones.Asked(domain)
}

// Partner is a federated organisation of the case's own, as its node would find
// it: a certificate, an Access Edge that listens, and its records.
type Partner struct {
	Identity
	Edge *Edge
}

// Partner sets a fresh one up, until the case ends; where no names are ours it is
// the one that we are.
func (s *Stand) Partner(ctx context.Context) (*Partner, error) {
	if s.Target.Instruments.atHome() {
		return s.home(ctx)
	}
	domain := s.Domain()
	host := "sip." + domain
	certificate, err := s.Issue(certs.Request{CommonName: host, Names: []string{host}})
	if err != nil {
		return nil, err
	}
	e, err := s.Listen(ctx, Listening{Host: host, Certificate: certificate})
	if err != nil {
		return nil, err
	}
	p := &Partner{Identity: Identity{Domain: domain, Host: host, Certificate: certificate}, Edge: e}
	return p, s.Publish(domain, SRV(0, 0, e.AddrPort().Port(), "sip"), A("sip", e.AddrPort().Addr()))
}

// SRV is the record that makes a domain federated, relative to it (RFC 2782;
// [MS-SIPRE] names the label). A target with a trailing dot is absolute.
func SRV(priority, weight, port uint16, target string) string {
	return fmt.Sprintf("_sipfederationtls._tcp IN SRV %d %d %d %s", priority, weight, port, target)
}

// A is the address record of a host below a domain.
func A(host string, addr netip.Addr) string {
	kind := "A"
	if addr.Is6() {
		kind = "AAAA"
	}
	return fmt.Sprintf("%s IN %s %s", host, kind, addr)
}
