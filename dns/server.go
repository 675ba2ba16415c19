package dns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// The bounds of a server: what its peers can make it hold.
const (
	maxAsked    = 8192             // questions in the log
	maxConns    = 64               // TCP connections at once
	connSilence = 10 * time.Second // how long one may say nothing (RFC 7766 §6.2.3)
)

// Question is one entry of the log of what was asked.
type Question struct {
	At   time.Time
	From netip.AddrPort
	TCP  bool
	Name string // as in Canonical
	Type string // SRV, A, …
	Code string // how it was answered: NOERROR, NXDOMAIN, REFUSED, …; "": it was not
}

// Server answers for its zones with authority, over UDP and TCP on one port.
// It is a lab's server: no recursion, no transfers, no DNSSEC.
type Server struct {
	udp     *net.UDPConn
	tcp     *net.TCPListener
	life    context.Context
	cancel  context.CancelFunc
	done    sync.WaitGroup
	delayed chan struct{} // one for each answer over UDP that waits

	mu         sync.Mutex
	zones      []*Zone
	turns      map[turn]int         // how far the records of a name are rotated
	asked      []Question           // at most maxAsked, a ring
	oldest     int                  // of asked, once it is full
	behaviours map[string]Behaviour // by canonical name
}

// turn names what is rotated.
type turn struct {
	name string
	kind uint16
}

// Serve starts a server and returns when both sockets are open. Port 0 picks a
// free one, the same for UDP and TCP. The server ends with ctx or by Close.
func Serve(ctx context.Context, addr netip.AddrPort, zones ...*Zone) (*Server, error) {
	s := &Server{delayed: make(chan struct{}, maxDelayed)}
	s.Replace(zones...)
	if err := s.listen(addr); err != nil {
		return nil, fmt.Errorf("dns: serving on %s: %w", addr, err)
	}
	s.life, s.cancel = context.WithCancel(ctx)
	context.AfterFunc(s.life, func() {
		_ = s.udp.Close()
		_ = s.tcp.Close()
	})
	s.done.Go(s.serveUDP)
	s.done.Go(func() { s.serveTCP(s.life) })
	return s, nil
}

// listen opens both sockets. Somebody else may hold a port that the system
// picked for TCP, for UDP: then another is tried.
func (s *Server) listen(addr netip.AddrPort) error {
	var err error
	for range 16 {
		if s.tcp, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr)); err != nil {
			return err
		}
		both := netip.AddrPortFrom(addr.Addr(), s.tcp.Addr().(*net.TCPAddr).AddrPort().Port())
		if s.udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(both)); err == nil {
			return nil
		}
		_ = s.tcp.Close()
		if addr.Port() != 0 {
			break
		}
	}
	return err
}

// Addr is where the server listens, over UDP and TCP.
func (s *Server) Addr() netip.AddrPort {
	at := s.udp.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// Replace puts other zones in place of all present ones, between two
// questions.
func (s *Server) Replace(zones ...*Zone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zones, s.turns = zones, map[turn]int{}
}

// Close ends the server and returns when its sockets are closed and its
// goroutines gone.
func (s *Server) Close() error {
	s.cancel()
	// Who ends both loops is another goroutine, and may not be done with it.
	_ = s.udp.Close()
	_ = s.tcp.Close()
	s.done.Wait()
	return nil
}
