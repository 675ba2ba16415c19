package edge

import (
	"fmt"

	"fedge/sip/stack"
)

// ending says in a word why an answered call is over: for logs and metrics.
type ending string

const (
	hungUp     ending = "hung-up"         // by our operator
	shutDown   ending = "shut-down"       // by the end of the drain
	mediaGone  ending = "media-lost"      // its media node fell silent or gave it up
	mediaQuiet ending = "media-timeout"   // its peer sent no media for too long
	noAnswer   ending = "bad-answer"      // the media answer cannot be served
	noACK      ending = "no-ack"          // to our 2xx
	noRefresh  ending = "session-expired" // RFC 4028 §10
	peerGone   ending = "peer-gone"       // its link broke and it does not answer any more
	replaced   ending = "replaced"        // by another call of its peer's (RFC 3891)
	ourFault   ending = "internal-error"  // a panic: this node's own mistake
	peerLeft   ending = "peer-hung-up"    // BYE
)

// headers are what the BYE says about it: a Reason (RFC 3326), unless the end
// is an ordinary one.
func (e ending) headers() []stack.Header {
	cause, text := 503, ""
	switch e {
	case shutDown:
		text = "node is shutting down"
	case ourFault:
		cause, text = 500, "internal error"
	case mediaGone:
		text = "media node lost"
	case mediaQuiet:
		text = "media timeout"
	case noAnswer:
		cause, text = 488, "the media answer cannot be served"
	case noACK:
		cause, text = 408, "no ACK"
	case noRefresh:
		cause, text = 408, "session expired"
	default:
		return nil
	}
	return []stack.Header{{Name: "Reason", Value: fmt.Sprintf(`SIP;cause=%d;text="%s"`, cause, text)}}
}
