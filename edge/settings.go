package edge

import (
	"crypto/tls"
	"strings"
)

// Settings are what is set on one node by itself. Zero is as the plan has it;
// anything else is what administrators get wrong.
type Settings struct {
	FQDN   string // its SIP TLS FQDN, which Contact and Via carry; "": its name in the plan
	SentBy string // in Via, in place of the FQDN; "": the FQDN
	Domain string // in From of calls that it places; "": as the plan has it

	LowestTLS, HighestTLS uint16 // versions of crypto/tls, for links that peers open; 0: 1.2 and 1.3
	NoClientCertificate   bool   // peers are not asked for one
	AnyName               bool   // who proves any name may call in every name
}

// withDefaults names the node as the plan does.
func (s Settings) withDefaults(node string) Settings {
	if s.FQDN == "" {
		s.FQDN = node
	}
	if s.SentBy == "" {
		s.SentBy = s.FQDN
	}
	return s
}

// server puts the settings into the configuration for links that peers open.
func (s Settings) server(config *tls.Config) *tls.Config {
	if s.LowestTLS != 0 {
		config.MinVersion = s.LowestTLS
	}
	if s.HighestTLS != 0 {
		config.MaxVersion = s.HighestTLS
	}
	if s.NoClientCertificate {
		config.ClientAuth, config.VerifyConnection = tls.NoClientCert, nil
	}
	return config
}

// from puts the node's domain into the From of a call.
func (s Settings) from(uri string) string {
	user, _, found := strings.Cut(uri, "@")
	if s.Domain == "" || !found {
		return uri
	}
	return user + "@" + s.Domain
}
