package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Settings is what to set at one place of the platform.
type Settings struct {
	Subject  string    `json:"subject"` // the platform, a location, a node or a room
	Where    string    `json:"where"`   // the page of the administration
	Settings []Setting `json:"settings"`
}

// Setting is one field of a page.
type Setting struct {
	Name  string   `json:"name"`  // as the page has it
	Field string   `json:"field"` // as the management API has it
	Value string   `json:"value"`
	Note  string   `json:"note,omitzero"`
	Rules []string `json:"rules,omitempty"`
}

// The pages of the platform's administration; older releases call the menu
// Platform configuration.
const (
	pageGlobal    = "Platform > Global settings"
	pageLocations = "Platform > Locations"
	pageNodes     = "Platform > Conferencing Nodes"
	pageCerts     = "Platform > TLS certificates"
	pageRooms     = "Services > Virtual Meeting Rooms"
)

// Checklist lists the settings in the order to go through them: the platform's,
// each certificate, each location, each node, each room. A PIN is never in it.
func (p *Plan) Checklist() []Settings {
	list := []Settings{p.platform()}
	for _, r := range p.ToRequest() {
		list = append(list, Settings{"certificate " + r.File, pageCerts, []Setting{
			{"TLS certificate", "tls_certificate.certificate", "issued for " + r.CommonName + ", names " + strings.Join(r.Names, ", "), "intermediates go to Platform > Trusted CA certificates", []string{"CRT-01", "CRT-03", "CRT-07"}},
			{"Private key", "tls_certificate.private_key", r.File + "-key.pem", "beside the request that simulator plan --csr made", nil},
			{"Nodes", "tls_certificate.nodes", strings.Join(r.Nodes, ", "), "", []string{"CRT-10", "CRT-15"}},
		}})
	}
	for _, l := range p.Locations {
		list = append(list, p.locationSettings(l))
	}
	for _, n := range p.Nodes {
		list = append(list, p.nodeSettings(n))
	}
	for _, room := range p.Rooms {
		list = append(list, roomSettings(room))
	}
	return list
}

func (p *Plan) platform() Settings {
	domain := ""
	if len(p.Domains) > 0 {
		domain = p.Domains[0].Name
	}
	verify := "Off"
	if p.Verify {
		verify = "On"
	}
	s := Settings{Subject: "platform", Where: pageGlobal, Settings: []Setting{
		{"Pexip Infinity domain (for Lync / Skype for Business integration)", "global.local_mssip_domain", domain, "it is put into From of calls outward", []string{"DOM-01", "DOM-02"}},
		{"SIP TLS certificate verification mode", "global.sip_tls_cert_verify_mode", verify, "", []string{"CRT-14"}},
		{"Media port range", "global.media_ports_start, media_ports_end", p.MediaPorts.String(), "", []string{"NET-02"}},
	}}
	if from := p.callsFrom(); p.Outbound && len(p.Outside()) < len(p.Nodes) {
		s.Settings = append(s.Settings, Setting{
			"Outgoing location of Call Routing Rules to partners", "gateway_routing_rule.outgoing_location", strings.Join(from, " or "),
			"not Automatic: nodes inside have no certificate that proves the domain", []string{"LOC-03"},
		})
	}
	return s
}

// callsFrom lists the locations whose nodes partners can call back.
func (p *Plan) callsFrom() []string {
	var names []string
	for _, n := range p.Outside() {
		if !slices.Contains(names, n.Location) {
			names = append(names, n.Location)
		}
	}
	return names
}

