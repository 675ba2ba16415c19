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

// shown is one distinct certificate, and which nodes show it.
type shown struct {
	leaf   certs.Facts
	chain  []certs.Facts
	trust  Trust
	trusts map[string]Trust // by node: they may send one leaf with different chains
	nodes  []string         // planned nodes, in the plan's order
	pools  []string         // the pool hosts that it is to prove
	client bool             // shown only by nodes that called, beside another one as server
	asked  []string         // the names that it was shown for (SNI)
	byNode bool             // who asks for the pool sees another: only who asks for a node, in a call, sees this one
}

// which certificates a rule is about.
type which struct {
	chains  bool // each distinct chain once, not each leaf: nodes may send the same leaf with and without its intermediates
	clients bool // those that nodes have for calling alone, too
	apart   bool // each once for every domain that nodes with it are in: what it has to be differs
	pools   bool // to those alone the rule applies that who asks for the pool sees
}

// certificates lists what the nodes in scope show, each once.
func (w *world) certificates(of which) []*shown {
	var list []*shown
	found := make(map[string]*shown)
	add := func(node, pool string, chain []certs.Facts, trust *Trust, client bool) {
		if len(chain) == 0 || trust == nil {
			return
		}
		key := chain[0].SHA256
		if of.chains {
			key = chainKey(chain)
		}
		if d, _ := w.plan.Domain(node); of.apart {
			key += " for " + d.Name
		}
		c := found[key]
		if c == nil {
			c = &shown{leaf: chain[0], chain: chain, trust: *trust, client: client, trusts: make(map[string]Trust)}
			found[key] = c
			list = append(list, c)
		}
		if !slices.Contains(c.nodes, node) {
			c.nodes, c.trusts[node] = append(c.nodes, node), *trust
		}
		if w.isPool(pool) && !slices.Contains(c.pools, pool) {
			c.pools = append(c.pools, pool)
		}
		if !client && !slices.Contains(c.asked, pool) {
			c.asked = append(c.asked, pool)
		}
	}
	for _, n := range w.scope() {
		for _, h := range w.handshakes(n.Name) {
			add(n.Name, h.ServerName, h.Chain, h.Trust, false)
		}
	}
	for _, o := range w.facts.Outbound {
		if d, known := w.plan.Domain(o.Node); known && of.clients {
			add(o.Node, w.pool(d), o.Chain, o.Trust, true)
		}
	}
	for _, c := range list {
		c.byNode = !c.client && !slices.ContainsFunc(c.nodes, func(n string) bool { return !w.apart(n, c.leaf) })
	}
	return list
}

// apart tells whether a node chooses its certificate by the name that is asked
// for, and shows this one only to who does not ask for the pool.
func (w *world) apart(node string, leaf certs.Facts) bool {
	another := false
	for _, h := range w.handshakes(node) {
		if len(h.Chain) == 0 || !w.isPool(h.ServerName) {
			continue
		}
		if h.Chain[0].SHA256 == leaf.SHA256 {
			return false
		}
		another = true
	}
	return another
}

// elsewhere is the verdict on a certificate that who connects to the pool does
// not get to see, by a rule on what the pool shows.
func (c *shown) elsewhere() verdict {
	return notApplicable(c.subject(), "it is shown to who asks for "+strings.Join(c.asked, ", ")+", and the pool shows another: FQD-04 judges it")
}

func chainKey(chain []certs.Facts) string {
	var key strings.Builder
	for _, c := range chain {
		key.WriteString(c.SHA256)
	}
	return key.String()
}

// handshakes is all that were tried with a node.
func (w *world) handshakes(node string) []Handshake {
	var all []Handshake
	for _, e := range w.facts.Endpoints {
		if e.Node == node {
			all = append(all, e.Handshakes...)
		}
	}
	return all
}

func (w *world) isPool(host string) bool {
	return slices.ContainsFunc(w.plan.Domains, func(d plan.Domain) bool { return w.pool(d) == host })
}

func (c *shown) subject() string { return strings.Join(c.nodes, ", ") }

// has tells whether the certificate names a host in so many words.
func (c *shown) has(host string) bool {
	return slices.ContainsFunc(c.leaf.Names, func(n string) bool { return strings.EqualFold(n, host) })
}

// hasURI tells whether the certificate names a SIP domain by its URI (RFC 5922
// §7.1): one that names no user, and nothing besides.
func (c *shown) hasURI(domain string) bool {
	return slices.ContainsFunc(c.leaf.URIs, func(uri string) bool { return strings.EqualFold(uri, "sip:"+domain) })
}

// covers tells whether a wildcard of the certificate stands for a host.
func (c *shown) covers(host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(c.leaf.Names, func(n string) bool { return strings.EqualFold(n, "*."+parent) })
}

// evidence says which certificate is meant and what is in the way of a rule.
func (c *shown) evidence(more ...string) []string {
	kind := "certificate"
	if c.client {
		kind = "client certificate"
	}
	said := fmt.Sprintf("%s %.16s… CN=%s, names %s, issued by %s", kind, c.leaf.SHA256, c.leaf.CommonName, list(c.leaf.Names), c.leaf.Issuer)
	if len(c.asked) > 0 && len(c.pools) == 0 {
		said += ", shown to who asks for " + list(c.asked) + " (SNI)"
	}
	return append([]string{said}, more...)
}

// list is names as evidence: a hostile certificate may have thousands.
func list(names []string) string {
	const most = 24
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], " "), len(names)-most)
	}
	return strings.Join(names, " ")
}

// eachCertificate judges every distinct certificate, and says of every node
// that showed none why it has none to judge.
func (w *world) eachCertificate(of which, needs []string, judge func(*shown) verdict) []verdict {
	var verdicts []verdict
	have := make(map[string]bool)
	for _, c := range w.certificates(of) {
		v, blocked := w.needs(c.subject(), c.leaf.SHA256, needs...)
		switch {
		case blocked:
		case of.pools && c.byNode:
			v = c.elsewhere()
		default:
			v = judge(c)
		}
		if v.direction = w.direction(c.nodes); c.client {
			v.direction = Outbound
		}
		verdicts = append(verdicts, v.on(c.leaf.SHA256).on(c.nodes...))
		for _, n := range c.nodes {
			have[n] = have[n] || !c.client
		}
	}
	for _, n := range w.scope() {
		if !have[n.Name] {
			v := w.silent(n.Name)
			v.direction = w.direction([]string{n.Name})
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// direction is outbound for what no inbound call meets: media-only nodes.
func (w *world) direction(nodes []string) Direction {
	for _, name := range nodes {
		if n, _ := w.plan.Node(name); n.Has(plan.Signaling) {
			return "" // the rule's own
		}
	}
	return Outbound
}

// silent is the verdict on a node that showed no certificate.
func (w *world) silent(node string) verdict {
	if v, blocked := w.needs(node, node, "NET-01", "CRT-13"); blocked {
		return v
	}
	return unseen(node, result.ObservationFailed, w.failures(node)...)
}

func (w *world) failures(node string) []string {
	var failures []string
	for _, h := range w.handshakes(node) {
		if h.Failure != "" && h.Offered != offerOld {
			failures = append(failures, fmt.Sprintf("TLS with %s as %s (%s): %s", node, h.ServerName, h.Offered, h.Failure))
		}
	}
	return failures
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
