package check

import (
	"crypto/tls"
	"slices"
)

// Offer is one hello that offers a single kind of suite with TLS 1.2, and what
// became of it.
type Offer struct {
	Offered string `json:"offered"`
	Agreed  bool   `json:"agreed"` // the node took it, whatever became of the handshake after that
	Suite   string `json:"suite,omitempty"`
	Failure string `json:"failure,omitempty"`
	NoTLS   bool   `json:"no_tls,omitempty"` // the failure is no word of TLS: the offer may not have been heard
}

// What the handshakes of an observation offer.
const (
	offerEdge = "TLS 1.2"     // what every supported Edge can do
	offerNow  = "TLS 1.2-1.3" // what today's peers can do
	offerOld  = "TLS 1.0-1.1" // what nobody should accept any more
)

// What Edges have of TLS 1.2: the older ones, with an RSA certificate, have no
// AES-GCM.
const (
	offerGCM = "TLS 1.2 with ECDHE and AES-GCM"
	offerCBC = "TLS 1.2 with ECDHE and AES-CBC"
)

func versionsOf(offer string) (lowest, highest uint16) {
	switch offer {
	case offerEdge, offerGCM, offerCBC:
		return tls.VersionTLS12, tls.VersionTLS12
	case offerOld:
		return tls.VersionTLS10, tls.VersionTLS11
	}
	return tls.VersionTLS12, tls.VersionTLS13
}

// suitesOf is what an offer of TLS 1.2 or older lists. One that is to find out
// about versions lists all there are: what of them nobody should take is for the
// rules to say, and a certificate shows only to who agrees.
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
			ecdheRSACBC384, ecdheECDSACBC384,
		}
	case offerOld:
		all := everySuite()
		for _, s := range foreignSuites() {
			all = append(all, s.id)
		}
		return all
	case offerNow:
		peers := suitesOf(offerCBC)
		for _, s := range tls.CipherSuites() {
			peers = append(peers, s.ID)
		}
		return peers
	}
	return everySuite()
}

// everySuite is all that crypto/tls has, those too that it does not offer by
// itself: old Edges, and old nodes, have no others.
func everySuite() (ids []uint16) {
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, s.ID)
	}
	return ids
}

// Edges have these for TLS 1.2 (RFC 5289 §3.1), and crypto/tls has not.
const (
	ecdheECDSACBC384 = 0xC024
	ecdheRSACBC384   = 0xC028
)

type suiteName struct {
	id   uint16
	name string
}

// foreignSuites are some that crypto/tls has not, and that a node may be left with
// (RFC 5246 §A.5, RFC 5289, RFC 5932, RFC 8422 §6): a hello can offer them
// nevertheless.
func foreignSuites() []suiteName {
	return []suiteName{
		{ecdheECDSACBC384, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"}, {ecdheRSACBC384, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
		{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"}, {0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"}, {0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"},
		{0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"}, {0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA"}, {0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"},
		{0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"}, {0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"},
		{0x0045, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"}, {0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"},
		{0x0004, "TLS_RSA_WITH_RC4_128_MD5"},
	}
}

// nameOf names a suite.
func nameOf(id uint16) string {
	for _, s := range foreignSuites() {
		if s.id == id {
			return s.name
		}
	}
	return tls.CipherSuiteName(id)
}

// edges tells whether Edges have a suite.
func edges(suite string) bool {
	return slices.ContainsFunc(slices.Concat(suitesOf(offerGCM), suitesOf(offerCBC)), func(id uint16) bool { return nameOf(id) == suite })
}

// foreign tells whether crypto/tls lacks a suite, so that no handshake with it
// gets past the hello.
func foreign(suite string) bool {
	return slices.ContainsFunc(foreignSuites(), func(s suiteName) bool { return s.name == suite })
}
