package lab

import (
	"fedge/dns"
	"fedge/plan"
)

// dnsFaults are in the deployment's own zone.
func dnsFaults() []Fault {
	federation := dns.FederationName(Domain)
	others := "the SRV records of " + federation + " beside the first"
	return []Fault{
		{Name: "srv-missing", What: "there is no " + federation,
			Finds: []Finding{required("DNS-01", Domain)},
			apply: func(b *blueprint) { b.empty(federation, "SRV") }},
		{Name: "srv-offers-nothing", What: `the SRV record's target is ".", which says that there is no such service`,
			Finds: []Finding{required("DNS-01", Domain)},
			apply: func(b *blueprint) {
				b.wants(others, "none") // beside "." there is no other (RFC 2782)
				b.point(Domain, "")
			}},
		{Name: "srv-wrong-port", What: "the SRV record says port 5062",
			Finds: []Finding{required("DNS-02", Domain)},
			apply: func(b *blueprint) { b.listen(Domain, 5062) }},
		{Name: "srv-priority", What: "the SRV record has priority 10 and weight 10",
			Finds: []Finding{recommended("DNS-03", Domain)},
			apply: func(b *blueprint) {
				set(b, "the priority and weight of "+federation, &b.zones.services[federation].preference, "10 10")
			}},
		{Name: "srv-second-record", What: "a second SRV record is meant as a fall-back",
			Finds: []Finding{recommended("DNS-03", Domain)},
			apply: func(b *blueprint) {
				b.wants(others, "some")
				b.add(Domain, federation, "SRV", "2 100 5061 "+firstSignaling+".")
			}},
		{Name: "srv-former-host", What: "a second SRV record, as good as the first and drawn more often, leads to a host that is gone",
			Finds: []Finding{required("DNS-03", Domain)},
			apply: func(b *blueprint) {
				b.wants(others, "some")
				b.add(Domain, federation, "SRV", "1 900 5061 "+formerHost+".")
				b.add(Domain, formerHost, "A", b.network.host(hostGone).String())
			}},
		{Name: "srv-target-node", What: "the SRV record points to " + firstSignaling + " in place of the pool",
			Finds: []Finding{required("DNS-03", Domain)},
			apply: func(b *blueprint) { b.point(Domain, firstSignaling) }},
		{Name: "srv-target-misspelt", What: "the SRV record points to " + misspelt + ", which there is not",
			Finds: []Finding{required("DNS-05", Domain)},
			apply: func(b *blueprint) { b.point(Domain, misspelt) }},
		{Name: "srv-target-other-domain", What: "the SRV record points to a host in another domain",
			Finds: []Finding{required("DNS-04", Domain)},
			apply: func(b *blueprint) { b.moveTarget("hosting.example", "sip.hosting.example") }},
		{Name: "srv-target-child-zone", What: "the SRV record points to a host two labels below the domain",
			Finds: []Finding{required("DNS-04", Domain)},
			apply: func(b *blueprint) { b.moveTarget(Domain, "sip.dmz."+Domain) }},
		{Name: "srv-target-address", What: "the SRV record points to an address in place of a name",
			Finds: []Finding{required("DNS-06", Domain)},
			apply: func(b *blueprint) { b.point(Domain, b.address(firstSignaling)) }},
		{Name: "office365-srv", What: "the SRV record is the one of an Office 365 tenant",
			Finds: []Finding{required("DNS-14", Domain)},
			apply: func(b *blueprint) { b.point(Domain, "sipfed.online.lync.com") }},
		{Name: "pool-without-address", What: "the pool's name has no A record",
			Finds: []Finding{required("DNS-05", poolHost)},
			apply: func(b *blueprint) { b.empty(poolHost, "A") }},
		{Name: "pool-is-alias", What: "the pool's name is a CNAME of a load balancer's",
			Finds: []Finding{required("DNS-06", poolHost)},
			apply: func(b *blueprint) { b.zones.aliases[poolHost] = "lb." + Domain }},
		{Name: "pool-missing-node", What: secondSignaling + " is not under the pool's name",
			Finds: []Finding{required("DNS-07", poolHost)},
			apply: func(b *blueprint) { b.zones.drop(poolHost, "A", b.address(secondSignaling)) }},
		{Name: "pool-stale-address", What: "the address of a node that is gone is still under the pool's name",
			Finds: []Finding{required("DNS-07", poolHost)},
			apply: func(b *blueprint) { b.add(Domain, poolHost, "A", b.network.host(hostGone).String()) }},
		{Name: "pool-private-address", What: "the pool's name has the inner address of " + secondSignaling + " as well",
			Finds: []Finding{required("DNS-11", poolHost)},
			apply: func(b *blueprint) { b.add(Domain, poolHost, "A", b.innerAddress(secondSignaling)) }},
		{Name: "aaaa-published", What: "the pool's name has an IPv6 address, which no node has",
			Finds: []Finding{warning("DNS-12", poolHost)},
			apply: func(b *blueprint) { b.add(Domain, poolHost, "AAAA", "2001:db8::40") }},
		{Name: "media-node-in-pool", What: lastMedia + " is under the pool's name and takes calls, for which it is not planned",
			Finds: []Finding{recommended("DNS-13", poolHost)},
			apply: func(b *blueprint) {
				b.wants("what "+lastMedia+" does with calls", "to take them")
				b.add(Domain, poolHost, "A", b.address(lastMedia))
				n := b.configure(lastMedia)
				n.Roles = append([]plan.Role{plan.Signaling}, n.Roles...)
			}},
		{Name: "long-ttl", What: "the SRV record may be kept for a day",
			Finds: []Finding{warning("DNS-16", Domain)},
			apply: func(b *blueprint) { set(b, "the TTL of "+federation, &b.zones.services[federation].ttl, 86400) }},
		{Name: "node-without-address", What: lastMedia + " has no A record",
			Finds: []Finding{required("DNS-09", lastMedia)},
			apply: func(b *blueprint) { b.empty(lastMedia, "A") }},
		{Name: "node-address-differs", What: secondSignaling + " has the address of " + firstSignaling,
			Finds: []Finding{required("DNS-10", secondSignaling)},
			apply: func(b *blueprint) { b.zones.replace(Domain, secondSignaling, "A", b.address(firstSignaling)) }},
		{Name: "private-address-published", What: secondSignaling + " has its inner address in public DNS",
			Finds: []Finding{required("DNS-11", secondSignaling)},
			apply: func(b *blueprint) { b.zones.replace(Domain, secondSignaling, "A", b.innerAddress(secondSignaling)) }},
		{Name: "tenant-keeps-domain", What: "lyncdiscover." + Domain + " is the one of an Office 365 tenant, which has the domain among its own",
			Finds: []Finding{warning("DNS-15", Domain)},
			apply: func(b *blueprint) { b.add(Domain, "lyncdiscover."+Domain, "CNAME", "webdir.online.lync.com.") }},
		{Name: "secondary-behind", What: "the second name server has an old zone, in which " + secondSignaling + " is not under the pool's name",
			Finds: []Finding{required("DNS-07", poolHost)},
			apply: func(b *blueprint) {
				b.wants(secondZone, "an old one")
				b.aside(func(z *zones) { z.drop(poolHost, "A", b.address(secondSignaling)) })
			}},
		{Name: "secondary-without-domain", What: "the second name server does not know " + federation + " yet",
			Finds: []Finding{required("DNS-01", Domain)},
			apply: func(b *blueprint) {
				b.wants(secondZone, "an old one")
				b.aside(func(z *zones) { z.empty(federation, "SRV") })
			}},
		{Name: "secondary-refuses", What: "the second name server has not the zone of " + Domain + ", and refuses questions for it",
			apply: func(b *blueprint) {
				b.wants(secondZone, "none")
				b.lame = true
			}},
		{Name: "media-node-refuses-in-pool", What: lastMedia + " is under the pool's name, and refuses the calls that arrive there",
			Finds: []Finding{required("DNS-07", poolHost)},
			apply: func(b *blueprint) {
				b.wants("what "+lastMedia+" does with calls", "to refuse them")
				b.add(Domain, poolHost, "A", b.address(lastMedia))
			}},
		{Name: "node-in-other-pool", What: firstSignaling + " is also under the name of the second domain's pool", doubles: true,
			Finds: []Finding{required("DNS-19", "sip."+SecondDomain)},
			apply: func(b *blueprint) { b.add(SecondDomain, "sip."+SecondDomain, "A", b.address(firstSignaling)) }},
	}
}

// moveTarget points the SRV record to another host, which has the pool's
// addresses.
func (b *blueprint) moveTarget(origin, host string) {
	b.point(Domain, host)
	for _, n := range b.plan.Signaling() {
		b.add(origin, host, "A", n.PublicAddr().String())
	}
}

// listen sets the port of a federation record.
func (b *blueprint) listen(domain string, port int) {
	owner := dns.FederationName(domain)
	set(b, "the port of "+owner, &b.zones.services[owner].port, port)
}
