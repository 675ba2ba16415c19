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

// ConnectFrom is Connect, from one of our own addresses.
func (s *Stand) ConnectFrom(ctx context.Context, from netip.Addr) (net.Conn, error) {
	other := &Stand{Target: s.Target, ID: s.ID, trial: &trial{dial: (&net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}).DialContext}}
	c, err := other.Connect(ctx)
	if err == nil {
		s.after(func() { c.Close() })
	}
	return c, err
}
