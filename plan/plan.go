// Package plan is a deployment as one file, and what follows from it: the
// names, addresses, certificates, rooms and partners that every other part
// works by. It does no I/O beyond its file.
package plan

import (
	"fmt"
	"net/netip"
	"slices"
)

// Port is where every node listens for SIP over TLS.
const Port = 5061

// Plan is one deployment. A plan from Load or Parse holds no contradictions;
// one built in Go is checked by passing what Marshal gives to Parse.
type Plan struct {
	Path         string // of the file it was read from; paths in it are relative to its directory
	Domains      []Domain
	Outbound     bool           // calls are placed outward
	From         FromMode       // how From is made for them
	Verify       bool           // inbound callers must prove their domain
	PublicRanges []netip.Prefix // besides the public internet; only a lab has any
	Resolver     netip.AddrPort // the name server that nodes ask; zero: the system's
	MediaPorts   PortRange
	Certificates Certificates
	Locations    []Location
	Nodes        []Node
	Rooms        []Room
	Partners     []Partner
	Closed       bool     // nobody is discovered: only partners that are allowed federate
	Blocked      []string // domains that never federate, whatever else says so
	Providers    []string // Edges of hosting providers: they speak for every domain whose SRV record points at them
	Limits       Limits
	Office365    []string // domains that a Microsoft tenant owns: their SRV record is not ours to publish
	Licences     int      // how many participants the platform is licensed for; 0: not said
}

// Domain is a SIP domain of the deployment. Its pool host is the target of its
// SRV record and lies directly under it.
type Domain struct {
	Name     string
	Pool     string
	Expected Expected // at the peak; zero: nothing is said
}

// FromMode says how the From of an outbound call is made.
type FromMode string

const (
	// FromAlways puts the deployment's domain in place of whatever the caller's is.
	FromAlways FromMode = "always"
	// FromDefaultOnly leaves a caller that is a valid SIP alias as it is.
	FromDefaultOnly FromMode = "default-only"
)

// Role is what a node does.
type Role string

const (
	Signaling Role = "signaling" // takes calls: its address stands under the pool's name
	Media     Role = "media"     // mixes and forwards media
	Proxying  Role = "proxying"  // forwards media to nodes of another location
)

// Node is one machine of the deployment.
type Node struct {
	Name        string     // its FQDN, which lies in a domain of the plan, unless it is inside
	Address     netip.Addr // where it listens
	Public      netip.Addr // what the world knows it by when a NAT is in between; zero: Address
	Roles       []Role
	Location    string
	Certificate string         // a certificate file of its own, instead of the plan's
	Key         string         // and its key
	Admin       netip.AddrPort // its HTTP interface; zero: none is planned
	Capacity    int            // how many media sessions it takes; zero for a node without media
	Calls       Calls          // how many calls of one kind its platform says it takes; zero: not said
}

// Location groups nodes that share a network.
type Location struct {
	Name       string
	Overflow   []string // locations that take media when this one is full, in this order
	FromDomain string   // the domain in From of calls placed here; "": that of the node
	Inside     bool     // its nodes transcode behind proxying nodes of others, and no partner meets them
}

// Room is a conference that can be called.
type Room struct {
	Name    string
	Aliases []string // user@domain
	PIN     string   // digits; "": none
	Limit   int      // participants; 0: no limit
	Media   RoomMedia
}

// RoomMedia says what a room does with media.
type RoomMedia string

const (
	// MediaMixed is the usual room: everybody hears and sees the others.
	MediaMixed RoomMedia = ""
	// MediaNone reserves capacity and describes ports, but opens none: for
	// measuring signaling by itself.
	MediaNone RoomMedia = "none"
)

// Partner is another organisation, and what is expected of it.
type Partner struct {
	Domain string
	Expect Expectation
	Trust  Trust
	Edge   string // Access Edge FQDN of a partner that is reached directly, without SRV
}

// Expectation says whether calls with a partner shall work.
type Expectation string

const (
	Reachable   Expectation = "reachable"
	Unreachable Expectation = "unreachable"
)

// Trust says how a partner came to be one.
type Trust string

const (
	Discovered Trust = "discovered" // by its SRV record
	Allowed    Trust = "allowed"    // it is on the allow list
)

// Limits are what nodes put up with, each of its own. A zero field means what is
// usual.
type Limits struct {
	Calls        int // at once, in and out; usually 10,000
	Discovered   int // requests a second, outside calls, of a partner that was merely discovered; usually any number
	Outbound     int // messages a second to a partner that is not allowed; usually 20, what Skype for Business takes of one that it discovered
	WrongAliases int // wrong aliases within 10 minutes from one address, that nothing more is taken from then; usually any number
}

// MostMessages is how many messages a second Skype for Business takes of a
// partner that it merely discovered (rule PEER-02).
const MostMessages = 20

// Certificates names the files (PEM) that nodes use.
type Certificates struct {
	Roots       string // trust anchors; "": the system's
	Certificate string // with its intermediates
	Key         string
	Revoked     string // certificate revocation lists of those who vouch for partners; "": none
}

// PortRange holds its first and its last port.
type PortRange struct{ First, Last uint16 }

// String writes the range as a plan does: 40000-49999.
func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.First, r.Last) }

// Has tells whether a node has a role.
func (n Node) Has(role Role) bool { return slices.Contains(n.Roles, role) }
