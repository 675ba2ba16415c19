package certs

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"time"
)

// Facts is what there is to know about a certificate, for reports. It holds no
// judgement: what of it is wrong is for the rules to say.
type Facts struct {
	CommonName         string    `json:"common_name"`
	Names              []string  `json:"names"`          // DNS names, then addresses, as in the certificate
	URIs               []string  `json:"uris,omitempty"` // alternative names of that kind: sip:vc.example.com
	Issuer             string    `json:"issuer"`
	NotBefore          time.Time `json:"not_before"`
	NotAfter           time.Time `json:"not_after"`
	Usages             []string  `json:"usages"`               // extended key usage: serverAuth, clientAuth, …
	KeyUsages          []string  `json:"key_usages,omitempty"` // digitalSignature, …; empty: it has no such extension
	KeyType            string    `json:"key_type"`
	KeyBits            int       `json:"key_bits"`
	SignatureAlgorithm string    `json:"signature_algorithm"` // RSASSA-PSS, or an object identifier, of a kind that is not verified here
	SelfSigned         bool      `json:"self_signed"`
	Authority          bool      `json:"authority"`
	Critical           []string  `json:"unknown_critical_extensions,omitempty"` // who does not know one has to refuse the certificate (RFC 5280 §4.2)
	Serial             string    `json:"serial"`                                // hexadecimal
	SHA256             string    `json:"sha256"`                                // of the whole certificate, hexadecimal
}

// Describe tells what a certificate says, whether or not it verifies.
func Describe(c *x509.Certificate) Facts {
	sum := sha256.Sum256(c.Raw)
	facts := Facts{
		CommonName:         c.Subject.CommonName,
		Names:              append([]string{}, c.DNSNames...),
		Issuer:             c.Issuer.String(),
		NotBefore:          c.NotBefore.UTC(),
		NotAfter:           c.NotAfter.UTC(),
		Usages:             []string{},
		SignatureAlgorithm: signature(c),
		SelfSigned:         selfSigned(c),
		Authority:          c.IsCA,
		Serial:             c.SerialNumber.Text(16),
		SHA256:             hex.EncodeToString(sum[:]),
	}
	for _, ip := range c.IPAddresses {
		facts.Names = append(facts.Names, ip.String())
	}
	for _, uri := range c.URIs {
		facts.URIs = append(facts.URIs, uri.String())
	}
	for _, oid := range c.UnhandledCriticalExtensions {
		facts.Critical = append(facts.Critical, oid.String())
	}
	for _, usage := range c.ExtKeyUsage {
		facts.Usages = append(facts.Usages, usage.String())
	}
	for _, oid := range c.UnknownExtKeyUsage {
		facts.Usages = append(facts.Usages, oid.String())
	}
	facts.KeyUsages = keyUsages(c.KeyUsage)
	facts.KeyType, facts.KeyBits = key(c.PublicKey)
	return facts
}

// signature names what a certificate is signed with, also where crypto/x509 does
// not: it knows RSASSA-PSS only as TLS does (RFC 8446 §4.2.3), with a salt as long
// as the hash.
func signature(c *x509.Certificate) string {
	if c.SignatureAlgorithm != x509.UnknownSignatureAlgorithm {
		return c.SignatureAlgorithm.String()
	}
	var parts struct {
		TBS, Algorithm, Signature asn1.RawValue
	}
	var oid asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(c.Raw, &parts); err != nil {
		return "unknown"
	}
	if _, err := asn1.Unmarshal(parts.Algorithm.Bytes, &oid); err != nil {
		return "unknown"
	}
	if oid.String() == "1.2.840.113549.1.1.10" { // RFC 8017 §A.2.3
		return "RSASSA-PSS"
	}
	return oid.String()
}

// keyUsages spells the bits of a key usage as RFC 5280 §4.2.1.3 does.
func keyUsages(usage x509.KeyUsage) (names []string) {
	for bit, name := range []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
		"keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"} {
		if usage&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// selfSigned checks the signature itself: CheckSignatureFrom would refuse a
// self-signed leaf because it is no authority.
func selfSigned(c *x509.Certificate) bool {
	return string(c.RawSubject) == string(c.RawIssuer) &&
		c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

func key(public any) (kind string, bits int) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return "RSA", k.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 8 * len(k)
	}
	return fmt.Sprintf("%T", public), 0
}
