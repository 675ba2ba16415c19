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
			if bar, fix := unfit(c.leaf, c.trusts[node], serverAuth); bar != "" {
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
		at, soon := w.facts.At, ""
		var unneeded []string
		for i, link := range c.chain {
			life := fmt.Sprintf("CN=%s: valid from %s to %s; observed %s", link.CommonName, day(link.NotBefore), day(link.NotAfter), day(at))
			switch {
			case !c.trust.needs(i):
				if at.After(link.NotAfter) || at.Before(link.NotBefore) {
					unneeded = append(unneeded, life+"; it is sent too, and the chain holds without it: better leave it out")
				}
			case at.After(link.NotAfter):
				return fail(c.subject(), "renew the certificate and install it on "+c.subject(), c.evidence(life, "it has expired")...)
			case at.Before(link.NotBefore):
				return fail(c.subject(), "wait, or set the clocks right", c.evidence(life, "it is not valid yet")...)
			case link.NotAfter.Sub(at) < renewal:
				soon = life
			}
		}
		if soon != "" {
			v := fail(c.subject(), "renew the certificate and install it on "+c.subject(), c.evidence(soon)...)
			v.severity = result.Warning // nothing breaks yet
			return v
		}
		return pass(c.subject(), append([]string{"valid to " + day(c.leaf.NotAfter)}, unneeded...)...)
	})
}

func strongKey(w *world) []verdict {
	return w.eachCertificate(which{chains: true, clients: true}, []string{"CRT-17"}, func(c *shown) verdict {
		for i, link := range c.chain {
			if weak := weakness(link); weak != "" && c.trust.needs(i) {
				return fail(c.subject(), "", c.evidence("CN="+link.CommonName+": "+weak)...)
			}
		}
		return pass(c.subject(), fmt.Sprintf("%s %d, %s", c.leaf.KeyType, c.leaf.KeyBits, c.leaf.SignatureAlgorithm))
	})
}

// weakness says what a hardened Edge would refuse; "" if nothing.
func weakness(c certs.Facts) string {
	switch {
	case c.KeyType == "RSA" && c.KeyBits < 2048, c.KeyType == "ECDSA" && c.KeyBits < 256:
		return fmt.Sprintf("%s key of %d bits", c.KeyType, c.KeyBits)
	case c.KeyType != "RSA" && c.KeyType != "ECDSA":
		return c.KeyType + " key, which Edges do not have"
	case c.SelfSigned: // nobody checks a root's signature
		return ""
	case weakSignature(c.SignatureAlgorithm):
		return "signed with " + c.SignatureAlgorithm
	}
	return ""
}

func weakSignature(algorithm string) bool {
	return strings.Contains(algorithm, "SHA1") || strings.Contains(algorithm, "MD")
}
