package link

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// DialFunc opens a connection, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Stage says how far Dial came.
type Stage string

// The stages of Dial.
const (
	Connect   Stage = "connect"
	Handshake Stage = "handshake"
)

// DialError says which address of which name failed, and at what stage.
type DialError struct {
	Remote string
	Addr   netip.AddrPort
	Stage  Stage
	Err    error
}

func (e *DialError) Error() string {
	return fmt.Sprintf("link: %s with %s at %s: %v", e.Stage, e.Remote, e.Addr, e.Err)
}

// Unwrap gives the cause.
func (e *DialError) Unwrap() error { return e.Err }

// Dial connects to addr and does the TLS handshake with remote: that name is
// sent as SNI and verified, whatever the address. More can be demanded, and with
// InsecureSkipVerify something else, by cfg.TLS.VerifyConnection. ctx bounds
// both steps. dial may be nil. Errors are *DialError.
func Dial(ctx context.Context, cfg Config, remote string, addr netip.AddrPort, dial DialFunc) (*Link, error) {
	cfg = cfg.withDefaults()
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	raw, err := dial(ctx, "tcp", addr.String())
	if err != nil {
		return nil, &DialError{remote, addr, Connect, err}
	}
	id := newID()
	raw = tapped(cfg.Recorder, id, raw, true)
	settings := cfg.tlsConfig()
	settings.ServerName = remote
	conn, began := tls.Client(raw, settings), time.Now()
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, &DialError{remote, addr, Handshake, err}
	}
	l := newLink(cfg, id, raw, conn, remote)
	l.shook = time.Since(began)
	return l, nil
}
