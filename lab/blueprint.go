package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"fedge/certs"
	"fedge/edge"
	"fedge/plan"
)

// The world's names. Addresses are the claim's.
const (
	Domain    = "vc.example.com"
	Contoso   = "contoso.example"   // found by SRV
	Fabrikam  = "fabrikam.example"  // has no SRV record: distrusted inward, refused outward
	Northwind = "northwind.example" // listed by hand, with its Edge, which is always up
	Room      = "meet.alice@" + Domain
	LoadRoom  = "load@" + Domain // its media is reserved, not opened
	// ForeignRoom is an alias in a domain of nobody's: a call placed from it
	// shows whether From is rewritten.
	ForeignRoom = "visitor@elsewhere.example"

	// SecondDomain is the other SIP domain of a world with two.
	SecondDomain = "meet.example.org"
	SecondRoom   = "meet.bob@" + SecondDomain
)

// The last bytes of the world's addresses in its network.
const (
	hostClaim       = 1
	hostDNS         = 2
	hostSecondDNS   = 3
	hostSignaling   = 11 // and the next ones
	hostSecondPool  = 15 // signaling nodes of the second domain: this and the next one
	hostMedia       = 21 // and the next ones
	hostContoso     = 31
	hostContosoUser = 32
	hostFabrikam    = 41
	hostNorthwind   = 45
	hostTranslated  = 62 // where calls come from that a NAT gives other ports
	hostPhone       = 51
	hostGone        = 61 // nobody is there
	firstConform    = 71 // the conformance suite's own listeners
	lastConform     = 74
	firstVariant    = 81 // nodes that a conformance case has started
	lastVariant     = 127
	// Behind a NAT a node's own address is in the upper half of the network,
	// which is not public: this much over the one that the world knows.
	hostBehind = 128
)

// thirdHost is the signaling node of an expansion, and nobody else.
const thirdHost = hostSignaling + 2

// usedHosts are all of them, for systems that need an alias for each.
var usedHosts = []byte{
	hostClaim, hostDNS, hostSecondDNS, 11, 12, thirdHost, hostSecondPool, hostSecondPool + 1, 21, 22, 23, 24,
	hostContoso, hostContosoUser, hostFabrikam, hostNorthwind, hostPhone, hostTranslated,
	hostBehind + 11, hostBehind + 12, hostBehind + thirdHost, hostBehind + hostSecondPool, hostBehind + hostSecondPool + 1,
	hostBehind + 21, hostBehind + 22, hostBehind + 23,
}

const (
	dnsPort   = 5353
	adminPort = 9000                // and the last byte of the node's address
	lifetime  = 90 * 24 * time.Hour // of certificates: check warns below 30 days
)

// blueprint is the world before it is built: what was planned, and what faults
// make of it.
type blueprint struct {
	wishes
	network     *claim
	at          time.Time              // what dates are counted from
	plan        *plan.Plan             // what was planned; no fault touches it
	configured  *plan.Plan             // what the nodes were configured with
	zones       *zones                 // what the name servers hold
	second      []func(*zones)         // what the second one holds besides, or instead
	lame        bool                   // the second one has not the deployment's zone
	certificate certs.Request          // the one that all nodes share
	unnamed     []string               // who is not in it
	everywhere  bool                   // the second domain's nodes have it, too, and it names them
	untrusted   bool                   // its root is nobody's
	authority   string                 // who issued it
	limited     bool                   // and may issue for servers alone
	partner     []func(*certs.Request) // changes of Northwind's
	own         map[string]*ownCertificate
	settings    map[string]*edge.Settings // of single nodes
	dead        map[string]bool           // nodes that never come up
	swallowed   map[string]bool           // nodes to which no packet gets through
	hung        map[string]bool           // nodes whose port takes connections and never says a word
	mute        bool                      // the name servers take questions and answer none
	nat         bool                      // nodes are behind one
	translated  bool                      // it is not one to one on the way out
}

