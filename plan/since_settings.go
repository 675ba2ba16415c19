package plan

import (
	"fmt"
	"slices"
	"strings"
)

// setPlatform changes what is true for all nodes, now that names, certificates
// and records allow it.
func (c *change) setPlatform() {
	if lines := differences(c.old.platform(), c.new.platform()); len(lines) > 0 {
		c.step(Step{Title: "Set for the whole platform", Where: atPlatform, Do: lines, Rules: []string{"DOM-01", "DOM-02"}})
	}
	for _, l := range c.new.Locations {
		was, known := c.old.Location(l.Name)
		if !known {
			continue
		}
		if lines := differences(c.old.locationSettings(was), c.new.locationSettings(l)); c.fromMoves(lines) {
			c.step(Step{
				Title: "Set in the location " + l.Name, Where: atPlatform, Do: lines, Rules: []string{"DOM-02", "DOM-03"},
				Why: "partners can prove the new domain by now: its record is published and the certificate names its pool host",
			})
		}
	}
	switch {
	case c.new.Outbound && !c.old.Outbound:
		c.step(Step{
			Title: "Allow calls outward", Where: atPlatform, Rules: []string{"CRT-09", "CRT-15", "FQD-01", "LOC-01"},
			Why: "every node may place them, and by now every node has certificate, SIP TLS FQDN and record",
		})
	case c.old.Outbound && !c.new.Outbound:
		c.step(Step{Title: "Stop calls outward", Where: atPlatform, Why: "media-only nodes need no certificate any more; one that is there does no harm"})
	}
	if c.old.From != c.new.From {
		c.step(Step{
			Title: fmt.Sprintf("Make From as %s does, no longer as %s", c.new.From, c.old.From), Where: atPlatform, Rules: []string{"DOM-02"},
		})
	}
	c.setFederation()
}

// aliases are the rooms of a plan by what they are called.
func aliases(p *Plan) map[string]string {
	rooms := make(map[string]string)
	for _, room := range p.Rooms {
		for _, alias := range room.Aliases {
			rooms[alias] = room.Name
		}
	}
	return rooms
}

// addAliases lets rooms answer before calls for them can arrive.
func (c *change) addAliases() {
	var lines []string
	was, now := aliases(c.old), aliases(c.new)
	for _, alias := range sortedKeys(now) {
		switch room, known := was[alias]; {
		case !known:
			lines = append(lines, fmt.Sprintf("room %s: add the alias %s", now[alias], alias))
		case room != now[alias]:
			lines = append(lines, fmt.Sprintf("alias %s: room %s -> %s", alias, room, now[alias]))
		}
	}
	for _, room := range c.new.Rooms {
		i := slices.IndexFunc(c.old.Rooms, func(was Room) bool { return was.Name == room.Name })
		switch {
		case i < 0 && room.PIN != "":
			lines = append(lines, fmt.Sprintf("room %s: set the PIN (see the plan)", room.Name))
		case i >= 0 && c.old.Rooms[i].PIN != room.PIN:
			lines = append(lines, fmt.Sprintf("room %s: change the PIN (see the plan)", room.Name))
		}
		if i >= 0 && c.old.Rooms[i].Limit != room.Limit {
			lines = append(lines, fmt.Sprintf("room %s: participant limit %d -> %d (0 is none)", room.Name, c.old.Rooms[i].Limit, room.Limit))
		}
	}
	if len(lines) > 0 {
		c.step(Step{Title: "Set rooms and aliases", Where: atPlatform, Do: lines, Rules: []string{"LOC-07"}})
	}
}

// removeAliases comes when nobody is led to them any more.
func (c *change) removeAliases() {
	var lines []string
	was, now := aliases(c.old), aliases(c.new)
	for _, alias := range sortedKeys(was) {
		if _, stays := now[alias]; !stays {
			lines = append(lines, fmt.Sprintf("room %s: remove the alias %s", was[alias], alias))
		}
	}
	if len(lines) > 0 {
		c.step(Step{Title: "Remove aliases", Where: atPlatform, Do: lines})
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// tellPartners comes before records move: a partner that lists us by hand lists
// the domain and the pool host.
func (c *change) tellPartners() {
	var told, lines []string
	for _, partner := range c.new.Partners {
		if _, known := c.old.Partner(partner.Domain); known && partner.Expect == Reachable {
			told = append(told, partner.Domain)
		}
	}
	for _, d := range c.new.Domains {
		i := slices.IndexFunc(c.old.Domains, func(was Domain) bool { return was.Name == d.Name })
		switch {
		case i < 0:
			lines = append(lines, fmt.Sprintf("federation with %s begins; its Edge is %s", d.Name, d.Pool))
		case c.old.Domains[i].Pool != d.Pool:
			lines = append(lines, fmt.Sprintf("the Edge of %s becomes %s, no longer %s", d.Name, d.Pool, c.old.Domains[i].Pool))
		}
	}
	for _, d := range c.old.Domains {
		if !c.hasDomain(c.new, d.Name) {
			lines = append(lines, fmt.Sprintf("federation with %s ends", d.Name))
		}
	}
	if len(told) > 0 && len(lines) > 0 {
		c.step(Step{
			Title: "Tell the partners: " + strings.Join(told, ", "), Where: atPartner, Do: lines, Rules: []string{"PEER-01"},
			Why: "partners that discover us follow the records; those that list us by hand must change their list",
		})
	}
}

// meetPartners says what each partner has to do, and what is then true.
func (c *change) meetPartners() {
	for _, partner := range c.new.Partners {
		was, known := c.old.Partner(partner.Domain)
		if known && was == partner {
			continue
		}
		s := Step{Title: "Agree with the partner " + partner.Domain, Where: atPartner, Rules: []string{"PEER-01"}}
		if known {
			s.Title = "Agree anew with the partner " + partner.Domain
		}
		for _, d := range c.new.Domains {
			s.Do = append(s.Do, fmt.Sprintf("it allows federation with %s, whose Edge is %s", d.Name, d.Pool))
		}
		switch {
		case partner.Expect == Unreachable:
			s.Do = []string{"nothing: the plan expects that calls with it do not work"}
			s.Rules = nil
		case partner.Edge != "":
			s.Do = append(s.Do, fmt.Sprintf("our nodes call it at %s, without SRV record", partner.Edge))
		default:
			s.Do = append(s.Do, fmt.Sprintf("_sipfederationtls._tcp.%s leads to port 5061 of a host directly in %s", partner.Domain, partner.Domain))
			s.Rules = append(s.Rules, "DNS-17")
		}
		if partner.Expect == Reachable && partner.Trust == Discovered {
			s.Why = "a partner that only discovers us lets 20 messages a second through; one that lists us does not count them"
			s.Rules = append(s.Rules, "PEER-02")
		}
		c.step(s)
	}
	for _, partner := range c.old.Partners {
		if _, stays := c.new.Partner(partner.Domain); !stays {
			c.step(Step{Title: "Tell the partner " + partner.Domain + " that federation ends", Where: atPartner})
		}
	}
}
