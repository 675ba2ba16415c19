package plan

import (
	"net/netip"
	"path/filepath"
)

// usualPorts is what Conferencing Nodes use for media when they are not told
// otherwise.
func usualPorts() PortRange { return PortRange{40000, 49999} }

// usualCapacity is how many sessions a media node takes when the plan is silent.
const usualCapacity = 100

// read fills the plan from the file, noting what cannot be read. Paths become
// relative to where dir is relative to.
func (p *Plan) read(root value, dir string) {
	top := root.object("domains", "outbound", "from", "verify", "public_ranges", "resolver", "media_ports",
		"certificates", "locations", "nodes", "rooms", "partners",
		"discovery", "blocked", "providers", "limits", "office365", "licences")
	p.Outbound = top.get("outbound").flag(false)
	p.From = word(top.get("from"), FromAlways, FromAlways, FromDefaultOnly)
	p.Verify = top.get("verify").flag(true)
	p.Resolver = top.get("resolver").endpoint("192.0.2.53:53")
	p.MediaPorts = top.get("media_ports").ports(usualPorts())
	for _, v := range top.get("public_ranges").items() {
		if prefix := v.prefix(); prefix != (netip.Prefix{}) {
			p.PublicRanges = append(p.PublicRanges, prefix)
		}
	}
	p.Closed = !top.get("discovery").flag(true)
	for _, v := range top.get("blocked").items() {
		p.Blocked = append(p.Blocked, v.host())
	}
	for _, v := range top.get("providers").items() {
		p.Providers = append(p.Providers, v.host())
	}
	p.Limits = readLimits(top.get("limits"))
	for _, v := range top.get("office365").items() {
		p.Office365 = append(p.Office365, v.host())
	}
	p.Licences = top.get("licences").number(1, 1_000_000)
	files := top.get("certificates").object("roots", "certificate", "key", "revoked")
	p.Certificates = Certificates{
		Roots:       files.get("roots").file(dir),
		Certificate: files.get("certificate").file(dir),
		Key:         files.get("key").file(dir),
		Revoked:     files.get("revoked").file(dir),
	}
	for _, v := range top.need("domains", "write the SIP domains, each with its name and its pool host").items() {
		p.Domains = append(p.Domains, readDomain(v))
	}
	for _, v := range top.need("locations", "write at least one location, and each node's location by its name").items() {
		p.Locations = append(p.Locations, readLocation(v))
	}
	for _, v := range top.need("nodes", "write the nodes, each with its name, address, roles and location").items() {
		p.Nodes = append(p.Nodes, readNode(v, dir))
	}
	for _, v := range top.get("rooms").items() {
		p.Rooms = append(p.Rooms, readRoom(v))
	}
	for _, v := range top.get("partners").items() {
		p.Partners = append(p.Partners, readPartner(v))
	}
}

func readDomain(v value) Domain {
	o := v.object("name", "pool", "expected")
	return Domain{
		Name:     o.need("name", "write the SIP domain, as in name: vc.example.com").host(),
		Pool:     o.need("pool", "write the host that the SRV record points to, as in pool: sip.vc.example.com").host(),
		Expected: readExpected(o.get("expected")),
	}
}

func readLocation(v value) Location {
	o := v.object("name", "overflow", "from_domain", "inside")
	location := Location{
		Name:       o.need("name", "write a name that nodes can refer to").label(),
		FromDomain: o.get("from_domain").host(),
		Inside:     o.get("inside").flag(false),
	}
	for _, v := range o.get("overflow").items() {
		location.Overflow = append(location.Overflow, v.label())
	}
	return location
}

func readNode(v value, dir string) Node {
	o := v.object("name", "address", "public", "roles", "location", "certificate", "key", "admin", "capacity", "calls")
	node := Node{
		Name:        o.need("name", "write the node's FQDN").host(),
		Address:     o.need("address", "write the IPv4 address that the node listens on").address(),
		Public:      o.get("public").address(),
		Location:    o.need("location", "write the name of one of the locations").label(),
		Certificate: o.get("certificate").file(dir),
		Key:         o.get("key").file(dir),
		Admin:       o.get("admin").endpoint("127.0.0.1:9061"),
		Capacity:    o.get("capacity").number(1, 1_000_000),
		Calls:       readCalls(o.get("calls")),
	}
	for _, v := range o.need("roles", "write roles: [signaling, media], or one of them").items() {
		if role := word(v, "", Signaling, Media, Proxying); role != "" {
			node.Roles = append(node.Roles, role)
		}
	}
	if node.Has(Media) && node.Capacity == 0 {
		node.Capacity = usualCapacity
	}
	return node
}

func readRoom(v value) Room {
	o := v.object("name", "aliases", "pin", "limit", "media")
	room := Room{
		Name:  o.need("name", "write a name for the room").label(),
		PIN:   o.get("pin").pin(),
		Limit: o.get("limit").number(1, 1_000_000),
		Media: word(o.get("media"), MediaMixed, MediaNone),
	}
	for _, v := range o.need("aliases", "write what to call the room by, as in aliases: [meet.alice@vc.example.com]").items() {
		room.Aliases = append(room.Aliases, v.alias())
	}
	return room
}

func readPartner(v value) Partner {
	o := v.object("domain", "expect", "trust", "edge")
	return Partner{
		Domain: o.need("domain", "write the partner's SIP domain").host(),
		Expect: word(o.get("expect"), Reachable, Reachable, Unreachable),
		Trust:  word(o.get("trust"), Discovered, Discovered, Allowed),
		Edge:   o.get("edge").host(),
	}
}

func readLimits(v value) Limits {
	o := v.object("calls", "discovered", "outbound", "wrong_aliases")
	return Limits{
		Calls:        o.get("calls").number(1, 1_000_000),
		Discovered:   o.get("discovered").number(1, 1_000_000),
		Outbound:     o.get("outbound").number(4, 1_000_000), // one call's
		WrongAliases: o.get("wrong_aliases").number(1, 1_000_000),
	}
}

// file reads a path, which is relative to dir.
func (v value) file(dir string) string {
	text := v.text()
	if text == "" || filepath.IsAbs(text) {
		return text
	}
	return filepath.Join(dir, text)
}
