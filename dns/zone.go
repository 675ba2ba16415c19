package dns

import (
	"fmt"
	"strings"

	rr "github.com/miekg/dns"
)

// Zone is what a server is authoritative for. It does not change once parsed.
type Zone struct {
	origin string
	soa    rr.RR
	// records by canonical name and type. A name that only has names below it
	// is there too, with no records: it exists (RFC 8020 §2).
	records map[string]map[uint16][]rr.RR
}

// maxRecords bounds a zone: one $GENERATE line can make very many.
const maxRecords = 1 << 14

// ParseZone reads a zone in BIND's text form (RFC 1035 §5). Its origin is the
// owner of its SOA record, so relative names need an $ORIGIN line; $INCLUDE is
// refused. Wildcards and delegations are not given their special meaning.
func ParseZone(text string) (*Zone, error) {
	parser := rr.NewZoneParser(strings.NewReader(text), "", "")
	parser.SetDefaultTTL(3600)
	var all []rr.RR
	z := &Zone{records: map[string]map[uint16][]rr.RR{}}
	for record, ok := parser.Next(); ok; record, ok = parser.Next() {
		if len(all) == maxRecords {
			return nil, fmt.Errorf("dns: reading a zone: more than %d records", maxRecords)
		}
		all = append(all, record)
		if record.Header().Rrtype != rr.TypeSOA {
			continue
		}
		if z.soa != nil {
			return nil, fmt.Errorf("dns: reading a zone: a second SOA record, for %s", Canonical(record.Header().Name))
		}
		z.soa, z.origin = record, Canonical(record.Header().Name)
	}
	if err := parser.Err(); err != nil {
		return nil, fmt.Errorf("dns: reading a zone: %w", err)
	}
	if z.soa == nil {
		return nil, fmt.Errorf("dns: reading a zone: it has no SOA record, which is where it begins")
	}
	for _, record := range all {
		if err := z.add(record); err != nil {
			return nil, fmt.Errorf("dns: reading the zone of %s: %w", z.origin, err)
		}
	}
	return z, nil
}

// Origin is the domain at the zone's apex.
func (z *Zone) Origin() string { return z.origin }

func (z *Zone) add(record rr.RR) error {
	h := record.Header()
	name := Canonical(h.Name)
	if h.Class != rr.ClassINET {
		return fmt.Errorf("%s: class %s; only IN is served", name, rr.ClassToString[h.Class])
	}
	if !z.holds(name) {
		return fmt.Errorf("%s lies outside the zone; write a trailing dot after absolute names, and an $ORIGIN line above relative ones", name)
	}
	types := z.name(name)
	types[h.Rrtype] = append(types[h.Rrtype], record)
	if len(types[rr.TypeCNAME]) > 1 || len(types[rr.TypeCNAME]) == 1 && len(types) > 1 {
		return fmt.Errorf("%s has a CNAME and other records (RFC 1034 §3.6.2)", name) // BIND refuses it as well
	}
	return nil
}

// name makes room for a name and for every name between it and the apex.
func (z *Zone) name(name string) map[uint16][]rr.RR {
	for above := name; z.records[above] == nil; {
		z.records[above] = map[uint16][]rr.RR{}
		next, end := rr.NextLabel(above, 0)
		if above == z.origin || end {
			break
		}
		above = above[next:]
	}
	return z.records[name]
}

func (z *Zone) holds(name string) bool { return rr.IsSubDomain(rr.Fqdn(z.origin), rr.Fqdn(name)) }

// find gives the records of a type that a name has, its CNAME when it has that
// instead, and whether the name exists.
func (z *Zone) find(name string, kind uint16) (records []rr.RR, exists bool) {
	types, exists := z.records[name]
	switch {
	case kind == rr.TypeANY:
		for _, each := range types {
			records = append(records, each...)
		}
		return records, exists
	case len(types[kind]) == 0:
		return types[rr.TypeCNAME], exists
	}
	return types[kind], exists
}
