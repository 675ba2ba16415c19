package node

import (
	"errors"
	"net"
	"net/netip"
)

// ports hands out pairs of UDP ports. It goes round the range, so that a port
// that was freed rests before a new session gets it and with it the old one's
// last packets. Node.mu guards it.
type ports struct {
	first, pairs int // the even port, and how many pairs there are
	next         int
	taken        map[int]bool
}

func newPorts(r Ports) ports {
	first := (int(r.First) + 1) &^ 1
	return ports{first: first, pairs: (int(r.Last) - first + 1) / 2, taken: map[int]bool{}}
}

// take returns the next free even port; false when all are taken.
func (p *ports) take() (uint16, bool) {
	for range p.pairs {
		port := p.first + 2*p.next
		p.next = (p.next + 1) % p.pairs
		if !p.taken[port] {
			p.taken[port] = true
			return uint16(port), true
		}
	}
	return 0, false
}

func (p *ports) free(port uint16) { delete(p.taken, int(port)) }

// errNoPort says that the whole range is in use, by us or by others.
var errNoPort = errors.New("media node: no free port in its range: widen it, or add a node")

// bind opens the sockets of an m-line. A port that another program holds is
// skipped; so is a pair of which one half is not to be had.
func (n *Node) bind(mux bool) (*sockets, error) {
	var skipped []uint16
	defer func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, port := range skipped {
			n.ports.free(port)
		}
	}()
	for {
		n.mu.Lock()
		port, ok := n.ports.take()
		n.mu.Unlock()
		if !ok {
			return nil, errNoPort
		}
		s, err := open(n.cfg.Bind, port, mux)
		if err == nil {
			return s, nil
		}
		skipped = append(skipped, port)
	}
}

// sockets are what one m-line listens on.
type sockets struct {
	port uint16
	rtp  *net.UDPConn
	rtcp *net.UDPConn // nil: RTCP shares rtp (RFC 5761)
}

func open(addr netip.Addr, port uint16, mux bool) (*sockets, error) {
	conn, err := listen(addr, port)
	if err != nil {
		return nil, err
	}
	s := &sockets{port: port, rtp: conn}
	if mux {
		return s, nil
	}
	if s.rtcp, err = listen(addr, port+1); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func listen(addr netip.Addr, port uint16) (*net.UDPConn, error) {
	network := "udp6"
	if addr.Is4() {
		network = "udp4" // or sources would come as mapped IPv6 addresses
	}
	return net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, port)))
}

// close closes both; readers return.
func (s *sockets) close() {
	s.rtp.Close()
	if s.rtcp != nil {
		s.rtcp.Close()
	}
}
