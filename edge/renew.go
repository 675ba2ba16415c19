package edge

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"fedge/certs"
	"fedge/mutant"
)

// Credentials are what a node proves itself with and judges others by.
type Credentials struct {
	Certificate tls.Certificate // with intermediates
	Roots       *x509.CertPool  // who may vouch for peers; nil: the system's
	Revoked     *certs.Revoked  // whom they vouch for no more; nil: everybody is good
}

// Renew puts new credentials in place of the node's. They count for every link
// that is made from then on, in both directions, resumed sessions included;
// links and calls that are there go on.
func (e *Edge) Renew(c Credentials) error {
	if len(c.Certificate.Certificate) == 0 {
		return errors.New("edge: a node needs a certificate: federation is mutual TLS")
	}
	if mutant.On("tls.no-reload") {
		return nil
	}
	e.renew(c)
	leaf := e.credentials().leaf()
	e.log.Info("credentials renewed", "serial", leaf.SerialNumber.Text(16), "until", leaf.NotAfter)
	return nil
}

func (e *Edge) renew(c Credentials) {
	now := &credentials{c.Certificate, c.Roots, c.Revoked, e.config.Plan.Verify, e.config.Wall}
	if leaf := now.leaf(); !certifies(leaf, e.node.Name) {
		e.log.Warn("the certificate does not name this node: partners will refuse it", "names", sipNames(leaf))
	}
	e.identity.Store(now)
}

// credentials are those of the moment.
func (e *Edge) credentials() credentials { return *e.identity.Load() }

// judge says what the chain of a link's peer is worth.
func (e *Edge) judge(chain []*x509.Certificate, dialled bool) error {
	return e.credentials().judge(chain, dialled)
}
