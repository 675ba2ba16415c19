package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// swallow lets no connection get through to the nodes that a firewall hides:
// their port takes SYNs and answers none.
func (w *World) swallow(b *blueprint) error {
	for _, n := range b.plan.Nodes {
		if !b.swallowed[n.Name] {
			continue
		}
		s, err := swallowTCP(netip.AddrPortFrom(n.PublicAddr(), SIPPort))
		if err != nil {
			return fmt.Errorf("lab: hiding %s: %w", n.Name, err)
		}
		w.silent = append(w.silent, s)
	}
	return nil
}

// hang opens the ports of nodes whose service hangs, and accepts nothing there:
// the system takes the connections, and nobody reads them.
func (w *World) hang(b *blueprint) error {
	for _, n := range b.plan.Nodes {
		if !b.hung[n.Name] || b.swallowed[n.Name] {
			continue
		}
		listener, err := net.Listen("tcp", netip.AddrPortFrom(n.PublicAddr(), SIPPort).String())
		if err != nil {
			return fmt.Errorf("lab: in place of %s: %w", n.Name, err)
		}
		w.silent = append(w.silent, listener)
	}
	return nil
}

// swallowQuestions is a name server that drops what it gets, over UDP and TCP.
func (w *World) swallowQuestions(at netip.AddrPort) error {
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at)) // nobody reads it
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	w.silent = append(w.silent, udp)
	tcp, err := swallowTCP(at)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	w.silent = append(w.silent, tcp)
	return nil
}

// swallower is a listener whose queue of connections is full and stays so: the
// system drops further SYNs, as a firewall would.
type swallower struct {
	listener net.Listener
	fillers  []net.Conn
}

const (
	mostFillers = 64                     // what the shortest queue of any system holds
	fillTimeout = 100 * time.Millisecond // a SYN over loopback that is answered is at once
)

// swallowTCP opens the listener and fills its queue until a connection hangs.
func swallowTCP(at netip.AddrPort) (*swallower, error) {
	listener, err := net.Listen("tcp", at.String())
	if err != nil {
		return nil, err
	}
	s := &swallower{listener: listener}
	raw, err := listener.(*net.TCPListener).SyscallConn()
	if err == nil {
		err = errors.Join(raw.Control(func(fd uintptr) { err = shortestQueue(fd) }), err)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	d := net.Dialer{Timeout: fillTimeout}
	for range mostFillers {
		conn, err := d.Dial("tcp", at.String())
		if err == nil {
			s.fillers = append(s.fillers, conn)
			continue
		}
		var slow net.Error
		if errors.As(err, &slow) && slow.Timeout() || errors.Is(err, syscall.ECONNREFUSED) {
			return s, nil
		}
		return nil, errors.Join(err, s.Close())
	}
	return nil, errors.Join(fmt.Errorf("%s takes connections without end", at), s.Close())
}

func (s *swallower) Close() error {
	for _, conn := range s.fillers {
		conn.Close()
	}
	return s.listener.Close()
}
