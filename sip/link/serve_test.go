package link

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// hold keeps a link until it or the server is over.
func hold(ctx context.Context, l *Link) {
	select {
	case <-l.Done():
	case <-ctx.Done():
	}
}

// refusals collects what Config.Refused hears.
type refusals struct {
	mu   sync.Mutex
	errs []error
}

func (r *refusals) add(_ netip.AddrPort, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

func (r *refusals) last() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errs) == 0 {
		return nil
	}
	return r.errs[len(r.errs)-1]
}

// connect opens a connection that says nothing.
func (w *world) connect(source string) net.Conn {
	w.t.Helper()
	c, err := w.net.From(netip.MustParseAddr(source))(w.t.Context(), "tcp", w.at.String())
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// wantCut expects the other side to close c after the given time.
func wantCut(t *testing.T, c net.Conn, after time.Duration) {
	t.Helper()
	began := time.Now()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("Read: %v, want EOF", err)
	}
	if took := time.Since(began); took != after {
		t.Errorf("cut after %s, want %s", took, after)
	}
}

// sipgo sets no deadline for the handshake and knows the connection before it
// (case catalogue §4.3 row 16).
func TestStalledHandshakeIsCutOffUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var heard refusals
		w.server.Refused = heard.add
		w.serve(Limits{Handshake: 5 * time.Second}, func(context.Context, *Link) {
			t.Error("nobody may see a link before its handshake")
		})
		wantCut(t, w.connect("192.0.2.1"), 5*time.Second)
		synctest.Wait()
		if err := heard.last(); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("refused for %v", err)
		}
	})
}

func TestNoiseInsteadOfAHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var heard refusals
		w.server.Refused = heard.add
		w.serve(Limits{}, hold)
		c := w.connect("192.0.2.1")
		c.Write(make([]byte, 64<<10))
		io.Copy(io.Discard, c) // an alert, then the end
		synctest.Wait()
		if heard.last() == nil {
			t.Error("nobody heard of it")
		}
		w.dial().Abort() // the next one is served
	})
}

// sipgo has no cap (case catalogue §4.3 row 16).
func TestCapsCountConnectionsInTheHandshake(t *testing.T) {
	tests := map[string]struct {
		lim  Limits
		want error
		from string // who is refused
	}{
		"total":       {Limits{Total: 3}, ErrTooMany, "192.0.2.9"},
		"per address": {Limits{PerAddress: 3}, ErrTooManyFromAddress, "192.0.2.1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var heard refusals
				w.server.Refused = heard.add
				w.serve(tt.lim, hold)
				var first net.Conn
				for range 3 {
					first = w.connect("192.0.2.1")
				}
				synctest.Wait()
				wantCut(t, w.connect(tt.from), 0)
				synctest.Wait() // Refused is told after the connection is cut
				if err := heard.last(); err != tt.want {
					t.Errorf("refused for %v, want %v", err, tt.want)
				}
				first.Close() // makes room
				synctest.Wait()
				c := w.connect(tt.from)
				synctest.Wait()
				c.SetReadDeadline(time.Now().Add(time.Second))
				if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("the freed place was not given: %v", err)
				}
				c.Close()
			})
		})
	}
}

// flaky fails a number of times before each connection.
type flaky struct {
	net.Listener
	fail int
	err  error
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.fail > 0 {
		f.fail--
		return nil, f.err
	}
	return f.Listener.Accept()
}

// sipgo stops listening at the first error of accept (case catalogue §4.3 row
// 15).
func TestAcceptLoopSurvivesErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ln := &flaky{Listener: w.net.Listen(w.at), fail: 20, err: syscall.EMFILE}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- Serve(ctx, ln, w.server, Limits{}, hold) }()
		began := time.Now()
		w.dial().Abort()
		if took := time.Since(began); took < 10*time.Second || took > 30*time.Second {
			t.Errorf("20 errors were waited out in %s: it should back off up to a second each", took)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

func TestListenerThatFailsForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		broken := errors.New("broken")
		ln := &flaky{Listener: w.net.Listen(w.at), fail: 1 << 30, err: broken}
		if err := Serve(t.Context(), ln, w.server, Limits{}, hold); !errors.Is(err, broken) {
			t.Errorf("Serve: %v", err)
		}
	})
}

// Closing the listener drains: what is up lives on until its owner is done.
func TestClosedListenerDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ln := w.net.Listen(w.at)
		served := make(chan error)
		last := make(chan struct{})
		go func() {
			served <- Serve(t.Context(), ln, w.server, Limits{}, func(_ context.Context, l *Link) {
				<-last
				send(t, l, "BYE")
			})
		}()
		client := w.dial()
		defer client.Close()
		ln.Close()
		if _, err := w.net.Dial(t.Context(), "tcp", w.at.String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dialling a closed listener: %v", err)
		}
		synctest.Wait()
		select {
		case err := <-served:
			t.Fatalf("Serve returned with a link up: %v", err)
		default:
		}
		close(last)
		want(t, client, "BYE")
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

// When the context is done links are closed, orderly, and also handshakes end.
func TestContextEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		ln := w.net.Listen(w.at)
		served := make(chan error)
		go func() {
			served <- Serve(ctx, ln, w.server, Limits{}, func(_ context.Context, l *Link) {
				send(t, l, "200")
				l.Read(make([]byte, 1)) // a reader that knows nothing of contexts
			})
		}()
		client := w.dial()
		defer client.Close()
		shy := w.connect("192.0.2.1")
		synctest.Wait()
		began := time.Now()
		cancel()
		want(t, client, "200")
		wantErr(t, client, io.EOF)
		wantCut(t, shy, 0)
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if took := time.Since(began); took > lingerTime {
			t.Errorf("it took %s", took)
		}
	})
}

func TestPanicEndsOneConnection(t *testing.T) {
	tests := map[string]func(*world) func(context.Context, *Link){
		"in the handshake": func(w *world) func(context.Context, *Link) {
			first := true
			w.server.TLS.VerifyConnection = func(tls.ConnectionState) error {
				if first {
					first = false
					panic("boom")
				}
				return nil
			}
			return hold
		},
		"of its reader": func(*world) func(context.Context, *Link) {
			first := true
			return func(ctx context.Context, l *Link) {
				if first {
					first = false
					panic("boom")
				}
				hold(ctx, l)
			}
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var heard refusals
				w.server.Refused = heard.add
				w.serve(Limits{PerAddress: 1}, prepare(w))
				settings := w.client.TLS.Clone()
				settings.ServerName = serverName
				c := tls.Client(w.connect("192.0.2.1"), settings)
				c.SetDeadline(time.Now().Add(time.Hour))
				if err := c.Handshake(); err == nil {
					_, err = c.Read(make([]byte, 1))
					if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("the connection lives on: %v", err)
					}
				}
				c.Close()
				synctest.Wait()
				if err := heard.last(); err == nil || !strings.Contains(err.Error(), "boom") {
					t.Errorf("heard %v", err)
				}
				next := w.dial() // there is room again, and somebody who serves it
				synctest.Wait()
				if err := next.Err(); err != nil {
					t.Errorf("the next one: %v", err)
				}
				next.Abort()
			})
		})
	}
}
