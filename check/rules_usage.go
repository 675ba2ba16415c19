package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/certs"
	"fedge/result"
)

// The rules on what a certificate is good for: usage, dates, strength; and on
// the handshake around it.

func serverUsage(w *world) []verdict {
	return w.eachCertificate(which{}, []string{"CRT-17"}, func(c *shown) verdict {
		var lacking, bars []string
		var mend string
		for _, node := range c.nodes {
			if bar, fix := unfitServer(c.leaf, c.trusts[node]); bar != "" {
				lacking, mend = append(lacking, node), cmp.Or(mend, fix)
				if !slices.Contains(bars, bar) {
					bars = append(bars, bar)
				}
			}
		}
		if len(lacking) > 0 {
			return fail(strings.Join(lacking, ", "), mend, c.evidence(bars...)...)
		}
		return pass(c.subject(), "extended key usage: "+list(c.leaf.Usages))
	})
}

// clientUsage judges what the node showed when it called us, if it did: it may
// have a certificate for that alone, or send none. Else the one it shows as
// server is what it would have to use.
func clientUsage(w *world) []verdict {
	if v, none := w.staysIn("all nodes"); none {
		return []verdict{v}
	}
	return w.eachCertificate(which{}, []string{"CRT-17"}, func(c *shown) verdict {
		evidence := []string{"extended key usage: " + list(c.leaf.Usages)}
		var lacking []string
		var mend string
		for _, node := range c.nodes {
			bar, fix := unfit(c.leaf, c.trusts[node], clientAuth)
			if o, arrived := w.callFrom(node); arrived {
				evidence = append(evidence, asClient(o, c)...)
				if bar, fix = unfitCaller(o); bar != "" && o.Distrust != "" {
					evidence = append(evidence, turnedAway(o))
				}
			}
			if bar != "" {
				lacking, mend = append(lacking, node), cmp.Or(mend, fix)
				if !slices.Contains(evidence, bar) {
					evidence = append(evidence, bar)
				}
			}
		}
		if len(lacking) == 0 {
			return pass(c.subject(), evidence...)
		}
		nodes := strings.Join(lacking, ", ")
		return fail(nodes, mend+", or give "+nodes+" a client certificate",
			c.evidence(evidence...)...)
	})
}

// asClient is what a node showed when it called, if it is not what it shows as
// server.
func asClient(o OutboundCall, c *shown) []string {
	switch {
	case len(o.Chain) == 0:
		return []string{o.Node + " called without a certificate"}
	case o.Chain[0].SHA256 != c.leaf.SHA256:
		return []string{fmt.Sprintf("%s called with a certificate of its own: CN=%s, extended key usage: %s",
			o.Node, o.Chain[0].CommonName, list(o.Chain[0].Usages))}
	}
	return nil
}

// callFrom is the call of a node, if it arrived.
func (w *world) callFrom(node string) (OutboundCall, bool) {
	i := slices.IndexFunc(w.facts.Outbound, func(o OutboundCall) bool { return o.Node == node && o.Arrived })
	if i < 0 {
		return OutboundCall{}, false
	}
	return w.facts.Outbound[i], true
}

// renewal is how long before its end a certificate should be replaced.
const renewal = 30 * 24 * time.Hour

