package edge

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"

	"fedge/mutant"
)

// eager is the listener of mutants that answer what crypto/tls never would.
func eager(ln net.Listener) net.Listener {
	if slices.ContainsFunc([]string{"tls.accept-plain", "tls.http-crash", "tls.0rtt", "tls.reneg"}, mutant.On) {
		return &eagerListener{ln}
	}
	return ln
}

type eagerListener struct{ net.Listener }

func (l *eagerListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &eagerConn{Conn: c, listener: l.Listener}, nil
}

// eagerConn looks at what the peer sends before TLS does.
type eagerConn struct {
	net.Conn
	listener net.Listener
	head     []byte // of the record that is being read
	left     int    // of it
	kinds    []byte // of the records so far
}

func (c *eagerConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	first := len(c.kinds) == 0 && len(c.head) == 0
	switch {
	case first && mutant.On("tls.accept-plain") && bytes.Contains(p[:n], []byte("SIP/2.0")):
		_, _ = c.Conn.Write([]byte("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"))
	case first && mutant.On("tls.http-crash") && bytes.HasPrefix(p[:n], []byte("GET ")):
		c.listener.Close()
	}
	c.records(p[:n])
	return n, err
}

func (c *eagerConn) records(b []byte) {
	for len(b) > 0 {
		skip := min(c.left, len(b))
		c.left, b = c.left-skip, b[skip:]
		for len(b) > 0 && len(c.head) < 5 && c.left == 0 {
			c.head, b = append(c.head, b[0]), b[1:]
		}
		if len(c.head) == 5 {
			c.record(c.head[0])
			c.left, c.head = int(binary.BigEndian.Uint16(c.head[3:])), nil
		}
	}
}

// record hears of each record's kind as its header is read.
func (c *eagerConn) record(kind byte) {
	const changeCipherSpec, handshake, data = 20, 22, 23
	before := c.kinds
	c.kinds = append(c.kinds, kind)
	switch {
	case mutant.On("tls.0rtt") && kind == data && bytes.Equal(before, []byte{handshake}):
		_, _ = c.Conn.Write([]byte{data, 3, 3, 0, 1, 0})
	case mutant.On("tls.reneg") && kind == handshake && bytes.HasSuffix(before, []byte{changeCipherSpec, handshake}):
		_, _ = c.Conn.Write([]byte{handshake, 3, 3, 0, 4, 0, 0, 0, 0})
	}
}
