package check

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"fedge/certs"
)

// TestTrust tells apart what all looks the same to a peer: "signed by unknown
// authority".
func TestTrust(t *testing.T) {
	root, err := certs.NewAuthority("Root", noon)
	must(t, err)
	ca, err := root.Intermediate("CA")
	must(t, err)
	other, err := certs.NewAuthority("Other Root", noon)
	must(t, err)
	issue := func(a *certs.Authority, r certs.Request) []*x509.Certificate {
		r.CommonName, r.Names = pool, []string{pool}
		c, err := a.Issue(r)
		must(t, err)
		return chainOf(t, c)
	}
	good := issue(ca, certs.Request{})
	tests := []struct {
		name  string
		chain []*x509.Certificate
		roots *certs.Authority
		want  Trust // Error: any, if it has one
	}{
		{"whole", good, root, Trust{Anchored: true, Steps: 2}},
		{"under the root itself", issue(root, certs.Request{}), root, Trust{Anchored: true, Steps: 1}},
		{"leaf only", issue(ca, certs.Request{LeafOnly: true}), root, Trust{Error: "x", Missing: "CN=CA", Steps: 1}},
		{"expired", issue(ca, certs.Request{NotBefore: noon.Add(-2 * time.Hour), NotAfter: noon.Add(-time.Hour)}), root, Trust{Error: "x", Anchored: true, Steps: 2}},
		{"not valid yet", issue(ca, certs.Request{NotBefore: noon.Add(time.Hour), NotAfter: noon.Add(2 * time.Hour)}), root, Trust{Error: "x", Anchored: true, Steps: 2}},
		{"expired and leaf only", issue(ca, certs.Request{NotBefore: noon.Add(-2 * time.Hour), NotAfter: noon.Add(-time.Hour), LeafOnly: true}), root,
			Trust{Error: "x", Missing: "CN=CA", Steps: 1}},
		{"another root", good, other, Trust{Error: "x", Missing: "CN=Root", Steps: 2}},
		{"a stranger between", []*x509.Certificate{good[0], chainOf(t, tls.Certificate{Certificate: [][]byte{good[0].Raw}})[0], good[1]}, root,
			Trust{Anchored: true, Steps: 2, Disordered: true}},
		{"for servers only", issue(ca, certs.Request{ServerOnly: true}), root, Trust{Anchored: true, Steps: 2}},
		{"self-signed", []*x509.Certificate{selfSigned(t)}, root, Trust{Error: "x", Steps: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := trust(test.chain, test.roots.Pool(), noon)
			if got.Missing != "" && test.want.Missing != "" { // its subject may say more than the common name
				got.Missing = test.want.Missing
			}
			if (got.Error != "") != (test.want.Error != "") {
				t.Errorf("error %q, want one: %t", got.Error, test.want.Error != "")
			}
			got.Error, test.want.Error = "", ""
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func chainOf(t *testing.T, c tls.Certificate) []*x509.Certificate {
	t.Helper()
	var chain []*x509.Certificate
	for _, der := range c.Certificate {
		parsed, err := x509.ParseCertificate(der)
		must(t, err)
		chain = append(chain, parsed)
	}
	return chain
}

// selfSigned is what a node comes with from the factory.
func selfSigned(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"},
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	c, err := x509.ParseCertificate(der)
	must(t, err)
	return c
}
