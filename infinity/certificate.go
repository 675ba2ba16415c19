package infinity

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"fedge/certs"
	"fedge/plan"
)

// certificate is a tls_certificate, without its key: that is never looked at.
type certificate struct {
	object
	common  string
	sans    []string
	leaf    *certs.Facts // nil: only the API's own summary is known
	already bool         // it has been judged
}

// readCertificate reads the certificate itself, or else what the API says of it.
func readCertificate(o object) *certificate {
	c := &certificate{object: o}
	rest := []byte(o.text("certificate"))
	for block, more := pem.Decode(rest); block != nil; block, more = pem.Decode(more) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			break
		}
		facts := certs.Describe(leaf)
		c.leaf, c.common, c.sans = &facts, strings.ToLower(facts.CommonName), facts.Names
		break
	}
	if c.leaf == nil {
		c.common = strings.ToLower(strings.TrimPrefix(o.text("subject_name"), "CN="))
		c.common, _, _ = strings.Cut(c.common, ",")
		for _, name := range strings.FieldsFunc(o.text("subject_alt_names"), func(r rune) bool { return strings.ContainsRune(", \n", r) }) {
			c.sans = append(c.sans, strings.TrimPrefix(name, "DNS:"))
		}
	}
	for i, name := range c.sans {
		c.sans[i] = strings.ToLower(name)
	}
	return c
}

// names tells whether the certificate names a host in so many words.
func (c *certificate) names(host string) bool { return c != nil && slices.Contains(c.sans, host) }

// covers tells whether a wildcard stands for a host; that is for CRT-05.
func (c *certificate) covers(host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	return c.names("*." + parent)
}

// pools names each domain's pool host: the common name of its nodes'
// certificates, which is the SRV record's target (rule CRT-01).
func (m *mapping) pools() {
	for i := range m.plan.Domains {
		d, path := &m.plan.Domains[i], fmt.Sprintf("domains[%d].pool", i)
		if d.Pool = "sip." + d.Name; d.Name == fillIn {
			m.fill(path, "the pool", "", "the host that the SRV record points to: one label and the domain")
			continue
		}
		found, how := "", ""
		for j, w := range m.workers {
			if c := w.certificate; c != nil && found == "" && m.domainOf(m.plan.Nodes[j].Name) == d.Name && !w.inside() {
				found, how = m.poolIn(c, d.Name)
			}
		}
		if found == "" {
			m.assume(path, "domain "+d.Name, "", "the API does not say where the SRV record points, and no certificate names a host that could be it")
			continue
		}
		d.Pool = found
		m.assume(path, "domain "+d.Name, "", fmt.Sprintf("%s is %s; what counts is where the SRV record points", found, how))
		for j, w := range m.workers {
			if m.plan.Nodes[j].Name == found {
				m.contradicts("FQD-03", fmt.Sprintf("nodes[%d].name", j), "node "+w.name, "alternative_fqdn", quoted(w.fqdn),
					"this is the pool's name, which leads to any node of it; set the SIP TLS FQDN of the node to a name of its own")
				if m.plan.Nodes[j].Name = fillIn; plan.IsHost(w.own) && w.own != found && m.domainOf(w.own) == d.Name {
					m.plan.Nodes[j].Name = w.own
				}
			}
		}
	}
}

// poolIn finds the host in a certificate that could be a domain's pool: no
// node goes by it. One node may do so by mistake, if others share the
// certificate and its host name is another.
func (m *mapping) poolIn(c *certificate, domain string) (host, how string) {
	owned, shared := map[string]bool{}, 0
	for i, w := range m.workers {
		if owned[m.plan.Nodes[i].Name] = true; w.certificate == c {
			shared++
		}
	}
	for i, w := range m.workers {
		if m.plan.Nodes[i].Name == c.common && w.own != c.common && shared > 1 {
			owned[c.common] = false
		}
	}
	fits := func(host string) bool { return directlyUnder(host, domain) && plan.IsHost(host) && !owned[host] }
	if fits(c.common) {
		return c.common, "the common name of a certificate"
	}
	for _, name := range c.sans {
		if fits(name) {
			return name, "a name in a certificate that is no node's"
		}
	}
	return "", ""
}

