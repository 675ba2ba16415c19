package stack

import "fedge/sip/link"

// ServerTx is one request of a peer, to be answered once.
type ServerTx struct{}

// Request is the request.
func (tx *ServerTx) Request() *Message { panic("not written yet") }

// Link is the link it came on, and where its answer goes.
func (tx *ServerTx) Link() *link.Link { panic("not written yet") }

// Respond answers. After a final response it returns ErrAnswered. A final 2xx
// to a re-INVITE is repeated until its ACK, like the first one.
func (tx *ServerTx) Respond(r Response) error { panic("not written yet") }
