package gate

import (
	"io"
	"time"
)

// Source is what the gate reads from: a link, or bytes in a test.
type Source interface {
	io.Reader
	SetReadDeadline(time.Time) error
}

// Reader cuts one link's byte stream into messages (RFC 3261 §18.3).
type Reader struct{}

// NewReader returns a Reader. It calls pong whenever the peer's double CRLF
// asks for one (RFC 5626 §3.5.1); pong must not block.
func NewReader(src Source, lim Limits, pong func()) *Reader { panic("not written yet") }

// Next returns the next message that passes every check. The error is a
// *Reject when a message did not pass, io.EOF when the stream ended between
// messages, else the error of the source; after an error other than a *Reject
// with Close unset, the stream cannot be read on.
func (r *Reader) Next() (*Message, error) { panic("not written yet") }
