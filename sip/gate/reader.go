package gate

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"fedge/mutant"
)

// Source is what the gate reads from: a link, or bytes in a test.
type Source interface {
	io.Reader
	SetReadDeadline(time.Time) error
}

// Reader cuts one link's byte stream into messages (RFC 3261 §18.3). One
// goroutine uses it.
type Reader struct {
	src  Source
	lim  Limits
	pong func()

	buf        []byte
	start, end int    // what has been read and not used yet is buf[start:end]
	wire       []byte // the last message
	index      index

	crlfs  int  // consecutive ones between messages
	ponged bool // since the last read

	allowed time.Duration // for this phase, see phase
	asked   bool          // its deadline has been set
	timed   bool          // the source has a deadline, of a message's
	waiting time.Time     // when it was last given one for being idle
	err     error
}

// idleBuffer is what a link holds while it is silent: one TLS record.
const idleBuffer = 16 << 10

// ErrIdle is the error of a Reader whose peer was silent for longer than
// Limits.Idle.
var ErrIdle = errors.New("gate: the peer has been silent for too long")

// errDropped is the mutant frame.one-read at work.
var errDropped = errors.New("gate: dropped by a mutant")

// NewReader returns a Reader. It calls pong when the peer's double CRLF asks
// for one (RFC 5626 §3.5.1); pong must not block. Several pings that arrive
// together are answered by one: a peer must not make us queue more than it sends.
func NewReader(src Source, lim Limits, pong func()) *Reader {
	return &Reader{src: src, lim: lim.WithDefaults().mutated(), pong: pong, buf: make([]byte, idleBuffer)}
}

// Next returns the next message that passes every check. The error is a
// *Reject when a message did not pass, io.EOF when the stream ended between
// messages, else the error of the source. After a *Reject without Close the
// stream can be read on; any other error stays.
func (r *Reader) Next() (*Message, error) {
	if r.err != nil {
		return nil, r.err
	}
	m, err := r.next()
	for err == errDropped {
		m, err = r.next()
	}
	if mutant.On("frame.first-only") && err == nil {
		r.start = r.end
	}
	if rej, ok := errors.AsType[*Reject](err); err != nil && (!ok || rej.Close) {
		r.err = err
	}
	return m, err
}

// Wire is what Next last took from the stream, for the transcript. It is good
// until the next call of Next.
func (r *Reader) Wire() []byte { return r.wire }

func (r *Reader) next() (*Message, error) {
	r.wire = nil
	r.phase(0)
	if err := r.between(); err != nil {
		return nil, err
	}
	r.phase(r.lim.HeaderTime)
	head, rej, err := r.head()
	if err != nil {
		return nil, err
	}
	x := &r.index
	x.read(r.buf[r.start : r.start+head])
	length := 0
	if rej == nil {
		length, rej = x.length(r.buf[r.start:], r.lim.Body)
	}
	if rej == nil {
		rej, err = r.body(head + length)
		if err != nil {
			return nil, err
		}
	}
	if rej == nil {
		length = r.misjudged(head, length)
	} else {
		length = min(length, r.end-r.start-head)
	}
	r.wire = r.buf[r.start : r.start+head+length]
	r.start += head + length
	m := newMessage(string(r.wire), x, head)
	if rej == nil {
		rej = m.check(x)
	}
	if rej != nil {
		return nil, rej.about(m)
	}
	return m, nil
}

// between skips the line ends that may stand before a message (RFC 3261 §7.5)
// and answers pings, however they were cut into segments.
func (r *Reader) between() error {
	for {
		rest := r.buf[r.start:r.end]
		if mutant.On("frame.lead-crlf") && bytes.HasPrefix(rest, []byte("\r\n")) {
			return nil
		}
		for len(rest) >= 2 && rest[0] == '\r' && rest[1] == '\n' {
			rest = rest[2:]
			if r.crlfs++; r.crlfs%2 == 0 && !r.ponged && !mutant.On("ka.no-pong") && !r.onlyExact() {
				r.ponged = true
				r.pong()
			}
			if mutant.On("ka.pong-pong") {
				r.pong()
			}
		}
		if mutant.On("ka.ping-eats-msg") && r.ponged {
			rest = nil
		}
		r.start = r.end - len(rest)
		if len(rest) > 1 || len(rest) == 1 && rest[0] != '\r' {
			r.crlfs = 0
			return nil
		}
		if err := r.fill(); errors.Is(err, os.ErrDeadlineExceeded) {
			return ErrIdle
		} else if err != nil {
			return err
		}
		if mutant.On("ka.split") {
			r.crlfs = 0
		}
	}
}