func (p *Plan) locationSettings(l Location) Settings {
	s := Settings{Subject: "location " + l.Name, Where: pageLocations}
	add := func(name, field, value, note string, rules ...string) {
		s.Settings = append(s.Settings, Setting{name, field, value, note, rules})
	}
	add("Lync / Skype for Business server", "system_location.mssip_proxy", "(none)", "so that nodes find partners by DNS", "LOC-01")
	override, note := p.override(l)
	add("Pexip Infinity domain (for Lync / Skype for Business integration)", "system_location.local_mssip_domain", override, note, "DOM-03")
	transcoding := ""
	for _, n := range p.Nodes {
		if n.Location == l.Name && n.Has(Proxying) && len(l.Overflow) > 0 {
			transcoding = l.Overflow[0]
		}
	}
	overflow := l.Overflow
	if transcoding != "" {
		add("Transcoding location", "system_location.transcoding_location", transcoding, "its own nodes forward media and do not mix it", "LOC-06")
		overflow = overflow[1:]
	}
	for i, name := range []string{"Primary overflow location", "Secondary overflow location"} {
		value := "(none)"
		if i < len(overflow) {
			value = overflow[i]
		}
		add(name, fmt.Sprintf("system_location.overflow_location%d", i+1), value, "")
	}
	if len(overflow) > 2 {
		s.Settings[len(s.Settings)-1].Note = "the plan has more, which the platform has no field for: " + strings.Join(overflow[2:], ", ")
	}
	return s
}

// override is the domain of a location where it differs from the platform's.
func (p *Plan) override(l Location) (value, note string) {
	var domains []string
	for _, n := range p.Nodes {
		if from := p.fromDomain(n.Name); n.Location == l.Name && !l.Inside && !slices.Contains(domains, from) {
			domains = append(domains, from)
		}
	}
	switch {
	case len(domains) > 1:
		return "(none)", "nodes of " + strings.Join(domains, " and ") + " share this location; for calls outward give each domain one of its own"
	case len(domains) == 1 && domains[0] != p.Domains[0].Name:
		return domains[0], "its calls outward come from this domain, not from the platform's"
	}
	return "(none)", ""
}

func (p *Plan) nodeSettings(n Node) Settings {
	role := "Transcoding Conferencing Node"
	kind := "CONFERENCING"
	if n.Has(Proxying) {
		role, kind = "Proxying Edge Node", "PROXYING"
	}
	var does []string
	for _, r := range n.Roles {
		does = append(does, string(r))
	}
	nat := "(none)"
	if n.PublicAddr() != n.Address {
		nat = n.PublicAddr().String()
	}
	s := Settings{Subject: "node " + n.Name, Where: pageNodes}
	add := func(name, field, value, note string, rules ...string) {
		s.Settings = append(s.Settings, Setting{name, field, value, note, rules})
	}
	add("Role", "worker_vm.node_type", role+" ("+kind+")", "does: "+strings.Join(does, ", "), "LOC-05")
	add("System location", "worker_vm.system_location", n.Location, "", "LOC-04")
	add("IPv4 address", "worker_vm.address", n.Address.String(), "")
	add("IPv4 static NAT address", "worker_vm.static_nat_address", nat, "", "DNS-11", "NET-05")
	if p.Inside(n) {
		return s
	}
	if !p.shows(n) {
		add("SIP TLS FQDN (later: Configured FQDN)", "worker_vm.alternative_fqdn", n.Name, "not needed until it takes or places calls; harmless before")
		return s
	}
	add("SIP TLS FQDN (later: Configured FQDN)", "worker_vm.alternative_fqdn", n.Name, "its own name, never the pool's", "FQD-01", "FQD-02", "FQD-03", "FQD-04")
	for _, r := range p.ToRequest() {
		if slices.Contains(r.Nodes, n.Name) {
			add("TLS certificate", "worker_vm.tls_certificate", r.File, "", "CRT-10", "CRT-15")
		}
	}
	return s
}

func roomSettings(r Room) Settings {
	s := Settings{Subject: "room " + r.Name, Where: pageRooms, Settings: []Setting{
		{"Aliases", "conference_alias.alias", strings.Join(r.Aliases, ", "), "", []string{"LOC-07"}},
	}}
	pin, limit := "(none)", "(none)"
	if r.PIN != "" {
		pin = "(set; see the plan)"
	}
	if r.Limit > 0 {
		limit = fmt.Sprint(r.Limit)
	}
	s.Settings = append(s.Settings, Setting{Name: "Host PIN", Field: "conference.pin", Value: pin},
		Setting{Name: "Participant limit", Field: "conference.participant_limit", Value: limit})
	return s
}
