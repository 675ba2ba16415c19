package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fedge/dns"
	"fedge/plan"
)

// record is one line of a zone, kept in parts so that a fault can change one.
type record struct {
	owner, kind, data string
	ttl               int // seconds; 0: 60
}

func (r record) String() string {
	ttl := r.ttl
	if ttl == 0 {
		ttl = 60
	}
	return fmt.Sprintf("%s. %d IN %s %s", r.owner, ttl, r.kind, r.data)
}

// deploymentRecords reads the records that the plan says to publish as its zone
// has them: what the world holds is what a user would publish. The zone's own
// name servers are the world's.
func deploymentRecords(p *plan.Plan, domain string) []record {
	var out []record
	for _, published := range p.Records(domain) {
		if r, ok := parseRecord(published.String()); ok {
			out = append(out, r)
		}
	}
	return out
}

// parseRecord takes lines of the form "OWNER. [TTL] IN KIND DATA".
func parseRecord(line string) (record, bool) {
	line, _, _ = strings.Cut(line, ";")
	fields := strings.Fields(line)
	in := slices.Index(fields, "IN")
	if in < 1 || len(fields) < in+3 {
		return record{}, false
	}
	r := record{owner: strings.TrimSuffix(fields[0], "."), kind: fields[in+1], data: strings.Join(fields[in+2:], " ")}
	return r, r.kind == "SRV" || r.kind == "A"
}

// partnerRecords is what a partner publishes; without the SRV it cannot be found.
func partnerRecords(domain string, edge netip.Addr, found bool) []record {
	host := "sip." + domain
	out := []record{{owner: host, kind: "A", data: edge.String()}}
	if found {
		out = append(out, record{owner: dns.FederationName(domain), kind: "SRV", data: "0 0 5061 " + host + "."})
	}
	return out
}

// zoneText is a whole zone as a name server reads it. Both name servers have it.
func (w *World) zoneText(origin string, records []record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN %s.\n$TTL 60\n", origin)
	fmt.Fprintf(&b, "@ IN SOA ns.%[1]s. hostmaster.%[1]s. 1 3600 600 86400 60\n", origin)
	for i, host := range []byte{hostDNS, hostSecondDNS} {
		name := []string{"ns", "ns2"}[i]
		fmt.Fprintf(&b, "@ IN NS %[1]s.%[2]s.\n%[1]s.%[2]s. IN A %[3]s\n", name, origin, w.network.host(host))
	}
	for _, r := range records {
		fmt.Fprintln(&b, r)
	}
	return b.String()
}
