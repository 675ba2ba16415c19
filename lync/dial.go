package lync

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"strings"
	"syscall"

	"fedge/sip/link"
)

// dial tries the partner's addresses in turn until one is proved.
func (e *Edge) dial(ctx context.Context, domain string, node netip.Addr) (*link.Link, error) {
	p, err := e.Locate(ctx, domain)
	if err != nil {
		return nil, err
	}
	var last error
	for _, addr := range e.order(p, node) {
		l, err := e.connect(ctx, p, addr)
		if err == nil {
			return l, nil
		}
		last = err
		if ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// order is round robin over a partner's addresses, or the one that is asked for.
func (e *Edge) order(p Partner, node netip.Addr) []netip.Addr {
	if node.IsValid() {
		return []netip.Addr{node}
	}
	return rotate(p.Addresses, int(e.turn.Add(1)-1)%len(p.Addresses))
}

// connect opens one link and proves that it leads to the partner.
func (e *Edge) connect(ctx context.Context, p Partner, addr netip.Addr) (*link.Link, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	cfg := link.Config{
		Local: e.cfg.Edge, TLS: e.clientTLS(p.Target), Recorder: e.cfg.Recorder, Roots: e.cfg.Roots, Log: e.cfg.Log,
		Queue: e.cfg.Queue, QueueBytes: e.cfg.QueueBytes,
	}
	l, err := link.Dial(ctx, cfg, p.Target, netip.AddrPortFrom(addr, p.Port), e.cfg.Dial)
	if err == nil {
		return l, nil
	}
	return nil, e.dialDiagnostic(p, err)
}

// clientTLS presents our certificate and judges the peer's as an Access Edge
// does, which is not Go's way: the CN counts when there is no SAN.
func (e *Edge) clientTLS(target string) *tls.Config {
	g := e.profile.edge
	return &tls.Config{
		Certificates: []tls.Certificate{e.cfg.Certificate},
		RootCAs:      e.cfg.Roots,
		MinVersion:   g.min, MaxVersion: g.max, CipherSuites: g.suites,
		InsecureSkipVerify: true, // VerifyConnection does it
		VerifyConnection: func(state tls.ConnectionState) error {
			return verifyPeer(state.PeerCertificates, e.cfg.Roots, target, x509.ExtKeyUsageServerAuth)
		},
	}
}

// errName is why a chain that is good otherwise does not prove a name.
var errName = errors.New("the peer certificate does not contain a matching FQDN")

// verifyPeer demands a good chain and the name in it; name "" demands none.
func verifyPeer(chain []*x509.Certificate, roots *x509.CertPool, name string, usage x509.ExtKeyUsage) error {
	if len(chain) == 0 {
		return link.ErrNoCertificate
	}
	opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{usage}}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(opts); err != nil {
		return err
	}
	if name != "" && !proves(link.Identity{Chain: chain}, name) {
		return errName
	}
	return nil
}

// proves tells whether a certificate names a host: by its SAN, by its CN only
// when there is no SAN; wildcards do not count.
func proves(id link.Identity, name string) bool {
	for _, n := range id.Names() {
		if strings.TrimSuffix(n, ".") == name {
			return true
		}
	}
	return false
}

// dialDiagnostic says a failed dial in the Edge's words.
func (e *Edge) dialDiagnostic(p Partner, err error) *Diagnostic {
	server := p.Target
	var failed *link.DialError
	if errors.As(err, &failed) {
		server = failed.Addr.String()
		if failed.Stage == link.Connect {
			return diagnose(DiagConnect, err, "WinsockFailureCode", winsock(err), "Peer", server)
		}
	}
	if kind, code := trustFailure(err); kind != "" {
		return diagnose(DiagCertificate, err, "ErrorType", kind, "tls-target", p.Target, "PeerServer", p.Target, "HRESULT", code)
	}
	return diagnose(DiagHandshake, err, "WinsockFailureCode", winsock(err), "Peer", server)
}

// trustFailure names what is wrong with a certificate, in Schannel's words.
func trustFailure(err error) (kind, code string) {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.Is(err, errName):
		return "The peer certificate does not contain a matching FQDN", "0x80090322(SEC_E_WRONG_PRINCIPAL)"
	case errors.As(err, &unknown):
		return "The peer certificate is not chained to a trusted root", "0x80090325(SEC_E_UNTRUSTED_ROOT)"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "The peer certificate has expired or is not yet valid", "0x80090328(SEC_E_CERT_EXPIRED)"
	case errors.As(err, &invalid):
		return "The peer certificate is not valid: " + invalid.Error(), "0x80090327(SEC_E_CERT_UNKNOWN)"
	}
	return "", ""
}

// winsock names a socket error as Windows numbers it.
func winsock(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "10061(WSAECONNREFUSED)"
	case errors.Is(err, syscall.ECONNRESET):
		return "10054(WSAECONNRESET)"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "10065(WSAEHOSTUNREACH)"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "10060(WSAETIMEDOUT)"
	}
	return "10054(WSAECONNRESET)"
}
