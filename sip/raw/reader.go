package raw

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// Limits bound what a Reader takes in. Zero values mean the defaults.
type Limits struct {
	Head int // bytes of start line and header fields; default 64 KiB
	Body int // bytes of a body; default 256 KiB
}

const (
	defaultHead = 64 << 10
	defaultBody = 256 << 10
	firstBuffer = 8 << 10
	quoted      = 256 // bytes of the offence that a FrameError keeps
)

// KeepAlive is what stood between two messages.
type KeepAlive int

const (
	None KeepAlive = iota
	Ping           // CRLF CRLF (RFC 5626 §3.5.1)
	Pong           // a single CRLF
)

// Event is the next thing on a stream: a message or a keep-alive.
type Event struct {
	Message   *Message // nil for a keep-alive
	KeepAlive KeepAlive
}

// FrameError says why a stream cannot be cut into messages any further.
type FrameError struct {
	Why   string
	Head  *Message // the message it happened in, if its head was read
	Bytes []byte   // the first bytes of the offence
}

func (e *FrameError) Error() string {
	if e.Head != nil {
		return fmt.Sprintf("raw: framing: %s in %q", e.Why, e.Head.StartLine)
	}
	return fmt.Sprintf("raw: framing: %s at %q", e.Why, e.Bytes)
}

// Reader cuts a stream into messages by Content-Length (RFC 3261 §18.3).
//
// An error of the source that is a timeout loses nothing: the next call goes
// on where this one stopped, so a read deadline can serve as a timer. Any
// other error, io.EOF included, is final. A Reader is not safe for concurrent
// use.
type Reader struct {
	src    io.Reader
	limits Limits
	buf    []byte // unread bytes are buf[from:to]
	from   int
	to     int
	looked int // bytes of the unread that hold no end of a head
	head   *Message
	cut    int // length of the head in hand
	need   int // length of the message it begins
	pings  int
	pongs  int
	feeds  int // stray line feeds since the last message or keep-alive
	failed error
}

// NewReader reads messages from src within the limits.
func NewReader(src io.Reader, limits Limits) *Reader {
	if limits.Head <= 0 {
		limits.Head = defaultHead
	}
	if limits.Body <= 0 {
		limits.Body = defaultBody
	}
	return &Reader{src: src, limits: limits}
}

// Next returns the next message and passes over keep-alives.
func (r *Reader) Next() (*Message, error) {
	for {
		e, err := r.NextEvent()
		if err != nil || e.Message != nil {
			return e.Message, err
		}
	}
}

// Pings is how many CRLF CRLF were read so far.
func (r *Reader) Pings() int { return r.pings }

// Pongs is how many single CRLF were read so far.
func (r *Reader) Pongs() int { return r.pongs }

// Buffered is what was read from the source but not yet returned, to quote in
// evidence. It is valid until the next call.
func (r *Reader) Buffered() []byte { return r.buf[r.from:r.to] }

// NextEvent returns the next message or keep-alive.
//
// A CRLF with nothing behind it yet is a pong, even if another CRLF follows in
// a later segment: on a stream the two cannot be told apart without waiting.
//
// Errors: io.EOF at a message border, io.ErrUnexpectedEOF inside a message, a
// *FrameError, or the source's own.
func (r *Reader) NextEvent() (Event, error) {
	if r.failed != nil {
		return Event{}, r.failed
	}
	for {
		e, done, err := r.step()
		if err != nil {
			r.failed = err
			return Event{}, err
		}
		if done {
			return e, nil
		}
		if err := r.fill(); err != nil {
			return Event{}, err
		}
	}
}

// step looks at what is in hand; done is false when it takes more bytes.
func (r *Reader) step() (e Event, done bool, err error) {
	for r.head == nil {
		kind, n := keepAlive(r.Buffered())
		if n < 0 {
			return Event{}, false, nil
		}
		r.skip(n)
		if n != 1 {
			r.feeds = 0
		}
		switch {
		case kind == Ping:
			r.pings++
			return Event{KeepAlive: Ping}, true, nil
		case kind == Pong:
			r.pongs++
			return Event{KeepAlive: Pong}, true, nil
		case n > 0: // a stray line feed
			if r.feeds++; r.feeds > r.limits.Head { // nobody hears of them, so nobody else ends this
				return Event{}, false, &FrameError{Why: fmt.Sprintf("more than %d line feeds and no message", r.limits.Head), Bytes: quote(r.Buffered())}
			}
			continue
		}
		if err := r.readHead(); err != nil || r.head == nil {
			return Event{}, false, err
		}
	}
	if r.to-r.from < r.need {
		return Event{}, false, nil
	}
	// The message keeps its bytes, the buffer is used again.
	m := r.head
	m.Bytes = bytes.Clone(r.buf[r.from : r.from+r.need])
	m.Body = m.Bytes[r.cut:]
	r.skip(r.need)
	r.head, r.need = nil, 0
	return Event{Message: m}, true, nil
}

