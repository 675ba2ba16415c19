package lab

import (
	"time"

	"fedge/certs"
	"fedge/dns"
)

// partnerFaults are in the zones of partners: not ours to mend, but ours to know.
func partnerFaults() []Fault {
	contoso, northwind := "sip."+Contoso, "sip."+Northwind
	outside := "what most see of " + northwind
	certificate := "the certificate of " + northwind
	return []Fault{
		{Name: "partner-srv-missing", What: "contoso, which is to be reachable, has no SRV record",
			Finds: []Finding{required("DNS-17", Contoso)},
			apply: func(b *blueprint) { b.empty(dns.FederationName(Contoso), "SRV") }},
		{Name: "partner-wrong-port", What: "contoso's SRV record says port 443",
			Finds: []Finding{required("DNS-17", Contoso)},
			apply: func(b *blueprint) { b.listen(Contoso, 443) }},
		{Name: "partner-other-domain", What: "contoso's SRV record points to a host in another domain",
			Finds: []Finding{required("DNS-17", Contoso)},
			apply: func(b *blueprint) {
				b.point(Contoso, "sip.hosting.example")
				b.add("hosting.example", "sip.hosting.example", "A", b.network.host(hostContoso).String())
			}},
		{Name: "partner-without-address", What: "contoso's Access Edge has no A record",
			Finds: []Finding{required("DNS-17", Contoso)},
			apply: func(b *blueprint) { b.empty(contoso, "A") }},
		{Name: "partner-seen-from-inside", What: "the second name server has an inner address of northwind's Access Edge (split horizon)",
			Finds: []Finding{warning("DNS-18", Northwind)},
			apply: func(b *blueprint) {
				b.wants(outside, "its public address")
				b.aside(func(z *zones) { z.replace(Northwind, northwind, "A", "10.9.9.9") })
			}},
		{Name: "partner-two-edges", What: "the second name server leads to another Access Edge of contoso's",
			Finds: []Finding{warning("DNS-18", Contoso)},
			apply: func(b *blueprint) {
				b.wants(recordsOf(dns.FederationName(Contoso), "SRV"), "some")
				b.aside(func(z *zones) {
					z.services[dns.FederationName(Contoso)].target = "sip2." + Contoso + "."
					z.add(Contoso, "sip2."+Contoso, "A", b.network.host(hostContoso).String())
				})
			}},
		{Name: "partner-private-address", What: "northwind's Access Edge has its inner address in public DNS",
			Finds: []Finding{warning("DNS-17", Northwind)},
			apply: func(b *blueprint) {
				b.wants(outside, "its inner address")
				b.wants(certificate, "out of sight, at an inner address")
				b.zones.replace(Northwind, northwind, "A", "10.9.9.9")
			}},
		{Name: "partner-certificate-expired", What: "the certificate of northwind's Access Edge expired yesterday",
			Finds: []Finding{required("DNS-17", Northwind)},
			apply: func(b *blueprint) {
				b.wants(certificate, "seen")
				b.partner = append(b.partner, func(r *certs.Request) {
					r.NotBefore, r.NotAfter = b.at.Add(-lifetime), b.at.Add(-24*time.Hour)
				})
			}},
		{Name: "partner-certificate-other-name", What: "the certificate of northwind's Access Edge is another host's",
			Finds: []Finding{required("DNS-17", Northwind)},
			apply: func(b *blueprint) {
				b.wants(certificate, "seen")
				b.partner = append(b.partner, func(r *certs.Request) {
					r.CommonName, r.Names = "mail."+Northwind, []string{"mail." + Northwind}
				})
			}},
		{Name: "partner-second-address", What: "northwind's Access Edge has the address of " + firstSignaling + " as well, where another's certificate is shown",
			Finds: []Finding{required("DNS-17", Northwind)},
			apply: func(b *blueprint) { b.add(Northwind, northwind, "A", b.address(firstSignaling)) }},
		{Name: "partner-second-record", What: "contoso has a second SRV record, as good as the first, to a host without address",
			Finds: []Finding{required("DNS-17", Contoso)},
			apply: func(b *blueprint) { b.add(Contoso, dns.FederationName(Contoso), "SRV", "0 0 5061 sip3."+Contoso+".") }},
		{Name: "partner-is-alias", What: "the name of contoso's Access Edge is a CNAME of a load balancer's",
			Finds: []Finding{required("DNS-17", Contoso)},
			apply: func(b *blueprint) { b.zones.aliases[contoso] = "lb." + Contoso }},
		{Name: "partner-unexpected", What: "fabrikam, which is to be unreachable, has an SRV record",
			Finds: []Finding{required("DNS-17", Fabrikam)},
			apply: func(b *blueprint) {
				b.add(Fabrikam, dns.FederationName(Fabrikam), "SRV", "0 0 5061 sip."+Fabrikam+".")
			}},
	}
}
