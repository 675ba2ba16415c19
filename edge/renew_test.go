package edge

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fedge/certs"
)

// New credentials count for new links; a call that is up goes on over its own.
func TestRenew(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		p := w.dial(w.contoso)
		call := p.call("stand-up@vc.example.com", callID(1))
		fresh := w.ca.issue(t, certs.Request{Names: []string{"sip.vc.example.com", "px01.vc.example.com"}})
		if err := w.edge.Renew(Credentials{Certificate: fresh, Roots: w.ca.root.Pool()}); err != nil {
			t.Fatal(err)
		}
		next := w.dial(w.contoso)
		if got := next.link.State().PeerCertificates[0]; !got.Equal(fresh.Leaf) {
			t.Errorf("a new link sees serial %v", got.SerialNumber)
		}
		call.hangUp()
		if err := w.edge.Renew(Credentials{Roots: w.ca.root.Pool()}); err == nil {
			t.Error("no certificate is taken for one")
		}
	})
}

// A partner whose certificate has been revoked is out at the next link, also
// with the session of an earlier one.
func TestRevokedPartner(t *testing.T) {
	inWorld(t, func(w *world) {
		w.serve()
		cache := tls.NewLRUClientSessionCache(1)
		settings := func() *tls.Config {
			return &tls.Config{
				RootCAs: w.ca.root.Pool(), Certificates: []tls.Certificate{w.contoso}, ClientSessionCache: cache,
				MaxVersion: tls.VersionTLS12, // its handshake ends with the node's verdict
			}
		}
		if _, err := w.dialWith(settings()); err != nil {
			t.Fatal(err)
		}
		if p, err := w.dialWith(settings()); err != nil || !p.link.State().DidResume {
			t.Fatalf("the second link resumes no session: %v", err)
		}
		list, err := w.ca.intermediate.Revoke(time.Now(), w.contoso.Leaf)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "revoked.pem")
		if err := os.WriteFile(file, list, 0o600); err != nil {
			t.Fatal(err)
		}
		revoked, err := certs.ReadRevoked(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.edge.Renew(Credentials{Certificate: w.px01, Roots: w.ca.root.Pool(), Revoked: revoked}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.dialWith(settings()); err == nil {
			t.Error("a revoked certificate resumes its session")
		}
		if _, err := w.tryDial(w.ca.issue(t, certs.Request{Names: []string{"sip.contoso.example"}})); err != nil {
			t.Errorf("another certificate of the same partner: %v", err)
		}
	})
}

// POST /v1/reload says what came of it.
func TestReloadByAdmin(t *testing.T) {
	inWorld(t, func(w *world) {
		var outcome error
		w.config = func(c *Config) { c.Reload = func() error { return outcome } }
		w.serve()
		says := func(want int) {
			t.Helper()
			answer := httptest.NewRecorder()
			w.edge.Admin().ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/v1/reload", nil))
			if answer.Code != want || !json.Valid(answer.Body.Bytes()) {
				t.Errorf("with %v: %d %s, want %d and one value", outcome, answer.Code, answer.Body, want)
			}
		}
		says(http.StatusOK)
		outcome = os.ErrNotExist
		says(http.StatusInternalServerError)
	})
	inWorld(t, func(w *world) {
		w.serve()
		answer := httptest.NewRecorder()
		w.edge.Admin().ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/v1/reload", nil))
		if answer.Code != http.StatusNotFound {
			t.Errorf("with nothing to read again: %d %s", answer.Code, answer.Body)
		}
	})
}
