package infinity

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fedge/plan"
)

// Bounds on what of the rooms goes into a plan: it is for testing, and a
// platform may have some ten thousand.
const (
	maxRooms   = 200
	maxAliases = 20 // of one room
)

// rooms maps conferences that partners can call by an alias.
func (m *mapping) rooms() {
	aliases := map[string][]string{} // by conference
	note := func(conference string, o object) {
		if alias := o.text("alias"); alias != "" && !slices.Contains(aliases[conference], alias) {
			aliases[conference] = append(aliases[conference], alias)
		}
	}
	known := map[string]bool{}
	for _, c := range m.platform.conferences {
		known[c.uri()] = true
	}
	for _, o := range m.platform.aliases {
		conference := o.ref("conference")
		if m.platform.have["conference"] && !known[conference] {
			m.platform.global.problems.add("%s: the alias %s refers to the conference %s, which is not in conference.json; save both answers again", o.file, quoted(o.text("alias")), quoted(conference))
		}
		note(conference, o)
	}
	for _, c := range m.platform.conferences {
		for _, o := range c.children("aliases", "conference_alias") {
			note(c.uri(), o)
		}
	}
	conferences := slices.Clone(m.platform.conferences)
	if !m.platform.have["conference"] {
		for _, uri := range slices.Sorted(maps.Keys(aliases)) {
			conferences = append(conferences, object{
				resource: "conference", problems: m.platform.global.problems,
				fields: map[string]any{"resource_uri": uri, "name": aliases[uri][0]},
			})
		}
	}
	// Rooms in the domains come first: those are what partners can call.
	slices.SortStableFunc(conferences, func(a, b object) int {
		return cmp.Compare(m.foreign(aliases[a.uri()]), m.foreign(aliases[b.uri()]))
	})
	used, left := map[string]bool{}, 0
	for _, c := range conferences {
		if len(m.plan.Rooms) == maxRooms {
			left++
			continue
		}
		m.room(c, aliases[c.uri()], used)
	}
	if left > 0 {
		m.report.Unmapped = append(m.report.Unmapped, Note{Subject: "rooms", Text: fmt.Sprintf("%d more are left out: %d are enough to test with", left, maxRooms)})
	}
	m.callable()
}

// foreign is 0 for a room with an alias in a domain, 1 for others.
func (m *mapping) foreign(aliases []string) int {
	if slices.ContainsFunc(aliases, func(a string) bool { _, host, _ := strings.Cut(a, "@"); return m.isDomain(strings.ToLower(host)) }) {
		return 0
	}
	return 1
}

func (m *mapping) room(c object, aliases []string, used map[string]bool) {
	name := c.text("name")
	subject := "room " + quoted(name)
	switch kind := c.text("service_type"); kind {
	case "", "conference", "lecture":
	default:
		m.unmapped(c, subject, "service_type", "this is no meeting room; a plan has rooms only")
		return
	}
	r := plan.Room{Name: label(name)}
	path := fmt.Sprintf("rooms[%d]", len(m.plan.Rooms))
	for _, alias := range aliases {
		if why := m.unfit(alias, used); why != "" {
			m.report.Unmapped = append(m.report.Unmapped, Note{Subject: subject, Field: "alias", Value: quoted(alias), Text: why})
			continue
		}
		if len(r.Aliases) < maxAliases {
			r.Aliases = append(r.Aliases, alias)
			used[strings.ToLower(alias)] = true
		}
	}
	if len(r.Aliases) == 0 || r.Name == "" || used["name "+r.Name] {
		m.report.Unmapped = append(m.report.Unmapped, Note{Subject: subject, Text: "left out: it has no alias that a partner could call, or no name of its own"})
		return
	}
	used["name "+r.Name] = true
	if n, known := c.integer("participant_limit"); known && n > 0 && n <= 1_000_000 {
		r.Limit = n
	}
	if pin := strings.TrimSuffix(c.text("pin"), "#"); pin != "" {
		if r.PIN = pin; len(pin) < 4 || len(pin) > 20 || strings.Trim(pin, "0123456789") != "" {
			r.PIN = ""
			m.report.Unmapped = append(m.report.Unmapped, Note{Subject: subject, Field: "pin", Text: "it is not 4 to 20 digits, and the room has none in the plan"})
		} else {
			m.above(path, "This PIN is a secret of the platform: keep the file as one, or take it out.")
		}
	}
	m.plan.Rooms = append(m.plan.Rooms, r)
}

// unfit says why a plan cannot have an alias.
func (m *mapping) unfit(alias string, used map[string]bool) string {
	user, host, at := strings.Cut(alias, "@")
	host = strings.ToLower(host)
	switch {
	case !at:
		return "it has no domain, so no partner can call it"
	case user == "" || !plan.IsHost(host) || strings.ContainsFunc(user, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(`:;?<>"@%`, r)
	}) || !utf8.ValidString(alias) || len(alias) > 255:
		return "this is not USER@DOMAIN"
	case used[strings.ToLower(alias)]:
		return "another room has it, too"
	case slices.ContainsFunc(m.plan.Domains, func(d plan.Domain) bool { return d.Pool == host }), slices.ContainsFunc(m.plan.Nodes, func(n plan.Node) bool { return n.Name == host }):
		return "it is at a host, not at a domain; calls to the host find the room by its alias at the domain as well"
	}
	return ""
}

// label makes a name fit for a plan.
func label(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xfeff || r == 0x2028 || r == 0x2029 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if runes := []rune(name); len(runes) > 250 {
		name = string(runes[:250])
	}
	return strings.TrimSpace(name)
}

// callable asks for a room in every domain (rule LOC-07), if rooms are known.
func (m *mapping) callable() {
	known := m.platform.have["conference"] || m.platform.have["conference_alias"]
	for _, d := range m.plan.Domains {
		switch {
		case d.Name == fillIn:
		case slices.ContainsFunc(m.plan.Rooms, func(r plan.Room) bool { return m.inDomain(r, d.Name) }):
		case known:
			m.contradicts("LOC-07", "rooms", "domain "+d.Name, "conference_alias", "", "no room has an alias in it, so every call is refused; give one an alias such as meet@"+d.Name)
		default:
			m.fill("", "rooms", "conference_alias", "a room with an alias in "+d.Name+" that a check can call, under rooms; neither conference.json nor conference_alias.json is there")
		}
	}
}

func (m *mapping) inDomain(r plan.Room, domain string) bool {
	return slices.ContainsFunc(r.Aliases, func(a string) bool { _, host, _ := strings.Cut(a, "@"); return strings.EqualFold(host, domain) })
}
