package edge

import (
	"crypto/x509"
	"slices"
	"strings"

	"fedge/mutant"
)

// certifies tells whether a certificate proves one of the wanted names: a
// host (the SRV target) or a SIP domain. It compares whole names without
// regard to case; there are no wildcards in SIP (RFC 5922 §7.2).
func certifies(leaf *x509.Certificate, wanted ...string) bool {
	for _, name := range sipNames(leaf) {
		if slices.ContainsFunc(wanted, func(w string) bool { return w != "" && strings.EqualFold(w, name) }) {
			return true
		}
		if slices.ContainsFunc(wanted, func(w string) bool { return careless(name, w) }) {
			return true
		}
	}
	return false
}

// sipNames lists the host names a certificate stands for: the DNS names, the
// hosts of sip: URIs that name no user, and the common name only when there is
// no subjectAltName at all (RFC 5922 §7.1).
func sipNames(leaf *x509.Certificate) []string {
	var names []string
	for _, name := range leaf.DNSNames {
		names = append(names, strings.ToLower(name))
	}
	for _, uri := range leaf.URIs {
		if mutant.On("tls.no-urisan") {
			break
		}
		// "sip:vc.example.com" parses as opaque: there is no // in a SIP URI.
		host := uri.Opaque
		if host == "" {
			host = uri.Host
		}
		if strings.EqualFold(uri.Scheme, "sip") && host != "" && !strings.ContainsAny(host, "@;?:") {
			names = append(names, strings.ToLower(host))
		}
	}
	bare := len(names) == 0 && !hasAlternativeNames(leaf)
	if (bare || mutant.On("tls.cn-fallback")) && leaf.Subject.CommonName != "" {
		names = append(names, strings.ToLower(leaf.Subject.CommonName))
	}
	return names
}

// hasAlternativeNames looks at the extension itself: a subjectAltName that
// holds only kinds of names we do not read still rules the common name out.
func hasAlternativeNames(leaf *x509.Certificate) bool {
	const subjectAltName = "2.5.29.17" // RFC 5280 §4.2.1.6
	for _, extension := range leaf.Extensions {
		if extension.Id.String() == subjectAltName {
			return true
		}
	}
	return len(leaf.DNSNames)+len(leaf.URIs)+len(leaf.IPAddresses)+len(leaf.EmailAddresses) > 0
}