// keepAlive says what stands at the start of b and how long it is: 0 for a
// message, -1 when that cannot be said yet.
func keepAlive(b []byte) (KeepAlive, int) {
	switch {
	case len(b) == 0, len(b) == 1 && b[0] == '\r':
		return None, -1
	case b[0] == '\n':
		return None, 1
	case b[0] != '\r' || b[1] != '\n':
		return None, 0
	case len(b) == 3 && b[2] == '\r':
		return None, -1
	case len(b) >= 4 && b[2] == '\r' && b[3] == '\n':
		return Ping, 4
	}
	return Pong, 2
}

// readHead parses the head once it is whole, and finds the message's length.
func (r *Reader) readHead() error {
	in := r.Buffered()
	end := headEnd(in, r.looked)
	if end < 0 {
		r.looked = len(in)
		if len(in) > r.limits.Head {
			return &FrameError{Why: fmt.Sprintf("head longer than %d bytes", r.limits.Head), Bytes: quote(in)}
		}
		return nil
	}
	if end > r.limits.Head {
		return &FrameError{Why: fmt.Sprintf("head longer than %d bytes", r.limits.Head), Bytes: quote(in)}
	}
	m, err := parse(in[:end:end], end)
	if err != nil {
		return &FrameError{Why: "no start line", Bytes: quote(in)}
	}
	length, why := bodyLength(m)
	if why == "" && length > r.limits.Body {
		why = fmt.Sprintf("body longer than %d bytes", r.limits.Body)
	}
	if why != "" {
		m.Bytes = bytes.Clone(m.Bytes)
		m.Body = nil
		return &FrameError{Why: why, Head: m, Bytes: quote(in)}
	}
	r.head, r.cut, r.need = m, end, end+length
	return nil
}

// bodyLength reads Content-Length; why is "" when it is clear.
func bodyLength(m *Message) (n int, why string) {
	n = -1
	for i := range m.Headers {
		if !sameName(m.Headers[i].Name, "Content-Length") {
			continue
		}
		v, err := strconv.ParseUint(m.Headers[i].Value, 10, 31)
		if err != nil {
			return 0, fmt.Sprintf("unreadable Content-Length %q", m.Headers[i].Value)
		}
		if n >= 0 && n != int(v) {
			return 0, "contradicting Content-Length"
		}
		n = int(v)
	}
	if n < 0 {
		return 0, "no Content-Length on a stream"
	}
	return n, ""
}

// fill reads once from the source.
func (r *Reader) fill() error {
	if r.from > 0 && (r.from == r.to || r.to == len(r.buf)) {
		copy(r.buf, r.buf[r.from:r.to])
		r.from, r.to = 0, r.to-r.from
	}
	if r.to == len(r.buf) {
		// Grown only as far as a message may reach; readHead refuses longer ones.
		grown := make([]byte, max(firstBuffer, min(2*len(r.buf), max(r.need, r.limits.Head)+firstBuffer)))
		r.to = copy(grown, r.buf[:r.to])
		r.buf = grown
	}
	n, err := r.src.Read(r.buf[r.to:])
	r.to += n
	if n > 0 || err == nil {
		return nil
	}
	if timeout, ok := err.(interface{ Timeout() bool }); ok && timeout.Timeout() {
		return err
	}
	if err == io.EOF && r.to > r.from {
		err = io.ErrUnexpectedEOF
	}
	r.failed = err
	return err
}

func (r *Reader) skip(n int) {
	if n > 0 {
		r.from, r.looked = r.from+n, 0
	}
}

func quote(b []byte) []byte { return bytes.Clone(b[:min(len(b), quoted)]) }
