// Package capture remembers what went over the wire, so that every verdict can
// be opened: the messages inside TLS with a label each, and the packets as they
// were sent, which leave as a pcapng file that Wireshark decrypts when it is
// given the keys.
//
// It parses nothing. Whoever framed a message names it. Recorders belong to
// the simulator's side; the edge runs without.
package capture

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Label is what the framer of a message says it is.
type Label struct {
	Text   string // "INVITE", "200 INVITE"
	CallID string
	CSeq   string // "1 INVITE"
}

// Message is one message inside TLS.
type Message struct {
	At       time.Time
	Link     uint64 // which connection, as link.Link.ID
	Sent     bool   // by the side that records
	From, To string // host names: who sent it, who received it
	Src, Dst netip.AddrPort
	Label    Label
	Bytes    []byte // not to be changed
}

// What one entry costs besides its bytes, at most: itself, and the copy of it
// while the list grows. A limit is one of memory, and a peer chooses how small
// its messages are.
const (
	messageOverhead = 640
	packetOverhead  = 320 // a line of the key log is counted as one
)

// Recorder keeps messages and packets up to a limit and counts what it drops
// beyond it: the beginning of a run is kept whole. It is safe for concurrent
// use. A nil *Recorder records nothing.
type Recorder struct {
	limit int
	plain bool // messages alone: no packets, no keys

	mu       sync.Mutex
	used     int
	dropped  int
	untold   int       // of those, messages
	full     time.Time // when the first message was dropped
	messages []Message
	packets  []packet
	flows    map[uint64]*flow
	keys     bytes.Buffer
}

// New returns a recorder that takes limit bytes of memory at most.
func New(limit int) *Recorder {
	return &Recorder{limit: limit, flows: make(map[uint64]*flow)}
}

// NewTranscript returns one that keeps messages alone, for runs whose packets
// nobody asked for.
func NewTranscript(limit int) *Recorder { return &Recorder{limit: limit, plain: true} }

// Message records m and copies what it holds.
func (r *Recorder) Message(m Message) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.take(messageOverhead, len(m.Bytes)+len(m.Label.Text)+len(m.Label.CallID)+len(m.Label.CSeq)) {
		if r.untold++; r.untold == 1 {
			r.full = m.At
		}
		return
	}
	m.Bytes, m.Label = bytes.Clone(m.Bytes), m.Label.clone()
	r.messages = append(r.messages, m)
}

// clone parts a label from the message that it was cut out of, which would stay
// as long as the label does.
func (l Label) clone() Label {
	return Label{strings.Clone(l.Text), strings.Clone(l.CallID), strings.Clone(l.CSeq)}
}

// Messages returns what was recorded, in order.
func (r *Recorder) Messages() []Message {
	return r.filter(func(Message) bool { return true })
}

// Call returns the messages of one Call-ID, in order.
func (r *Recorder) Call(callID string) []Message {
	return r.filter(func(m Message) bool { return m.Label.CallID == callID })
}

func (r *Recorder) filter(keep func(Message) bool) []Message {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var kept []Message
	for _, m := range r.messages {
		if keep(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// Dropped returns how many messages and packets found no room.
func (r *Recorder) Dropped() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// cost is the memory of an entry with n bytes; the allocator rounds them up by
// an eighth.
func cost(overhead, n int) int { return overhead + n + n/8 }

// take claims room for an entry with n bytes, with r.mu held.
func (r *Recorder) take(overhead, n int) bool {
	c := cost(overhead, n)
	if r.used+c > r.limit {
		r.dropped++
		return false
	}
	r.used += c
	return true
}

// KeyLog returns a writer for tls.Config.KeyLogWriter, or nil (which logs
// nothing) when no packets are recorded. The keys stay in memory until WriteKeyLog
// or Pcapng is asked for them.
func (r *Recorder) KeyLog() io.Writer {
	if r == nil || r.plain {
		return nil
	}
	return keyLog{r}
}

// keyLog is the recorder as crypto/tls sees it.
type keyLog struct{ r *Recorder }

// Write takes one line of the NSS key log format.
func (k keyLog) Write(line []byte) (int, error) {
	k.r.mu.Lock()
	defer k.r.mu.Unlock()
	if k.r.take(packetOverhead, len(line)) {
		k.r.keys.Write(line)
	}
	return len(line), nil
}

// WriteKeyLog writes the TLS secrets as an NSS key log, which opens the
// recorded connections to anyone who has it.
func (r *Recorder) WriteKeyLog(w io.Writer) error {
	_, err := w.Write(r.keyBytes())
	return err
}

func (r *Recorder) keyBytes() []byte {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.keys.Bytes())
}

// Drops says in words what the recorder had no room for; empty if nothing.
func (r *Recorder) Drops() string {
	n := r.Dropped()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d messages or packets were not recorded: there was room for %d bytes", n, r.limit)
}
