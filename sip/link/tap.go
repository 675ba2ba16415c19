package link

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"fedge/capture"
)

// tap records what goes over the wire under TLS.
type tap struct {
	net.Conn
	to         *capture.Recorder
	id         uint64
	local, far netip.AddrPort
	end        sync.Once
}

// tapped wraps conn if somebody records.
func tapped(to *capture.Recorder, id uint64, conn net.Conn, dialled bool) net.Conn {
	if to == nil {
		return conn
	}
	t := &tap{Conn: conn, to: to, id: id, local: addrPort(conn.LocalAddr()), far: addrPort(conn.RemoteAddr())}
	client, server := t.local, t.far
	if !dialled {
		client, server = server, client
	}
	to.Opened(time.Now(), id, client, server)
	return t
}

// Read records what arrived.
func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.to.Segment(time.Now(), t.id, t.far, t.local, p[:n])
	if err == io.EOF {
		t.end.Do(func() { t.to.Closed(time.Now(), t.id, t.far, t.local) })
	}
	return n, err
}

// Write records what is about to leave, so that an answer to it comes after it.
func (t *tap) Write(p []byte) (int, error) {
	t.to.Segment(time.Now(), t.id, t.local, t.far, p)
	return t.Conn.Write(p)
}

// CloseWrite sends FIN, if the connection can.
func (t *tap) CloseWrite() error {
	half, ok := t.Conn.(interface{ CloseWrite() error })
	if !ok {
		return net.ErrClosed
	}
	return half.CloseWrite()
}

// Close records the end.
func (t *tap) Close() error {
	t.end.Do(func() { t.to.Closed(time.Now(), t.id, t.local, t.far) })
	return t.Conn.Close()
}

// alsoTo writes key log lines to both, when the user logs keys too.
func alsoTo(user, ours io.Writer) io.Writer {
	if user == nil {
		return ours
	}
	return io.MultiWriter(user, ours)
}
