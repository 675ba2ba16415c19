package conformance

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// knocking is how long a port may take to open, or a datagram to be answered:
// what a firewall drops says nothing.
const knocking = 500 * time.Millisecond

// Knock tries another port of the target's address; network is tcp or udp. Nil:
// nobody answers there. The connection ends with the case, and has a deadline.
func (s *Stand) Knock(ctx context.Context, network string, port uint16) net.Conn {
	dial := s.dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	ctx, cancel := context.WithTimeout(ctx, knocking)
	defer cancel()
	c, err := dial(ctx, network, netip.AddrPortFrom(s.Target.Address.Addr(), port).String())
	if err != nil {
		return nil
	}
	s.after(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(knocking)); err != nil {
		return nil
	}
	return c
}
