package conformance

import "time"

// Bounds are how long a node bears with a peer. A case that tries them has them
// short, on a node of its own.
type Bounds struct {
	Handshake time.Duration // from TCP to the end of the TLS handshake
	Header    time.Duration // from a message's first byte to the end of its header fields
	Body      time.Duration // from there to its last byte
	Write     time.Duration // one write to a peer that does not read
	Idle      time.Duration // a connection on which nothing comes
}
