package edge

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/url"
	"testing"
)

func TestCertifies(t *testing.T) {
	uri := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	const host, domain = "sip.contoso.example", "contoso.example"
	alternative := []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}}}
	tests := []struct {
		name string
		leaf x509.Certificate
		want bool
	}{
		{"the host", x509.Certificate{DNSNames: []string{"other.example", host}}, true},
		{"in capitals", x509.Certificate{DNSNames: []string{"SIP.Contoso.Example"}}, true},
		{"the SIP domain", x509.Certificate{DNSNames: []string{domain}}, true},
		{"the SIP domain as URI", x509.Certificate{URIs: []*url.URL{uri("sip:contoso.example")}}, true},
		{"a user's URI is not the domain's", x509.Certificate{URIs: []*url.URL{uri("sip:anna@contoso.example")}}, false},
		{"another scheme", x509.Certificate{URIs: []*url.URL{uri("https://contoso.example")}}, false},
		{"no wildcards", x509.Certificate{DNSNames: []string{"*.contoso.example"}}, false},
		{"a longer name", x509.Certificate{DNSNames: []string{"sip.contoso.example.evil.test"}}, false},
		{"a suffix", x509.Certificate{DNSNames: []string{"evilcontoso.example"}}, false},
		{"an embedded zero", x509.Certificate{DNSNames: []string{"contoso.example\x00.evil.test"}}, false},
		{"the common name alone", x509.Certificate{Subject: pkix.Name{CommonName: host}}, true},
		{"the common name beside other names", x509.Certificate{Subject: pkix.Name{CommonName: host}, DNSNames: []string{"other.example"}}, false},
		{"the common name beside names we do not read", x509.Certificate{Subject: pkix.Name{CommonName: host}, Extensions: alternative}, false},
		{"nothing", x509.Certificate{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := certifies(&test.leaf, host, domain); got != test.want {
				t.Errorf("certifies %v, want %v", got, test.want)
			}
		})
	}
	if certifies(&x509.Certificate{DNSNames: []string{""}}, "") {
		t.Error("an empty name proves nothing")
	}
}

// A caller is an alias or a URI, and no more: what is shown of it has a place of
// its own. What an alias may hold is escaped (RFC 3261 §19.1.2).
func TestAlias(t *testing.T) {
	for from, taken := range map[string]bool{
		"": true, "bob@vc.example.com": true, "sip:bob@vc.example.com": true, " <sip:bob@vc.example.com> ": true,
		"böb smith@vc.example.com": true, `o'neil"<x>@vc.example.com`: true,
		`"Bob" <sip:bob@vc.example.com>`: false, "Bob <bob@vc.example.com>": false, "<sip:bob@vc.example.com>;tag=1": false,
		`"Bob" <sip:bob@vc.example.com>;tag=1`: false, "Bob <sips:bob@vc.example.com>;x": false,
	} {
		if err := alias(from); (err == nil) != taken {
			t.Errorf("%q: %v", from, err)
		}
	}
}
