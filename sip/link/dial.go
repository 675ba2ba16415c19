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
	raw, id, err := connect(ctx, cfg, remote, addr, dial)
	if err != nil {
		return nil, err
	}
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

// Plain connects to addr and leaves it to the caller what to say there; it is
// recorded as a link is. Errors are *DialError.
func Plain(ctx context.Context, cfg Config, remote string, addr netip.AddrPort, dial DialFunc) (net.Conn, error) {
	conn, _, err := connect(ctx, cfg, remote, addr, dial)
	return conn, err
}

func connect(ctx context.Context, cfg Config, remote string, addr netip.AddrPort, dial DialFunc) (net.Conn, uint64, error) {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", addr.String())
	if err != nil {
		return nil, 0, &DialError{remote, addr, Connect, err}
	}
	id := newID()
	return tapped(cfg.Recorder, id, conn, true), id, nil
}
