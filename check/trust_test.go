package check

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"reflect"
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
		{"whole", good, root, Trust{Anchored: true, Steps: 2, Way: []int{0, 1}}},
		{"under the root itself", issue(root, certs.Request{}), root, Trust{Anchored: true, Steps: 1, Way: []int{0}}},
		{"leaf only", issue(ca, certs.Request{LeafOnly: true}), root, Trust{Error: "x", Missing: "CN=CA", Steps: 1, Way: []int{0}}},
		{"expired", issue(ca, certs.Request{NotBefore: noon.Add(-2 * time.Hour), NotAfter: noon.Add(-time.Hour)}), root, Trust{Error: "x", Anchored: true, Steps: 2, Way: []int{0, 1}}},
		{"not valid yet", issue(ca, certs.Request{NotBefore: noon.Add(time.Hour), NotAfter: noon.Add(2 * time.Hour)}), root, Trust{Error: "x", Anchored: true, Steps: 2, Way: []int{0, 1}}},
		{"expired and leaf only", issue(ca, certs.Request{NotBefore: noon.Add(-2 * time.Hour), NotAfter: noon.Add(-time.Hour), LeafOnly: true}), root,
			Trust{Error: "x", Missing: "CN=CA", Steps: 1, Way: []int{0}}},
		{"another root", good, other, Trust{Error: "x", Missing: "CN=Root", Steps: 2, Way: []int{0, 1}}},
		{"a stranger between", []*x509.Certificate{good[0], chainOf(t, tls.Certificate{Certificate: [][]byte{good[0].Raw}})[0], good[1]}, root,
			Trust{Anchored: true, Steps: 2, Way: []int{0, 2}, Disordered: true}},
		{"for servers only", issue(ca, certs.Request{ServerOnly: true}), root, Trust{Anchored: true, Steps: 2, Way: []int{0, 1}, NoClients: "CN=" + pool + ": extended key usage: serverAuth"}},
		{"self-signed", []*x509.Certificate{selfSigned(t)}, root, Trust{Error: "x", Steps: 1, Way: []int{0}}},
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
			if !reflect.DeepEqual(got, test.want) {
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

// TestTrustOfManySteps: what a way needs and lets through, with more than one
// intermediate or more than one way.
func TestTrustOfManySteps(t *testing.T) {
	year := noon.AddDate(1, 0, 0)
	root := newSigner(t, "Top", nil, year)
	upper := newSigner(t, "Upper", root, year)
	lower := newSigner(t, "Lower", upper, year)
	limited := newSigner(t, "Limited", root, year, x509.ExtKeyUsageServerAuth)
	dead := newSigner(t, "Dead", nil, noon.Add(-time.Hour))
	cross := root.again(t, dead, noon.Add(-time.Hour)) // as old stores need it
	wide := limited.again(t, root, year)               // the same authority, without limits
	old, mid := newSigner(t, pool, upper, year), newSigner(t, "Mid", root, year)
	byOld := newSigner(t, pool, mid, year).certificate
	old.certificate, mid.certificate = old.outdated(t, upper), mid.outdated(t, root)
	leafOf := func(by *signer) *x509.Certificate { return newSigner(t, pool, by, year).certificate }
	onlyServers := "CN=Limited: extended key usage: serverAuth"
	tests := []struct {
		name  string
		chain []*x509.Certificate
		want  Trust // Error: any, if it has one
	}{
		{"two intermediates", []*x509.Certificate{leafOf(lower), lower.certificate, upper.certificate}, Trust{Anchored: true, Steps: 3, Way: []int{0, 1, 2}}},
		{"the upper one left out", []*x509.Certificate{leafOf(lower), lower.certificate}, Trust{Error: "x", Missing: "CN=Upper", Steps: 2, Way: []int{0, 1}}},
		{"the root sent too", []*x509.Certificate{leafOf(upper), upper.certificate, root.certificate}, Trust{Anchored: true, Steps: 2, Way: []int{0, 1}}},
		{"an expired cross-certificate behind", []*x509.Certificate{leafOf(upper), upper.certificate, cross}, Trust{Anchored: true, Steps: 2, Way: []int{0, 1}}},
		{"an intermediate for servers only", []*x509.Certificate{leafOf(limited), limited.certificate},
			Trust{Anchored: true, Steps: 2, Way: []int{0, 1}, NoClients: onlyServers}},
		{"the same, and another way without limits", []*x509.Certificate{leafOf(limited), limited.certificate, wide},
			Trust{Anchored: true, Steps: 2, Way: []int{0, 2}, Disordered: true}},
		{"an intermediate of the right name with another key", []*x509.Certificate{leafOf(upper), newSigner(t, "Upper", root, year).certificate},
			Trust{Error: "x", Missing: "CN=Upper", Wrong: "x509: ECDSA verification failure", Steps: 1, Way: []int{0}, Disordered: true}},
		{"a leaf signed with SHA-1", []*x509.Certificate{old.certificate, upper.certificate},
			Trust{Error: "x", Anchored: true, Steps: 2, Way: []int{0, 1}, Insecure: true}},
		{"the same, alone", []*x509.Certificate{old.certificate}, Trust{Error: "x", Missing: "CN=Upper", Steps: 1, Way: []int{0}, Insecure: true}},
		{"an intermediate signed with SHA-1", []*x509.Certificate{byOld, mid.certificate},
			Trust{Error: "x", Missing: "CN=Top", Steps: 2, Way: []int{0, 1}, Insecure: true}},
	}
	pss := newSalted(t)
	strict := newSigner(t, "Strict", root, year)
	strict.certificate.MaxPathLen, strict.certificate.MaxPathLenZero = 0, true
	strict.certificate = strict.signed(t, root)
	below := newSigner(t, "Below", strict, year)
	narrow := newSigner(t, "Narrow", root, year)
	narrow.certificate.PermittedDNSDomainsCritical, narrow.certificate.PermittedDNSDomains = true, []string{"other.example"}
	narrow.certificate = narrow.signed(t, root)
	named := newSigner(t, pool, narrow, year)
	named.certificate.DNSNames = []string{pool}
	odd := newSigner(t, pool, upper, year)
	odd.certificate.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3, 4, 5}, Critical: true, Value: []byte{5, 0}}}
	tests = append(tests, []struct {
		name  string
		chain []*x509.Certificate
		want  Trust
	}{
		{"a leaf signed with RSASSA-PSS and a salt of its own", []*x509.Certificate{pss.leaf, pss.middle},
			Trust{Error: "x", Anchored: true, Steps: 2, Way: []int{0, 1}, Insecure: true}},
		{"the same under another key of that name", []*x509.Certificate{pss.leaf, pss.other},
			Trust{Error: "x", Missing: "CN=PSS", Wrong: "its key has another identifier than the one named below", Steps: 1, Way: []int{0}, Insecure: true, Disordered: true}},
		{"one authority too many", []*x509.Certificate{leafOf(below), below.certificate, strict.certificate},
			Trust{Error: "x", Anchored: true, Steps: 3, Way: []int{0, 1, 2}, Flaw: FlawLength}},
		{"names that an authority may not issue for", []*x509.Certificate{named.signed(t, narrow), narrow.certificate},
			Trust{Error: "x", Anchored: true, Steps: 2, Way: []int{0, 1}, Flaw: FlawNames}},
		{"a critical extension that nobody knows", []*x509.Certificate{odd.signed(t, upper), upper.certificate},
			Trust{Error: "x", Anchored: true, Steps: 2, Way: []int{0, 1}, Flaw: FlawExtension}},
	}...)
	roots := x509.NewCertPool()
	roots.AddCert(root.certificate)
	roots.AddCert(pss.root)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := trust(test.chain, roots, noon)
			if (got.Error != "") != (test.want.Error != "") {
				t.Errorf("error %q, want one: %t", got.Error, test.want.Error != "")
			}
			got.Error, test.want.Error = "", ""
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