// certificates compares each node's certificate with its names.
func (m *mapping) certificates() {
	if !m.platform.have["tls_certificate"] {
		return
	}
	first := map[string]*certificate{} // by domain
	for i, w := range m.workers {
		n := m.plan.Nodes[i]
		if !m.plan.Outbound && !n.Has(plan.Signaling) || w.inside() {
			continue // no partner ever sees it
		}
		path, subject, c := fmt.Sprintf("nodes[%d]", i), "node "+w.name, w.certificate
		if c == nil {
			m.contradicts("CRT-15", path, subject, "tls_certificate", "", "the node has no certificate of the platform's; assign it the shared one")
			continue
		}
		if plan.IsHost(n.Name) && !c.names(n.Name) && !c.covers(n.Name) {
			m.contradicts("CRT-03", path, subject, "tls_certificate", quoted(c.common), fmt.Sprintf("the certificate does not name %s; issue it with that name and install it on all nodes", n.Name))
		}
		domain := m.domainOf(n.Name)
		if other := first[domain]; other == nil {
			first[domain] = c
		} else if other != c {
			m.contradicts("CRT-10", path, subject, "tls_certificate", quoted(c.common), fmt.Sprintf("other nodes have another certificate, %s; use one for all, so that renewal misses none", quoted(other.common)))
		}
		m.judge(c, n)
		m.usable(w, path, subject)
	}
}

// judge looks at a certificate itself, once.
func (m *mapping) judge(c *certificate, n plan.Node) {
	if c.already {
		return
	}
	c.already = true
	subject := "certificate " + quoted(c.common)
	d, _ := m.plan.Domain(n.Name)
	against := func(rule, field, text string) { m.contradicts(rule, "-", subject, field, "", text) }
	if d.Pool != "" && d.Name != fillIn && c.common != d.Pool {
		against("CRT-01", "subject_name", "the common name is not the pool's, "+d.Pool+"; issue it with that name")
	}
	if d.Pool != "" && d.Name != fillIn && !c.names(d.Pool) {
		against("CRT-02", "subject_alt_names", "the pool "+d.Pool+" is not among the names; add it")
	}
	if d.Name != "" && d.Name != fillIn && !c.names(d.Name) {
		against("CRT-04", "subject_alt_names", "the bare domain "+d.Name+" is not among the names; add it for peers that are not Lync")
	}
	if slices.ContainsFunc(c.sans, func(name string) bool { return strings.HasPrefix(name, "*") }) {
		against("CRT-05", "subject_alt_names", "a wildcard is among the names; SIP peers refuse it: name each host")
	}
	if c.leaf == nil {
		m.unmapped(c.object, subject, "subject_name", "the certificate itself is not in the answer or cannot be read: dates, usage and issuer are not looked at")
		return
	}
	switch left := c.leaf.NotAfter.Sub(m.at); {
	case c.leaf.SelfSigned:
		against("CRT-17", "certificate", "it is self-signed; partners trust none but a public authority's")
	case left < 0:
		against("CRT-11", "certificate", "it expired on "+c.leaf.NotAfter.Format(time.DateOnly)+"; renew it and install it on all nodes")
	case m.at.Before(c.leaf.NotBefore):
		against("CRT-11", "certificate", "it is not valid before "+c.leaf.NotBefore.Format(time.DateOnly))
	case !m.mayServe(c):
		against("CRT-08", "certificate", "its extended key usage lacks serverAuth; issue it with serverAuth and clientAuth")
	case m.platform.have["ca_certificate"] && m.platform.authorities == 0:
		against("CRT-07", "certificate", "no intermediate is installed; import the authority's as trusted CA certificates")
	}
}

func (m *mapping) mayServe(c *certificate) bool { return allows(c.leaf.Usages, "serverAuth") }

// usable asks whether a node can prove itself in calls that it places.
func (m *mapping) usable(w *worker, path, subject string) {
	if leaf := w.certificate.leaf; leaf != nil && m.plan.Outbound && !w.client && !allows(leaf.Usages, "clientAuth") {
		m.contradicts("CRT-09", path, subject, "tls_certificate", quoted(w.certificate.common),
			"its extended key usage lacks clientAuth and the node has no client certificate: partners refuse its calls; issue it with both usages, or give the node a client certificate")
	}
}

// allows: a certificate without usages may do everything (RFC 5280 §4.2.1.12).
func allows(usages []string, usage string) bool {
	return len(usages) == 0 || slices.Contains(usages, usage) || slices.Contains(usages, "anyExtendedKeyUsage")
}
