// Package session is what signaling and media say to each other. The media
// node is the authority on its ports, keys and descriptions; signaling passes
// them on as bytes. The messages hold no policy and cross process borders.
package session

import "time"

// Open asks a media node to take one participant's media.
//
// With an Offer the node answers it (an inbound call); without one it makes
// the offer itself and waits for Accept (an outbound call). The ID is chosen by
// signaling and makes Open idempotent: the same ID again returns the same
// Answer, so that a retry cannot allocate twice.
type Open struct {
	ID         string // one participant's media, unique in the deployment
	Conference string // the room's name; sessions of one conference hear each other
	Offer      []byte // SDP, or nil
	Lync       bool   // the peer speaks the Lync dialect: shape an own offer so, and ask for video by VSR
	Reserve    bool   // count against capacity and describe, but open no sockets (a room with `media: none`)
}

// Update carries a re-INVITE's offer. A nil Offer asks for the node's own.
type Update struct {
	ID    string
	Offer []byte
}

// Accept carries the far end's answer to the node's own offer.
type Accept struct {
	ID     string
	Answer []byte
}

// Close ends a session and frees its ports. Closing an unknown ID is no error.
type Close struct{ ID string }

// Answer is a media node's description for the far end.
type Answer struct {
	ID   string
	Node string // the media node's FQDN
	SDP  []byte // answer, or own offer when Open or Update held none
}

// Reason says why a session was refused or ended. Signaling maps it to a
// status code or to the text of a BYE.
type Reason string

const (
	Full         Reason = "full"          // no capacity or no free port: 503
	Incompatible Reason = "incompatible"  // nothing in the offer can be served: 488
	Malformed    Reason = "malformed"     // the description cannot be read: 400
	Unknown      Reason = "unknown"       // no such session: 481
	NodeLost     Reason = "media-lost"    // the media node went silent
	Silent       Reason = "media-timeout" // the far end sent nothing for too long
)

// Error is a refusal with its reason.
type Error struct {
	Reason Reason
	Detail string // for logs and for the Warning header; never key material
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return "media session: " + string(e.Reason)
	}
	return "media session: " + string(e.Reason) + ": " + e.Detail
}

// Event is what a media node, or the pool that watches it, tells signaling
// about a live session that ended by itself.
type Event struct {
	ID     string
	Node   string
	Reason Reason
}

// Load is the soft state that a media node publishes every Beat.
type Load struct {
	Node        string
	Capacity    int            // sessions it can hold
	Sessions    int            // sessions it holds
	Conferences map[string]int // conference name to sessions in it
	Packets     uint64         // RTP packets received since start, over all its sockets
}

// Beat is how often a media node publishes its Load, and Lost how long it may
// be silent before its sessions count as lost (design §5).
const (
	Beat = 250 * time.Millisecond
	Lost = 1 * time.Second
)
