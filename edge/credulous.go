package edge

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/mutant"
	"fedge/sip/link"
	"fedge/sip/stack"
)

// credulous tells whether a defect makes the node believe a From without proof;
// never without one.
func (e *Edge) credulous(ctx context.Context, l *link.Link, m *stack.Message, asserted []string) bool {
	known := func(same func(CallInfo) bool) bool {
		return slices.ContainsFunc(e.calls.list(), func(c CallInfo) bool { return c.State == answered && same(c) })
	}
	address := l.RemoteAddr()
	switch {
	case mutant.On("sec.first-only"):
		return known(func(c CallInfo) bool { return c.Address == address.String() })
	case mutant.On("trust.ip-cache"):
		return known(func(c CallInfo) bool { return hostOf(c.Address) == address.Addr().String() })
	case mutant.On("sec.pai-trust"):
		return len(asserted) > 0 && e.trust.speaksFor(ctx, l.Peer(), asserted[0]) == nil
	case mutant.On("sec.ms-trust"):
		return m.Has("ms-edge-proxy-message-trust")
	case mutant.On("sec.digest-skip"):
		return m.Has("Authorization")
	case mutant.On("sec.contact-trust"):
		contact, err := stack.ParseAddress(m.Header("Contact"))
		return err == nil && slices.Contains(l.Peer().Names(), strings.ToLower(contact.URI.Host))
	}
	return false
}

// domainOf is the domain of a From: the host of its URI, and of nothing else in
// it.
func domainOf(from stack.Address, written string) string {
	switch {
	case mutant.On("sec.from-parse"): // the first that looks like one
		_, after, _ := strings.Cut(written, "@")
		end := strings.IndexAny(after+">", `>;:"`)
		return dns.Canonical((after + ">")[:end])
	case mutant.On("sec.from-port"):
		for _, p := range from.URI.UriParams {
			if p.K == "maddr" {
				return dns.Canonical(p.V)
			}
		}
	}
	return dns.Canonical(from.URI.Host)
}

func hostOf(address string) string {
	at, _ := netip.ParseAddrPort(address) // none: no address of anybody's
	return at.Addr().String()
}
