package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	rr "github.com/miekg/dns"
)

// serveUDP answers one datagram after the other until the socket is closed.
func (s *Server) serveUDP() {
	buf := make([]byte, rr.MaxMsgSize)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a datagram's trouble is not the server's
		}
		reply, after := s.respond(buf[:n], from, false)
		switch {
		case reply == nil:
		case after > 0:
			s.later(reply, from, after)
		default:
			_, _ = s.udp.WriteToUDPAddrPort(reply, from)
		}
	}
}

// serveTCP accepts connections until ctx is done. More than maxConns at once
// are turned away.
func (s *Server) serveTCP(ctx context.Context) {
	room := make(chan struct{}, maxConns)
	for {
		conn, err := s.tcp.AcceptTCP()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		if err != nil {
			// Out of descriptors, perhaps: give others time to free some.
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		select {
		case room <- struct{}{}:
			s.done.Go(func() {
				defer func() { <-room }()
				s.serveConn(ctx, conn)
			})
		default:
			_ = conn.Close()
		}
	}
}

// serveConn answers the questions of one connection, in order.
func (s *Server) serveConn(ctx context.Context, conn *net.TCPConn) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	at := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	from := netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	for {
		_ = conn.SetDeadline(time.Now().Add(connSilence))
		var size [2]byte // RFC 1035 §4.2.2
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		message := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, message); err != nil {
			return
		}
		reply, after := s.respond(message, from, true)
		if reply == nil || after > 0 && !s.pause(after) {
			return
		}
		framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reply)), uint16(len(reply)))
		if _, err := conn.Write(append(framed, reply...)); err != nil {
			return
		}
	}
}
