package check

import (
	"net/netip"
	"slices"
	"time"

	"fedge/certs"
)

// Facts is what was observed, and no opinion: the rules judge it together
// with the plan. It goes into the result as it is, so that every finding can
// be looked up.
type Facts struct {
	At        time.Time      `json:"at"`       // when the observation began; dates are judged against it
	Observer  string         `json:"observer"` // the partner domain that the observation was made as
	Lookups   []Lookup       `json:"lookups"`
	Endpoints []Endpoint     `json:"endpoints"`
	Partners  []PartnerEdge  `json:"partners,omitempty"`
	Outbound  []OutboundCall `json:"outbound"`
	// Unplaced says why no outbound call was asked for; empty if some were.
	Unplaced string `json:"unplaced,omitempty"`
	// Deaf says that calls were to be asked for, but the observing partner could
	// not listen for them: an observation that failed, not one nobody wanted.
	Deaf bool `json:"deaf,omitempty"`
	// Inferred says what the plan was concluded from; empty: it was given.
	Inferred []string `json:"inferred,omitempty"`
	// Unnamed are nodes of an inferred plan by names that were made up: theirs
	// were not seen.
	Unnamed []string `json:"unnamed,omitempty"`
	// Undecided says that nothing showed whether calls are placed outward, which
	// an inferred plan then does not claim.
	Undecided bool `json:"outbound_undecided,omitempty"`
}

// Unreachable tells whether no address at all accepted a TCP connection, on
// at least one that was tried.
func (f Facts) Unreachable() bool {
	tried := false
	for _, e := range f.Endpoints {
		if e.Connected() {
			return false
		}
		tried = tried || !e.Ours
	}
	return tried
}

// Lookup is one DNS question to one resolver, and what came of it.
type Lookup struct {
	Name      string    `json:"name"`
	Type      string    `json:"type"`              // SRV, A, AAAA, CNAME
	Resolver  string    `json:"resolver"`          // ADDR:PORT, or several; a zone's own server with its name
	Failure   string    `json:"failure,omitempty"` // a dns.Kind; empty: records were found
	Detail    string    `json:"detail,omitempty"`
	Services  []Service `json:"services,omitempty"`
	Addresses []Address `json:"addresses,omitempty"`
	Alias     string    `json:"alias,omitempty"` // of a CNAME
	Own       string    `json:"own,omitempty"`   // the server is one of the zone's own, which names it so

	half bool // interrupted before there was an answer
}

// Service is one SRV record.
type Service struct {
	Target     string `json:"target"`
	Port       uint16 `json:"port"`
	Priority   uint16 `json:"priority"`
	Weight     uint16 `json:"weight"`
	TTLSeconds int    `json:"ttl_seconds"`
}

// Address is one A or AAAA record.
type Address struct {
	Addr       netip.Addr `json:"addr"`
	TTLSeconds int        `json:"ttl_seconds"`
}

// Endpoint is one address that the plan or DNS leads partners to, on the port
// for SIP over TLS.
type Endpoint struct {
	Address    netip.AddrPort `json:"address"`
	Node       string         `json:"node,omitempty"`    // the planned node there; empty for a stranger that DNS names
	Refused    string         `json:"refused,omitempty"` // why there was no TCP connection; empty: there was
	Ours       bool           `json:"ours,omitempty"`    // and that was for want of something here, not there
	Handshakes []Handshake    `json:"handshakes,omitempty"`
	Suites     []Offer        `json:"suites,omitempty"`
	Strangers  []Stranger     `json:"strangers,omitempty"`
	Impostor   *Stranger      `json:"impostor,omitempty"` // who proves a name, and calls in another
	Options    *Exchange      `json:"options,omitempty"`  // what an OPTIONS got
	Presence   *Exchange      `json:"presence,omitempty"` // what a question for a room's presence got
	Invite     *Exchange      `json:"invite,omitempty"`   // what a call to a room got

	half bool // interrupted before it was seen to the end
}

// Connected tells whether the address accepted a TCP connection.
func (e Endpoint) Connected() bool { return e.Refused == "" }

