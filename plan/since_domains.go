package plan

import (
	"fmt"
	"slices"
	"strings"
)

// prepareLocations sets up the places before nodes come to them.
func (c *change) prepareLocations() {
	for _, l := range c.new.Locations {
		was, known := c.old.Location(l.Name)
		if !known {
			c.step(Step{Title: "Add the location " + l.Name, Where: atPlatform, Do: settingLines(c.new.locationSettings(l)), Rules: []string{"LOC-01", "DOM-03"}})
			continue
		}
		if lines := differences(c.old.locationSettings(was), c.new.locationSettings(l)); len(lines) > 0 && !c.fromMoves(lines) {
			c.step(Step{Title: "Set in the location " + l.Name, Where: atPlatform, Do: lines})
		}
	}
}

// removeLocations comes when no node is there any more.
func (c *change) removeLocations() {
	for _, l := range c.old.Locations {
		if _, stays := c.new.Location(l.Name); !stays {
			c.step(Step{Title: "Remove the location " + l.Name, Where: atPlatform})
		}
	}
}

// fromMoves tells whether a change of a location touches From, which must wait
// until the domain that it names can be proved.
func (c *change) fromMoves(lines []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "Pexip Infinity domain") })
}

// addDomains opens a domain when everything behind it works: the SRV record is
// the last thing. Domains whose nodes must all be rebuilt first come late.
func (c *change) addDomains(late bool) {
	for _, d := range c.new.Domains {
		nodes := c.new.Pool(d.Name)
		if c.hasDomain(c.old, d.Name) || late == slices.ContainsFunc(nodes, func(n Node) bool { return !c.rebuilt(n) }) {
			continue
		}
		var pool []Record
		for _, n := range nodes {
			if r := poolRecord(d, n); !c.rebuilt(n) && !slices.Contains(c.pools[d.Name], r) {
				pool = append(pool, r)
			}
		}
		c.pools[d.Name] = append(c.pools[d.Name], pool...)
		if len(pool) > 0 {
			c.step(Step{Title: "Publish the pool of " + d.Name, Where: atDNS, Add: pool, Rules: []string{"DNS-05", "DNS-07", "DNS-19"}})
		}
		c.step(Step{
			Title: "Publish the federation record of " + d.Name, Where: atDNS, Add: []Record{federationRecord(d)},
			Rules: []string{"DNS-01", "DNS-02", "DNS-04"},
			Why:   "from now on partners find the domain: nodes, certificate and aliases are ready",
		})
	}
}

// host is a domain with the pool host that it has until renamePools.
func (c *change) host(d Domain) Domain {
	for _, was := range c.old.Domains {
		if was.Name == d.Name {
			return was
		}
	}
	return d
}

func (c *change) hasDomain(p *Plan, name string) bool {
	return slices.ContainsFunc(p.Domains, func(d Domain) bool { return d.Name == name })
}

// renamePools moves a domain to another pool host, when all nodes that will
// take its calls do so under the old one: both lead there until resolvers have
// forgotten the old one.
func (c *change) renamePools() {
	for _, d := range c.new.Domains {
		i := slices.IndexFunc(c.old.Domains, func(was Domain) bool { return was.Name == d.Name && was.Pool != d.Pool })
		if i < 0 {
			continue
		}
		before, after := c.pools[d.Name], c.new.poolRecords(d)
		c.pools[d.Name] = after
		c.step(Step{Title: "Publish the new pool host of " + d.Name, Where: atDNS, Add: after, Rules: []string{"DNS-05", "DNS-07"}})
		c.step(Step{
			Title: "Point the federation record at it", Where: atDNS, Remove: []Record{federationRecord(c.old.Domains[i])}, Add: []Record{federationRecord(d)},
			Rules: []string{"DNS-03", "DNS-04", "CRT-01"}, Why: "in one edit: two records at once would split the calls",
		})
		c.wait(srvTTL+poolTTL, "until then partners look for "+c.old.Domains[i].Pool)
		c.step(Step{Title: "Remove the old pool host", Where: atDNS, Remove: before})
	}
}

// fillPools lets calls to nodes that are ready for them.
func (c *change) fillPools() {
	for _, d := range c.new.Domains {
		if !c.hasDomain(c.old, d.Name) {
			continue
		}
		var add []Record
		var nodes []Node
		for _, n := range c.new.Pool(d.Name) {
			r := poolRecord(c.host(d), n)
			if !c.rebuilt(n) && !slices.Contains(c.pools[d.Name], r) {
				add, nodes = append(add, r), append(nodes, n)
			}
		}
		if len(add) == 0 {
			continue
		}
		c.pools[d.Name] = append(slices.Clone(c.pools[d.Name]), add...)
		s := Step{
			Title: "Put " + nodeNames(nodes) + " into the pool of " + d.Name, Where: atDNS, Add: add, Rules: []string{"DNS-07", "DNS-10", "EXP-03"},
			Why: "from now on calls arrive there: name, certificate, firewall and settings are ready",
		}
		if many := len(c.new.Pool(d.Name)); many > 3 {
			s.Why += fmt.Sprintf(". With %d nodes the pool is larger than the two or three that are advised: let some of them mix media only", many)
		}
		c.step(s)
	}
}

// emptyPools takes calls from nodes that go, or that only mix media from now
// on, when all others are in place.
func (c *change) emptyPools() {
	for _, d := range c.new.Domains {
		if !c.hasDomain(c.old, d.Name) {
			continue
		}
		wanted := c.new.poolRecords(d)
		var gone, rest []Record
		for _, r := range c.pools[d.Name] {
			if slices.Contains(wanted, r) {
				rest = append(rest, r)
				continue
			}
			gone = append(gone, r)
		}
		if len(gone) == 0 {
			continue
		}
		c.pools[d.Name] = rest
		s := Step{
			Title: "Take out of the pool of " + d.Name + " what takes no calls any more", Where: atDNS, Remove: gone, Rules: []string{"DNS-07", "DNS-13"},
			Why: "new calls go to the other nodes; calls that are up stay",
		}
		if len(rest) == 1 {
			s.Rules = append(s.Rules, "DNS-08")
			s.Why += ". One node is left: while it is down no call comes in"
		}
		c.step(s)
		c.wait(poolTTL, "until then partners still send calls there")
	}
}

// removeDomains closes a domain at its front door first.
func (c *change) removeDomains() {
	for _, d := range c.old.Domains {
		if c.hasDomain(c.new, d.Name) {
			continue
		}
		if slices.Contains(c.old.Office365, d.Name) || slices.Contains(c.new.Office365, d.Name) {
			c.step(Step{
				Title: "Leave the federation record of " + d.Name + " to Office 365", Where: atDNS, Rules: []string{"DNS-14"},
				Do: []string{fmt.Sprintf("if it points to %s by now: _sipfederationtls._tcp.%s SRV 100 1 5061 %s", d.Pool, d.Name, Office365SRV)},
			})
		} else {
			c.step(Step{
				Title: "Remove the federation record of " + d.Name, Where: atDNS, Remove: []Record{federationRecord(d)},
				Why: "partners stop finding the domain; they have been told",
			})
		}
		c.wait(srvTTL, "until then partners still send calls to "+d.Pool)
		if left := c.pools[d.Name]; len(left) > 0 {
			c.step(Step{Title: "Remove the pool of " + d.Name, Where: atDNS, Remove: left})
			c.wait(poolTTL, "until then a call may still arrive")
		}
	}
}
