package lab

import (
	"crypto/tls"
	"slices"

	"fedge/plan"
)

// nodeFaults are in what nodes are told.
func nodeFaults() []Fault {
	return []Fault{
		{Name: "named-by-address", What: secondSignaling + " calls itself by its address (no SIP TLS FQDN)",
			Finds: []Finding{required("FQD-01", secondSignaling)},
			apply: func(b *blueprint) { b.name(secondSignaling, b.address(secondSignaling)) }},
		{Name: "named-without-domain", What: lastMedia + " calls itself by its host name alone",
			Finds: []Finding{required("FQD-01", lastMedia)},
			apply: func(b *blueprint) { b.name(lastMedia, "px03") }},
		{Name: "named-as-sibling", What: secondSignaling + " calls itself " + firstSignaling,
			Finds: []Finding{required("FQD-02", secondSignaling)},
			apply: func(b *blueprint) { b.name(secondSignaling, firstSignaling) }},
		{Name: "named-as-pool", What: secondSignaling + " calls itself by the pool's name",
			Finds: []Finding{required("FQD-03", secondSignaling)},
			apply: func(b *blueprint) { b.name(secondSignaling, poolHost) }},
		{Name: "domain-not-set", What: lastMedia + " has no domain to put into From, and puts its address there",
			Finds: []Finding{required("DOM-01", lastMedia)},
			apply: func(b *blueprint) { b.speak(lastMedia, b.address(lastMedia)) }},
		{Name: "domain-other", What: lastMedia + " puts a domain into From that is not the deployment's",
			Finds: []Finding{required("DOM-02", lastMedia)},
			apply: func(b *blueprint) { b.speak(lastMedia, "elsewhere.example") }},
		{Name: "from-not-rewritten", What: "the nodes are not told to put their own domain into From",
			Finds: []Finding{required("DOM-02", EveryNode)},
			apply: func(b *blueprint) { set(b, "what From is made of", &b.configured.From, plan.FromDefaultOnly) }},
		{Name: "via-inner-address", What: secondSignaling + " puts its inner address into Via (no static NAT address)",
			Finds: []Finding{required("DOM-04", secondSignaling)},
			apply: func(b *blueprint) {
				set(b, "the host in Via of "+secondSignaling, &b.told(secondSignaling).SentBy, b.innerAddress(secondSignaling))
			}},
		{Name: "no-room", What: "the nodes do not know the room " + Room,
			Finds: []Finding{required("LOC-07", firstSignaling), required("LOC-07", secondSignaling)},
			apply: func(b *blueprint) {
				b.configured.Rooms = slices.DeleteFunc(slices.Clone(b.configured.Rooms), func(r plan.Room) bool {
					return slices.Contains(r.Aliases, Room) || slices.Contains(r.Aliases, LoadRoom)
				})
			}},
		{Name: "signaling-node-refuses", What: secondSignaling + " is set up for media alone, and refuses the calls that it is planned and published for",
			Finds: []Finding{required("LOC-07", secondSignaling)},
			apply: func(b *blueprint) {
				b.wants("what "+secondSignaling+" does with calls", "to refuse them")
				b.configure(secondSignaling).Roles = []plan.Role{plan.Media}
			}},
		{Name: "only-tls13", What: firstSignaling + " takes TLS 1.3 alone, which no Edge has",
			Finds: []Finding{required("CRT-13", firstSignaling)},
			apply: func(b *blueprint) { b.from(firstSignaling, tls.VersionTLS13) }},
		{Name: "tls10", What: secondSignaling + " still takes TLS 1.0 and 1.1",
			Finds: []Finding{warning("CRT-13", secondSignaling)},
			apply: func(b *blueprint) { b.from(secondSignaling, tls.VersionTLS10) }},
		{Name: "any-name-taken", What: firstSignaling + " verifies certificates, and takes calls in names that are not in them",
			Finds: []Finding{recommended("CRT-14", firstSignaling)},
			apply: func(b *blueprint) {
				b.wants("verification", "on")
				b.told(firstSignaling).AnyName = true
			}},
		{Name: "no-client-certificate-asked", What: "verification is off: the nodes ask peers for no certificate",
			Finds: []Finding{recommended("CRT-14", firstSignaling), recommended("CRT-14", secondSignaling)},
			apply: func(b *blueprint) {
				b.wants("verification", "off")
				b.configured.Verify = false
				for _, n := range b.plan.Nodes {
					b.told(n.Name).NoClientCertificate = true
				}
			}},
	}
}

// speak sets the domain that a node puts into From.
func (b *blueprint) speak(node, domain string) {
	set(b, "the domain in From of "+node, &b.told(node).Domain, domain)
}

// from sets the lowest version of TLS that a node takes.
func (b *blueprint) from(node string, version uint16) {
	set(b, "the lowest version of TLS of "+node, &b.told(node).LowestTLS, version)
}
