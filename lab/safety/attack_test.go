//go:build safety

package safety

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"fedge/conformance"
	"fedge/sip/raw"
)

// attacker is a partner that proves itself and then misbehaves.
type attacker struct {
	target  conformance.Target
	as      conformance.Identity
	from    net.IP
	crew    sync.WaitGroup
	calling sync.Mutex
	calls   *tls.Conn

	mu   sync.Mutex
	held []net.Conn // what it never closes by itself
}

// attack is one way to misbehave, at a stated rate.
type attack struct {
	name  string
	every time.Duration // between two of them
	most  int           // of them, as long as they last; 0: no bound
	do    func(context.Context, *attacker) error
}

// attacks are the destructive cases.
func attacks() []attack {
	return []attack{
		{"silent connects", 20 * time.Millisecond, 400, silent},
		{"slow headers", 50 * time.Millisecond, 100, slowHeaders},
		{"slow bodies", 50 * time.Millisecond, 100, slowBodies},
		{"handshake flood", 50 * time.Millisecond, 0, handshake},
		{"zero window", time.Second, 10, zeroWindow},
		{"header lines of 60 kB", 100 * time.Millisecond, 0, longLines},
		{"abandoned INVITEs", 50 * time.Millisecond, 0, abandoned},
	}
}

// run keeps an attack up until ctx is done. What it opened stays open: whether
// the node lets go of it is the question.
func (a *attacker) run(ctx context.Context, one attack) {
	tick := time.NewTicker(one.every)
	defer tick.Stop()
	for n := 0; one.most == 0 || n < one.most; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.crew.Go(func() { _ = one.do(ctx, a) }) // being thrown out is what it is for
		}
	}
}

func (a *attacker) hold(c net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held = append(a.held, c)
}

func (a *attacker) release() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.held {
		c.Close()
	}
}

func (a *attacker) tcp(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: a.from}}
	c, err := d.DialContext(ctx, "tcp", a.target.Address.String())
	if err == nil {
		a.hold(c)
	}
	return c, err
}

func (a *attacker) tls(ctx context.Context) (*tls.Conn, error) {
	c, err := a.tcp(ctx)
	if err != nil {
		return nil, err
	}
	t := tls.Client(c, &tls.Config{RootCAs: a.target.Roots, ServerName: a.target.Pool, Certificates: []tls.Certificate{a.as.Certificate}})
	return t, t.HandshakeContext(ctx)
}

// one is the connection that calls are begun on, made anew when it is lost.
func (a *attacker) one(ctx context.Context) (*tls.Conn, error) {
	a.calling.Lock()
	defer a.calling.Unlock()
	if a.calls != nil {
		return a.calls, nil
	}
	c, err := a.tls(ctx)
	if err != nil {
		return nil, err
	}
	a.calls = c
	go func() {
		io.Copy(io.Discard, c) // until somebody closes it
		a.calling.Lock()
		defer a.calling.Unlock()
		a.calls = nil
	}()
	return c, nil
}

func silent(ctx context.Context, a *attacker) error {
	_, err := a.tcp(ctx)
	return err
}

// drip sends a byte at a time for as long as somebody listens.
func drip(ctx context.Context, c net.Conn, b []byte) error {
	tick := time.NewTicker(patience / 4)
	defer tick.Stop()
	for len(b) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if _, err := c.Write(b[:1]); err != nil {
			return err
		}
		b = b[1:]
	}
	return nil
}

func slowHeaders(ctx context.Context, a *attacker) error {
	c, err := a.tls(ctx)
	if err != nil {
		return err
	}
	return drip(ctx, c, a.request("OPTIONS").Length().Bytes())
}

func slowBodies(ctx context.Context, a *attacker) error {
	c, err := a.tls(ctx)
	if err != nil {
		return err
	}
	head := a.request("MESSAGE").Header("Content-Type", "text/plain").Header("Content-Length", "60000").NoLength().Bytes()
	if _, err := c.Write(head); err != nil {
		return err
	}
	return drip(ctx, c, bytes.Repeat([]byte("x"), 60000))
}

func handshake(ctx context.Context, a *attacker) error {
	c, err := a.tls(ctx)
	if err != nil {
		return err
	}
	return c.Close()
}

// zeroWindow asks and asks and never reads an answer.
func zeroWindow(ctx context.Context, a *attacker) error {
	c, err := a.tls(ctx)
	if err != nil {
		return err
	}
	if tcp, ok := c.NetConn().(*net.TCPConn); ok {
		tcp.SetReadBuffer(4 << 10)
	}
	for ctx.Err() == nil {
		c.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := c.Write(a.request("OPTIONS").Length().Bytes()); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func longLines(ctx context.Context, a *attacker) error {
	c, err := a.tls(ctx)
	if err != nil {
		return err
	}
	if _, err := c.Write(a.request("OPTIONS").Header("X-Long", strings.Repeat("a", 60<<10)).Length().Bytes()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, c)
	return err
}

// abandoned begins a call and never acknowledges it. All of them come over one
// connection, which is welcome to stay: an idle one does no harm by itself.
func abandoned(ctx context.Context, a *attacker) error {
	c, err := a.one(ctx)
	if err != nil {
		return err
	}
	offer := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + conformance.Audio(9, conformance.Crypto(1))
	_, err = c.Write(a.request("INVITE").Length().Body("application/sdp", []byte(offer)).Bytes())
	return err
}

func (a *attacker) request(method string) *raw.Builder {
	stand := conformance.Stand{Target: a.target, ID: "SAFETY"}
	uri := "sip:" + a.target.Alias
	id := fmt.Sprintf("%s-%d", stand.Branch(), time.Now().UnixNano())
	return stand.Request(method, uri, a.as, id)
}
