package infinity

import (
	"fmt"
	"slices"
	"strings"

	"fedge/plan"
)

// global maps what is set for the whole platform.
func (m *mapping) global() {
	g, subject := m.platform.global, "global settings"
	m.above("", "Made from the answers of the platform's management API. FILL IN marks what they do\n"+
		"not say, ASSUMED what was guessed, WRONG what is against the rules of the\ndeployment guide and is to be mended on the platform.")
	dials, known := g.flag("enable_dialout")
	if m.plan.Outbound = dials || !known; known {
		m.beside("outbound", "enable_dialout")
	} else {
		m.assume("outbound", subject, "enable_dialout", "it is not in the answer; nodes can place calls unless told otherwise")
	}
	m.assume("from", subject, "", "the API does not say whether From is always rewritten; a conference with a SIP alias may show that (default-only)")
	verifies, known := g.flag("sip_tls_cert_verify_mode")
	m.plan.Verify = verifies || !known
	switch {
	case !known:
		m.assume("verify", subject, "sip_tls_cert_verify_mode", "it is not in the answer; on is what is recommended")
	case !verifies:
		m.contradicts("CRT-14", "verify", subject, "sip_tls_cert_verify_mode", shown(g, "sip_tls_cert_verify_mode"), "callers need not prove who they are; set it to ON")
	default:
		m.beside("verify", "sip_tls_cert_verify_mode")
	}
	if on, known := g.flag("enable_sip"); known && !on {
		m.contradicts("NET-01", "-", subject, "enable_sip", "false", "SIP is switched off: no partner can call, none can be called; switch it on")
	}
	if on, known := g.flag("bdpm_scan_quarantine_enabled"); known && on {
		m.contradicts("SEC-01", "-", subject, "bdpm_scan_quarantine_enabled", "true",
			"mistyped aliases lock out an address, and all of a partner's users come from the one address of its Edge; put the Edges of known partners on the allow list")
	}
	m.ports(g, subject)
}

func (m *mapping) ports(g object, subject string) {
	first, known := g.integer("media_ports_start")
	last, known2 := g.integer("media_ports_end")
	m.plan.MediaPorts = plan.PortRange{First: 40000, Last: 49999}
	switch {
	case !known || !known2:
		m.assume("media_ports", subject, "media_ports_start", "it is not in the answer; 40000-49999 is what nodes come with")
	case first < 1024 || first >= last || last > 65535:
		m.unmapped(g, subject, "media_ports_start", "with media_ports_end it is no range of ports; 40000-49999 is in the plan")
	default:
		m.plan.MediaPorts = plan.PortRange{First: uint16(first), Last: uint16(last)}
		m.beside("media_ports", "media_ports_start, media_ports_end")
	}
}

// domains maps the Pexip Infinity domain and its overrides by location.
func (m *mapping) domains() {
	const field = "local_mssip_domain"
	g := m.platform.global.host(field)
	switch {
	case g != "" && plan.IsHost(g):
		m.addDomain(g, "global local_mssip_domain")
	case g != "":
		m.contradicts("DOM-01", "domains[0].name", "global settings", field, quoted(g), quoted(g)+" is no domain; set the Pexip Infinity domain to the SIP domain that partners call")
	}
	for _, l := range m.locationsInUse() {
		if l.domain != "" && !m.isDomain(l.domain) && m.strayDomain(l) == "" {
			m.addDomain(l.domain, "local_mssip_domain of location "+l.name)
		}
	}
	if len(m.plan.Domains) > 0 {
		if g == "" {
			m.contradicts("DOM-01", "domains[0].name", "global settings", field, "", "the Pexip Infinity domain is not set; locations without one of their own put none into From")
		}
		return
	}
	guess, from := m.guessDomain()
	if g == "" {
		m.contradicts("DOM-01", "domains[0].name", "global settings", field, "", "the Pexip Infinity domain is not set: partners cannot route back; set it to the SIP domain that they call")
	}
	if guess == "" {
		m.plan.Domains = []plan.Domain{{Name: fillIn}}
		m.fill("domains[0].name", "global settings", field, "the SIP domain that partners call")
		return
	}
	m.plan.Domains = []plan.Domain{{Name: guess}}
	m.assume("domains[0].name", "global settings", field, "no SIP domain is set; this one is taken from "+from)
}

// strayDomain says why the domain that a location puts into From cannot be one
// of the plan's; "" if it can (DOM-03).
func (m *mapping) strayDomain(l *location) string {
	switch {
	case !plan.IsHost(l.domain):
		return quoted(l.domain) + " is no domain; set it to the SIP domain of the location, or leave it empty"
	case !slices.ContainsFunc(m.platform.workers, func(w *worker) bool { return under(w.fqdn, l.domain) || under(w.own, l.domain) }):
		return "no node has a name in " + l.domain + ", so no certificate can prove a From with it; give the location's nodes names there, or leave it empty"
	}
	return ""
}

func (m *mapping) addDomain(name, source string) {
	m.plan.Domains = append(m.plan.Domains, plan.Domain{Name: name})
	m.beside(fmt.Sprintf("domains[%d].name", len(m.plan.Domains)-1), source)
}

// guessDomain takes the domain that most nodes are in.
func (m *mapping) guessDomain() (domain, from string) {
	count := map[string]int{}
	for _, w := range m.platform.workers {
		_, parent, _ := strings.Cut(w.fqdn, ".")
		if !plan.IsHost(parent) {
			continue
		}
		if count[parent]++; count[parent] > count[domain] {
			domain = parent
		}
	}
	return domain, fmt.Sprintf("the names of %d nodes", count[domain])
}

func (m *mapping) isDomain(name string) bool {
	return slices.ContainsFunc(m.plan.Domains, func(d plan.Domain) bool { return d.Name == name })
}

// domainOf is the domain that a host is named in; "" for none.
func (m *mapping) domainOf(host string) string {
	d, _ := m.plan.Domain(host)
	if d.Name == host {
		return ""
	}
	return d.Name
}

// locationsInUse lists the locations that have nodes, in the API's order.
func (m *mapping) locationsInUse() []*location {
	var used []*location
	for _, uri := range m.platform.order {
		l := m.platform.locations[uri]
		if slices.ContainsFunc(m.platform.workers, func(w *worker) bool { return w.location == l }) {
			used = append(used, l)
		}
	}
	return used
}

func under(host, domain string) bool { return strings.HasSuffix(host, "."+domain) }

func directlyUnder(host, domain string) bool {
	label, found := strings.CutSuffix(host, "."+domain)
	return found && label != "" && !strings.Contains(label, ".")
}
