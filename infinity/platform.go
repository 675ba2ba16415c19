package infinity

import (
	"net/netip"
	"strings"
)

// platform is the answers as far as they matter to a federation.
type platform struct {
	global       object
	workers      []*worker
	locations    map[string]*location // by reference
	order        []string             // of locations
	certificates map[string]*certificate
	authorities  int // of ca_certificate
	conferences  []object
	aliases      []object
	rules        []object
	proxies      map[string]string // names of SfB servers by reference
	have         map[string]bool   // resources that were in the directory
}

// worker is a Conferencing Node.
type worker struct {
	object
	name        string // the platform's own word for it
	fqdn        string // alternative_fqdn: the SIP TLS FQDN
	own         string // hostname.domain
	address     netip.Addr
	secondary   netip.Addr // of a second interface, which faces outside
	nat         netip.Addr
	location    *location
	certificate *certificate // nil: none, or not known
	client      bool         // it has a certificate for calls that it places
	proxying    bool
}

// location is a system location.
type location struct {
	object
	name     string
	domain   string   // local_mssip_domain
	inside   bool     // partners never meet its nodes
	overflow []string // references: transcoding_location, overflow_location1 and 2
}

func (a *answers) platform() platform {
	p := platform{
		locations: map[string]*location{}, certificates: map[string]*certificate{}, proxies: map[string]string{},
		conferences: a.objects["conference"], aliases: a.objects["conference_alias"], rules: a.objects["gateway_routing_rule"],
		authorities: len(a.objects["ca_certificate"]), have: map[string]bool{},
	}
	for name := range a.objects {
		p.have[name] = true
	}
	if list := a.objects["global"]; len(list) > 0 {
		p.global = list[0]
		if len(list) > 1 {
			a.problems.add("%s: there are %d global settings; there is one of a platform", list[0].file, len(list))
		}
	} else {
		p.global = object{problems: a.problems}
	}
	for _, o := range a.objects["mssip_proxy"] {
		p.proxies[o.uri()] = o.text("address")
	}
	for _, o := range a.objects["tls_certificate"] {
		p.certificates[o.uri()] = readCertificate(o)
	}
	for _, o := range a.objects["system_location"] {
		l := &location{object: o, name: o.text("name"), domain: o.host("local_mssip_domain")}
		for _, field := range []string{"transcoding_location", "overflow_location1", "overflow_location2"} {
			l.overflow = append(l.overflow, o.ref(field))
		}
		if l.name == "" {
			o.wrong("name", "a location's name")
		}
		p.locations[o.uri()] = l
		p.order = append(p.order, o.uri())
	}
	for _, uri := range p.order {
		for _, other := range p.locations[uri].overflow {
			if p.locations[other] == nil && other != "" {
				a.problems.add("%s: location %s refers to %s, which is not in system_location.json; save both answers again", p.locations[uri].file, quoted(p.locations[uri].name), quoted(other))
			}
		}
	}
	for _, o := range a.objects["worker_vm"] {
		p.workers = append(p.workers, a.worker(o, p))
	}
	return p
}

func (a *answers) worker(o object, p platform) *worker {
	w := &worker{
		object: o, name: o.text("name"), fqdn: o.host("alternative_fqdn"), own: strings.Trim(o.host("hostname")+"."+o.host("domain"), "."),
		address: o.address("address"), secondary: o.address("secondary_address"), nat: o.address("static_nat_address"),
		client: o.ref("tls_client_certificate") != "", proxying: strings.EqualFold(o.text("node_type"), "PROXYING"),
	}
	if w.name == "" {
		w.name = w.own
	}
	if uri := o.ref("system_location"); p.locations[uri] != nil {
		w.location = p.locations[uri]
	} else if len(p.locations) > 0 {
		a.problems.add("%s: node %s refers to the location %s, which is not in system_location.json; save both answers again", o.file, quoted(w.name), quoted(uri))
	}
	if uri := o.ref("tls_certificate"); uri != "" && p.have["tls_certificate"] {
		if w.certificate = p.certificates[uri]; w.certificate == nil {
			a.problems.add("%s: node %s refers to %s, which is not in tls_certificate.json; save both answers again", o.file, quoted(w.name), quoted(uri))
		}
	}
	return w
}
