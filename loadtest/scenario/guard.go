package scenario

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"fedge/sip/link"
)

// Guard says where load may go: to loopback, to the lab, and nowhere else
// unless somebody has said that the target is theirs.
type Guard struct {
	Lab       []netip.Prefix // networks of a lab that is not on loopback
	Confirmed bool           // --i-own-this-target
}

// Refusal is the error for a target that load may not go to.
type Refusal struct{ Addr netip.Addr }

// Error says what to do.
func (r *Refusal) Error() string {
	return fmt.Sprintf("scenario: %s is neither loopback nor of the lab: load goes there only with --i-own-this-target", r.Addr)
}

// Allow returns a *Refusal unless load may go to the address.
func (g Guard) Allow(addr netip.Addr) error {
	addr = addr.Unmap()
	if g.Confirmed || addr.IsLoopback() {
		return nil
	}
	for _, prefix := range g.Lab {
		if prefix.Contains(addr) {
			return nil
		}
	}
	return &Refusal{addr}
}

// Dial guards a dialler (nil: the system's): what a name resolved to is looked
// at before the first packet, whoever resolved it.
func (g Guard) Dial(next link.DialFunc) link.DialFunc {
	if next == nil {
		next = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		to, err := netip.ParseAddrPort(addr)
		if err != nil {
			return nil, fmt.Errorf("scenario: dialling %s: load wants an address, not a name: %w", addr, err)
		}
		if err := g.Allow(to.Addr()); err != nil {
			return nil, err
		}
		return next(ctx, network, addr)
	}
}
