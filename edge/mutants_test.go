//go:build mutants

package edge

import (
	"crypto/tls"
	"testing"

	"fedge/certs"
	"fedge/mutant"
)

// Each mutant of this package breaks what it says, and nothing is broken
// without it.
func TestMutants(t *testing.T) {
	const room = "stand-up@vc.example.com"
	tests := []struct {
		name   string
		broken func(w *world) bool
	}{
		{"tls.only13", func(w *world) bool {
			_, err := w.shakeHands(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })
			return err != nil
		}},
		{"tls.no-request", func(w *world) bool {
			asked := false
			_, err := w.shakeHands(func(c *tls.Config) {
				c.Certificates = nil
				c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					asked = true
					return &w.contoso, nil
				}
			})
			return err == nil && !asked
		}},
		{"tls.no-intermediate", func(w *world) bool {
			_, err := w.shakeHands(nil)
			return err != nil
		}},
		{"tls.skip-verify", func(w *world) bool {
			stranger := newAuthorities(w.t).issue(w.t, certs.Request{Names: []string{"sip.contoso.example"}})
			p, err := w.tryDial(stranger)
			if err != nil {
				return false
			}
			p.send(invite(room, callID(2)))
			m, err := p.reader.Next()
			return err == nil && m.Status() < 300
		}},
		{"sec.from-any", func(w *world) bool {
			p := w.dial(w.contoso)
			p.send(request("INVITE", "sip:"+room, callID(2), 1, "<sip:eve@adatum.example>;tag=1", "<sip:"+room+">").
				Body("application/sdp", []byte(offer)))
			return p.next().Status() == 200
		}},
	}
	for _, test := range tests {
		for _, on := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				if on {
					if err := mutant.Activate(test.name); err != nil {
						t.Fatal(err)
					}
					defer mutant.Activate("")
				}
				inWorld(t, func(w *world) {
					w.serve()
					if got := test.broken(w); got != on {
						t.Errorf("mutant on %v: broken %v", on, got)
					}
				})
			})
		}
	}
}

// shakeHands connects as a partner does, with settings of its own.
func (w *world) shakeHands(change func(*tls.Config)) (*peer, error) {
	settings := &tls.Config{RootCAs: w.ca.root.Pool(), Certificates: []tls.Certificate{w.contoso}}
	if change != nil {
		change(settings)
	}
	return w.dialWith(settings)
}
