package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Office365SRV is what a tenant's own federation record points to.
const Office365SRV = "sipfed.online.lync.com"

// Proposal moves a domain of the plan out of the way of Office 365: into a
// subdomain, with the names that follow from it.
type Proposal struct {
	Domain    string   `json:"domain"`
	Subdomain string   `json:"subdomain"`
	Names     []Rename `json:"names"`
}

// Rename is one name that changes.
type Rename struct {
	What string `json:"what"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Conflicts lists the domains of the plan that its office365 key says belong
// to a Microsoft tenant, each with a way out (rule DNS-14).
func (p *Plan) Conflicts() []Proposal {
	var found []Proposal
	for _, d := range p.Domains {
		if p.tenants(d.Name) {
			found = append(found, p.Propose(d.Name))
		}
	}
	return found
}

// tenants tells whether a domain belongs to a Microsoft tenant.
func (p *Plan) tenants(domain string) bool { return slices.Contains(p.Office365, domain) }

// Propose gives the names to use when a domain of the plan turns out to belong
// to Office 365, from wherever that is known: a subdomain, and in it the same
// hosts and aliases.
func (p *Plan) Propose(domain string) Proposal {
	domain = canonical(domain)
	to := Proposal{Domain: domain, Subdomain: p.freeSubdomain(domain)}
	moved := func(host string) string {
		if rest, ok := strings.CutSuffix(host, domain); ok && (rest == "" || strings.HasSuffix(rest, ".")) {
			return rest + to.Subdomain
		}
		return host
	}
	rename := func(what, old, now string) {
		if old != now {
			to.Names = append(to.Names, Rename{What: what, Old: old, New: now})
		}
	}
	rename("SIP domain", domain, to.Subdomain)
	rename("SRV record", "_sipfederationtls._tcp."+domain, "_sipfederationtls._tcp."+to.Subdomain)
	for _, d := range p.Domains {
		if d.Name == domain {
			rename("pool host", d.Pool, moved(d.Pool))
		}
	}
	for _, n := range p.Nodes {
		if p.domainOf(n) == domain && !p.Inside(n) {
			rename("node", n.Name, moved(n.Name))
		}
	}
	for _, room := range p.Rooms {
		for _, alias := range room.Aliases {
			if user, host, _ := strings.Cut(alias, "@"); host == domain {
				rename("alias", alias, user+"@"+to.Subdomain)
			}
		}
	}
	return to
}

// freeSubdomain is a name under a domain that the plan does not use.
func (p *Plan) freeSubdomain(domain string) string {
	for _, label := range []string{"vc", "meet", "conf", "video"} {
		name := label + "." + domain
		used := slices.ContainsFunc(p.Domains, func(d Domain) bool { return d.Name == name || d.Pool == name }) ||
			slices.ContainsFunc(p.Nodes, func(n Node) bool { return n.Name == name }) || slices.Contains(p.Office365, name)
		if !used && !strings.HasPrefix(domain, label+".") {
			return name
		}
	}
	return "vc2." + domain
}

func (p *Plan) checkOffice365(r *reader) {
	names := r.unique("the domain")
	for i, domain := range p.Office365 {
		names.add(fmt.Sprintf("office365[%d]", i), domain, "write each domain once")
	}
}
