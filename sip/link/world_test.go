package link

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fedge/capture"
	"fedge/certs"
)

// world is an authority, a server's and a client's configuration, and a
// network in memory. Inside a bubble it must be made inside.
type world struct {
	t      testing.TB
	root   *certs.Authority
	net    *Network
	at     netip.AddrPort
	server Config
	client Config
	wrap   func(net.Conn) net.Conn // around what dial opens
}

const (
	serverName = "px01.vc.example.com"
	clientName = "sip.contoso.example"
)

func newWorld(t testing.TB) *world {
	t.Helper()
	root, err := certs.NewAuthority("test root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, root: root, net: NewNetwork(), at: netip.MustParseAddrPort("198.51.100.40:5061")}
	w.server = Config{Local: serverName, TLS: &tls.Config{
		Certificates: []tls.Certificate{w.issue(certs.Request{CommonName: serverName, Names: []string{serverName}})},
		ClientAuth:   tls.RequestClientCert,
	}, Roots: root.Pool()}
	w.client = Config{Local: clientName, TLS: &tls.Config{
		Certificates: []tls.Certificate{w.issue(certs.Request{CommonName: clientName, Names: []string{"SIP.contoso.example", "contoso.example"}})},
		RootCAs:      root.Pool(),
	}}
	return w
}

func (w *world) issue(r certs.Request) tls.Certificate {
	w.t.Helper()
	c, err := w.root.Issue(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// serve runs Serve until the test is over.
func (w *world) serve(lim Limits, serve func(context.Context, *Link)) net.Listener {
	w.t.Helper()
	ln := w.net.Listen(w.at)
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error)
	go func() { done <- Serve(ctx, ln, w.server, lim, serve) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Serve: %v", err)
		}
	})
	return ln
}

func (w *world) dial() *Link {
	w.t.Helper()
	l, err := Dial(w.t.Context(), w.client, serverName, w.at, func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := w.net.Dial(ctx, network, addr)
		if err == nil && w.wrap != nil {
			c = w.wrap(c)
		}
		return c, err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// pair is a dialled link and the accepted one it leads to. Both are aborted
// at the end.
func (w *world) pair() (client, server *Link) {
	w.t.Helper()
	accepted := make(chan *Link, 8)
	w.serve(Limits{}, func(ctx context.Context, l *Link) {
		accepted <- l
		select {
		case <-l.Done():
		case <-ctx.Done():
		}
	})
	client = w.dial()
	server = <-accepted
	w.t.Cleanup(func() {
		client.Abort()
		server.Abort()
	})
	return client, server
}

func send(t *testing.T, l *Link, text string) {
	t.Helper()
	if err := l.Send([]byte(text), capture.Label{Text: text}); err != nil {
		t.Fatalf("Send(%q): %v", text, err)
	}
}

func want(t *testing.T, l *Link, text string) {
	t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(l, got); err != nil || string(got) != text {
		t.Fatalf("read %q, %v; want %q", got, err, text)
	}
}

func wantErr(t *testing.T, l *Link, target error) {
	t.Helper()
	if _, err := l.Read(make([]byte, 100)); err != target {
		t.Fatalf("Read: %v; want %v", err, target)
	}
}

// watched counts the TLS records with application data that are written, and
// notes in which order alerts, FIN and close come.
type watched struct {
	net.Conn
	records atomic.Int64

	mu   sync.Mutex
	ends []string
}

func (w *watched) around(conn net.Conn) net.Conn {
	w.Conn = conn
	return w
}

func (w *watched) Write(p []byte) (int, error) {
	const header, alert, applicationData = 5, 21, 23
	for rest := p; len(rest) >= header; {
		switch rest[0] {
		case applicationData:
			w.records.Add(1)
		case alert:
			w.note("alert")
		}
		rest = rest[min(len(rest), header+int(binary.BigEndian.Uint16(rest[3:]))):]
	}
	return w.Conn.Write(p)
}

func (w *watched) CloseWrite() error {
	w.note("FIN")
	return w.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

func (w *watched) Close() error {
	w.note("close")
	return w.Conn.Close()
}

func (w *watched) note(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = append(w.ends, what)
}

func (w *watched) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.ends)
}
