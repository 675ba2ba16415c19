package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// zones is what a name server holds: what was planned, and what faults make of
// it. Their changes add up in an order of their own, which is not the one that
// faults come in: what SRV records say, planned records that go, others that
// come, names that are left with none of a kind, and names that become aliases
// of others.
type zones struct {
	planned  map[string][]record // by origin, without the services
	services map[string]*service // the SRV records, by owner
	gone     []record            // of those planned
	come     map[string][]record // by origin
	none     []record            // owner and kind, of which nothing is left
	aliases  map[string]string   // what was at a name is at another
}

// service is an SRV record.
type service struct {
	origin     string
	preference string // priority and weight
	port       int
	target     string
	ttl        int
}

func newZones() *zones {
	return &zones{planned: map[string][]record{}, services: map[string]*service{}, come: map[string][]record{}, aliases: map[string]string{}}
}

// plan puts a zone in as it was planned.
func (z *zones) plan(origin string, records []record) {
	z.planned[origin] = []record{}
	for _, r := range records {
		fields := strings.Fields(r.data)
		if r.kind != "SRV" || len(fields) != 4 {
			z.planned[origin] = append(z.planned[origin], r)
			continue
		}
		s := &service{origin: origin, preference: fields[0] + " " + fields[1], target: fields[3], ttl: r.ttl}
		fmt.Sscan(fields[2], &s.port) // a plan's own zone is well-formed
		z.services[r.owner] = s
	}
}

// clone is the same zones, to be changed further by themselves.
func (z *zones) clone() *zones {
	c := &zones{planned: z.planned, services: map[string]*service{}, gone: slices.Clone(z.gone), come: map[string][]record{}, none: slices.Clone(z.none), aliases: maps.Clone(z.aliases)}
	for owner, s := range z.services {
		one := *s
		c.services[owner] = &one
	}
	for origin, records := range z.come {
		c.come[origin] = slices.Clone(records)
	}
	return c
}

// drop takes a planned record from a name; without data, all of the kind.
func (z *zones) drop(owner, kind, data string) {
	z.gone = append(z.gone, record{owner: owner, kind: kind, data: data})
}

// empty leaves a name with no record of a kind, whoever adds one.
func (z *zones) empty(owner, kind string) {
	z.none = append(z.none, record{owner: owner, kind: kind})
}

// add puts a record into a zone.
func (z *zones) add(origin, owner, kind, data string) {
	z.come[origin] = append(z.come[origin], record{owner: owner, kind: kind, data: data})
}

// replace puts a record in place of those of its kind that were planned.
func (z *zones) replace(origin, owner, kind, data string) {
	z.drop(owner, kind, "")
	z.add(origin, owner, kind, data)
}

// records is all zones as they are in the end, by origin.
func (z *zones) records() map[string][]record {
	all := map[string][]record{}
	matches := func(r record) func(record) bool {
		return func(m record) bool {
			return m.owner == r.owner && m.kind == r.kind && (m.data == "" || m.data == r.data)
		}
	}
	for origin, records := range z.planned {
		all[origin] = slices.DeleteFunc(slices.Clone(records), func(r record) bool { return slices.ContainsFunc(z.gone, matches(r)) })
	}
	for owner, s := range z.services {
		all[s.origin] = append(all[s.origin], record{owner, "SRV", fmt.Sprintf("%s %d %s", s.preference, s.port, s.target), s.ttl})
	}
	for origin, records := range z.come {
		all[origin] = append(all[origin], records...)
	}
	for origin, records := range all {
		all[origin] = z.renamed(origin, slices.DeleteFunc(records, func(r record) bool { return slices.ContainsFunc(z.none, matches(r)) }))
	}
	return all
}

// renamed moves what is at names that become aliases.
func (z *zones) renamed(origin string, records []record) []record {
	for i, r := range records {
		if to, moved := z.aliases[r.owner]; moved {
			records[i].owner = to
		}
	}
	for owner, to := range z.aliases {
		if strings.HasSuffix(owner, "."+origin) {
			records = append(records, record{owner: owner, kind: "CNAME", data: to + "."})
		}
	}
	return records
}
