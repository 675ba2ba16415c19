package lab

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"fedge/plan"
	"fedge/sip/link"
)

// nat is a static one-to-one NAT: each node has a public address, on which it
// is reached at the ports that it has behind it. It keeps the peers' addresses;
// their ports it cannot keep, for the peers hold them on this same machine. Nor
// can it be in the way of what a node sends to a peer that it has not heard yet.
type nat struct {
	log     *slog.Logger
	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup
	open    closers

	in, out atomic.Uint64 // datagrams
}

// Behind the NAT the media ports are few: each is a socket of ours.
var natPorts = plan.PortRange{First: 40000, Last: 40099}

// putBehindNAT gives the nodes of a plan inner addresses.
func putBehindNAT(network *claim, p *plan.Plan) {
	p.PublicRanges = []netip.Prefix{netip.PrefixFrom(network.host(0), 25)}
	p.MediaPorts = natPorts
	for i := range p.Nodes {
		n := &p.Nodes[i]
		n.Public = n.Address
		n.Address = network.host(n.Public.As4()[3] + hostBehind)
	}
}

func newNAT(log *slog.Logger) *nat {
	n := &nat{log: log}
	n.life, n.end = context.WithCancel(context.Background())
	return n
}

// dialer is the way out: what a node opens comes from its public address; from
// one that all nodes share, each connection on another port, where the NAT
// translates ports.
func (n *nat) dialer(b *blueprint) func(netip.Addr) link.DialFunc {
	return func(inner netip.Addr) link.DialFunc {
		from := inner
		for _, node := range b.plan.Nodes {
			switch {
			case node.Address != inner:
			case b.translated:
				from = b.network.host(hostTranslated)
			default:
				from = node.PublicAddr()
			}
		}
		d := &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
		return d.DialContext
	}
}

// forward opens the way in to every node that lives.
func (n *nat) forward(b *blueprint) error {
	for _, node := range b.plan.Nodes {
		if b.dead[node.Name] {
			continue
		}
		if err := n.forwardTCP(node.PublicAddr(), node.Address, SIPPort); err != nil {
			return err
		}
		if !node.Has(plan.Media) {
			continue
		}
		for port := b.plan.MediaPorts.First; port <= b.plan.MediaPorts.Last; port++ {
			if err := n.forwardUDP(netip.AddrPortFrom(node.PublicAddr(), port), netip.AddrPortFrom(node.Address, port)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Forwarded counts the datagrams that the world's NAT took in to the nodes and
// out to their peers; without a NAT there are none.
func (w *World) Forwarded() (in, out uint64) {
	if w.nat == nil {
		return 0, 0
	}
	return w.nat.in.Load(), w.nat.out.Load()
}

// close ends what is under way and waits for it.
func (n *nat) close() {
	n.end()
	n.open.close()
	n.running.Wait()
}

func (n *nat) forwardTCP(public, inner netip.Addr, port uint16) error {
	listener, err := net.Listen("tcp", netip.AddrPortFrom(public, port).String())
	if err != nil {
		return fmt.Errorf("lab: the NAT: %w", err)
	}
	n.open.add(listener)
	n.running.Go(func() {
		for {
			outside, err := listener.Accept()
			if err != nil {
				return
			}
			if !n.open.add(outside) {
				outside.Close()
				return
			}
			n.running.Go(func() {
				defer n.open.drop(outside)
				n.carry(outside, netip.AddrPortFrom(inner, port))
			})
		}
	})
	return nil
}

// carry takes one connection further. The node sees the peer's address.
func (n *nat) carry(outside net.Conn, to netip.AddrPort) {
	peer := outside.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
	d := &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(peer, 0))}
	inside, err := d.DialContext(n.life, "tcp", to.String())
	if err != nil {
		n.log.Info("NAT: not forwarded", "to", to.String(), "error", err)
		return
	}
	if !n.open.add(inside) {
		inside.Close()
		return
	}
	defer n.open.drop(inside)
	var back sync.WaitGroup
	back.Go(func() { pour(outside, inside) })
	pour(inside, outside)
	back.Wait()
}

// pour copies one direction and passes its end on.
func pour(to, from net.Conn) {
	io.Copy(to, from)
	if tcp, ok := to.(*net.TCPConn); ok {
		tcp.CloseWrite()
	}
}

// mostFlows bounds how many peers one media port is kept apart for.
const mostFlows = 32

// forwardUDP takes datagrams of one port in, and their answers out.
func (n *nat) forwardUDP(public, inner netip.AddrPort) error {
	outside, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(public))
	if err != nil {
		return fmt.Errorf("lab: the NAT: %w", err)
	}
	n.open.add(outside)
	n.running.Go(func() {
		flows := map[netip.AddrPort]*net.UDPConn{}
		buffer := make([]byte, 2048)
		for {
			size, peer, err := outside.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			flow := flows[peer]
			if flow == nil {
				if len(flows) == mostFlows {
					continue
				}
				if flow = n.flow(outside, peer, inner); flow == nil {
					continue
				}
				flows[peer] = flow
			}
			if _, err := flow.Write(buffer[:size]); err == nil {
				n.in.Add(1)
			}
		}
	})
	return nil
}

// flow is one peer's way through one port: what comes back on it goes to that
// peer, from the public address. nil: it could not be opened.
func (n *nat) flow(outside *net.UDPConn, peer, inner netip.AddrPort) *net.UDPConn {
	conn, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer.Addr(), 0)), net.UDPAddrFromAddrPort(inner))
	if err != nil {
		n.log.Info("NAT: not forwarded", "from", peer.String(), "to", inner.String(), "error", err)
		return nil
	}
	if !n.open.add(conn) {
		conn.Close()
		return nil
	}
	n.running.Go(func() {
		buffer := make([]byte, 2048)
		for n.life.Err() == nil {
			size, err := conn.Read(buffer)
			if err != nil {
				continue // a port that the node has closed says so; the socket lives on
			}
			if _, err := outside.WriteToUDPAddrPort(buffer[:size], peer); err == nil {
				n.out.Add(1)
			}
		}
	})
	return conn
}

// closers is what is open, and closed at the end.
type closers struct {
	mu     sync.Mutex
	closed bool
	open   map[io.Closer]bool
}

// add takes one more; false after the end.
func (c *closers) add(one io.Closer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	if c.open == nil {
		c.open = map[io.Closer]bool{}
	}
	c.open[one] = true
	return true
}

// drop closes one.
func (c *closers) drop(one io.Closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, one)
	one.Close()
}

func (c *closers) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for one := range c.open {
		one.Close()
	}
}
