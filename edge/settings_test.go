package edge

import (
	"crypto/tls"
	"testing"
)

func TestSettings(t *testing.T) {
	plain := Settings{}.withDefaults("px01.vc.example.com")
	if plain.FQDN != "px01.vc.example.com" || plain.SentBy != plain.FQDN {
		t.Errorf("a node without settings is %q, in Via %q", plain.FQDN, plain.SentBy)
	}
	if named := (Settings{FQDN: "sip.vc.example.com"}).withDefaults("px01.vc.example.com"); named.SentBy != "sip.vc.example.com" {
		t.Errorf("a node with a name of its own is %q in Via", named.SentBy)
	}
	for _, test := range []struct{ domain, uri, want string }{
		{"", "sip:a@vc.example.com", "sip:a@vc.example.com"},
		{"other.example", "sip:a@vc.example.com", "sip:a@other.example"},
		{"other.example", "sip:vc.example.com", "sip:vc.example.com"},
	} {
		if got := (Settings{Domain: test.domain}).from(test.uri); got != test.want {
			t.Errorf("domain %q, From %s: %s, want %s", test.domain, test.uri, got, test.want)
		}
	}
	usual := func() *tls.Config {
		return &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13, ClientAuth: tls.RequestClientCert}
	}
	if got := plain.server(usual()); got.MinVersion != tls.VersionTLS12 || got.MaxVersion != tls.VersionTLS13 || got.ClientAuth != tls.RequestClientCert {
		t.Errorf("without settings: versions %x to %x, client certificate %v", got.MinVersion, got.MaxVersion, got.ClientAuth)
	}
	odd := Settings{LowestTLS: tls.VersionTLS10, HighestTLS: tls.VersionTLS11, NoClientCertificate: true}
	if got := odd.server(usual()); got.MinVersion != tls.VersionTLS10 || got.MaxVersion != tls.VersionTLS11 || got.ClientAuth != tls.NoClientCert {
		t.Errorf("with settings: versions %x to %x, client certificate %v", got.MinVersion, got.MaxVersion, got.ClientAuth)
	}
}
