package plan

import (
	"fmt"
	"slices"
)

// nameNodes publishes the names that are new.
func (c *change) nameNodes() {
	var add []Record
	for _, n := range c.new.Nodes {
		if _, same := c.old.Node(n.Name); !same {
			add = append(add, c.new.ownRecord(n)...)
		}
	}
	if len(add) == 0 {
		return
	}
	s := Step{
		Title: "Publish the new nodes' own names", Where: atDNS, Add: add, Rules: []string{"DNS-09", "EXP-01"},
		Why: "requests inside a call go to the node's own name",
	}
	if slices.ContainsFunc(c.added(), func(n Node) bool { return !n.Has(Signaling) }) {
		s.Rules = append(s.Rules, "EXP-02")
		s.Why += ". A media node stands under no other: the pool host is for nodes that take calls"
	}
	c.step(s)
}

// addNodes brings up what is new, complete before it gets its first call.
func (c *change) addNodes() {
	for _, n := range c.added() {
		s := Step{Title: "Add the node " + n.Name, Where: atPlatform, Node: n.Name, Rules: []string{"EXP-01", "LOC-04"}}
		s.Do = append(s.Do, "deploy it in maintenance mode")
		s.Do = append(s.Do, settingLines(c.new.nodeSettings(n))...)
		s.Do = append(s.Do, "end maintenance mode")
		s.Why = "it may be given media and calls outward from the moment that it is in a location"
		if c.new.shows(n) {
			s.Rules = append(s.Rules, "FQD-01", "FQD-02", "FQD-04")
			s.Why += ": certificate and SIP TLS FQDN come first"
		}
		c.step(s)
	}
}

func settingLines(s Settings) []string {
	var lines []string
	for _, one := range s.Settings {
		lines = append(lines, fmt.Sprintf("%s: %s", one.Name, one.Value))
	}
	return lines
}

// renameNodes gives nodes their new names; both stand in DNS and certificate.
func (c *change) renameNodes() {
	for _, n := range c.new.Nodes {
		was, ok := c.renamed[n.Name]
		if !ok {
			continue
		}
		s := Step{
			Title: fmt.Sprintf("Rename %s to %s", was, n.Name), Where: atPlatform, Node: n.Name,
			Do:    []string{"SIP TLS FQDN (later: Configured FQDN): " + n.Name},
			Why:   "calls that are up keep the old name in their Contact: it stays in DNS until the end of the change",
			Rules: []string{"FQD-01", "FQD-03", "FQD-04"},
		}
		if c.new.Inside(n) {
			s.Do, s.Why, s.Rules = []string{"its name in the network: " + n.Name}, "partners know it by none: nothing follows from it", nil
		}
		c.step(s)
	}
}

// rebuildNodes changes nodes that must be empty for it, one after the other.
func (c *change) rebuildNodes() {
	for _, n := range c.new.Nodes {
		if !c.rebuilt(n) {
			continue
		}
		was, _ := c.before(n)
		domain := c.old.domainOf(was)
		pool := c.pools[domain]
		i := slices.IndexFunc(pool, func(r Record) bool { return r.Address == was.PublicAddr() })
		alone := i >= 0 && len(pool) == 1
		switch {
		case alone:
			c.step(Step{
				Title: fmt.Sprintf("Announce an interruption: %s is the only node that takes calls for %s", was.Name, domain), Where: atPartner,
				Do:    []string{"or add a second signaling node first, in a change of its own"},
				Why:   "no order of steps avoids it: calls are lost while it is changed and until resolvers know its new address",
				Rules: []string{"DNS-08"},
			})
		case i >= 0:
			gone := pool[i]
			c.pools[domain] = slices.Concat(pool[:i], pool[i+1:])
			c.step(Step{Title: "Take " + was.Name + " out of the pool", Where: atDNS, Remove: []Record{gone}, Rules: []string{"DNS-07"}, Why: "new calls go to the other nodes"})
			c.wait(gone.TTL, "until then partners still send calls to "+was.Name)
		}
		c.rebuild(was, n)
		if alone {
			c.publishAlone(was, n, domain)
			continue
		}
		c.publish(was, n)
	}
}

// rebuild changes an empty node.
func (c *change) rebuild(was, n Node) {
	c.step(Step{
		Title: "Set maintenance mode on " + was.Name + " and wait until its last call has ended", Where: atPlatform,
		Why: "what follows ends the calls that it still has, those whose media it mixes as well",
	})
	s := Step{Title: "Change " + n.Name, Where: atPlatform, Node: n.Name, Do: differences(c.old.nodeSettings(was), c.new.nodeSettings(n)), Why: "it restarts"}
	if was.Location != n.Location || was.Has(Proxying) != n.Has(Proxying) {
		s.Rules = append(s.Rules, "LOC-04", "LOC-05")
	}
	moved := was.PublicAddr() != n.PublicAddr()
	if n.PublicAddr() != n.Address && (moved || was.Address != n.Address) {
		s.Rules = append(s.Rules, "NET-05")
		s.Do = append(s.Do, fmt.Sprintf("address translation: %s to %s, one to one", n.PublicAddr(), n.Address))
	}
	c.step(s)
}

