package plan

// Node finds a node by its FQDN.
func (p *Plan) Node(name string) (Node, bool) { return Node{}, false }

// Room finds the room that a call to this URI, or alias, is for. Scheme and
// URI parameters do not matter, nor does the case of letters; a host that is
// the pool, a node or a node's address counts as that node's domain.
func (p *Plan) Room(alias string) (Room, bool) { return Room{}, false }

// Partner finds a partner by its domain.
func (p *Plan) Partner(domain string) (Partner, bool) { return Partner{}, false }

// Location finds a location by its name.
func (p *Plan) Location(name string) (Location, bool) { return Location{}, false }

// Domain finds the SIP domain that a host name lies in; for a domain's own name
// it is that domain.
func (p *Plan) Domain(host string) (Domain, bool) { return Domain{}, false }

// Signaling lists the nodes that take calls, in the order of the file.
func (p *Plan) Signaling() []Node { return nil }

// MediaNodes lists the nodes that mix media, in the order of the file.
func (p *Plan) MediaNodes() []Node { return nil }

// Files names the certificate and key of a node: its own, or the plan's.
func (p *Plan) Files(n Node) (certificate, key string) { return "", "" }

// FromURI is the From of a call that node places for caller (a URI, or an
// alias): "sip:USER@DOMAIN", free of parameters, legal whatever caller holds.
func (p *Plan) FromURI(node, caller string) string { return "" }

// Names lists what the shared certificate must name, its common name first:
// the pool hosts, the nodes and the bare SIP domains.
func (p *Plan) Names() []string { return nil }

// Zone is the first domain's zone as BIND reads it.
func (p *Plan) Zone() string { return "" }

// ZoneOf is the zone of one of the plan's domains; "" when it is none of them.
func (p *Plan) ZoneOf(domain string) string { return "" }
