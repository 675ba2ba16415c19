package plan

import (
	"fmt"
	"slices"
	"strings"
)

// check finds the contradictions of a plan that could be read. What could not
// be read is empty here and already reported: it is not reported again.
func (p *Plan) check(r *reader) {
	p.checkDomains(r)
	p.checkLocations(r)
	p.checkNodes(r)
	p.checkRoles(r)
	p.checkRooms(r)
	p.checkPartners(r)
	p.checkOffice365(r)
	p.checkExpected(r)
	p.checkCalls(r)
	if has := p.Certificates; (has.Certificate == "") != (has.Key == "") {
		r.wrong("certificates", "certificate and key belong together and one is missing", "write both, or neither")
	}
}

// unique reports what was seen before.
type unique struct {
	r    *reader
	what string
	seen map[string]string // value to path
}

func (r *reader) unique(what string) unique { return unique{r, what, map[string]string{}} }

func (u unique) add(path, value, instead string) {
	if value == "" {
		return
	}
	if first, twice := u.seen[value]; twice {
		u.r.wrong(path, fmt.Sprintf("%s %s is here twice", u.what, value), fmt.Sprintf("%s; the other one is in line %d", instead, u.r.places[first].line))
		return
	}
	u.seen[value] = path
}

func (p *Plan) checkDomains(r *reader) {
	names, pools := r.unique("the domain"), r.unique("the pool")
	for i, d := range p.Domains {
		path := fmt.Sprintf("domains[%d].", i)
		names.add(path+"name", d.Name, "write each domain once")
		pools.add(path+"pool", d.Pool, "write a pool host of its own for each domain")
		if d.Name == "" || d.Pool == "" {
			continue
		}
		switch {
		case d.Pool == d.Name:
			r.wrong(path+"pool", "the pool "+d.Pool+" is the domain itself", "write a host directly under it, as in sip."+d.Name)
		case !directlyUnder(d.Pool, d.Name):
			r.wrong(path+"pool", fmt.Sprintf("the pool %s is not directly under its domain %s: Lync partners refuse such an SRV record (1009)", d.Pool, d.Name),
				"write one label before the domain, as in sip."+d.Name)
		case slices.ContainsFunc(p.Domains, func(other Domain) bool { return other.Name == d.Pool }):
			r.wrong(path+"pool", "the pool "+d.Pool+" is also a domain of the plan", "write another host directly under "+d.Name)
		}
	}
	if len(p.Domains) == 0 && r.written("domains") {
		r.wrong("domains", "there is no domain", "write at least one, with its name and its pool host")
	}
}

func (p *Plan) checkLocations(r *reader) {
	if len(p.Locations) == 0 && r.written("locations") {
		r.wrong("locations", "there is no location", "write at least one, with its name")
	}
	names := r.unique("the location")
	for i, l := range p.Locations {
		path := fmt.Sprintf("locations[%d].", i)
		names.add(path+"name", l.Name, "write each location once")
		if l.FromDomain != "" && !slices.ContainsFunc(p.Domains, func(d Domain) bool { return d.Name == l.FromDomain }) {
			r.wrong(path+"from_domain", l.FromDomain+" is no domain of the plan: partners could not prove a From with it", "write one of: "+p.domainNames())
		}
		overflow := r.unique("the overflow location")
		for j, other := range l.Overflow {
			path := fmt.Sprintf("%soverflow[%d]", path, j)
			overflow.add(path, other, "write each location once")
			switch {
			case other == "":
			case other == l.Name:
				r.wrong(path, l.Name+" overflows into itself", "write another location")
			case !p.hasLocation(other):
				r.wrong(path, fmt.Sprintf("there is no location %q", other), suggest(other, p.locationNames()))
			}
		}
	}
}

func (p *Plan) checkRooms(r *reader) {
	names, aliases := r.unique("the room"), r.unique("the alias")
	for i, room := range p.Rooms {
		path := fmt.Sprintf("rooms[%d].", i)
		names.add(path+"name", room.Name, "write each room once, or give them other names")
		if len(room.Aliases) == 0 && r.written(path+"aliases") {
			r.wrong(path+"aliases", "the room has no alias", "write what to call it by, as in meet.alice@vc.example.com")
		}
		for j, alias := range room.Aliases {
			if alias == "" {
				continue
			}
			path := fmt.Sprintf("%saliases[%d]", path, j)
			a := parseAddress(alias)
			if home := p.home(a.host); home != a.host && !r.troubled("domains") {
				r.wrong(path, fmt.Sprintf("the alias %s is at a host, not at a domain", alias),
					fmt.Sprintf("write %s@%s; calls to the host find it as well", a.user, home))
				continue
			}
			aliases.add(path, strings.ToLower(unescape(a.user)+"@"+a.host), "write each alias once")
		}
	}
}

func (p *Plan) hasLocation(name string) bool {
	_, ok := p.Location(name)
	return ok
}

func (p *Plan) locationNames() []string {
	var names []string
	for _, l := range p.Locations {
		names = append(names, l.Name)
	}
	return distinct(names)
}

func (p *Plan) domainNames() string {
	var names []string
	for _, d := range p.Domains {
		names = append(names, d.Name)
	}
	return strings.Join(distinct(names), ", ")
}
