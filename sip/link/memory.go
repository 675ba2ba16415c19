package link

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// Network is a network in memory, for tests and simulations: listeners and
// connections with addresses, buffers, deadlines and half-close, and nothing
// under them. Everything blocks on channels and conditions only, so it works on
// testing/synctest's fake clock.
type Network struct {
	mu        sync.Mutex
	listeners map[netip.AddrPort]*listener
	dark      map[netip.AddrPort]bool
	port      uint16 // the last one given to a dialler
}

// NewNetwork returns an empty network.
func NewNetwork() *Network {
	return &Network{listeners: make(map[netip.AddrPort]*listener), dark: make(map[netip.AddrPort]bool), port: 49151}
}

// Listen takes an address. Port 0 gives a free one. It panics when the address
// is taken, since only a test's own mistake can cause that.
func (n *Network) Listen(addr netip.AddrPort) net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if addr.Port() == 0 {
		addr = netip.AddrPortFrom(addr.Addr(), n.nextPort())
	}
	if n.listeners[addr] != nil {
		panic(fmt.Sprintf("link: %s is already listened on", addr))
	}
	l := &listener{network: n, addr: addr, backlog: make(chan net.Conn, 128), closed: make(chan struct{})}
	n.listeners[addr] = l
	return l
}

// Dial connects to a listener from 127.0.0.1. Without a listener it fails with
// ECONNREFUSED at once, and at a dark address when ctx is done.
func (n *Network) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return n.From(netip.AddrFrom4([4]byte{127, 0, 0, 1}))(ctx, network, addr)
}

// From returns a DialFunc whose connections come from source.
func (n *Network) From(source netip.Addr) DialFunc {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		to, err := netip.ParseAddrPort(addr)
		if err != nil {
			return nil, fmt.Errorf("link: dialling %q: %w", addr, err)
		}
		conn, err := n.connect(ctx, source, to)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}
		}
		return conn, nil
	}
}

// Darken makes an address swallow everybody who dials it, as a firewall that
// drops packets does.
func (n *Network) Darken(addr netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dark[addr] = true
}

func (n *Network) connect(ctx context.Context, source netip.Addr, to netip.AddrPort) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	l, dark := n.listeners[to], n.dark[to]
	from := netip.AddrPortFrom(source, n.nextPort())
	n.mu.Unlock()
	if dark {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if l == nil {
		return nil, syscall.ECONNREFUSED
	}
	ours, theirs := pipe(from, to)
	select {
	case l.backlog <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// nextPort gives ephemeral ports in turn, with n.mu held.
func (n *Network) nextPort() uint16 {
	if n.port++; n.port == 0 {
		n.port = 49152
	}
	return n.port
}

// listener is one address of a Network.
type listener struct {
	network *Network
	addr    netip.AddrPort
	backlog chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

// Accept gives the next connection, net.ErrClosed when the listener is closed.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
	default:
		select {
		case c := <-l.backlog:
			return c, nil
		case <-l.closed:
		}
	}
	return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
}

// Close frees the address and resets the connections nobody accepted.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, l.addr)
		l.network.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.backlog:
				c.Close()
			default:
				return
			}
		}
	})
	return nil
}

// Addr is a *net.TCPAddr.
func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }
