package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"time"

	"fedge/certs"
	"fedge/sip/link"
)

// Offer is one handshake that offers a single kind of suite with TLS 1.2, and
// what became of it.
type Offer struct {
	Offered string `json:"offered"`
	Agreed  bool   `json:"agreed"` // the node took it, whatever became of the handshake after that
	Suite   string `json:"suite,omitempty"`
	Failure string `json:"failure,omitempty"`
}

// What Edges have of TLS 1.2: the older ones, with an RSA certificate, have no
// AES-GCM.
const (
	offerGCM = "TLS 1.2 with ECDHE and AES-GCM"
	offerCBC = "TLS 1.2 with ECDHE and AES-CBC"
)

func suitesOf(offer string) []uint16 {
	switch offer {
	case offerGCM:
		return []uint16{
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		}
	case offerCBC:
		return []uint16{
			tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
		}
	}
	return nil // those that crypto/tls offers by itself
}

func (o *observer) offer(ctx context.Context, t target, name, offered string) Offer {
	h, refused := o.probe(ctx, t, name, offered, nil)
	out := Offer{Offered: offered, Agreed: refused == "" && h.agreed(), Suite: h.Suite}
	if !out.Agreed {
		out.Failure = cmp.Or(h.Failure, refused)
	}
	return out
}

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
