package plan

import (
	"fmt"
	"net/netip"
)

// Record is one DNS record to publish: SRV or A.
type Record struct {
	Name     string     `json:"name"` // of the owner, without a dot at its end
	TTL      int        `json:"ttl"`  // seconds
	Type     string     `json:"type"`
	Priority int        `json:"priority,omitzero"`
	Weight   int        `json:"weight,omitzero"`
	Port     int        `json:"port,omitzero"`
	Target   string     `json:"target,omitzero"`
	Address  netip.Addr `json:"address,omitzero"`
}

// String is the record as a line of a zone file.
func (r Record) String() string {
	if r.Type == "SRV" {
		return fmt.Sprintf("%s. %d IN SRV %d %d %d %s.", r.Name, r.TTL, r.Priority, r.Weight, r.Port, r.Target)
	}
	return fmt.Sprintf("%s. %d IN %s %s", r.Name, r.TTL, r.Type, r.Address)
}

// Records lists what to publish for one domain of the plan: the SRV record,
// the pool's addresses, each node's own; nil when it is no domain of the plan,
// or one that is Office 365's (rule DNS-14).
func (p *Plan) Records(domain string) []Record {
	d, ok := p.Domain(domain)
	if !ok || d.Name != canonical(domain) || p.tenants(d.Name) {
		return nil
	}
	records := append([]Record{federationRecord(d)}, p.poolRecords(d)...)
	return append(records, p.nodeRecords(d)...)
}

// federationRecord has the priority, weight and port that the guide asks for.
func federationRecord(d Domain) Record {
	return Record{Name: "_sipfederationtls._tcp." + d.Name, TTL: srvTTL, Type: "SRV", Priority: 1, Weight: 100, Port: Port, Target: d.Pool}
}

func (p *Plan) poolRecords(d Domain) []Record {
	var records []Record
	for _, n := range p.Pool(d.Name) {
		records = append(records, poolRecord(d, n))
	}
	return records
}

func poolRecord(d Domain, n Node) Record { return addressRecord(d.Pool, poolTTL, n.PublicAddr()) }

func nodeRecord(n Node) Record { return addressRecord(n.Name, nodeTTL, n.PublicAddr()) }

// ownRecord is a node's own record, if partners ever look for it.
func (p *Plan) ownRecord(n Node) []Record {
	if p.Inside(n) {
		return nil
	}
	return []Record{nodeRecord(n)}
}

func addressRecord(name string, ttl int, addr netip.Addr) Record {
	return Record{Name: name, TTL: ttl, Type: "A", Address: addr}
}

func (p *Plan) nodeRecords(d Domain) []Record {
	var records []Record
	for _, n := range p.Nodes {
		if p.domainOf(n) == d.Name {
			records = append(records, p.ownRecord(n)...)
		}
	}
	return records
}
