// Package link is one TLS connection proved to belong to a name: dialled or
// accepted, bounded in both directions, with the identity its peer showed and,
// when a recorder is set, a transcript.
//
// A link moves bytes. Whoever owns it reads, frames and judges them: the edge
// and the simulator share this package, so it holds no SIP and no policy.
package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"fedge/capture"
)

// Why a link is over. Other causes are the connection's own errors.
var (
	ErrClosed    = errors.New("link: closed by us")
	ErrAborted   = errors.New("link: aborted by us")
	ErrQueueFull = errors.New("link: the peer reads too slowly, the send queue is full")
	ErrStalled   = errors.New("link: the peer stopped reading, a write timed out")
)

// Config says how links are made. The zero value of each limit is its default.
type Config struct {
	Local string // our host name, for transcripts

	// TLS is cloned for every link. When a Recorder is set its key log is
	// added to the clone. A server does well to leave ClientCAs nil and to set
	// Roots: a CA list in the certificate request makes Schannel, and Go,
	// withhold a certificate that was not issued by one on it.
	TLS *tls.Config

	// Roots judges the peer's chain for Peer when the handshake itself did
	// not; nil: TLS.RootCAs of a dialled peer, TLS.ClientCAs of an accepted
	// one, and the system's if those are nil too.
	Roots *x509.CertPool

	// Judge, if set, judges the peer's chain instead, leaf first and never
	// empty: for users whose idea of who may vouch changes while links are made.
	Judge func(chain []*x509.Certificate, dialled bool) error

	Recorder *capture.Recorder // nil: no transcript, at no cost

	Queue        int           // messages waiting to be written; 2048
	QueueBytes   int           // and their bytes; 1 MiB
	WriteTimeout time.Duration // for each write, and for Close's flush; 10 s

	Log *slog.Logger // accept errors and refusals; nil: none

	// Refused hears of every accepted connection that did not become a link:
	// its address and why (ErrTooMany, ErrTooManyFromAddress, or the
	// handshake's error). It must not block. Nil: nobody hears.
	Refused func(from netip.AddrPort, err error)
}

