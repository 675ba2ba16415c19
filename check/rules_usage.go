package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/certs"
	"fedge/plan"
	"fedge/result"
)

// The rules on what a certificate is good for: usage, dates, strength; and on
// the handshake around it.

func serverUsage(w *world) []verdict {
	return w.eachCertificate(false, []string{"CRT-17"}, func(c *shown) verdict {
		if !usableFor(c.leaf, serverAuth) {
			return fail(c.subject(), "issue the certificate with extended key usage serverAuth, clientAuth", c.evidence("extended key usage: "+list(c.leaf.Usages))...)
		}
		return pass(c.subject(), "extended key usage: "+list(c.leaf.Usages))
	})
}

// clientUsage judges the certificate that the node showed when it called us,
// if it did: it may have one for that alone. Else the one it shows as server
// is what it would have to use.
func clientUsage(w *world) []verdict {
	if !w.plan.Outbound {
		return []verdict{notApplicable("all nodes", "the plan places no outbound calls")}
	}
	return w.eachCertificate(false, []string{"CRT-17"}, func(c *shown) verdict {
		evidence := []string{"extended key usage: " + list(c.leaf.Usages)}
		if usableFor(c.leaf, clientAuth) {
			return pass(c.subject(), evidence...)
		}
		lacking := slices.DeleteFunc(slices.Clone(c.nodes), w.hasClientCertificate)
		if len(lacking) == 0 {
			return pass(c.subject(), append(evidence, "the nodes call with a client certificate of their own")...)
		}
		return fail(c.subject(), "issue the certificate with extended key usage serverAuth, clientAuth, or give "+
			strings.Join(lacking, ", ")+" a client certificate", c.evidence(evidence...)...)
	})
}

func (w *world) hasClientCertificate(node string) bool {
	return slices.ContainsFunc(w.facts.Outbound, func(o OutboundCall) bool {
		return o.Node == node && o.Certificate != nil && usableFor(*o.Certificate, clientAuth)
	})
}

// renewal is how long before its end a certificate should be replaced.
const renewal = 30 * 24 * time.Hour

func inTime(w *world) []verdict {
	return w.eachCertificate(true, nil, func(c *shown) verdict {
		at, soon := w.facts.At, ""
		for _, link := range c.chain {
			life := fmt.Sprintf("CN=%s: valid from %s to %s; observed %s", link.CommonName, day(link.NotBefore), day(link.NotAfter), day(at))
			switch {
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
		return pass(c.subject(), "valid to "+day(c.leaf.NotAfter))
	})
}

func strongKey(w *world) []verdict {
	return w.eachCertificate(true, []string{"CRT-17"}, func(c *shown) verdict {
		for _, link := range c.chain {
			if weak := weakness(link); weak != "" {
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
	case strings.Contains(c.SignatureAlgorithm, "SHA1"), strings.Contains(c.SignatureAlgorithm, "MD"):
		return "signed with " + c.SignatureAlgorithm
	}
	return ""
}

// versions asks whether TLS could be agreed on at all: once a chain came, it
// was, whatever became of the handshake after that.
func versions(w *world) []verdict {
	return w.eachNode([]string{"NET-01"}, func(n plan.Node) verdict {
		var edge, now, old *Handshake
		handshakes := w.handshakes(n.Name)
		for i := range handshakes {
			switch h := &handshakes[i]; h.Offered {
			case offerEdge:
				edge = h
			case offerNow:
				now = h
			case offerOld:
				old = h
			}
		}
		agreed := func(h *Handshake) bool { return h != nil && (len(h.Chain) > 0 || h.Failure == "") }
		switch {
		case edge == nil:
			return unseen(n.Name, result.ObservationFailed, "no handshake was tried")
		case !agreed(edge) && agreed(now):
			return fail(n.Name, "", offerEdge+": "+edge.Failure, offerNow+": "+now.Version)
		case !agreed(edge):
			return fail(n.Name, "", offerEdge+": "+edge.Failure)
		case agreed(old):
			v := fail(n.Name, "disable TLS 1.0 and 1.1 on "+n.Name, offerOld+": "+old.Version+" was accepted")
			v.severity = result.Warning
			return v
		}
		return pass(n.Name, offerEdge+": "+edge.Suite)
	})
}

func clientAsked(w *world) []verdict {
	var verdicts []verdict
	for _, n := range w.plan.Signaling() {
		v, blocked := w.needs(n.Name, n.Name, "NET-01", "CRT-13")
		if !blocked {
			v = w.clientAsked(n.Name)
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

func (w *world) clientAsked(node string) verdict {
	tried := false
	for _, h := range w.handshakes(node) {
		if h.Asked {
			return pass(node, "it asked for a client certificate")
		}
		tried = tried || h.Failure == ""
	}
	if !tried {
		return unseen(node, result.ObservationFailed, w.failures(node)...)
	}
	return fail(node, "switch on verification of SIP TLS peers on "+node, "it asked for no client certificate")
}