func inTime(w *world) []verdict {
	return w.eachCertificate(which{chains: true, clients: true}, nil, func(c *shown) verdict {
		at, soon := w.facts.At, -1
		var unneeded []string
		life := func(link certs.Facts) string {
			return fmt.Sprintf("CN=%s: valid from %s to %s; observed %s", link.CommonName, day(link.NotBefore), day(link.NotAfter), day(at))
		}
		for i, link := range c.chain {
			switch {
			case !c.trust.needs(i):
				if at.After(link.NotAfter) || at.Before(link.NotBefore) {
					unneeded = append(unneeded, life(link)+"; it is sent too, and the chain holds without it: better leave it out")
				}
			case at.After(link.NotAfter):
				return fail(c.subject(), renewed(c, i), c.evidence(life(link), "it has expired")...)
			case at.Before(link.NotBefore):
				return fail(c.subject(), "wait, or set the clocks right", c.evidence(life(link), "it is not valid yet")...)
			case link.NotAfter.Sub(at) < renewal && (soon < 0 || link.NotAfter.Before(c.chain[soon].NotAfter)):
				soon = i
			}
		}
		if soon >= 0 {
			v := fail(c.subject(), renewed(c, soon), c.evidence(life(c.chain[soon]))...)
			v.severity = result.Warning // nothing breaks yet
			v.symptom = fmt.Sprintf("nothing today; after %s every handshake fails: CertificateExpired (ms-diagnostics 1010, 1047)", day(c.chain[soon].NotAfter))
			return v
		}
		return pass(c.subject(), append([]string{"valid to " + day(c.leaf.NotAfter)}, unneeded...)...)
	})
}

// renewed is how to have a certificate of a chain that lasts: the leaf is asked
// for, and an authority's own comes from the authority.
func renewed(c *shown, i int) string {
	if i == 0 {
		return "renew the certificate and install it on " + c.subject()
	}
	name := c.chain[i].CommonName
	return fmt.Sprintf("get the present certificate of the authority CN=%s and install it on %s beside the leaf, in place of the one that ends; "+
		"if the authority has none for that key, have the leaf issued by one that lasts", name, c.subject())
}

func strongKey(w *world) []verdict {
	return w.eachCertificate(which{chains: true, clients: true}, []string{"CRT-17"}, func(c *shown) verdict {
		for i, link := range c.chain {
			weak, fix := weakness(link)
			if weak != "" && c.trust.needs(i) {
				return fail(c.subject(), fix, c.evidence("CN="+link.CommonName+": "+weak)...)
			}
		}
		return pass(c.subject(), fmt.Sprintf("%s %d, %s", c.leaf.KeyType, c.leaf.KeyBits, c.leaf.SignatureAlgorithm))
	})
}

// weakness says what a hardened Edge would refuse, and how to mend it where the
// catalogue does not say; "" if nothing.
func weakness(c certs.Facts) (weak, fix string) {
	switch {
	case c.KeyType == "RSA" && c.KeyBits < 2048, c.KeyType == "ECDSA" && c.KeyBits < 256:
		return fmt.Sprintf("%s key of %d bits", c.KeyType, c.KeyBits), ""
	case c.KeyType != "RSA" && c.KeyType != "ECDSA":
		return c.KeyType + " key, which Edges do not have", ""
	case c.SelfSigned: // nobody checks a root's signature
		return "", ""
	case weakSignature(c.SignatureAlgorithm):
		return "signed with " + c.SignatureAlgorithm, ""
	case foreignSignature(c.SignatureAlgorithm):
		weak = "signed with " + c.SignatureAlgorithm + ", which is not known here, nor to TLS"
		if c.SignatureAlgorithm == "RSASSA-PSS" {
			weak = "signed with RSASSA-PSS and other parameters than TLS has (RFC 8446 §4.2.3: a salt as long as the hash, the same hash throughout), which many peers do not verify"
		}
		return weak, "have CN=" + c.CommonName + " signed with RSA (PKCS #1 v1.5) or ECDSA, and SHA-256 or better"
	}
	return "", ""
}

func weakSignature(algorithm string) bool {
	return strings.Contains(algorithm, "SHA1") || strings.Contains(algorithm, "MD")
}

// foreignSignature tells whether a signature is of a kind that crypto/x509 does
// not verify: it then goes by the name of its kind alone, or by its number.
func foreignSignature(algorithm string) bool {
	_, after, dotted := strings.Cut(algorithm, ".")
	return algorithm == "RSASSA-PSS" || algorithm == "unknown" || dotted && after != ""
}