// signer is a certificate with its key.
type signer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newSigner makes one that may sign others; without an issuer it signs itself.
func newSigner(t *testing.T, name string, by *signer, until time.Time, usages ...x509.ExtKeyUsage) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	s := &signer{key: key, certificate: &x509.Certificate{
		SerialNumber: big.NewInt(noon.Unix()), Subject: pkix.Name{CommonName: name}, ExtKeyUsage: usages,
		NotBefore: noon.AddDate(-1, 0, 0), NotAfter: until, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	s.certificate = s.signed(t, cmp.Or(by, s))
	return s
}

// again is another certificate for the same name and key, without limits.
func (s *signer) again(t *testing.T, by *signer, until time.Time) *x509.Certificate {
	t.Helper()
	other := *s
	c := *s.certificate
	c.NotAfter, c.ExtKeyUsage, c.SignatureAlgorithm = until, nil, 0
	other.certificate = &c
	return other.signed(t, by)
}

// outdated is the same certificate, signed as nobody does any more.
func (s *signer) outdated(t *testing.T, by *signer) *x509.Certificate {
	t.Helper()
	other := *s
	c := *s.certificate
	c.SignatureAlgorithm = x509.ECDSAWithSHA1
	other.certificate = &c
	return other.signed(t, by)
}

func (s *signer) signed(t *testing.T, by *signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, s.certificate, by.certificate, s.key.Public(), by.key)
	must(t, err)
	c, err := x509.ParseCertificate(der)
	must(t, err)
	return c
}

// salted is a leaf that is signed with RSASSA-PSS and 20 bytes of salt, which is
// what RFC 4055 §3.1 defaults to and TLS does not have; its issuer, and another
// one of that name.
type salted struct{ root, middle, other, leaf *x509.Certificate }

func newSalted(t *testing.T) (s salted) {
	t.Helper()
	var keys [3]*rsa.PrivateKey
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		must(t, err)
		keys[i] = key
	}
	made := func(name string, by *x509.Certificate, key, byKey *rsa.PrivateKey, authority bool) *x509.Certificate {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(noon.Unix()), Subject: pkix.Name{CommonName: name}, NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(1, 0, 0),
			IsCA: authority, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		if !authority {
			template.SignatureAlgorithm = x509.SHA256WithRSAPSS
		}
		der, err := x509.CreateCertificate(rand.Reader, template, cmp.Or(by, template), key.Public(), byKey)
		must(t, err)
		c, err := x509.ParseCertificate(der)
		must(t, err)
		return c
	}
	s.root = made("PSS Top", nil, keys[0], keys[0], true)
	s.middle, s.other = made("PSS", s.root, keys[1], keys[0], true), made("PSS", s.root, keys[2], keys[0], true)
	leaf := made(pool, s.middle, keys[1], keys[1], false)
	var parts struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}
	resalted := bytes.ReplaceAll(leaf.Raw, []byte{0xa2, 3, 2, 1, 32}, []byte{0xa2, 3, 2, 1, 20})
	_, err := asn1.Unmarshal(resalted, &parts)
	must(t, err)
	sum := sha256.Sum256(parts.TBS.FullBytes)
	parts.Signature.Bytes, err = rsa.SignPSS(rand.Reader, keys[1], crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: 20})
	must(t, err)
	der, err := asn1.Marshal(parts)
	must(t, err)
	s.leaf, err = x509.ParseCertificate(der)
	must(t, err)
	if described := certs.Describe(s.leaf).SignatureAlgorithm; described != "RSASSA-PSS" {
		t.Fatalf("signed with %s", described)
	}
	return s
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