// withDefaults fills in the limits.
func (c Config) withDefaults() Config {
	if c.Queue <= 0 {
		c.Queue = 2048
	}
	if c.QueueBytes <= 0 {
		c.QueueBytes = 1 << 20
	}
	if c.WriteTimeout <= 0 {
		c.WriteTimeout = 10 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// tlsConfig clones the user's, so that it can be made ours.
func (c Config) tlsConfig() *tls.Config {
	t := c.TLS.Clone()
	if t == nil {
		t = &tls.Config{}
	}
	// Small first records save a browser milliseconds; here they would split
	// one INVITE into two records and two system calls.
	t.DynamicRecordSizingDisabled = true
	if w := c.Recorder.KeyLog(); w != nil {
		t.KeyLogWriter = alsoTo(t.KeyLogWriter, w)
	}
	return t
}

// judge is who says what a chain is worth.
func (c Config) judge() func([]*x509.Certificate, bool) error {
	if c.Judge != nil {
		return c.Judge
	}
	return func(chain []*x509.Certificate, dialled bool) error { return verify(chain, c.roots(dialled), dialled) }
}

func (c Config) roots(dialled bool) *x509.CertPool {
	switch {
	case c.Roots != nil || c.TLS == nil:
		return c.Roots
	case dialled:
		return c.TLS.RootCAs
	default:
		return c.TLS.ClientCAs
	}
}

// Link is one TLS connection. One goroutine reads; Send, Close and Abort may
// be called from any.
type Link struct {
	id      uint64
	cfg     Config
	raw     net.Conn // under TLS
	conn    *tls.Conn
	state   tls.ConnectionState
	peer    Identity
	remote  string
	dialled bool
	shook   time.Duration // what the handshake took
	local   netip.AddrPort
	far     netip.AddrPort

	wake   chan struct{} // the writer has something to do
	room   chan struct{} // the writer has emptied the queue, see Pace
	wrote  chan struct{} // closed when the writer is gone
	done   chan struct{} // closed when the link is over
	closed sync.Once     // guards close(done)

	mu    sync.Mutex
	queue []outgoing
	bytes int   // in queue
	err   error // why it is over; the first cause stays
}

// newLink wraps a connection whose handshake is complete and starts its writer.
// remote is the name that was dialled, empty if the connection was accepted.
func newLink(cfg Config, id uint64, raw net.Conn, conn *tls.Conn, remote string) *Link {
	l := &Link{
		id: id, cfg: cfg, raw: raw, conn: conn, state: conn.ConnectionState(), remote: remote, dialled: remote != "",
		local: addrPort(raw.LocalAddr()), far: addrPort(raw.RemoteAddr()),
		wake: make(chan struct{}, 1), room: make(chan struct{}, 1), wrote: make(chan struct{}), done: make(chan struct{}),
	}
	l.peer = identify(l.state, cfg.judge(), l.dialled)
	if !l.dialled {
		l.remote = l.far.String()
		if names := l.peer.Names(); l.peer.Err == nil && len(names) > 0 {
			l.remote = names[0]
		}
	}
	go l.write()
	return l
}

// newID draws a number that names one connection in transcripts and logs. It
// fits a JSON number.
func newID() uint64 { return rand.Uint64()>>11 | 1 }

// Read reads what the peer sent. When the link is over it returns Err; a
// deadline that passes gives os.ErrDeadlineExceeded and the link lives on. With
// TLS 1.3 a server's refusal of our certificate arrives here, after Dial.
func (l *Link) Read(p []byte) (int, error) {
	n, err := l.conn.Read(p)
	if err != nil {
		if cause := l.Err(); cause != nil {
			err = cause
		}
	}
	return n, err
}

// SetReadDeadline bounds Read; the zero time lifts the bound.
func (l *Link) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil { // from now on the deadline is Close's
		return l.err
	}
	return l.raw.SetReadDeadline(t)
}

// Received puts a message into the transcript, as framed by whoever reads.
// It copies b.
func (l *Link) Received(b []byte, label capture.Label) {
	if l.cfg.Recorder == nil {
		return
	}
	l.cfg.Recorder.Message(capture.Message{
		At: time.Now(), Link: l.id, From: l.remote, To: l.cfg.Local,
		Src: l.far, Dst: l.local, Label: label, Bytes: b,
	})
}

// Done is closed when the link is over: closed, aborted, or cut off because
// the peer stopped reading. That the peer stopped sending is for Read to say.
func (l *Link) Done() <-chan struct{} { return l.done }

// Err says why the link is over, nil while it is not.
func (l *Link) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Peer is what the peer proved in the handshake.
func (l *Link) Peer() Identity { return l.peer }

// Remote names the peer: the verified name if we dialled, else the first name
// of its certificate if that verifies, else its address.
func (l *Link) Remote() string { return l.remote }

// LocalAddr is our end of the connection.
func (l *Link) LocalAddr() netip.AddrPort { return l.local }

// RemoteAddr is the peer's end of the connection.
func (l *Link) RemoteAddr() netip.AddrPort { return l.far }

// ID names the connection in transcripts and logs.
func (l *Link) ID() uint64 { return l.id }

// State is the TLS state after the handshake.
func (l *Link) State() tls.ConnectionState { return l.state }

// Handshake is how long the TLS handshake took, from its first byte.
func (l *Link) Handshake() time.Duration { return l.shook }

// Dialled says whether we opened the connection.
func (l *Link) Dialled() bool { return l.dialled }

// String is "name (address)", for logs.
func (l *Link) String() string { return fmt.Sprintf("%s (%s)", l.remote, l.far) }

// addrPort reads the address of a TCP or in-memory connection.
func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		ap := t.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}