// onlyExact is the mutant ka.coalesced at work: only a ping that arrives alone
// is one.
func (r *Reader) onlyExact() bool {
	return mutant.On("ka.coalesced") && r.end-r.start != len("\r\n\r\n")
}

// head waits for the empty line that ends the header block and returns how
// many bytes lead up to and including it; with a *Reject, how many there are in
// whole lines.
func (r *Reader) head() (int, *Reject, error) {
	lines, at, scanned := 0, 0, 0 // at: where the current line begins
	for {
		b := r.buf[r.start:r.end]
		for {
			i := bytes.IndexByte(b[scanned:], '\n')
			if i < 0 {
				scanned = len(b)
				if mutant.On("frame.split-crlf") && bytes.HasSuffix(b, []byte("\r")) {
					scanned++
				}
				break
			}
			end := scanned + i
			line := bytes.TrimSuffix(b[at:end], []byte("\r"))
			at, scanned = end+1, end+1
			if rej := r.line(lines, line, at); rej != nil {
				return at, rej, nil
			}
			if len(line) == 0 {
				return at, nil, nil
			}
			lines++
		}
		switch { // as in line, so that segments make no difference
		case lines == 0 && len(b) > r.lim.StartLine+len("\r"):
			return 0, longStart, nil
		case len(b) > r.lim.Header:
			return at, tooLong, nil
		}
		if err := r.fill(); errors.Is(err, os.ErrDeadlineExceeded) {
			return at, &Reject{Check: "slow", Detail: "the header block took too long", Close: true}, nil
		} else if err != nil {
			return 0, nil, err
		}
	}
}

var (
	longStart = &Reject{Check: "start-line", Detail: "longer than the limit", Status: 414, Reason: "Request-URI Too Long", Close: true}
	tooLong   = &Reject{Check: "header", Detail: "longer than the limit", Status: 513, Reason: "Message Too Large", Close: true}
)

// line looks at each header line as it comes, so that what is no SIP at all is
// given up early.
// end is where it ends in its message.
func (r *Reader) line(n int, line []byte, end int) *Reject {
	switch {
	case n == 0 && len(line) > r.lim.StartLine:
		return longStart
	case end > r.lim.Header:
		return tooLong
	case n == 0 && !saysSIP(line):
		return &Reject{Check: "start-line", Detail: "not SIP", Close: true}
	case n > r.lim.Fields && len(line) > 0:
		return &Reject{Check: "fields", Detail: "more header lines than the limit", Status: 400, Reason: "Too Many Header Fields", Close: true}
	}
	return nil
}

// saysSIP tells whether a start line names the protocol at all.
func saysSIP(line []byte) bool {
	for at := 0; ; {
		i := bytes.IndexByte(line[at:], '/')
		if i < 0 {
			return false
		}
		if at += i; at >= 3 && bytes.EqualFold(line[at-3:at], []byte("SIP")) {
			return true
		}
		at++
	}
}

// body waits until the whole message is there.
func (r *Reader) body(total int) (*Reject, error) {
	r.phase(r.lim.BodyTime)
	for r.end-r.start < total {
		if mutant.On("frame.no-body-timeout") {
			r.phase(0)
		}
		if mutant.On("lim.alloc-cl") {
			r.buf = append(make([]byte, 0, max(len(r.buf), min(total, 4<<20))), r.buf...)
			r.buf = r.buf[:cap(r.buf)]
		}
		if err := r.fill(); errors.Is(err, os.ErrDeadlineExceeded) {
			return &Reject{Check: "slow", Detail: "the body took too long", Status: 400, Reason: "Body Shorter Than Content-Length", Close: true}, nil
		} else if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// misjudged is where mutants take a body for longer or shorter than it is.
func (r *Reader) misjudged(head, length int) int {
	switch rest := r.buf[r.start+head : r.end]; {
	case mutant.On("frame.scan-crlf") && bytes.Contains(rest[:length], []byte("\r\n\r\n")):
		return bytes.Index(rest, []byte("\r\n\r\n")) + len("\r\n\r\n")
	case mutant.On("frame.ignore-cl"):
		return len(rest)
	}
	return length
}