// publish leads calls to a node that was rebuilt, and was in no pool meanwhile.
func (c *change) publish(was, n Node) {
	if gone, add := c.old.ownRecord(was), c.new.ownRecord(n); !slices.Equal(gone, add) {
		s := Step{Title: "Publish the new address of " + n.Name, Where: atDNS, Remove: gone, Add: add, Rules: []string{"DNS-09", "DNS-10", "DNS-11"}}
		if len(add) == 0 {
			s.Title, s.Why = "Remove the name of "+n.Name, "partners meet it no more"
		}
		c.step(s)
	}
	if was.PublicAddr() != n.PublicAddr() && !c.new.Inside(n) && !c.old.Inside(was) {
		c.wait(nodeTTL, "until then requests inside calls of "+n.Name+" go to its old address")
	}
	c.step(Step{Title: "End maintenance mode on " + n.Name, Where: atPlatform})
	d, ok := c.new.Domain(n.Name)
	if !ok || !n.Has(Signaling) {
		return
	}
	add := poolRecord(c.host(d), n)
	c.pools[d.Name] = append(slices.Clone(c.pools[d.Name]), add)
	c.step(Step{Title: "Put " + n.Name + " into the pool", Where: atDNS, Add: []Record{add}, Rules: []string{"DNS-07", "DNS-10"}})
}

// publishAlone is publish for the only node of a domain: its record stayed in
// the pool, for none at all would be no better, and now nobody can wait.
func (c *change) publishAlone(was, n Node, domain string) {
	s := Step{Title: "Publish the new address of " + n.Name, Where: atDNS, Rules: []string{"DNS-07", "DNS-09", "DNS-10", "DNS-11"}, Why: "at once: partners reach it as soon as they see the new record"}
	if gone, add := c.old.ownRecord(was), c.new.ownRecord(n); !slices.Equal(gone, add) {
		s.Remove, s.Add = gone, add
	}
	d, ok := c.new.Domain(n.Name)
	if add := poolRecord(c.host(d), n); ok && n.Has(Signaling) && !slices.Contains(c.pools[d.Name], add) {
		s.Add = append(s.Add, add)
		if d.Name == domain {
			s.Remove, c.pools[domain] = append(s.Remove, c.pools[domain]...), nil
		}
		c.pools[d.Name] = append(slices.Clone(c.pools[d.Name]), add)
	}
	if len(s.Add)+len(s.Remove) > 0 {
		c.step(s)
	}
	c.step(Step{Title: "End maintenance mode on " + n.Name, Where: atPlatform})
}

// readyNodes prepares nodes that stay for what they take on, and changes what
// makes no difference to calls.
func (c *change) readyNodes() {
	for _, n := range c.new.Nodes {
		was, known := c.before(n)
		if !known || c.rebuilt(n) || c.loses(n) || was.Name != n.Name {
			continue
		}
		s := Step{Title: "Set on " + n.Name, Where: atPlatform, Node: n.Name, Do: differences(c.old.nodeSettings(was), c.new.nodeSettings(n))}
		if c.gains(n) {
			s.Title, s.Why = "Make "+n.Name+" ready for what it takes on", "before the first call is sent there"
		}
		if c.new.shows(n) && !c.old.shows(was) {
			s.Do = append(s.Do, "SIP TLS FQDN (later: Configured FQDN): "+n.Name)
			s.Rules = []string{"FQD-01", "FQD-03", "FQD-04"}
		}
		if len(s.Do) > 0 {
			c.step(s)
		}
	}
}

// relieveNodes takes roles from nodes that nobody sends calls to any more.
func (c *change) relieveNodes() {
	for _, n := range c.new.Nodes {
		was, known := c.before(n)
		if !known || c.rebuilt(n) || !c.loses(n) {
			continue
		}
		s := Step{Title: "Relieve " + n.Name, Where: atPlatform, Node: n.Name}
		s.Do = append(s.Do, "set maintenance mode and wait until its last call has ended")
		s.Do = append(s.Do, differences(c.old.nodeSettings(was), c.new.nodeSettings(n))...)
		s.Do = append(s.Do, "end maintenance mode")
		c.step(s)
	}
}

// removeNodes comes when no record of a pool leads there any more.
func (c *change) removeNodes() {
	for _, n := range c.removed() {
		c.step(Step{
			Title: "Remove the node " + n.Name, Where: atPlatform, Node: n.Name,
			Do:  []string{"set maintenance mode", "wait until its last call has ended", "delete it"},
			Why: "in maintenance mode it takes no new calls and no new media",
		})
	}
	var gone []Record
	for _, n := range c.old.Nodes {
		if _, same := c.new.Node(n.Name); !same {
			gone = append(gone, c.old.ownRecord(n)...)
		}
	}
	if len(gone) > 0 {
		c.step(Step{
			Title: "Remove the names that nobody goes by any more", Where: atDNS, Remove: gone, Rules: []string{"DNS-09"},
			Why: "the certificate may keep them until it is renewed",
		})
	}
}

// differences are the settings that change, as OLD -> NEW.
func differences(old, now Settings) []string {
	var lines []string
	for _, s := range now.Settings {
		i := slices.IndexFunc(old.Settings, func(was Setting) bool { return was.Field == s.Field })
		switch {
		case i < 0:
			lines = append(lines, fmt.Sprintf("%s: %s", s.Name, s.Value))
		case old.Settings[i].Value != s.Value && s.Field != "worker_vm.tls_certificate":
			lines = append(lines, fmt.Sprintf("%s: %s -> %s", s.Name, old.Settings[i].Value, s.Value))
		case s.Field == "worker_vm.node_type" && old.Settings[i].Note != s.Note:
			lines = append(lines, fmt.Sprintf("it %s (it did: %s)", s.Note, old.Settings[i].Note[len("does: "):]))
		}
	}
	return lines
}
