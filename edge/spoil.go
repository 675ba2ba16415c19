package edge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"time"

	"fedge/mutant"
	"fedge/sip/link"
)

// The mutants of this file spoil what the node shows of itself and what it
// takes from others.

// spoil changes how peers' links are made.
func spoil(config *tls.Config) {
	switch {
	case mutant.On("tls.only13"):
		config.MinVersion = tls.VersionTLS13
	case mutant.On("tls.only12"):
		config.MaxVersion = tls.VersionTLS12
	case mutant.On("tls.allow10"):
		config.MinVersion = tls.VersionTLS10
	case mutant.On("tls.weak"):
		config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	case mutant.On("tls.no-request"):
		config.ClientAuth, config.VerifyConnection = tls.NoClientCert, nil
	case mutant.On("tls.skip-verify"):
		config.VerifyConnection = nil
	case mutant.On("tls.alpn-fatal"):
		config.NextProtos = []string{"sip/2"}
	case mutant.On("tls.hs-serial"):
		var one sync.Mutex
		config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			one.Lock()
			defer one.Unlock()
			time.Sleep(200 * time.Millisecond)
			return nil, nil
		}
	case mutant.On("tls.require-sni"):
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName == "" {
				return nil, errors.New("edge: no SNI")
			}
			return nil, nil
		}
	}
}

// shown is the certificate that a peer sees.
func (c credentials) shown(hello *tls.ClientHelloInfo) *tls.Certificate {
	own := c.certificate
	names := c.leaf().DNSNames
	switch {
	case mutant.On("tls.no-intermediate"):
		own.Certificate = own.Certificate[:1]
	case mutant.On("tls.wrong-san"):
		own = c.forged(func(t *x509.Certificate) { t.DNSNames = []string{"px99.invalid"} })
	case mutant.On("tls.no-clientauth-eku"):
		own = c.forged(func(t *x509.Certificate) { t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	case mutant.On("tls.sha1"):
		own = c.forged(func(t *x509.Certificate) { t.SignatureAlgorithm = x509.ECDSAWithSHA1 })
	case mutant.On("tls.expired"):
		own = c.forged(func(t *x509.Certificate) { t.NotBefore, t.NotAfter = time.Unix(1, 0), time.Unix(2, 0) })
	case mutant.On("tls.sni-ignore") && len(names) > 0 && hello.ServerName != names[0]:
		own = c.forged(func(t *x509.Certificate) { t.DNSNames = names[:1] })
	}
	return &own
}

// forged is a self-signed likeness of our certificate.
func (c credentials) forged(change func(*x509.Certificate)) tls.Certificate {
	leaf := c.leaf()
	likeness := &x509.Certificate{
		SerialNumber: leaf.SerialNumber, Subject: leaf.Subject, DNSNames: leaf.DNSNames, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
		KeyUsage: leaf.KeyUsage, ExtKeyUsage: leaf.ExtKeyUsage,
	}
	change(likeness)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c.certificate
	}
	der, err := x509.CreateCertificate(rand.Reader, likeness, likeness, key.Public(), key)
	if err != nil {
		return c.certificate
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// lenient changes what is asked of a peer's chain.
func lenient(sent []*x509.Certificate, options *x509.VerifyOptions) []*x509.Certificate {
	trusting := func(c *x509.Certificate) []*x509.Certificate {
		options.Roots = x509.NewCertPool()
		options.Roots.AddCert(c)
		return sent
	}
	switch {
	case mutant.On("tls.no-time"):
		options.CurrentTime = sent[0].NotBefore.Add(time.Second)
	case mutant.On("tls.any-eku"):
		options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
	case mutant.On("tls.partial-chain") && len(sent) == 1:
		return trusting(sent[0])
	case mutant.On("tls.no-basicconstraints") && len(sent) > 1 && !sent[1].IsCA:
		return trusting(sent[0])
	case mutant.On("tls.no-nameconstraints"):
		for _, above := range sent[1:] {
			above.PermittedDNSDomains = nil
		}
	}
	return sent
}

// careless tells whether a mutant takes one of a certificate's names for the
// wanted one.
func careless(name, wanted string) bool {
	switch {
	case mutant.On("tls.out-skip-name"), mutant.On("rt.follow-blind"):
		return true
	case mutant.On("tls.wild-deep"):
		return strings.HasPrefix(name, "*.") && strings.HasSuffix(wanted, name[1:])
	case mutant.On("tls.cstr"):
		cut, _, _ := strings.Cut(name, "\x00")
		return strings.EqualFold(cut, wanted)
	}
	return false
}

// sni is the name that a link is dialled for.
func sni(want trunk) string {
	if mutant.On("tls.sni-ip") {
		return want.addr.Addr().String()
	}
	return want.host
}

// limits are those on links that peers open.
func (e *Edge) limits() link.Limits {
	l := e.config.Links
	if mutant.On("tls.no-hs-timeout") {
		l.Handshake = time.Hour
	}
	return l
}
