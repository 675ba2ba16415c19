package dns

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// Respond lets tests put bytes to a server that has no sockets.
func (s *Server) Respond(message []byte, from netip.AddrPort, tcp bool) []byte {
	reply, _ := s.respond(message, from, tcp)
	return reply
}

// Closed tells whether both sockets are.
func (s *Server) Closed() bool {
	return errors.Is(s.udp.SetDeadline(time.Time{}), net.ErrClosed) && errors.Is(s.tcp.SetDeadline(time.Time{}), net.ErrClosed)
}

// Listen opens a TCP and a UDP socket on one free port.
func Listen(addr netip.AddrPort) (*net.TCPListener, *net.UDPConn, error) {
	s := new(Server)
	err := s.listen(addr)
	return s.tcp, s.udp, err
}
