package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"fedge/certs"
)

func TestDialErrorsSayHowFarItCame(t *testing.T) {
	tests := map[string]struct {
		remote string
		set    func(*world)
		stage  Stage
		is     func(error) bool
	}{
		"nobody listens": {serverName, func(w *world) { w.at = netip.MustParseAddrPort("198.51.100.41:5061") }, Connect,
			func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		"packets are dropped": {serverName, func(w *world) { w.net.Darken(w.at) }, Connect,
			func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		"another name": {"px02.vc.example.com", func(*world) {}, Handshake,
			func(err error) bool { return errors.As(err, new(x509.HostnameError)) }},
		"another authority": {serverName, func(w *world) { w.client.TLS.RootCAs = x509.NewCertPool() }, Handshake,
			func(err error) bool { return errors.As(err, new(x509.UnknownAuthorityError)) }},
		"our own demand": {serverName, func(w *world) {
			w.client.TLS.VerifyConnection = func(tls.ConnectionState) error { return io.ErrNoProgress }
		}, Handshake, func(err error) bool { return errors.Is(err, io.ErrNoProgress) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.serve(Limits{}, hold)
				tt.set(w)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				_, err := Dial(ctx, w.client, tt.remote, w.at, w.net.Dial)
				var failed *DialError
				if !errors.As(err, &failed) || failed.Stage != tt.stage || failed.Remote != tt.remote || failed.Addr != w.at {
					t.Fatalf("Dial: %#v", err)
				}
				if !tt.is(err) {
					t.Errorf("Dial: %v", err)
				}
			})
		})
	}
}

// A server that accepts and then says nothing costs what the context allows.
func TestDialIsBoundedByItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ln := w.net.Listen(w.at)
		defer ln.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		_, err := Dial(ctx, w.client, serverName, w.at, w.net.Dial)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("Dial: %v after %s", err, time.Since(began))
		}
	})
}

func TestIdentitySaysWhatIsWrongWithTheChain(t *testing.T) {
	tests := map[string]struct {
		show func(*world) []tls.Certificate
		is   func(error) bool
	}{
		"good": {func(w *world) []tls.Certificate { return w.client.TLS.Certificates },
			func(err error) bool { return err == nil }},
		"none": {func(*world) []tls.Certificate { return nil },
			func(err error) bool { return err == ErrNoCertificate }},
		"not for clients": {func(w *world) []tls.Certificate {
			return []tls.Certificate{w.issue(certs.Request{CommonName: clientName, Names: []string{clientName}, ServerOnly: true})}
		}, func(err error) bool { return invalid(err) == x509.IncompatibleUsage }},
		"expired": {func(w *world) []tls.Certificate {
			return []tls.Certificate{w.issue(certs.Request{CommonName: clientName, Names: []string{clientName},
				NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)})}
		}, func(err error) bool { return invalid(err) == x509.Expired }},
		"intermediate not sent": {func(w *world) []tls.Certificate {
			between, err := w.root.Intermediate("test intermediate")
			if err != nil {
				w.t.Fatal(err)
			}
			c, err := between.Issue(certs.Request{CommonName: clientName, Names: []string{clientName}, LeafOnly: true})
			if err != nil {
				w.t.Fatal(err)
			}
			return []tls.Certificate{c}
		}, func(err error) bool { return errors.As(err, new(x509.UnknownAuthorityError)) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.client.TLS.Certificates = tt.show(w)
				_, server := w.pair()
				id := server.Peer()
				if !tt.is(id.Err) {
					t.Errorf("identity: %v", id.Err)
				}
				if id.Err != nil && server.Remote() != server.RemoteAddr().String() {
					t.Errorf("a name nobody proved is used: %q", server.Remote())
				}
			})
		})
	}
}

func invalid(err error) x509.InvalidReason {
	var e x509.CertificateInvalidError
	if errors.As(err, &e) {
		return e.Reason
	}
	return -1
}

// When the dialler verifies by itself, Peer says what the chain is worth.
func TestDialledIdentityIsJudgedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.client.TLS.InsecureSkipVerify = true
		client, _ := w.pair()
		if err := client.Peer().Err; err != nil {
			t.Errorf("by the roots of the TLS configuration: %v", err)
		}
		w.client.Roots = x509.NewCertPool()
		other := w.dial()
		defer other.Abort()
		if err := other.Peer().Err; !errors.As(err, new(x509.UnknownAuthorityError)) {
			t.Errorf("by other roots: %v", err)
		}
	})
}

func TestNamesAreTheCommonNameOnlyWithoutAlternatives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.client.TLS.Certificates = []tls.Certificate{w.issue(certs.Request{CommonName: "Old.contoso.example"})}
		_, server := w.pair()
		if names := server.Peer().Names(); len(names) != 1 || names[0] != "old.contoso.example" {
			t.Errorf("names: %q", names)
		}
	})
	if (Identity{}).Names() != nil {
		t.Error("nobody has no names")
	}
}
