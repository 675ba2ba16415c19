package lab

import (
	"crypto/tls"
	"slices"

	"fedge/edge"
	"fedge/plan"
)

// nodeFaults are in what nodes are told.
func nodeFaults() []Fault {
	told := func(node string, change func(*edge.Settings, *blueprint)) func(*blueprint) {
		return func(b *blueprint) { b.set(node, func(s *edge.Settings) { change(s, b) }) }
	}
	return []Fault{
		{Name: "named-by-address", What: secondSignaling + " calls itself by its address (no SIP TLS FQDN)",
			Finds: []Finding{required("FQD-01", secondSignaling)},
			apply: told(secondSignaling, func(s *edge.Settings, b *blueprint) { s.FQDN = b.address(secondSignaling) })},
		{Name: "named-without-domain", What: lastMedia + " calls itself by its host name alone",
			Finds: []Finding{required("FQD-01", lastMedia)},
			apply: told(lastMedia, func(s *edge.Settings, _ *blueprint) { s.FQDN = "px03" })},
		{Name: "named-as-sibling", What: secondSignaling + " calls itself " + firstSignaling,
			Finds: []Finding{required("FQD-02", secondSignaling)},
			apply: told(secondSignaling, func(s *edge.Settings, _ *blueprint) { s.FQDN = firstSignaling })},
		{Name: "named-as-pool", What: secondSignaling + " calls itself by the pool's name",
			Finds: []Finding{required("FQD-03", secondSignaling)},
			apply: told(secondSignaling, func(s *edge.Settings, _ *blueprint) { s.FQDN = poolHost })},
		{Name: "domain-not-set", What: lastMedia + " has no domain to put into From, and puts its address there",
			Finds: []Finding{required("DOM-01", lastMedia)},
			apply: told(lastMedia, func(s *edge.Settings, b *blueprint) { s.Domain = b.address(lastMedia) })},
		{Name: "domain-other", What: lastMedia + " puts a domain into From that is not the deployment's",
			Finds: []Finding{required("DOM-02", lastMedia)},
			apply: told(lastMedia, func(s *edge.Settings, _ *blueprint) { s.Domain = "elsewhere.example" })},
		{Name: "from-not-rewritten", What: "the nodes are not told to put their own domain into From",
			Finds: []Finding{required("DOM-02", EveryNode)},
			apply: func(b *blueprint) { b.configured.From = plan.FromDefaultOnly }},
		{Name: "via-inner-address", What: secondSignaling + " puts its inner address into Via (no static NAT address)",
			Finds: []Finding{required("DOM-04", secondSignaling)},
			apply: told(secondSignaling, func(s *edge.Settings, b *blueprint) { s.SentBy = b.innerAddress(secondSignaling) })},
		{Name: "no-room", What: "the nodes do not know the room " + Room,
			Finds: []Finding{required("LOC-07", firstSignaling), required("LOC-07", secondSignaling)},
			apply: func(b *blueprint) {
				b.configured.Rooms = slices.DeleteFunc(slices.Clone(b.configured.Rooms), func(r plan.Room) bool {
					return slices.Contains(r.Aliases, Room) || slices.Contains(r.Aliases, LoadRoom)
				})
			}},
		{Name: "only-tls13", What: firstSignaling + " takes TLS 1.3 alone, which no Edge has",
			Finds: []Finding{required("CRT-13", firstSignaling)},
			apply: told(firstSignaling, func(s *edge.Settings, _ *blueprint) { s.LowestTLS = tls.VersionTLS13 })},
		{Name: "tls10", What: secondSignaling + " still takes TLS 1.0 and 1.1",
			Finds: []Finding{warning("CRT-13", secondSignaling)},
			apply: told(secondSignaling, func(s *edge.Settings, _ *blueprint) { s.LowestTLS = tls.VersionTLS10 })},
		{Name: "any-name-taken", What: firstSignaling + " verifies certificates, and takes calls in names that are not in them",
			Finds: []Finding{recommended("CRT-14", firstSignaling)},
			apply: told(firstSignaling, func(s *edge.Settings, _ *blueprint) { s.AnyName = true })},
		{Name: "no-client-certificate-asked", What: "verification is off: the nodes ask peers for no certificate",
			Finds: []Finding{recommended("CRT-14", firstSignaling), recommended("CRT-14", secondSignaling)},
			apply: func(b *blueprint) {
				b.configured.Verify = false
				for _, n := range b.plan.Nodes {
					b.set(n.Name, func(s *edge.Settings) { s.NoClientCertificate = true })
				}
			}},
	}
}
