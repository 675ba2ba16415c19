package lab

// networkFaults are nodes and servers that do not answer.
func networkFaults() []Fault {
	return []Fault{
		{Name: "dead-media-node", What: lastMedia + " never came up",
			Finds: []Finding{required("NET-01", lastMedia)},
			apply: func(b *blueprint) { b.kill(lastMedia, "nothing") }},
		{Name: "dead-signaling-node", What: secondSignaling + " never came up",
			Finds: []Finding{required("NET-01", secondSignaling)},
			apply: func(b *blueprint) { b.kill(secondSignaling, "nothing") }},
		{Name: "swallow-syn", What: "a firewall drops all that comes for " + secondSignaling,
			Finds: []Finding{required("NET-01", secondSignaling)},
			apply: func(b *blueprint) { b.dead[secondSignaling], b.swallowed[secondSignaling] = true, true }},
		{Name: "port-says-nothing", What: "the port of " + secondSignaling + " takes connections and never says a word in TLS",
			Finds: []Finding{required("CRT-13", secondSignaling)},
			apply: func(b *blueprint) {
				b.kill(secondSignaling, "a service that hangs")
				b.hung[secondSignaling] = true
			}},
		{Name: "nat-translates-ports", What: "the NAT gives all calls out one address, and each connection another port", behind: true,
			Finds: []Finding{
				required("NET-05", firstSignaling), required("NET-05", secondSignaling),
				required("NET-05", lastMedia), required("NET-05", "px04."+Domain), required("NET-05", "px05."+Domain),
			},
			apply: func(b *blueprint) { b.translated = true }},
		{Name: "dns-silent", What: "the name server answers nothing at all",
			apply: func(b *blueprint) { b.mute = true }},
	}
}

// expansionFaults are a third signaling node that is planned and was added by
// halves.
func expansionFaults() []Fault {
	return []Fault{
		{Name: "expansion-without-records", What: "a third node was added, and nothing to DNS", expands: true,
			Finds: []Finding{required("DNS-07", poolHost), required("DNS-09", thirdSignaling)},
			apply: func(b *blueprint) {
				b.zones.drop(poolHost, "A", b.address(thirdSignaling))
				b.empty(thirdSignaling, "A")
			}},
		{Name: "expansion-without-pool-record", What: "a third node was added under its own name, and not under the pool's", expands: true,
			Finds: []Finding{required("DNS-07", poolHost)},
			apply: func(b *blueprint) { b.zones.drop(poolHost, "A", b.address(thirdSignaling)) }},
		{Name: "expansion-without-certificate", What: "a third node was added, and the certificate was not extended", expands: true,
			Finds: []Finding{required("CRT-03", EveryNode)},
			apply: func(b *blueprint) { b.unnamed = append(b.unnamed, thirdSignaling) }},
		{Name: "expansion-without-name", What: "a third node was added, and was not told its name", expands: true,
			Finds: []Finding{required("FQD-01", thirdSignaling)},
			apply: func(b *blueprint) { b.name(thirdSignaling, b.address(thirdSignaling)) }},
		{Name: "expansion-without-node", What: "a third node was planned, published and certified, and never came up", expands: true,
			Finds: []Finding{required("NET-01", thirdSignaling)},
			apply: func(b *blueprint) { b.kill(thirdSignaling, "nothing") }},
	}
}
