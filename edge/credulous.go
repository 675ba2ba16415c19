package edge

import (
	"context"
	"net/netip"
	"slices"

	"fedge/mutant"
	"fedge/sip/stack"
)

// credulous tells whether a defect makes the node believe a From without proof;
// never without one.
func (e *Edge) credulous(ctx context.Context, d *stack.Dialog, asserted []string) bool {
	known := func(same func(CallInfo) bool) bool {
		return slices.ContainsFunc(e.calls.list(), func(c CallInfo) bool { return c.State == answered && same(c) })
	}
	address := d.Link().RemoteAddr()
	switch {
	case mutant.On("sec.first-only"):
		return known(func(c CallInfo) bool { return c.Address == address.String() })
	case mutant.On("trust.ip-cache"):
		return known(func(c CallInfo) bool { return hostOf(c.Address) == address.Addr().String() })
	case mutant.On("sec.pai-trust"):
		return len(asserted) > 0 && e.trust.speaksFor(ctx, d.Peer(), asserted[0]) == nil
	case mutant.On("sec.ms-trust"):
		return d.Invite().Has("ms-edge-proxy-message-trust")
	case mutant.On("sec.digest-skip"):
		return d.Invite().Has("Authorization")
	}
	return false
}

func hostOf(address string) string {
	at, _ := netip.ParseAddrPort(address) // none: no address of anybody's
	return at.Addr().String()
}
