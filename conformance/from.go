package conformance

import (
	"context"
	"net"
	"net/netip"
)

// DialFrom connects to the target from one of our own addresses and says which
// port it has there: an Edge of ours may listen at the very same one
// afterwards.
func (s *Stand) DialFrom(ctx context.Context, as Identity) (*Peer, netip.AddrPort, error) {
	ours := s.Target.Instruments.Addresses
	if len(ours) == 0 {
		return nil, netip.AddrPort{}, ErrNotThere
	}
	from := &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(ours[0], 0)), Control: shared}
	p, err := s.dialBy(ctx, as, nil, from.DialContext)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	return p, p.Addr(), nil
}
