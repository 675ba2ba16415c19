package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"time"

	"fedge/certs"
	"fedge/sip/link"
)

// Stranger is an attempt to speak SIP without proving whose name it is in: to
// be turned away is right.
type Stranger struct {
	Shown   string `json:"shown"`             // what it showed as certificate
	Refused string `json:"refused,omitempty"` // how it was turned away before it got an answer
	Status  int    `json:"status,omitempty"`  // what its request got instead
	Failure string `json:"failure,omitempty"` // why nothing is known: no answer, no connection
}

// What strangers show.
const (
	showNothing = "no certificate"
	showUnknown = "a certificate in the partner's name that nobody vouches for"
)

// stranger tries to get an answer as somebody whom nobody should believe. With
// TLS 1.3 a refusal comes only after the handshake, so a request is sent.
func (o *observer) stranger(ctx context.Context, t target, pool, shown string) Stranger {
	s := Stranger{Shown: shown}
	var mine tls.Certificate
	if shown == showUnknown {
		var err error
		if mine, err = unknown(o.cfg.As.Edge); err != nil {
			s.Failure = err.Error()
			return s
		}
	}
	var got *Exchange
	var broke error
	h, refused := o.handshake(ctx, t, pool, offerNow, mine, func(l *link.Link) { got, broke = o.options(ctx, l) })
	switch {
	case refused != "":
		s.Failure = refused
	case h.Failure == silence:
		s.Failure = h.Failure
	case h.Failure != "":
		s.Refused = h.Failure
	case got.Status > 0:
		s.Status = got.Status
	case errors.Is(broke, os.ErrDeadlineExceeded), ours(broke):
		s.Failure = got.Failure
	default: // the link was closed
		s.Refused = got.Failure
	}
	return s
}

// unknown is a certificate for host from an authority that came into being for
// it, and that nobody has heard of.
func unknown(host string) (tls.Certificate, error) {
	root, err := certs.NewAuthority("nobody's root", time.Now())
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("check: making a certificate to be refused: %w", err)
	}
	return root.Issue(certs.Request{CommonName: host, Names: []string{host}})
}