// draw plans the faultless world: two signaling nodes and as many media nodes
// as asked for, in one location.
func draw(network *claim, s shape) *blueprint {
	p := &plan.Plan{
		Domains:      []plan.Domain{{Name: Domain, Pool: "sip." + Domain}},
		Outbound:     true,
		From:         plan.FromAlways,
		Verify:       true,
		PublicRanges: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Resolver:     netip.AddrPortFrom(network.host(hostDNS), dnsPort),
		MediaPorts:   plan.PortRange{First: 40000, Last: 49999},
		Locations:    []plan.Location{{Name: "dmz"}},
		Rooms: []plan.Room{
			{Name: "alice", Aliases: []string{Room}},
			{Name: "visitor", Aliases: []string{ForeignRoom}},
			{Name: "load", Aliases: []string{LoadRoom}, Media: plan.MediaNone},
		},
		Partners: []plan.Partner{
			{Domain: Contoso, Expect: plan.Reachable, Trust: plan.Discovered},
			{Domain: Fabrikam, Expect: plan.Unreachable, Trust: plan.Discovered},
			{Domain: Northwind, Expect: plan.Reachable, Trust: plan.Allowed, Edge: "sip." + Northwind},
		},
		Certificates: plan.Certificates{
			Roots: "ca.pem", Certificate: "sip." + Domain + ".pem", Key: "sip." + Domain + "-key.pem",
		},
	}
	for i := range 2 {
		p.Nodes = append(p.Nodes, newNode(network, fmt.Sprintf("px%02d.%s", 1+i, Domain), hostSignaling+byte(i), plan.Signaling))
	}
	if s.expanded {
		p.Nodes = append(p.Nodes, newNode(network, thirdSignaling, thirdHost, plan.Signaling))
	}
	for i := range s.media {
		p.Nodes = append(p.Nodes, newNode(network, fmt.Sprintf("px%02d.%s", 3+i, Domain), hostMedia+byte(i), plan.Media))
	}
	if s.second {
		addSecond(network, p)
	}
	if s.nat {
		putBehindNAT(network, p)
	}
	if s.parted {
		p.Nodes[1].Certificate, p.Nodes[1].Key = secondSignaling+".pem", secondSignaling+"-key.pem"
	}
	b := &blueprint{
		network: network, at: time.Now().UTC().Truncate(time.Second), plan: p, configured: clone(p), zones: newZones(), own: map[string]*ownCertificate{},
		settings: map[string]*edge.Settings{}, dead: map[string]bool{}, swallowed: map[string]bool{}, hung: map[string]bool{}, nat: s.nat,
	}
	shared := p.Requests()[0]
	b.certificate = certs.Request{CommonName: shared.CommonName, Names: shared.Names}
	b.zones.plan(Contoso, partnerRecords(Contoso, network.host(hostContoso), true))
	b.zones.plan(Fabrikam, partnerRecords(Fabrikam, network.host(hostFabrikam), false))
	b.zones.plan(Northwind, partnerRecords(Northwind, network.host(hostNorthwind), true))
	for _, d := range p.Domains {
		b.zones.plan(d.Name, deploymentRecords(p, d.Name))
	}
	return b
}

// addSecond plans a second SIP domain, with a pool, a location and a
// certificate of its own; its media is mixed where the first domain's is.
func addSecond(network *claim, p *plan.Plan) {
	pool := "sip." + SecondDomain
	p.Domains = append(p.Domains, plan.Domain{Name: SecondDomain, Pool: pool})
	p.Locations = append(p.Locations, plan.Location{Name: "meet", Overflow: []string{"dmz"}})
	p.Rooms = append(p.Rooms, plan.Room{Name: "bob", Aliases: []string{SecondRoom}})
	for i := range 2 {
		n := newNode(network, fmt.Sprintf("px%02d.%s", 11+i, SecondDomain), hostSecondPool+byte(i), plan.Signaling)
		n.Location, n.Certificate, n.Key = "meet", pool+".pem", pool+"-key.pem"
		p.Nodes = append(p.Nodes, n)
	}
}

func newNode(network *claim, name string, last byte, role plan.Role) plan.Node {
	n := plan.Node{
		Name: name, Address: network.host(last), Roles: []plan.Role{role}, Location: "dmz",
		Admin: netip.AddrPortFrom(network.host(hostClaim), adminPort+uint16(last)), // not where partners reach the node
	}
	if role == plan.Media {
		n.Capacity = 2000
	}
	return n
}

// clone copies a plan as deep as faults reach.
func clone(p *plan.Plan) *plan.Plan {
	c := *p
	c.Nodes = slices.Clone(p.Nodes)
	c.Locations = slices.Clone(p.Locations)
	c.Rooms = slices.Clone(p.Rooms)
	return &c
}