// answers tells whether a word of TLS came back on any connection.
func (e Endpoint) answers() bool {
	return e.Connected() && (slices.ContainsFunc(e.Handshakes, func(h Handshake) bool { return !h.NoTLS }) ||
		slices.ContainsFunc(e.Suites, func(s Offer) bool { return s.Agreed }))
}

// Handshake is one TLS handshake that was tried. The chain is reported also
// when the handshake failed after it was sent.
type Handshake struct {
	ServerName string        `json:"server_name"` // SNI
	Offered    string        `json:"offered"`     // the versions that we offered
	Version    string        `json:"version,omitempty"`
	Suite      string        `json:"suite,omitempty"`   // this and the version are known once a chain came
	Failure    string        `json:"failure,omitempty"` // why it did not complete; empty: it did
	NoTLS      bool          `json:"no_tls,omitempty"`  // it failed with silence, a closed connection or another protocol: no TLS came back
	Untried    bool          `json:"untried,omitempty"` // there was no connection for it, though there had been one before
	Asked      bool          `json:"client_certificate_asked"`
	Chain      []certs.Facts `json:"chain,omitempty"` // as sent, leaf first
	Trust      *Trust        `json:"trust,omitempty"` // of the chain, when there is one

	ours bool // there was no connection, for want of something here
}

// agreed tells whether versions and suites were agreed on: once a chain came,
// they were, whatever became of the handshake after that.
func (h *Handshake) agreed() bool {
	return h != nil && (len(h.Chain) > 0 || h.Version != "" && !h.NoTLS || h.Failure == "")
}

// PartnerEdge is one address of an Access Edge that nodes may reach when they
// call a partner.
type PartnerEdge struct {
	Domain    string         `json:"domain"`
	Host      string         `json:"host"`
	Address   netip.AddrPort `json:"address"`
	Refused   string         `json:"refused,omitempty"` // why there was no TCP connection
	Ours      bool           `json:"ours,omitempty"`    // and that was for want of something here, not there
	Handshake *Handshake     `json:"handshake,omitempty"`
	Old       *Handshake     `json:"handshake_old,omitempty"` // with what is older, where the first was refused

	half bool // interrupted before it was seen to the end
}

// Exchange is what a SIP request to an endpoint got.
type Exchange struct {
	To      string   `json:"to"`               // the request URI
	Status  int      `json:"status,omitempty"` // of the final response; 0: none came
	Reason  string   `json:"reason,omitempty"`
	Contact string   `json:"contact,omitempty"`  // of the response, as sent
	Headers []string `json:"headers,omitempty"`  // of the answer to an INVITE, whole lines, without those that it repeats
	NoMedia bool     `json:"no_media,omitempty"` // it took the call and described no media, which was offered
	Failure string   `json:"failure,omitempty"`  // why there was no response
	Closed  bool     `json:"closed,omitempty"`   // instead of a response the link was ended
}

// Taken tells whether an INVITE was answered as a room does: with yes, and a
// description of media.
func (x Exchange) Taken() bool { return x.Status/100 == 2 && !x.NoMedia }

// OutboundCall is one call that a node was asked to place to the observing
// partner, and what of it arrived there.
type OutboundCall struct {
	Node      string        `json:"node"`
	To        string        `json:"to"`                  // what the node was asked to call
	Trigger   string        `json:"trigger,omitempty"`   // what the trigger complained of; empty: nothing
	Handshake string        `json:"handshake,omitempty"` // why a connection from the node's address came to nothing
	Arrived   bool          `json:"arrived"`
	Peer      string        `json:"peer,omitempty"` // the address that it came from
	From      string        `json:"from,omitempty"`
	Contact   string        `json:"contact,omitempty"`
	Via       []string      `json:"via,omitempty"`
	Headers   []string      `json:"headers,omitempty"` // of the INVITE, whole lines, without the body
	Chain     []certs.Facts `json:"chain,omitempty"`   // that the node showed as client, leaf first
	Trust     *Trust        `json:"trust,omitempty"`
	Distrust  string        `json:"distrust,omitempty"` // why its chain does not verify; empty: it does
	Status    int           `json:"status,omitempty"`   // what the partner answered
}
